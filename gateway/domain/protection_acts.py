"""The acts of protection, field for field as contracts/types/Acts.sol has them; see `acts` for what is common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Protect:
    """Somebody stands behind a facility. The number's upper half is the protector."""

    protection: int
    facility: int
    kind: int
    order: int
    bps: int
    cap: int
    until_day: int
    rate: int
    custodian: int
    floor: int
    target: int
    top_up_days: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Consent:
    """A protector agrees to stand for a loan dearer than what it signed for (CC-695)."""

    protection: int
    loan: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class CallProtection:
    """The lender calls a protection for an overdue loan."""

    protection: int
    loan: int
    amount: int
    called_before: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class EndCall:
    """What is called and not paid ends: an insurer refuses it, or nothing is owed any more."""

    protection: int
    loan: int
    called_before: int
    expires_at: int
    reason: bytes


@dataclass(frozen=True, slots=True)
class Waive:
    """A protector that paid gives up a part of what it could recover."""

    protection: int
    loan: int
    amount: int
    nonce: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class AttestReserve:
    """A custodian says what is in a reserve."""

    protection: int
    balance: int
    day: int
    nonce: int
    expires_at: int
    evidence: bytes
