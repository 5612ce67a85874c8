"""The life of an instruction and of the transaction that carries it, each as one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Of an instruction."""

    PENDING = "pending"
    """Stored with the business change that needs it; nothing sent."""
    CLAIMED = "claimed"
    """A worker is trying it out; goes back to pending when that worker dies."""
    BATCHED = "batched"
    """In a signed, stored transaction."""
    MINED = "mined"
    """In a block that may still be reorganised away."""
    FINAL = "final"
    """Done, past any reorganisation."""
    REFUSED = "refused"
    """The contract's rules say no; the reason code says why. Nothing changed on the ledger."""
    FAILED = "failed"
    """It cannot be carried out at all; the error says why. Nothing changed on the ledger."""


class TransactionState(StrEnum):
    """Of a transaction."""

    STORED = "stored"
    """Signed and stored; whether any node has it is unknown."""
    SENT = "sent"
    """A node took it."""
    MINED = "mined"
    """In a block that may still be reorganised away."""
    FINAL = "final"
    """In a final block and succeeded."""
    REVERTED = "reverted"
    """In a final block and undone as a whole: its instructions go back to pending, in smaller batches."""
    LOST = "lost"
    """Another transaction took its nonce for good: its instructions go back to pending."""


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PENDING: frozenset({State.CLAIMED}),
    State.CLAIMED: frozenset({State.PENDING, State.BATCHED, State.REFUSED, State.FAILED}),
    State.BATCHED: frozenset({State.MINED, State.PENDING, State.FAILED}),
    State.MINED: frozenset({State.BATCHED, State.FINAL, State.REFUSED}),
    State.FINAL: frozenset(),
    State.REFUSED: frozenset(),
    State.FAILED: frozenset(),
}

TRANSACTION_TRANSITIONS: Mapping[TransactionState, frozenset[TransactionState]] = {
    TransactionState.STORED: frozenset(
        {TransactionState.SENT, TransactionState.MINED, TransactionState.LOST}
    ),
    TransactionState.SENT: frozenset({TransactionState.MINED, TransactionState.LOST}),
    TransactionState.MINED: frozenset(
        {TransactionState.SENT, TransactionState.FINAL, TransactionState.REVERTED, TransactionState.LOST}
    ),
    TransactionState.FINAL: frozenset(),
    TransactionState.REVERTED: frozenset(),
    TransactionState.LOST: frozenset(),
}

ENDS = frozenset(state for state, following in TRANSITIONS.items() if not following)
IN_FLIGHT = (TransactionState.STORED, TransactionState.SENT, TransactionState.MINED)


class IllegalTransition(RuntimeError):
    """A change of state that the table does not have: a programming error, never data."""


def sources(target: State) -> list[State]:
    """States from which `target` may be entered; every UPDATE names them in its WHERE."""
    return [state for state, following in TRANSITIONS.items() if target in following]


def transaction_sources(target: TransactionState) -> list[TransactionState]:
    """The same for transactions."""
    return [state for state, following in TRANSACTION_TRANSITIONS.items() if target in following]
