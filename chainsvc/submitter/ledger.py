"""The worker's statements on its tables; every change of state names the states it may come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chainsvc.submitter.batching import Entry
from chainsvc.submitter.states import IN_FLIGHT, State, TransactionState, sources, transaction_sources
from chainsvc.tables import instructions, nonces, transactions

_UNSETTLED = (State.CLAIMED, State.BATCHED)


def move(connection: Connection, target: State, where: ColumnElement[bool], **values: Any) -> int:
    """Put instructions into `target`, from any state that leads there; returns how many moved."""
    allowed = instructions.c.state.in_(sources(target))
    result = connection.execute(update(instructions).where(allowed, where).values(state=target, **values))
    return int(result.rowcount)


def move_transaction(connection: Connection, target: TransactionState, number: int, **values: Any) -> None:
    """Put a transaction into `target`; staying where it is, with new values, is no change of state."""
    allowed = transactions.c.state.in_([*transaction_sources(target), target])
    where = (transactions.c.id == number, allowed)
    connection.execute(update(transactions).where(*where).values(state=target, **values))


def of(transaction_id: int) -> ColumnElement[bool]:
    """The instructions in one transaction."""
    return instructions.c.transaction_id == transaction_id


def in_flight(connection: Connection, sender: str) -> list[Row[Any]]:
    """Transactions whose end is not known, by nonce; without their signed bytes, which are many."""
    columns = [column for column in transactions.c if column is not transactions.c.raw]
    query = select(*columns).where(transactions.c.sender == sender, transactions.c.state.in_(IN_FLIGHT))
    # Asked in the order of nonces, SQLite would go through every transaction there ever was.
    return sorted(connection.execute(query), key=lambda row: (row.nonce, row.id))


def signed_bytes(connection: Connection, numbers: Sequence[int]) -> dict[int, bytes]:
    """What was signed, by the transaction's number."""
    query = select(transactions.c.id, transactions.c.raw).where(transactions.c.id.in_(numbers))
    return {row.id: row.raw for row in connection.execute(query)}


def count_in_flight(connection: Connection, sender: str) -> int:
    """Transactions whose end is not known."""
    query = select(func.count()).where(transactions.c.sender == sender, transactions.c.state.in_(IN_FLIGHT))
    return int(connection.execute(query).scalar_one())


def oldest_under_way(connection: Connection) -> int | None:
    """Number of the oldest instruction that is claimed or sent, and not mined."""
    query = select(func.min(instructions.c.id)).where(instructions.c.state.in_(_UNSETTLED))
    found: int | None = connection.execute(query).scalar_one()
    return found


def waiting(connection: Connection) -> int:
    """Instructions that no transaction carries yet."""
    query = select(func.count()).where(instructions.c.state.in_([State.PENDING, State.CLAIMED]))
    return int(connection.execute(query).scalar_one())


def claim(connection: Connection, limit: int) -> list[Entry]:
    """The oldest instructions that may be tried now, locked against other workers.

    Not among them: those behind an unsettled one of the same order key.
    """
    earlier = instructions.alias("earlier")
    blocked = exists().where(
        earlier.c.order_key == instructions.c.order_key,
        earlier.c.id < instructions.c.id,
        earlier.c.state.in_(_UNSETTLED),
    )
    query = (
        select(
            instructions.c.id,
            instructions.c.contract,
            instructions.c.function,
            instructions.c.order_key,
            instructions.c.item,
            instructions.c.reverts,
        )
        .where(instructions.c.state == State.PENDING, or_(instructions.c.order_key.is_(None), ~blocked))
        .order_by(instructions.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = [Entry(*row) for row in connection.execute(query)]
    overtaken = _overtaken(connection, found)
    return [entry for entry in found if entry.order_key not in overtaken]


def _overtaken(connection: Connection, found: Sequence[Entry]) -> set[str]:
    """Order keys of which another worker holds an earlier instruction at this moment."""
    first: dict[str, int] = {}
    for entry in found:
        if entry.order_key is not None:
            first.setdefault(entry.order_key, entry.id)
    if not first or connection.dialect.name != "postgresql":
        return set()
    open_states = (State.PENDING, *_UNSETTLED)
    query = (
        select(instructions.c.order_key, func.min(instructions.c.id))
        .where(instructions.c.order_key.in_(list(first)), instructions.c.state.in_(open_states))
        .group_by(instructions.c.order_key)
    )
    return {key for key, lowest in connection.execute(query) if lowest < first[key]}


def unclaim(connection: Connection, sender: str) -> int:
    """Give back what a worker of this sender had claimed and not carried further."""
    return move(
        connection,
        State.PENDING,
        and_(instructions.c.state == State.CLAIMED, instructions.c.claimed_by == sender),
        claimed_by=None,
    )


def known_nonce(connection: Connection, sender: str) -> bool:
    """Whether nonces of this sender have been counted before."""
    found: bool = connection.execute(select(exists().where(nonces.c.sender == sender))).scalar_one()
    return found


def raise_nonce(connection: Connection, sender: str, least: int) -> None:
    """Count on from `least` at the lowest; the count never goes down."""
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = dialect(nonces).values(sender=sender, next_nonce=least)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["sender"], set_={"next_nonce": least}, where=nonces.c.next_nonce < least
        )
    )


def take_nonces(connection: Connection, sender: str, count: int) -> int:
    """Reserve `count` nonces and return the first."""
    statement = (
        update(nonces)
        .where(nonces.c.sender == sender)
        .values(next_nonce=nonces.c.next_nonce + count)
        .returning(nonces.c.next_nonce)
    )
    return int(connection.execute(statement).scalar_one()) - count


def insert_transaction(connection: Connection, values: Mapping[str, Any]) -> int:
    """Store a signed transaction and return its number."""
    statement = transactions.insert().values(**values).returning(transactions.c.id)
    return int(connection.execute(statement).scalar_one())


def set_reasons(connection: Connection, transaction_id: int, reasons: Mapping[int, int]) -> None:
    """Note for each instruction of a mined transaction whether it took effect (0) or why not."""
    connection.execute(update(instructions).where(of(transaction_id)).values(reason=0))
    by_reason: dict[int, list[int]] = {}
    for number, reason in reasons.items():
        by_reason.setdefault(reason, []).append(number)
    for reason, numbers in by_reason.items():
        connection.execute(update(instructions).where(instructions.c.id.in_(numbers)).values(reason=reason))
