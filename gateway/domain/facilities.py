"""A lender and a borrower agree a facility (decisions 7, 8; contracts/credit/Facilities)."""

from __future__ import annotations

from gateway.domain.acts import Open
from gateway.domain.calendar import day_of
from gateway.domain.funders import fundable
from gateway.domain.ledger_state import LedgerState
from gateway.domain.parties import Key, Need, authorise, maker_and_checker
from gateway.domain.reasons import Reason
from gateway.domain.records import MOST_BPS, Facility, Form, Role


def open_facility(state: LedgerState, act: Open, signed_by: tuple[Key, ...], now: int) -> Reason:
    """Lender and borrower agree a facility. Signed by the lender's maker and checker, the borrower, and by two
    persons of the entrustor, where the act names one (S5).
    """
    today = day_of(now)
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    if act.facility == 0 or act.lender == act.borrower:
        return Reason.TERMS_OUT_OF_RANGE
    if not 0 < act.advance_bps <= MOST_BPS or act.limit == 0:
        return Reason.TERMS_OUT_OF_RANGE
    if act.end_day < today:
        return Reason.FACILITY_ENDED
    if act.facility in state.facilities:
        return Reason.FACILITY_TAKEN
    reason = fundable(state, act)
    if reason:
        return reason
    needs = [*maker_and_checker(act.lender, act.limit), Need(act.borrower, Role.BORROW, act.limit)]
    if act.entrustor:
        needs += [Need(act.entrustor, Role.TITLE), Need(act.entrustor, Role.TITLE, act.limit)]
    reason = authorise(state, act, needs, signed_by[: len(needs)], now)
    if reason:
        return reason
    policy = state.policy_on(today)
    state.facilities[act.facility] = Facility(
        lender=act.lender,
        borrower=act.borrower,
        currency=act.currency,
        advance_bps=act.advance_bps,
        limit=act.limit,
        used=0,
        end_day=act.end_day,
        closes_with_debt=act.closes_with_debt,
        release_days=0 if policy is None else policy.release_days,
        form=Form(act.form),
        entrusted=act.entrustor != 0,
    )
    if act.entrustor:
        state.entrustors[act.facility] = (act.entrustor, act.agent_fee_bps)
    state.collections[act.facility] = (act.collection_bank, act.collection_account)
    return Reason.NONE
