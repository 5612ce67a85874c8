"""Is what the gateway knows what the chain and the banks say? Compares value by value and names what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Key = tuple[Any, ...]
Row = Mapping[str, Any]
Rows = Mapping[Key, Row]

WHOLE_ROW = "(row)"
"""Stands for the column when a row is missing or does not belong."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One value that is not the chain's. `None` on one side of a whole row: there it does not exist."""

    table: str
    key: Key
    column: str
    in_database: Any
    on_chain: Any

    def __str__(self) -> str:
        key = ", ".join(_shown(part) for part in self.key)
        return (
            f"{self.table} ({key}).{self.column}: {_shown(self.in_database)} in the database, "
            f"{_shown(self.on_chain)} on the chain"
        )


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One value in what the gateway keeps of the banks that somebody else says otherwise.

    Attributes:
        document: the message, order, entry or account, as people name it.
        element: of the message, by its path; or a column.
        kept: what the gateway keeps there.
        right: what it should be, or `nothing`.
        source: who says so.
    """

    document: str
    element: str
    kept: str
    right: str
    source: str

    def __str__(self) -> str:
        return f"{self.document}: {self.element}: {self.kept} is kept, {self.right} {self.source}"


@dataclass(frozen=True, slots=True)
class TableOf:
    """One table: the names of its key's columns, and its rows by key."""

    key_columns: Sequence[str]
    rows: Rows


def compare(database: Mapping[str, TableOf], chain: Mapping[str, TableOf]) -> list[Mismatch]:
    """Every value in which the two differ, table by table; empty when the database is what the chain says."""
    found: list[Mismatch] = []
    for name, truth in chain.items():
        found.extend(_compare_table(name, database[name].rows, truth))
    return found


def _compare_table(name: str, mine: Rows, truth: TableOf) -> Iterator[Mismatch]:
    for key in mine.keys() & truth.rows.keys():
        row, right = mine[key], truth.rows[key]
        for column, value in right.items():
            if row[column] != value:
                yield Mismatch(name, key, column, row[column], value)
    yield from _unmatched(name, mine, truth)


def _unmatched(name: str, mine: Rows, truth: TableOf) -> Iterator[Mismatch]:
    """Rows on one side only. Two that differ in nothing but the key are one row whose key was changed."""
    extra = [key for key in mine if key not in truth.rows]
    missing = [key for key in truth.rows if key not in mine]
    for key in missing:
        twin = next(
            (other for other in extra if _rest(mine[other], truth) == _rest(truth.rows[key], truth)), None
        )
        if twin is None:
            yield Mismatch(name, key, WHOLE_ROW, None, dict(truth.rows[key]))
            continue
        extra.remove(twin)
        for column, found, right in zip(truth.key_columns, twin, key, strict=True):
            if found != right:
                yield Mismatch(name, key, column, found, right)
    for key in extra:
        yield Mismatch(name, key, WHOLE_ROW, dict(mine[key]), None)


def _rest(row: Row, table: TableOf) -> dict[str, Any]:
    return {column: value for column, value in row.items() if column not in table.key_columns}


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return "nothing" if value is None else str(value)
