"""What money must move, as the chain says, and what a movement that a bank booked is about.

An end-to-end id names the subject, so that a movement can be matched; it never decides what counts. What counts is
the bank's own entry, once (decision 10).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

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
    PROTECTED = 12
    REIMBURSED = 13


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
    """Money that the ledger expects to move: `payer` orders it, at its bank. Amount in minor units.

    `loan`: of a protector's money, the loan that it is for; else 0.
    """

    end_to_end: str
    kind: FactKind
    subject: int
    payer: AccountRef
    payee: AccountRef
    amount: int
    loan: int = 0


PREFIXES = {
    FactKind.PAYOUT: "LOAN",
    FactKind.REPAYMENT: "REPAY",
    FactKind.RECEIVED: "ROOT",
    FactKind.CREDITED: "LINE",
    FactKind.SURPLUS: "SURP",
    FactKind.PROTECTED: "PROT",
    FactKind.REIMBURSED: "REIM",
}

OF_PROTECTORS = (FactKind.PROTECTED, FactKind.REIMBURSED)
"""Kinds whose subject is a protection, for one loan: guarantors and reserves pay, and get back."""

_SERIAL = (1 << 32) - 1


class About(NamedTuple):
    """What an end-to-end id is about. `serial` is the loan's own half of its number, of a protector's money; else 0.

    The other half is the borrower's, and that is the protection's: 35 characters do not hold two whole numbers.
    """

    kind: FactKind
    subject: int
    serial: int = 0


def end_to_end_id(kind: FactKind, subject: int, part: int, loan: int = 0) -> str:
    """The end-to-end id (at most 35 characters) of one payment about a subject, and of a protector's for a loan."""
    if kind in OF_PROTECTORS:
        return f"{PREFIXES[kind]}-{subject:x}-{loan & _SERIAL:x}-{part}"
    return f"{PREFIXES[kind]}-{subject:x}-{part}"


_LOANED = "|".join(PREFIXES[kind] for kind in OF_PROTECTORS)
_PLAIN = "|".join(prefix for kind, prefix in PREFIXES.items() if kind not in OF_PROTECTORS)
_ID = re.compile(
    rf"(?:({_PLAIN})-([0-9a-f]{{1,16}})|({_LOANED})-([0-9a-f]{{1,16}})-([0-9a-f]{{1,8}}))-[0-9]+(-[0-9]+)?"
)
_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}


def subject_of(end_to_end: str) -> About:
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
    if found[3]:
        return About(_KINDS[found[3]], int(found[4], 16), int(found[5], 16))
    return About(_KINDS[found[1]], int(found[2], 16))
