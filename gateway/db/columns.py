"""The columns that tables of the ledger are made of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column

from gateway.db.types import Hash, Unsigned64


def key(name: str, kind: Any = BigInteger) -> Column[Any]:
    """A part of the primary key."""
    return Column(name, kind, primary_key=True, autoincrement=False)


def number(name: str, comment: str | None = None) -> Column[int]:
    """A whole number of at most 63 bits."""
    return Column(name, BigInteger, nullable=False, comment=comment)


def identity(name: str, comment: str | None = None, *, nullable: bool = False) -> Column[int]:
    """The number of a record: creating party and serial."""
    return Column(name, Unsigned64, nullable=nullable, comment=comment)


def digest(name: str, comment: str | None = None, *, nullable: bool = False) -> Column[bytes]:
    """A hash or a commitment, of 32 bytes."""
    return Column(name, Hash, nullable=nullable, comment=comment)


def place() -> tuple[Column[Any], ...]:
    """Where the fact stands that a row is."""
    return (key("block_number"), key("log_index"))


def origin() -> tuple[Column[Any], ...]:
    """Block and transaction that made a row."""
    return (number("block_number"), digest("transaction_hash"))
