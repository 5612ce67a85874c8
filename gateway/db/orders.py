"""Orders of the ledger, with their titles, and what those secure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.db import tables as ledger
from gateway.db.order_tables import conversions, orders
from gateway.domain.records import DEAD, Flag


@dataclass(frozen=True, slots=True)
class OrderRows:
    """One order: its row, its titles that are alive, the facilities they secure, the receivables that came of it."""

    row: Row[Any]
    titles: Sequence[Row[Any]]
    facilities: Sequence[Row[Any]]
    conversions: Sequence[Row[Any]]

    @property
    def left(self) -> int:
        """What may still be received of it, minor units."""
        return int(self.row.quantity - self.row.taken - self.row.reduced)

    def status(self, day: int) -> str:
        """Whether something may still come of it on a day."""
        if not self.left:
            return "closed"
        return "overdue" if day > self.row.last_day else "open"


def with_titles(connection: Connection, rows: Sequence[Row[Any]]) -> list[OrderRows]:
    """These orders, in their order."""
    numbers = [row.order for row in rows]
    titles = _by(connection, "root", _titles().where(ledger.titles.c.root.in_(numbers)))
    table = conversions.c
    came = select(conversions).where(table.order.in_(numbers)).order_by(table.receivable)
    converted = _by(connection, "order", came)
    locks = {title.lock for found in titles.values() for title in found if title.lock}
    facilities = _facilities(connection, locks)
    return [
        OrderRows(
            row,
            titles[row.order],
            [facilities[lock] for lock in sorted({each.lock for each in titles[row.order] if each.lock})],
            converted[row.order],
        )
        for row in rows
    ]


def order_of(connection: Connection, number: int) -> OrderRows | None:
    """One order; None when the ledger has no such order."""
    rows = connection.execute(select(orders).where(orders.c.order == number)).all()
    return next(iter(with_titles(connection, rows)), None)


def _titles() -> Any:
    flags = ledger.titles.c.flags.op("&")
    living = (flags(int(Flag.ORDER)) != 0, flags(int(DEAD)) == 0)
    return select(ledger.titles).where(*living).order_by(ledger.titles.c.title)


def _by(connection: Connection, name: str, query: Any) -> Mapping[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query):
        found[getattr(row, name)].append(row)
    return found


def _facilities(connection: Connection, numbers: Collection[int]) -> Mapping[int, Row[Any]]:
    table = ledger.facilities
    found = connection.execute(select(table).where(table.c.facility.in_(list(numbers))))
    return {row.facility: row for row in found}
