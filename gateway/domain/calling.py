"""What a lender may call now for a loan, of whom, and what forbids the rest (2-ledger 2.4; CC-392, CC-692, CC-695).

A reading of the state, not an act: the contracts decide at the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.domain.ledger_state import LedgerState
from gateway.domain.loss import protections_of
from gateway.domain.protection import callable_amount, callable_for, collateral_used_up, used_up
from gateway.domain.protection_records import Protection, ProtectionCall
from gateway.domain.reasons import Reason
from gateway.domain.records import Flag


@dataclass(frozen=True, slots=True)
class Turn:
    """One protection behind a loan. `most` is what may be called of it now, in minor units; 0 where `reason` forbids
    the call, or nothing is left of it.
    """

    number: int
    protection: Protection
    call: ProtectionCall
    most: int
    reason: Reason


def calls(state: LedgerState, loan: int, day: int) -> Iterator[Turn]:
    """All that stand behind a loan, in the order in which they are called. Raises KeyError for an unknown loan."""
    for number, word in protections_of(state, state.loans[loan].facility):
        reason = refusal(state, number, loan, day)
        most = 0 if reason else callable_amount(state, number, loan, day)
        yield Turn(number, word, state.call_of(number, loan), most, reason)


def refusal(state: LedgerState, number: int, loan: int, day: int) -> Reason:
    """The first rule that forbids to call a protection for a loan on a day, whatever the amount."""
    reason = callable_for(state, number, loan, day)
    if reason:
        return reason
    protection = state.protections[number]
    if not collateral_used_up(state, protection.facility, pledged(state, protection.facility), day):
        return Reason.COLLATERAL_FIRST
    waits = any(
        word.rank < protection.rank and not used_up(state, other, loan, day)
        for other, word in protections_of(state, protection.facility)
    )
    return Reason.ORDER_OF_CALL if waits else Reason.NONE


def pledged(state: LedgerState, facility: int) -> Sequence[int]:
    """The certificates that still claim anything for a facility, rising: what goes with a call, unsigned."""
    locked = (number for number, title in state.titles.items() if title.lock == facility and title.open)
    return sorted(number for number in locked if not state.titles[number].flags & Flag.GOODS)
