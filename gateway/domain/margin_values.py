"""What pledged goods count for (contracts/credit/Coverage).

A lot's value stands in the facility's face value beside what certificates claim, so that one rule of coverage serves
both.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_records import UNITS, MarginState, PledgedLot
from gateway.domain.parties import Key, authorise, maker_and_checker, spend
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, MOST_BPS, Facility, LoanPhase
from gateway.domain.stages import releasable
from gateway.domain.terms import standing

_LAST_DAY = 0xFFFF
"""Of lots that are none, the oldest valuation is good for ever."""


def worth(state: LedgerState, lot: int, pledged: PledgedLot, today: int) -> int:
    """What so much of a lot counts for, in minor units, rounded down. One that is short counts for what is in store of
    it, pro rata, as its keeper would hand it over. An old valuation may only lower what the lot counted for: nobody
    stands by its price.
    """
    full = pledged.quantity * pledged.rate
    if not full:
        return 0
    first, stock = state.roots[lot].quantity, state.lot_of(lot)
    nominal, stored = stock.nominal(first), stock.stored(first)
    value = full * stored // (nominal * UNITS) if stored < nominal else full // UNITS
    return min(value, pledged.value) if pledged.valid_until < today else value


def revalue(state: LedgerState, number: int, lot: int, pledged: PledgedLot, today: int) -> None:
    """Keeps a lot's record with what it counts for now, and the facility's face value with it. It counts for no more
    than the face value's field can take.
    """
    facility = state.facilities[number]
    others = facility.face - pledged.value
    value = min(worth(state, lot, pledged, today), MAX_AMOUNT - others)
    state.pledged_lots[number, lot] = replace(pledged, value=value)
    state.facilities[number] = replace(facility, face=others + value)


def set_quantity(state: LedgerState, number: int, lot: int, quantity: int, today: int) -> None:
    """The lot's receipts pledged here are `quantity` now. A lot that comes first, or goes last, is counted."""
    before = state.pledged_lot_of(number, lot)
    revalue(state, number, lot, replace(before, quantity=quantity), today)
    if bool(before.quantity) == bool(quantity):
        return
    mark = state.mark_of(number)
    if not quantity:
        state.marks[number] = replace(mark, lots=mark.lots - 1)
        return
    fresh = min(mark.fresh_until, before.valid_until) if mark.lots else before.valid_until
    state.marks[number] = replace(mark, lots=mark.lots + 1, fresh_until=fresh)


def covering(state: LedgerState, number: int, facility: Facility, today: int) -> Reason:
    """What is asked before anything is drawn or released on goods: while a call stands, or a valuation is too old,
    nobody knows what they cover.
    """
    mark = state.mark_of(number)
    if not facility.takes_goods:
        return Reason.NONE
    if mark.state is not MarginState.STANDING:
        return Reason.MARGIN_CALLED
    return Reason.NONE if mark.fresh(today) else Reason.VALUATION_STALE


def covered(facility: Facility, face: int) -> bool:
    """Whether collateral of this face value, in minor units, covers what is used."""
    return facility.used * MOST_BPS <= face * facility.advance_bps


def covered_by(state: LedgerState, number: int, facility: Facility, face: int) -> Reason:
    """Does so much face value cover what is owed, and keep what was agreed as a floor?"""
    if not covered(facility, face):
        return Reason.COLLATERAL_SHORT
    return Reason.BELOW_FLOOR if face < state.goods_terms[number].floor else Reason.NONE


def beyond_cover(state: LedgerState, number: int, facility: Facility) -> tuple[int, Reason]:
    """What of the face value covers nothing that is owed, and is not needed for a floor that was agreed; and which of
    both leaves no more.
    """
    kept, bound = -(-facility.used * MOST_BPS // facility.advance_bps), Reason.COLLATERAL_SHORT
    floor = state.goods_terms[number].floor if facility.takes_goods else 0
    if floor > kept:
        kept, bound = floor, Reason.BELOW_FLOOR
    return max(0, facility.face - kept), bound


def spare(state: LedgerState, number: int, facility: Facility) -> tuple[int, Reason]:
    """What may go free while something is owed, and by which rule no more. In stages it is freed against sales cash,
    whatever it is that goes: else goods would go by way of the receivable that they were sold for.
    """
    most, bound = beyond_cover(state, number, facility)
    if facility.staged and releasable(state, number) < most:
        return releasable(state, number), Reason.SALES_SHORT
    return most, bound


def exchangeable(state: LedgerState, number: int, before: int, value: int, today: int) -> Reason:
    """May what counts for `value` take the place of what counted for `before`, in minor units? Where less is pledged
    than was, the rest must do.
    """
    facility = state.facilities[number]
    if value >= before:
        return Reason.NONE
    if facility.subrogated:
        return Reason.SUBROGATION_OPEN
    if not facility.used:
        return Reason.NONE
    reason = covering(state, number, facility, today)
    return reason or covered_by(state, number, facility, facility.face - (before - value))


def lent_on(state: LedgerState, number: int, party: int) -> bool:
    """Is this the lender, or does it stand behind the loan, or is it of their groups? Pledged goods go to none of them
    (CC-428).
    """
    entrustor, _fee = state.entrustors.get(number, (0, 0))
    behind = {state.group_of(state.facilities[number].lender)}
    return state.group_of(party) in behind | ({state.group_of(entrustor)} if entrustor else set())


def lower_face(state: LedgerState, number: int, amount: int) -> None:
    """What is locked to a facility claims less, even where less is left than covers what is owed."""
    if number:
        facility = state.facilities[number]
        state.facilities[number] = replace(facility, face=facility.face - amount)


def short(state: LedgerState, number: int) -> bool:
    """Whether less is pledged than what is owed needs before the lender calls."""
    facility, terms = state.facilities[number], state.goods_terms[number]
    return facility.used * MOST_BPS > facility.face * terms.maintenance_bps


def oldest(state: LedgerState, number: int, lots: tuple[int, ...]) -> int:
    """The day through which the valuation of every one of these lots is good."""
    return min((state.pledged_lots[number, lot].valid_until for lot in lots), default=_LAST_DAY)


def by_lender(
    state: LedgerState, number: int, act: object, nonce: int, signed_by: tuple[Key, Key], now: int
) -> Reason:
    """Two persons of the lender, once; the checker's mandate must reach what is owed."""
    facility = state.facilities[number]
    reason = authorise(state, act, maker_and_checker(facility.lender, facility.used), signed_by, now)
    if not reason and not spend(state, facility.lender, nonce):
        return Reason.NONCE_USED
    return reason


def met(state: LedgerState, number: int, today: int) -> bool:
    """Whether what a call or a default notice was for is made good: what is pledged covers what is used again, or the
    loan that the notice names is paid, or no more overdue.
    """
    mark, facility = state.mark_of(number), state.facilities[number]
    if not mark.loan:
        return covered(facility, facility.face)
    loan = state.loans[mark.loan]
    if loan.phase is LoanPhase.OUTSTANDING:
        return not standing.overdue_since(loan, state.accrual_of(mark.loan), today)
    return loan.phase is not LoanPhase.WRITTEN_OFF
