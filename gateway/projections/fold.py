"""The working set of a fold: rows as they will be, read once, written back in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import TracebackType
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from gateway.adapters.ledger.chain import Fact

Row = dict[str, Any]
Key = tuple[Any, ...]

_KEPT_ROWS = 50_000
_FETCHED_AT_ONCE = 500


class UnexplainedFact(Exception):
    """The chain says something the projection does not know or cannot have followed: it must not go on."""


class Fold:
    """Applies facts to one connection's `ledger_*` tables; leaving it as a context manager writes the rest.

    Between two flushes the tables lag behind: whoever reads them on the same connection calls `flush` first.
    Memory is bounded: the working set is dropped when it has been written and has grown large.
    """

    def __init__(
        self, connection: Connection, handlers: Mapping[tuple[str, str], Callable[[Fold, Fact], None]]
    ) -> None:
        self.connection = connection
        self._handlers = handlers
        self._rows: dict[Table, dict[Key, Row | None]] = {}
        self._fresh: dict[Table, dict[Key, Row]] = {}
        self._changed: dict[Table, set[Key]] = {}
        self._appended: dict[Table, list[Row]] = {}
        self._size = 0

    def __enter__(self) -> Fold:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()

    def apply(self, connection: Connection, fact: Fact) -> None:
        """Fold one fact; facts come in the chain's order. Raises UnexplainedFact."""
        if connection is not self.connection:
            raise ValueError("a fold stays on the connection it was made for")
        handler = self._handlers.get((fact.contract, fact.event))
        if handler is None:
            raise UnexplainedFact(f"{fact.contract} said {fact.event}, which no projection knows")
        handler(self, fact)
        if self._size > _KEPT_ROWS:
            self.flush()
            self._rows.clear()
            self._size = 0

    # ── for the handlers ────────────────────────────────────────────────────────────────────────────────────

    def find(self, table: Table, *key: Any) -> Row | None:
        """A row by its key, or None. What the caller changes in it goes through `change`."""
        rows = self._rows.setdefault(table, {})
        if key not in rows:
            found = self.connection.execute(_by_key(table), _parameters(table, key)).mappings().one_or_none()
            rows[key] = None if found is None else dict(found)
            self._size += 1
        return rows[key]

    def fetch(self, table: Table, keys: Iterable[Any]) -> None:
        """Read rows of a table with one key column together: `find` then asks the database no more for them."""
        rows = self._rows.setdefault(table, {})
        (column,) = table.primary_key
        missing = [key for key in dict.fromkeys(keys) if (key,) not in rows]
        for start in range(0, len(missing), _FETCHED_AT_ONCE):
            part = missing[start : start + _FETCHED_AT_ONCE]
            found = self.connection.execute(select(table).where(column.in_(part))).mappings()
            rows.update(dict.fromkeys(((key,) for key in part), None))
            rows.update({(row[column.name],): dict(row) for row in found})
            self._size += len(part)

    def get(self, table: Table, *key: Any) -> Row:
        """A row that earlier facts must have made; raises UnexplainedFact."""
        row = self.find(table, *key)
        if row is None:
            raise UnexplainedFact(f"{table.name} has no row {key}, but the chain speaks of it")
        return row

    def put(self, table: Table, row: Row) -> None:
        """A new row with all its columns."""
        key = tuple(row[column.name] for column in table.primary_key)
        self._rows.setdefault(table, {})[key] = row
        self._fresh.setdefault(table, {})[key] = row
        self._size += 1

    def change(self, table: Table, row: Row, values: Mapping[str, Any]) -> None:
        """New values for columns of a row that `find`, `get` or `put` has."""
        row.update(values)
        key = tuple(row[column.name] for column in table.primary_key)
        if key not in self._fresh.get(table, {}):
            self._changed.setdefault(table, set()).add(key)

    def append(self, table: Table, row: Row) -> None:
        """A new row that no later fact will ask for."""
        self._appended.setdefault(table, []).append(row)
        self._size += 1

    def remove(self, table: Table, *key: Any) -> None:
        """Take a row away."""
        self.flush()
        self.connection.execute(_deletion(table), _parameters(table, key))
        self._rows.setdefault(table, {})[key] = None

    def select(self, table: Table, **values: Any) -> list[Row]:
        """Rows by columns other than the key, in the order of their keys."""
        self.flush()
        query = select(table).filter_by(**values).order_by(*table.primary_key)
        found = [dict(row) for row in self.connection.execute(query).mappings()]
        rows = self._rows.setdefault(table, {})
        for row in found:
            rows[tuple(row[column.name] for column in table.primary_key)] = row
        self._size += len(found)
        return found

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

    def flush(self) -> None:
        """Write what is not written yet."""
        for table, fresh in self._fresh.items():
            self._execute(_insertion(table), list(fresh.values()))
        for table, appended in self._appended.items():
            self._execute(_insertion(table), appended)
        for table, keys in self._changed.items():
            rows = self._rows[table]
            changed = [{**(rows[key] or {}), **_parameters(table, key)} for key in sorted(keys)]
            self._execute(_update(table), changed)
        self._fresh.clear()
        self._appended.clear()
        self._changed.clear()

    def _execute(self, statement: Insert | Update, rows: Sequence[Row]) -> None:
        # An empty list would be one row of defaults.
        if rows:
            self.connection.execute(statement, rows)


def _parameters(table: Table, key: Key) -> Row:
    return {f"key_{column.name}": part for column, part in zip(table.primary_key, key, strict=True)}


def _conditions(table: Table) -> list[Any]:
    return [column == bindparam(f"key_{column.name}", type_=column.type) for column in table.primary_key]


@cache
def _by_key(table: Table) -> Select[Any]:
    return select(table).where(*_conditions(table))


@cache
def _insertion(table: Table) -> Insert:
    return insert(table)


@cache
def _deletion(table: Table) -> Delete:
    return delete(table).where(*_conditions(table))


@cache
def _update(table: Table) -> Update:
    values = {
        column: bindparam(column.name, type_=column.type)
        for column in table.columns
        if not column.primary_key
    }
    return update(table).where(*_conditions(table)).values(values)
