"""What money must move, as the chain says, and what a movement that a bank booked is about.

An end-to-end id names the subject, so that a movement can be matched; it never decides what counts. What counts is
the bank's own entry, once (decision 10).
"""

from __future__ import annotations

import re
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


_ID = re.compile(rf"({'|'.join(PREFIXES.values())})-([0-9a-f]{{1,16}})-[0-9]+(-[0-9]+)?")
_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}


def subject_of(end_to_end: str) -> tuple[FactKind, int]:
    """What an end-to-end id is about.

    Only the whole id counts, as it was given: one that a bank cut short may name another subject, so it names none.
    Raises Problem(REFERENCE-UNKNOWN).
    """
    found = _ID.fullmatch(end_to_end)
    if found is None:
        told = (
            f"the reference {end_to_end!r} names nothing on this ledger"
            if end_to_end
            else "it has no reference"
        )
        raise Problem("REFERENCE-UNKNOWN", told, field="EndToEndId")
    return _KINDS[found[1]], int(found[2], 16)
