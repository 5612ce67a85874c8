"""If nothing more came in on a loan: who would bear what, in which order, and why (2-ledger 2.4; CC-392, CC-692).

A reading of the state, not an act: the contracts decide at the call. The parts together are what is owed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.ledger_state import LedgerState
from gateway.domain.protection import callable_for, owed
from gateway.domain.protection_records import Protection, ProtectionKind
from gateway.domain.reasons import REASON_SENTENCES, Reason
from gateway.domain.records import Flag
from gateway.domain.terms.standing import is_late

MOST_BPS = 10_000


class Bearer(StrEnum):
    """Who bears a part of a loss, in the order of loss."""

    COLLATERAL = "the debtor's own collateral"
    GUARANTEE = "guarantor"
    SHARE = "partner by percent"
    RESERVE = "reserve"
    INSURANCE = "insurer"
    LENDER = "lender"


_BEARERS = {
    ProtectionKind.GUARANTEE: (Bearer.GUARANTEE, "CC-692", "up to its cap"),
    ProtectionKind.SHARE: (Bearer.SHARE, "DEC-8", "its percent of what the guarantors left"),
    ProtectionKind.RESERVE: (Bearer.RESERVE, "DEC-5", "up to what its custodian attested last"),
    ProtectionKind.INSURANCE: (Bearer.INSURANCE, "DEC-5", "up to its cap, if the insurer accepts the claim"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One bearer's part, in minor units. `protection` and `party` are 0 for the collateral; `rule` is the id of
    what puts it there, `why` a sentence.
    """

    bearer: Bearer
    protection: int
    party: int
    amount: int
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Loss:
    """What is owed on a loan on a day, and who would bear it; Σ parts = owed."""

    loan: int
    day: int
    owed: int
    parts: tuple[Part, ...]


def loss_waterfall(state: LedgerState, number: int, day: int) -> Loss:
    """Who bears what if nobody pays any more, as seen on `day`. Raises KeyError for an unknown loan.

    A loan that is not overdue is looked at as if it were: the question is asked before. A protection that does
    not stand for the loan bears nothing, and its part says why.
    """
    loan = state.loans[number]
    facility = state.facilities[loan.facility]
    total = owed(state, number, day)
    collateral = min(total, _collateral(state, number, day))
    why = "pledged goods, and certificates that are not due yet, by this loan's part of what is used"
    parts = [Part(Bearer.COLLATERAL, 0, facility.borrower, collateral, "CC-392", why)]
    rest = total - collateral
    for part in _protectors(state, number, rest, day):
        parts.append(part)
        rest -= part.amount
    parts.append(Part(Bearer.LENDER, 0, facility.lender, rest, "DEC-8", "what nobody else bears"))
    return Loss(number, day, total, tuple(parts))


def _collateral(state: LedgerState, number: int, day: int) -> int:
    """This loan's part of what pledged goods count for, and of what still falls due of the certificates pledged: what
    is overdue is used up (CC-392)."""
    loan = state.loans[number]
    used = state.facilities[loan.facility].used
    locked = (title for title in state.titles.values() if title.lock == loan.facility)
    certificates = (title for title in locked if not title.flags & Flag.GOODS)
    face = sum(title.open for title in certificates if day <= state.roots[title.root].due_day)
    face += sum(lot.value for (facility, _), lot in state.pledged_lots.items() if facility == loan.facility)
    return face * loan.principal // used if used else face


def _protectors(state: LedgerState, number: int, rest: int, day: int) -> Iterator[Part]:
    shared = -1
    for protection, word in protections_of(state, state.loans[number].facility):
        bearer, rule, why = _BEARERS[word.kind]
        if word.kind is ProtectionKind.SHARE and shared < 0:
            shared = rest + state.claims_of(number).shared
        reason = _stands(state, protection, number, day)
        amount = 0 if reason else min(rest, _most(state, protection, number, shared))
        if reason:
            explained = REASON_SENTENCES[reason]
            rule, why = explained.rule_id, explained.sentence
        yield Part(bearer, protection, protection >> 32, amount, rule, why)
        rest -= amount


def _stands(state: LedgerState, protection: int, number: int, day: int) -> Reason:
    loan = state.loans[number]
    late = is_late(loan, state.accrual_of(number), day)
    due = day if late else max(day, loan.due_day + loan.grace_days + 1)
    return callable_for(state, protection, number, due)


def _most(state: LedgerState, protection: int, number: int, shared: int) -> int:
    """What a protector can still be made to pay for a loan: what may be called, and what is called already."""
    word, call = state.protections[protection], state.call_of(protection, number)
    most = word.room + call.unpaid
    if word.kind is ProtectionKind.SHARE:
        most = min(most, shared * word.bps // MOST_BPS - call.paid)
    if word.kind is ProtectionKind.RESERVE:
        most = min(most, word.balance)
    return max(0, most)


def protections_of(state: LedgerState, facility: int) -> Sequence[tuple[int, Protection]]:
    """All that stand behind a facility, in the order in which they are called."""
    behind = [(n, word) for n, word in state.protections.items() if word.facility == facility]
    return sorted(behind, key=lambda each: (each[1].rank, each[0]))
