"""What money must move, as the chain says, and what a movement that a bank booked is about.

An end-to-end id names the subject, so that a movement can be matched; it never decides what counts. What counts is
the bank's own entry, once (decision 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from gateway.problems import Problem


class FactKind(IntEnum):
    """What a movement is about: the contracts' kinds of fact."""

    PAYOUT = 1
    REPAYMENT = 2
    RECEIVED = 3
    CREDITED = 4
    COLLECTED = 5
    SURPLUS = 6
    REJECTED = 7
    RETURNED = 8


@dataclass(frozen=True, slots=True)
class AccountRef:
    """A bank account as a payment names it."""

    bic: str
    bank: int
    number: str
    owner: int
    owner_name: str
    currency: str
    commitment: bytes


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """Money that the ledger expects to move: `payer` orders it, at its bank. Amount in minor units."""

    end_to_end: str
    kind: FactKind
    subject: int
    payer: AccountRef
    payee: AccountRef
    amount: int


PREFIXES = {
    FactKind.PAYOUT: "LOAN",
    FactKind.REPAYMENT: "REPAY",
    FactKind.RECEIVED: "ROOT",
    FactKind.CREDITED: "LINE",
    FactKind.SURPLUS: "SURP",
}


def end_to_end_id(kind: FactKind, subject: int, part: int) -> str:
    """The end-to-end id (at most 35 characters) of one payment about a subject."""
    return f"{PREFIXES[kind]}-{subject:x}-{part}"


def subject_of(end_to_end: str) -> tuple[FactKind, int]:
    """What an end-to-end id is about; raises Problem(REFERENCE-UNKNOWN) for one that is not ours."""
    prefix, _, rest = end_to_end.partition("-")
    number = rest.partition("-")[0]
    for kind, known in PREFIXES.items():
        if prefix == known:
            try:
                return kind, int(number, 16)
            except ValueError:
                break
    raise Problem(
        "REFERENCE-UNKNOWN", f"the reference {end_to_end!r} names nothing on this ledger", field="EndToEndId"
    )
