"""The gateway's own books, on one database connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.db.own import instructions
from gateway.ports import Offered

# Made once: to make a statement takes longer than to run it.
_INSERT = {
    "sqlite": sqlite.insert(instructions).on_conflict_do_nothing().returning(instructions.c.key),
    "postgresql": postgresql.insert(instructions).on_conflict_do_nothing().returning(instructions.c.key),
}
_KNOWN = select(instructions.c.key, instructions.c.body_sha256).where(
    instructions.c.key.in_(bindparam("keys", expanding=True))
)


class InstructionBook:
    """Implements the port `Instructions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, offered: Sequence[Offered], created_at: int) -> Mapping[str, bytes]:
        """Keep instructions as they came, but those whose key is taken: of these, the hash of what came first.

        A key that another transaction is taking at this moment is waited for.
        """
        rows = [
            {
                "key": each.key,
                "body_sha256": each.body_hash,
                "function": each.function,
                "body": each.body,
                "created_at": created_at,
            }
            for each in offered
        ]
        added = set(self._connection.execute(_INSERT[self._connection.dialect.name], rows).scalars())
        taken = [each.key for each in offered if each.key not in added]
        if not taken:
            return {}
        return {row.key: row.body_sha256 for row in self._connection.execute(_KNOWN, {"keys": taken})}
