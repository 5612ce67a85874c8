"""The gateway's own books, on one database connection."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from gateway.db.own import instructions


class InstructionBook:
    """Implements the port `Instructions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def body_hash(self, key: str) -> bytes | None:
        """Hash of the body that came under this key, or None."""
        found: bytes | None = self._connection.execute(
            select(instructions.c.body_sha256).where(instructions.c.key == key)
        ).scalar_one_or_none()
        return found

    def add(self, key: str, body_hash: bytes, function: str, body: str, created_at: int) -> None:
        """Keep an instruction as it came."""
        self._connection.execute(
            insert(instructions).values(
                key=key, body_sha256=body_hash, function=function, body=body, created_at=created_at
            )
        )
