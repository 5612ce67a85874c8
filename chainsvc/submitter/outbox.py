"""The caller's side: put an instruction in with the business change, look where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from chainsvc.submitter.states import State
from chainsvc.tables import instructions, transactions

_INSERT = insert(instructions)


class KeyReused(ValueError):
    """The key is taken by an instruction with another content."""


@dataclass(frozen=True, slots=True)
class InstructionStatus:
    """Where an instruction is; `reason` and `error` are set when it was refused or failed."""

    id: int
    state: State
    reason: int | None
    error: str | None
    transaction_hash: str | None
    block_number: int | None


def enqueue(
    connection: Connection,
    *,
    key: str,
    contract: str,
    function: str,
    item: bytes,
    created_at: int,
    order_key: str | None = None,
) -> int:
    """Store one instruction within the caller's transaction and return its number.

    `item` is one element of the batch, ABI-encoded on its own. The same key with the same content gives the
    same number, however often; with another content it raises KeyReused. Instructions that share an
    `order_key` take effect in the order they were put in; `created_at` is in seconds since 1970.
    """
    content: dict[str, Any] = {
        "contract": contract,
        "function": function,
        "order_key": order_key,
        "item": item,
    }
    row = {"key": key, **content, "created_at": created_at, "state": State.PENDING}
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(dialect(instructions).values(row).on_conflict_do_nothing(index_elements=["key"]))
    found = connection.execute(select(instructions).where(instructions.c.key == key)).one()
    differing = [name for name, value in content.items() if getattr(found, name) != value]
    if differing:
        raise KeyReused(f"{key} is already used, with another {' and '.join(differing)}")
    return int(found.id)


def enqueue_many(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store many new instructions at once; `rows` hold the arguments of `enqueue`, keys not used before.

    Raises sqlalchemy's IntegrityError when a key is taken.
    """
    connection.execute(_INSERT, [{"order_key": None, **row, "state": State.PENDING} for row in rows])


def status(connection: Connection, key: str) -> InstructionStatus | None:
    """Where the instruction with this key is, or None when there is none."""
    query = (
        select(instructions, transactions.c.hash, transactions.c.block_number)
        .outerjoin(transactions, instructions.c.transaction_id == transactions.c.id)
        .where(instructions.c.key == key)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return InstructionStatus(
        id=row.id,
        state=State(row.state),
        reason=row.reason,
        error=row.error,
        transaction_hash=None if row.hash is None else "0x" + row.hash.hex(),
        block_number=row.block_number,
    )


def on_the_way(connection: Connection, function: str, block: int) -> list[str]:
    """Keys of the instructions of one verb that may still take effect, or did after `block`, in the order they came."""
    may = (State.PENDING, State.CLAIMED, State.BATCHED)
    done = (State.MINED, State.FINAL)
    took_effect = instructions.c.state.in_(done) & (func.coalesce(instructions.c.reason, 0) == 0)
    query = (
        select(instructions.c.key)
        .outerjoin(transactions, instructions.c.transaction_id == transactions.c.id)
        .where(
            instructions.c.function == function,
            instructions.c.state.in_(may) | (took_effect & (transactions.c.block_number > block)),
        )
        .order_by(instructions.c.id)
    )
    return list(connection.execute(query).scalars())
