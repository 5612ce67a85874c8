"""What enforcing a loan and the claims of those who paid in its debtor's place do to loan and facility (CC-561,
CC-700; contracts/credit).
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.acts import AddCosts
from gateway.domain.calendar import day_of
from gateway.domain.ledger_state import LedgerState
from gateway.domain.parties import Key, authorise, maker_and_checker
from gateway.domain.reasons import Reason
from gateway.domain.records import LoanPhase
from gateway.domain.terms.standing import is_late

MOST_COSTS_BPS = 2_000
"""Costs of enforcement are at most this part of what was lent."""


def add_costs(state: LedgerState, act: AddCosts, signed_by: tuple[Key, Key], now: int) -> Reason:
    """What enforcing an overdue loan cost is added to it (CC-561). Signed by the lender's maker and checker."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    loan = state.loans.get(act.loan)
    if loan is None or loan.phase not in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF):
        return Reason.LOAN_NOT_OUTSTANDING
    if not is_late(loan, state.accrual_of(act.loan), day_of(now)):
        return Reason.NOT_YET_DUE
    if act.amount == 0:
        return Reason.ZERO_QUANTITY
    costs = state.costs_of(act.loan)
    if act.costs_before != costs.added:
        return Reason.LIST_STALE
    if costs.added + act.amount > loan.drawn * MOST_COSTS_BPS // 10_000:
        return Reason.TERMS_OUT_OF_RANGE
    lender = state.facilities[loan.facility].lender
    reason = authorise(state, act, maker_and_checker(lender, act.amount), signed_by, now)
    if not reason:
        state.loans[act.loan] = replace(loan, has_costs=True)
        state.costs[act.loan] = replace(costs, added=costs.added + act.amount)
    return reason


def guard(state: LedgerState, number: int, short: bool, open_: bool, today: int) -> None:
    """Whether a reserve behind a facility is below its floor, and whether a protector that paid has an open claim:
    while either is so nothing new is drawn, while the latter is so no lock ends (CC-700).
    """
    before = state.facilities[number]
    facility = replace(before, reserve_short=short, subrogated=open_)
    if open_:
        facility = replace(facility, debt_paid=False, zero_debt_day=0)
    elif before.subrogated and facility.clear:
        facility = replace(facility, debt_paid=True, zero_debt_day=today)
    state.facilities[number] = facility
