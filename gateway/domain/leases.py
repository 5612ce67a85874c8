"""Goods that the lessor owns until the last rental (contracts/credit/Leases).

A lease is a loan under a facility of that form, and its instalments are the rentals. How title moves with the money
stands in `sales`, as for all that a draw buys: with the pay-out the receipt is the lessor's, with the last rental the
lessee's. Every verb answers the first rule that forbids it; only NONE changes the state. `now` is Unix seconds.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain import titles, waterfall
from gateway.domain.acts import NOTHING
from gateway.domain.calendar import day_of
from gateway.domain.lease_acts import EndLease, GiveNotice, LeaseGoods, WithdrawLease
from gateway.domain.lease_records import Lease
from gateway.domain.ledger_state import LedgerState
from gateway.domain.parties import Key, Need, authorise, maker_and_checker, spend
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Facility, Flag, Form, Loan, LoanPhase, Role, Title
from gateway.domain.terms import standing
from gateway.domain.terms.accruing import accrued, interest_due

# ── Lease, withdraw ─────────────────────────────────────────────────────────────────────────────────────────


def lease_goods(state: LedgerState, act: LeaseGoods, signed_by: tuple[Key, ...], now: int) -> Reason:
    """A whole receipt is to be leased: one thing from here on. Signed by holder, lessee, lessor, keeper."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    reason = _leasable(state, act, facility)
    if reason:
        return reason
    title = state.titles[act.title]
    root = state.roots[title.root]
    needs = [
        Need(title.holder, Role.TITLE, act.quantity),
        Need(facility.borrower, Role.BORROW, act.price),
        Need(facility.lender, Role.CREDIT_MAKER),
        Need(root.debtor, Role.KEEP),
    ]
    reason = authorise(state, act, needs, signed_by, now)
    if not reason:
        reason = titles.movable(title, root, act.sequence, day_of(now), Flag.GOODS)
    if reason:
        return reason
    if title.flags & Flag.PAPER:
        return Reason.ON_PAPER
    if title.flags & Flag.LIEN:
        return Reason.STORAGE_UNPAID
    if act.quantity != title.quantity:
        return Reason.AMOUNT_DIFFERS

    state.titles[act.title] = replace(title.next(), lock=act.facility, flags=title.flags | Flag.HELD)
    state.leases[act.title] = Lease(
        title.holder, act.seller, act.appraiser, act.facility, act.price, act.notice_days
    )
    state.facilities[act.facility] = replace(facility, face=facility.face + act.price)
    return Reason.NONE


def _leasable(state: LedgerState, act: LeaseGoods, facility: Facility) -> Reason:
    if facility.form is not Form.LEASE or not act.notice_days:
        return Reason.TERMS_OUT_OF_RANGE
    if not act.price:
        return Reason.ZERO_QUANTITY
    if facility.face + act.price > MAX_AMOUNT:
        return Reason.FACILITY_LIMIT_EXCEEDED
    # Who says what goods taken back are worth is a party, and of neither side.
    sides = {state.group_of(facility.lender), state.group_of(facility.borrower)}
    if state.group_of(act.appraiser) in sides | {0}:
        return Reason.NOT_INDEPENDENT
    title = state.titles.get(act.title)
    if title is None:
        return Reason.UNKNOWN_TITLE
    if not title.flags & Flag.GOODS:
        return Reason.OTHER_KIND
    if act.seller == facility.lender or title.holder not in (act.seller, facility.lender):
        return Reason.DIFFERENT_HOLDER
    return Reason.NONE


def withdraw_lease(state: LedgerState, act: WithdrawLease, signed_by: tuple[Key, Key], now: int) -> Reason:
    """While no draw stands on it, its holder takes it back: a lessor that never pays cannot keep a receipt by silence.
    Signed by holder, keeper.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    lease = state.leases.get(act.title)
    if lease is None:
        return Reason.NOT_LEASED
    if act.title in state.sales:
        return Reason.TITLE_SOLD
    title = state.titles[act.title]
    if title.sequence != act.sequence:
        return Reason.WRONG_SEQUENCE
    keeper = state.roots[title.root].debtor
    needs = [Need(lease.owner, Role.TITLE, title.quantity), Need(keeper, Role.KEEP)]
    reason = authorise(state, act, needs, signed_by, now)
    if reason:
        return reason
    if title.frozen:
        return Reason.TITLE_FROZEN

    state.titles[act.title] = _free(title, lease.owner)
    del state.leases[act.title]
    facility = state.facilities[lease.facility]
    state.facilities[lease.facility] = replace(facility, face=facility.face - lease.price)
    return Reason.NONE


def _free(title: Title, holder: int) -> Title:
    """The receipt as its lease leaves it."""
    return replace(title.next(), holder=holder, lock=0, flags=title.flags & ~Flag.HELD)


# ── Notice, end ─────────────────────────────────────────────────────────────────────────────────────────────


def give_notice(state: LedgerState, act: GiveNotice, signed_by: tuple[Key, Key], now: int) -> Reason:
    """The lessor calls on the lessee to pay what is overdue (CC-752). Signed by the lessor's maker and checker."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    today = day_of(now)
    reason, _since = _overdue_lease(state, act.loan, today)
    if reason:
        return reason
    title, loan = state.bought[act.loan], state.loans[act.loan]
    lease = state.leases[title]
    if act.from_day < today + lease.notice_days:
        return Reason.VALUE_DAY_OUT_OF_RANGE
    lender = state.facilities[loan.facility].lender
    reason = authorise(state, act, maker_and_checker(lender, loan.principal), signed_by, now)
    if reason:
        return reason
    if not spend(state, lender, act.nonce):
        return Reason.NONCE_USED
    state.leases[title] = replace(lease, notice_day=today, from_day=act.from_day)
    return Reason.NONE


def _overdue_lease(state: LedgerState, number: int, today: int) -> tuple[Reason, int]:
    """Why this loan stands on no lease that was paid out and is overdue, or NONE with the due day of its oldest unpaid
    rental.
    """
    title = state.bought.get(number, 0)
    if title not in state.leases or state.sales.get(title) != number:
        return Reason.NOT_LEASED, 0
    loan = state.loans[number]
    if loan.phase not in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF):
        return Reason.LOAN_NOT_OUTSTANDING, 0
    since = standing.overdue_since(loan, state.accrual_of(number), today)
    return (Reason.NONE if since else Reason.NOT_YET_DUE), since


def end_lease(state: LedgerState, act: EndLease, signed_by: tuple[Key, Key, Key], now: int) -> Reason:
    """The notice ran out and a rental that it called for is unpaid: the lessor has the goods free of the lease. Signed
    by the lessor's maker and checker, and the appraiser that both sides named.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    today = day_of(now)
    reason = _endable(state, act.loan, today)
    if reason:
        return reason
    if act.evidence == NOTHING:
        return Reason.EVIDENCE_MISSING
    number, loan = state.bought[act.loan], state.loans[act.loan]
    lease, title = state.leases[number], state.titles[number]
    lender = state.facilities[lease.facility].lender
    needs = [*maker_and_checker(lender, loan.principal), Need(lease.appraiser, Role.ATTEST)]
    reason = authorise(state, act, needs, signed_by, now)
    if reason:
        return reason
    if title.frozen:
        return Reason.TITLE_FROZEN

    state.titles[number] = _free(title, lender)
    del state.sales[number]
    del state.leases[number]
    _set_off(state, act, loan, lease.price, today)
    return Reason.NONE


def _endable(state: LedgerState, number: int, today: int) -> Reason:
    """What the notice called for is what was due before its day: once that is paid it has done its work, and another is
    needed for what fell due later (CC-752).
    """
    reason, since = _overdue_lease(state, number, today)
    if reason:
        return reason
    lease = state.leases[state.bought[number]]
    stands = since < lease.notice_day and today >= lease.from_day
    return Reason.NONE if stands else Reason.NOT_ENFORCED


def _set_off(state: LedgerState, act: EndLease, loan: Loan, price: int, today: int) -> None:
    """The goods' value fills the buckets as money would. It is no money, so whatever principal it meets is written off
    rather than repaid; what it does not meet is claimed like that of any loan that was written off, and what it
    exceeds the debt by is the lessee's (CC-758).
    """
    accrual = accrued(state.accrual_of(act.loan), loan, today)
    interest, costs = interest_due(accrual, loan), state.costs_of(act.loan)
    whole = act.value >= costs.due + interest + loan.principal
    taken = waterfall.repay(act.value, interest, loan.principal, costs.due)
    if taken.costs:
        state.costs[act.loan] = replace(costs, paid=costs.paid + taken.costs)
    facility = _lowered(state.facilities[loan.facility], loan, whole)
    facility = replace(facility, face=facility.face - price)
    if facility.clear:
        facility = replace(facility, debt_paid=False, zero_debt_day=today)
    state.facilities[loan.facility] = facility
    phase = LoanPhase.SETTLED if whole else LoanPhase.WRITTEN_OFF
    state.loans[act.loan] = replace(
        loan, principal=loan.principal - taken.principal, accrued_day=today, phase=phase
    )
    if whole:
        state.accruals.pop(act.loan, None)
    else:
        state.accruals[act.loan] = replace(accrual, interest_paid=accrual.interest_paid + taken.interest)
    if taken.surplus:
        state.differences[act.loan] = taken.surplus


def _lowered(facility: Facility, loan: Loan, whole: bool) -> Facility:
    """The facility without what stood on the loan; what is left of the debt counts as written off."""
    if loan.phase is LoanPhase.WRITTEN_OFF:
        return replace(facility, written_off=facility.written_off - whole)
    return replace(
        facility,
        used=facility.used - loan.principal,
        loans=facility.loans - 1,
        written_off=facility.written_off + (not whole),
    )
