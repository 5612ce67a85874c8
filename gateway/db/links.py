"""Rows that hang together: each carries the hash of itself and of the link before it, and one row counts them.

So a row that is altered, taken out or put in shows, and so does the last one of a book that vanished. It shows to
whoever looks; who may write the whole database can link everything anew, and is met by the banks' own signatures and
by the chain.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.db import own

ACCOUNTS, ORDERS, RULINGS, DECLARATIONS, MONEY = "accounts", "orders", "rulings", "declarations", "money"
DAY_ENDS, DIFFERENCES, STOCK, STOCK_MESSAGES = "day-ends", "differences", "stock", "stock-messages"
STORAGE, ENDORSEMENTS, VALUATIONS, VEHICLES = "storage", "endorsements", "valuations", "vehicles"
"""Books beside the banks' own, which go by their BIC."""

FIRST = "0" * 64
_LINKED = ("place", "link")


def append(connection: Connection, book: str, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row as the next of its book, within the caller's transaction."""
    place, before = _turn(connection, book)
    link = seal(before, place, row)
    connection.execute(insert(table).values(**row, place=place, link=link))
    connection.execute(update(own.links).where(own.links.c.book == book).values(places=place, link=link))


def wait_for_turn(connection: Connection, book: str) -> None:
    """Keep others from appending to a book until the caller's transaction ends: what it reads of it stays so."""
    _turn(connection, book)


def _turn(connection: Connection, book: str) -> tuple[int, str]:
    links = own.links.c
    found = connection.execute(
        select(links.places, links.link).where(links.book == book).with_for_update()
    ).one_or_none()
    if found is None:
        dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(
            dialect(own.links).values(book=book, places=0, link=FIRST).on_conflict_do_nothing()
        )
        return _turn(connection, book)
    return found.places + 1, found.link


def seal(before: str, place: int, row: Mapping[str, Any]) -> str:
    """The link of a row: SHA-256 over the link before it, its place, and every value by its column's name."""
    values = {name: _plain(value) for name, value in row.items() if name not in _LINKED}
    told = json.dumps([before, place, values], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    return "0x" + bytes(value).hex() if isinstance(value, (bytes, bytearray, memoryview)) else value


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a book does not hang together. `row` is the one at fault, None when there is none to show."""

    column: str
    row: Mapping[str, Any] | None
    found: str
    right: str


def broken(connection: Connection, book: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Broken]:
    """Every place at which a book was altered; `rows` are all of it, in the order of their places."""
    before, place = FIRST, 0
    for row in rows:
        if row["place"] != place + 1:
            missing = (
                "a row that is there" if row["place"] <= place else f"the rows from place {place + 1} on"
            )
            yield Broken("place", row, str(row["place"]), f"{place + 1}: {missing}")
            # Nothing is known of the link before: only from the next row on can be told.
            before, place = row["link"], row["place"]
            continue
        right = seal(before, row["place"], row)
        if row["link"] != right:
            yield Broken("link", row, row["link"], right)
        before, place = row["link"], row["place"]
    links = own.links.c
    head = connection.execute(select(links.places, links.link).where(links.book == book)).one_or_none()
    places, link = (0, FIRST) if head is None else (head.places, head.link)
    if places != place:
        yield Broken("places", None, f"{place} rows", f"{places} rows")
    elif link != before:
        yield Broken("link", rows[-1] if rows else None, before, link)
