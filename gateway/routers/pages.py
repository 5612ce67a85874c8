"""Lists come in pages: `limit` rows, and a cursor for what comes after them.

A cursor names the last row's key, not its place: rows that come or go before it neither repeat nor skip others.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Request, Response
from sqlalchemy import BigInteger, Column, Connection, Row, Select, String, literal, tuple_
from sqlalchemy.types import TypeEngine

from gateway.db.types import Unsigned64
from gateway.problems import Problem

MOST = 1_000
_LIMIT = Query(ge=1, le=MOST, description="rows on a page")
_CURSOR = Query(max_length=2_000, description="`next` of the page before; leave it out for the first page")


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of a list was asked for."""

    limit: int
    after: list[Any] | None
    request: Request
    response: Response

    def rows(self, connection: Connection, query: Select[Any], *key: Column[Any]) -> Sequence[Row[Any]]:
        """The page's rows of a query in the order of `key`, which no two rows share, and one more if there is one."""
        if self.after is not None:
            self._check([column.type for column in key])
            values = [literal(value, column.type) for value, column in zip(self.after, key, strict=True)]
            query = query.where(tuple_(*key) > tuple_(*values))
        return connection.execute(query.order_by(*key).limit(self.limit + 1)).all()

    def of(self, items: Iterable[Any], key: Callable[[Any], str]) -> list[tuple[str, int, Any]]:
        """The page of things that no table holds, in the order of `key`; things with the same one are numbered."""
        ordered: list[tuple[str, int, Any]] = []
        same = 0
        for item in sorted(items, key=key):
            same = same + 1 if ordered and ordered[-1][0] == key(item) else 0
            ordered.append((key(item), same, item))
        if self.after is not None:
            self._check([String(), BigInteger()])
            ordered = [each for each in ordered if [each[0], each[1]] > self.after]
        return ordered[: self.limit + 1]

    def answer_of(
        self, name: str, found: Sequence[tuple[str, int, Any]], show: Callable[[Any], Any]
    ) -> dict[str, Any]:
        """A page of what `of` found."""
        return self.answer(name, found, lambda each: show(each[2]), lambda each: each[:2])

    def answer(
        self,
        name: str,
        found: Sequence[Any],
        show: Callable[[Any], Any],
        key: Callable[[Any], Sequence[Any]],
        **more: Any,
    ) -> dict[str, Any]:
        """The page as it is answered, with the way to the next."""
        rows = found[: self.limit]
        following = None
        if len(found) > self.limit:
            following = _write(self._path, key(rows[-1]))
            url = self.request.url.include_query_params(cursor=following)
            self.response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        return {name: [show(row) for row in rows], "next": following, **more}

    @property
    def _path(self) -> str:
        return self.request.url.path

    def _check(self, kinds: Sequence[TypeEngine[Any]]) -> None:
        after = self.after or []
        if len(after) != len(kinds) or not all(map(_fits, after, kinds)):
            raise unknown_cursor()


def _fits(value: Any, kind: TypeEngine[Any]) -> bool:
    if isinstance(kind, String):
        return isinstance(value, str) and "\x00" not in value
    most = 1 << (64 if isinstance(kind, Unsigned64) else 63)
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < most


def unknown_cursor() -> Problem:
    """The refusal of a cursor that this list has never given."""
    return Problem("CURSOR-UNKNOWN", "this list has given no such cursor", status=404, field="cursor")


async def _page(
    request: Request,
    response: Response,
    limit: Annotated[int, _LIMIT] = 100,
    cursor: Annotated[str | None, _CURSOR] = None,
) -> Page:
    return Page(limit, None if cursor is None else _read(request.url.path, cursor), request, response)


ThePage = Annotated[Page, Depends(_page)]


def _write(path: str, key: Sequence[Any]) -> str:
    return urlsafe_b64encode(orjson.dumps([path, *key])).decode().rstrip("=")


def _read(path: str, cursor: str) -> list[Any]:
    try:
        found = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise unknown_cursor() from None
    if not isinstance(found, list) or not found or found[0] != path or _write(path, found[1:]) != cursor:
        raise unknown_cursor()
    return found[1:]


def last(*names: str) -> Callable[[Any], list[Any]]:
    """The key of a row, by the names of its columns."""
    return lambda row: [getattr(row, name) for name in names]
