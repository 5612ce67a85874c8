"""A title's whole kin in one recursive query: what it came out of, and what came out of it."""

from __future__ import annotations

from sqlalchemy import Connection, Select, bindparam, case, func, literal, or_, select, union_all

from gateway.db.tables import titles
from gateway.db.types import Unsigned64
from gateway.services.lineage import Kin


def kin_of(connection: Connection, title: int) -> list[Kin]:
    """The title, its ancestors up to the root and its descendants; empty when there is no such title."""
    return [Kin(**row) for row in connection.execute(_QUERY, {"title": title}).mappings()]


def _query() -> Select[tuple[object, ...]]:
    start = select(titles.c.title).where(titles.c.title == bindparam("title", type_=Unsigned64))
    above = start.cte("above", recursive=True)
    into = titles.c.merged_into == above.c.title
    # A title came out of its parent, and out of each title that was merged into it.
    above = above.union(
        select(case((into, titles.c.title), else_=titles.c.parent)).where(
            or_(titles.c.title == above.c.title, into),
            or_(into, titles.c.parent.is_not(None)),
        )
    )
    below = start.cte("below", recursive=True)
    child = titles.c.parent == below.c.title
    below = below.union(
        select(case((child, titles.c.title), else_=titles.c.merged_into)).where(
            or_(child, titles.c.title == below.c.title),
            or_(child, titles.c.merged_into.is_not(None)),
        )
    )
    sides = union_all(
        select(above.c.title, literal(1).label("side")), select(below.c.title, literal(0).label("side"))
    ).subquery()
    once = select(sides.c.title, func.max(sides.c.side).label("side")).group_by(sides.c.title).subquery()
    columns = [titles.c[name] for name in ("title", "root", "parent", "merged_into", "holder", "lock", "quantity",
                                           "paid", "depth", "flags")]  # fmt: skip
    ancestor = (once.c.side == 1).label("ancestor")
    return select(*columns, ancestor).join(once, titles.c.title == once.c.title)


_QUERY = _query()
