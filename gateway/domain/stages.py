"""A facility is used stage by stage, as its borrower needs and sells (S15, S16; contracts/credit/Stages).

Money goes to the special account alone; a stage is opened by two keys, and only as far as sales cash carries it; goods
go free against sales cash. Every verb answers the first rule that forbids it; only NONE changes the state.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.acts import NOTHING
from gateway.domain.ledger_state import LedgerState
from gateway.domain.parties import Key, Need, authorise, maker_and_checker
from gateway.domain.reasons import Reason
from gateway.domain.records import Facility, Form, Role
from gateway.domain.stage_acts import AgreeStages, OpenStage
from gateway.domain.stage_records import StageTerms

# ── Agree, open ─────────────────────────────────────────────────────────────────────────────────────────────


def agree_stages(state: LedgerState, act: AgreeStages, signed_by: tuple[Key, ...], now: int) -> Reason:
    """How a facility is used stage by stage. Signed by the lender's maker and checker, the borrower and, where one is
    named, the approver.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    reason = _agreeable(state, act, facility)
    if reason:
        return reason
    needs = [
        *maker_and_checker(facility.lender, facility.limit),
        Need(facility.borrower, Role.BORROW, facility.limit),
    ]
    if act.approver:
        needs.append(Need(act.approver, Role.ATTEST))
    reason = authorise(state, act, needs, signed_by[: len(needs)], now)
    if reason:
        return reason
    state.stage_terms[act.facility] = StageTerms(
        act.approver, act.first, act.step_bps, act.release_bps, act.version
    )
    state.special_accounts[act.facility] = (act.special_bank, act.special_account)
    state.facilities[act.facility] = replace(facility, staged=True)
    stages = state.stages_of(act.facility)
    if act.first > stages.opened:
        state.stages[act.facility] = replace(stages, opened=act.first)
    return Reason.NONE


def _agreeable(state: LedgerState, act: AgreeStages, facility: Facility) -> Reason:
    # What a draw buys is paid for at once, to whoever sells it.
    if facility.form is not Form.PLEDGE:
        return Reason.TERMS_OUT_OF_RANGE
    # Sales cash repays loans: without a first stage there never is any.
    if not 0 < act.first <= facility.limit or not act.special_bank:
        return Reason.TERMS_OUT_OF_RANGE
    before = state.stage_terms.get(act.facility)
    if act.version != (0 if before is None else before.version) + 1:
        return Reason.LIST_STALE
    # A loan that was drawn before is paid out where it was to be, and its repayment was not counted.
    if before is None and not facility.owes_nothing:
        return Reason.DEBT_OUTSTANDING
    sides = {state.group_of(facility.lender), state.group_of(facility.borrower)}
    if act.approver and state.group_of(act.approver) in sides:
        return Reason.NOT_INDEPENDENT
    return Reason.NONE


def open_stage(state: LedgerState, act: OpenStage, signed_by: tuple[Key, Key, Key], now: int) -> Reason:
    """More may be used. Signed by the lender's maker, and by the approver or, where none is named, the lender's
    checker: `signed_by` is maker, checker, approver.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    terms = state.stage_terms.get(act.facility)
    if terms is None:
        return Reason.STAGES_MISSING
    facility, stages = state.facilities[act.facility], state.stages_of(act.facility)
    if act.opened_before != stages.opened:
        return Reason.LIST_STALE
    if act.opened <= act.opened_before:
        return Reason.TERMS_OUT_OF_RANGE
    if act.opened > facility.limit:
        return Reason.FACILITY_LIMIT_EXCEEDED
    if act.opened > terms.carried(stages.sales):
        return Reason.SALES_SHORT
    if act.evidence == NOTHING:
        return Reason.EVIDENCE_MISSING
    maker, checker, approver = signed_by
    if terms.approver:
        needs = [Need(facility.lender, Role.CREDIT_MAKER, act.opened), Need(terms.approver, Role.ATTEST)]
        reason = authorise(state, act, needs, (maker, approver), now)
    else:
        needs = maker_and_checker(facility.lender, act.opened)
        reason = authorise(state, act, needs, (maker, checker), now)
    if not reason:
        state.stages[act.facility] = replace(stages, opened=act.opened)
    return reason


# ── What others ask and tell ────────────────────────────────────────────────────────────────────────────────


def usable(state: LedgerState, number: int) -> int:
    """What may be used of a facility: of one in stages as much as was opened, and as sales carry after a repayment was
    taken back, too; of any other its limit.
    """
    facility = state.facilities[number]
    if not facility.staged:
        return facility.limit
    stages = state.stages_of(number)
    return min(stages.opened, state.stage_terms[number].carried(stages.sales))


def count_sales(state: LedgerState, loan: int, amount: int) -> None:
    """So much came in on the collection account and filled a loan; less than nothing was taken back. A protector's
    payment is no sales cash, nor is the price of goods that were sold in enforcement: nothing is released against goods
    that are gone.
    """
    drawn = state.loans[loan]
    if drawn.staged:
        stages = state.stages_of(drawn.facility)
        state.stages[drawn.facility] = replace(stages, sales=stages.sales + amount)


def releasable(state: LedgerState, number: int) -> int:
    """What goods may still count for that go free against sales cash."""
    stages = state.stages_of(number)
    return max(0, state.stage_terms[number].earned(stages.sales) - stages.released)


def count_released(state: LedgerState, number: int, value: int) -> None:
    """Goods that counted for so much went free. Once nothing is owed they do whatever was sold: they use up what sales
    had earned, so that no sale counts for goods of another season, and no more than that.
    """
    if state.facilities[number].staged and value > 0:
        stages = state.stages_of(number)
        counted = min(value, releasable(state, number))
        state.stages[number] = replace(stages, released=stages.released + counted)
