"""Facility and loan: what may be drawn, what is owed, what secures it (decisions 7, 10, 14, 16;
contracts/credit).

`used` (reserved and outstanding together) never exceeds min(limit, advance rate × face value locked) at a
draw or a release. Every verb answers the first rule that forbids it; only NONE changes the state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.domain import interest, sales, stages, waterfall
from gateway.domain.acts import NOTHING, Carve, Draw, Lock, Release, Unlock, Void, WriteOff
from gateway.domain.calendar import day_of
from gateway.domain.encumbrance import carve_locked, lock_title, locked_open, unlock_titles
from gateway.domain.ledger_state import LedgerState, made_by
from gateway.domain.margin_values import covered, covering, spare
from gateway.domain.parties import Key, Need, authorise, maker_and_checker, spend
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, MOST_BPS, Accrual, Facility, Form, Loan, LoanPhase, Role, Terms
from gateway.domain.terms import agreement, schedules, standing
from gateway.domain.terms.accruing import accrued, accrued_again, interest_due

# ── Lock ────────────────────────────────────────────────────────────────────────────────────────────────────


def lock(state: LedgerState, act: Lock, signed_by: tuple[Key, Key], now: int) -> Reason:
    """A title, or a part of it, secures a facility. Signed by holder and lender (CC-440/441/445)."""
    today = day_of(now)
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    # While anything is owed, more may always be pledged.
    if today > facility.end_day and facility.owes_nothing:
        return Reason.FACILITY_ENDED
    # A lease has no pledge beside it.
    if facility.form is Form.LEASE:
        return Reason.TERMS_OUT_OF_RANGE
    reason, quantity = lock_title(state, act, facility, signed_by, now)
    if not reason:
        # While nothing is owed, the release clock runs from the latest lock: a lender that never lends cannot
        # keep a title by silence.
        state.facilities[act.facility] = replace(
            facility,
            face=facility.face + quantity,
            debt_paid=False,
            zero_debt_day=today if facility.clear else 0,
        )
    return reason


# ── Draw, void ──────────────────────────────────────────────────────────────────────────────────────────────


def draw(state: LedgerState, act: Draw, signed_by: tuple[Key, Key, Key], now: int) -> Reason:
    """A loan is agreed and reserved. Signed by the borrower, and the lender's maker and checker."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    reason = _drawable(state, act, facility, day_of(now))
    if reason:
        return reason
    needs = [
        Need(facility.borrower, Role.BORROW, act.amount),
        *maker_and_checker(facility.lender, act.amount),
    ]
    reason = authorise(state, act, needs, signed_by, now)
    if reason:
        return reason
    if facility.used + act.amount > facility.limit:
        return Reason.FACILITY_LIMIT_EXCEEDED
    if facility.used + act.amount > stages.usable(state, act.facility):
        return Reason.STAGE_NOT_OPENED
    if facility.used + act.amount > facility.allows(facility.face):
        return Reason.COLLATERAL_SHORT
    reason = sales.buyable(state, act, facility, day_of(now))
    if reason:
        return reason

    state.facilities[act.facility] = replace(
        facility,
        used=facility.used + act.amount,
        loans=facility.loans + 1,
        debt_paid=False,
        zero_debt_day=0,
    )
    state.loans[act.loan] = agreement.reserved(act, day_of(now), staged=facility.staged)
    if act.title:
        sales.reserve_title(state, act.loan, act.title)
    return Reason.NONE


def draws_blocked(state: LedgerState, number: int, today: int) -> Reason:
    """The first rule by which nothing is drawn under a facility today, whatever the amount. Raises KeyError for an
    unknown one.
    """
    facility = state.facilities[number]
    if today > facility.end_day:
        return Reason.FACILITY_ENDED
    if facility.reserve_short:
        return Reason.RESERVE_SHORT
    if facility.subrogated:
        return Reason.SUBROGATION_OPEN
    return covering(state, number, facility, today)


def _drawable(state: LedgerState, act: Draw, facility: Facility, today: int) -> Reason:
    reason = draws_blocked(state, act.facility, today)
    if reason:
        return reason
    if not made_by(act.loan, facility.borrower):
        return Reason.FOREIGN_ID
    if act.loan in state.loans:
        return Reason.LOAN_TAKEN
    if act.amount == 0 or act.due_day <= today:
        return Reason.TERMS_OUT_OF_RANGE
    if act.basis > interest.BASIS_ACTUAL_ACTUAL or act.terms > max(Terms) or act.penalty_bps > MOST_BPS:
        return Reason.TERMS_OUT_OF_RANGE
    if not agreement.agrees(agreement.reserved(act, today), leases=facility.form is Form.LEASE):
        return Reason.TERMS_OUT_OF_RANGE
    # CN77-13: nothing is paid out on pledged titles before the lender has declared the pledge to the registry.
    if act.registration == NOTHING and facility.face:
        return Reason.REGISTRATION_MISSING
    return Reason.NONE


def void(state: LedgerState, act: Void, signed_by: tuple[Key, Key], now: int) -> Reason:
    """A draw that will not be paid out gives its reservation back. Signed by the lender: maker, checker."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    loan = state.loans.get(act.loan)
    if loan is None:
        return Reason.LOAN_UNKNOWN
    lender = state.facilities[loan.facility].lender
    reason = authorise(state, act, maker_and_checker(lender, loan.drawn), signed_by, now)
    return reason or cancel(state, act.loan, day_of(now))


# ── Release, unlock, carve, write off ───────────────────────────────────────────────────────────────────────


def release(
    state: LedgerState, act: Release, loans: Sequence[int], signed_by: tuple[Key, Key], now: int
) -> Reason:
    """Two persons of the lender release a list. Coverage holds after it and no loan is overdue, or nothing is
    owed (decision 14). `loans` are all that are reserved or outstanding, rising, unsigned.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    # Leased goods are nobody's collateral: they go with the last rental, or when the lease is ended.
    if facility.form is Form.LEASE:
        return Reason.OTHER_KIND
    # What is pledged stands for those who paid, too: the lender cannot give it away (CC-700).
    if facility.subrogated:
        return Reason.SUBROGATION_OPEN
    opened = locked_open(state, act.facility, act.titles)
    if facility.used:
        if not covered(facility, facility.face):
            return Reason.COLLATERAL_SHORT
        most, bound = spare(state, act.facility, facility)
        if opened > most:
            return bound
        reason = covering(state, act.facility, facility, day_of(now))
        if not reason:
            reason = none_overdue(state, act.facility, facility, loans, day_of(now))
        if reason:
            return reason
    reason = sales.releasable(state, act.titles)
    if reason:
        return reason
    reason = authorise(state, act, maker_and_checker(facility.lender, opened), signed_by, now)
    if reason:
        return reason
    if not spend(state, facility.lender, act.nonce):
        return Reason.NONCE_USED
    stages.count_released(state, act.facility, end_locks(state, act.facility, act.titles))
    if facility.form is not Form.PLEDGE:
        sales.end_sales(state, act.titles)
    return Reason.NONE


def none_overdue(
    state: LedgerState, number: int, facility: Facility, loans: Sequence[int], today: int
) -> Reason:
    if len(loans) != facility.loans:
        return Reason.LOAN_UNKNOWN
    last = 0
    for loan_number in loans:
        loan = state.loans.get(loan_number)
        if loan is None or loan_number <= last or loan.facility != number:
            return Reason.LOAN_UNKNOWN
        if loan.phase not in (LoanPhase.RESERVED, LoanPhase.OUTSTANDING):
            return Reason.LOAN_UNKNOWN
        if standing.overdue_since(loan, state.accrual_of(loan_number), today):
            return Reason.PAST_DUE
        last = loan_number
    return Reason.NONE


def unlock(state: LedgerState, act: Unlock, signed_by: tuple[Key], now: int) -> Reason:
    """Locks end without the lender (CC-433/436): by the holder once nothing is owed and the release clock has
    run; by anyone, unsigned, where the lender agreed at opening that they end with the debt and it was paid.
    """
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    if facility.used or not facility.zero_debt_day:
        return Reason.DEBT_OUTSTANDING
    if not (facility.closes_with_debt and facility.debt_paid):
        if now > act.expires_at:
            return Reason.INSTRUCTION_EXPIRED
        if day_of(now) < facility.free_from:
            return Reason.RELEASE_CLOCK_RUNNING
        reason = authorise(state, act, [Need(facility.borrower, Role.TITLE)], signed_by, now)
        if reason:
            return reason
        if not spend(state, facility.borrower, act.nonce):
            return Reason.NONCE_USED
    stages.count_released(state, act.facility, end_locks(state, act.facility, act.titles))
    return Reason.NONE


def carve(state: LedgerState, act: Carve, signed_by: tuple[Key], now: int) -> Reason:
    """The lender divides a title locked to it, so that a part can be released (decision 6). Signed by the
    lender.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    if not made_by(act.child, facility.lender):
        return Reason.FOREIGN_ID
    if facility.form is not Form.PLEDGE and act.title in state.sales:
        return Reason.TITLE_SOLD
    need = Need(facility.lender, Role.CREDIT_MAKER, act.quantity)
    reason = authorise(state, act, [need], signed_by, now)
    return reason or carve_locked(state, act.title, act.child, act.quantity, act.facility)


def write_off(state: LedgerState, act: WriteOff, signed_by: tuple[Key, Key], now: int) -> Reason:
    """An overdue loan leaves the lender's books; the claim outlives it, and only the lender releases what
    still secures it. Signed by the lender's maker and checker.
    """
    today = day_of(now)
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    loan = state.loans.get(act.loan)
    if loan is None or loan.phase is not LoanPhase.OUTSTANDING:
        return Reason.LOAN_NOT_OUTSTANDING
    if not standing.overdue_since(loan, state.accrual_of(act.loan), today):
        return Reason.NOT_YET_DUE
    facility = state.facilities[loan.facility]
    reason = authorise(state, act, maker_and_checker(facility.lender, loan.principal), signed_by, now)
    if reason:
        return reason
    state.accruals[act.loan] = accrued(state.accrual_of(act.loan), loan, today)
    state.loans[act.loan] = replace(loan, accrued_day=today, phase=LoanPhase.WRITTEN_OFF)
    state.facilities[loan.facility] = replace(
        facility,
        used=facility.used - loan.principal,
        loans=facility.loans - 1,
        written_off=facility.written_off + 1,
    )
    return Reason.NONE


# ── For settlement: money came or will not ──────────────────────────────────────────────────────────────────


def post(state: LedgerState, number: int, amount: int, value_day: int, today: int) -> Reason:
    """The pay-out arrived: the loan stands outstanding from its value day (decision 10). A title that it buys is
    delivered in the same act; bought without recourse, nothing is owed.
    """
    loan = state.loans.get(number)
    if loan is None or loan.phase is not LoanPhase.RESERVED:
        return Reason.LOAN_NOT_RESERVED
    # Interest runs from the value day, so it is never before the draw.
    if not loan.start_day <= value_day < schedules.due_day(loan, 1):
        return Reason.VALUE_DAY_OUT_OF_RANGE
    if amount != agreement.pay_out(loan):
        return Reason.AMOUNT_DIFFERS
    if loan.buys:
        reason = sales.deliver(state, number, today)
        if reason:
            return reason
    owed, instalment = agreement.start(loan, value_day)
    stands = state.loans[number]
    if owed != loan.drawn:
        facility = state.facilities[loan.facility]
        state.facilities[loan.facility] = replace(facility, used=facility.used - loan.drawn + owed)
        stands = replace(stands, principal=owed, drawn=owed)
    state.loans[number] = replace(
        stands,
        start_day=value_day,
        accrued_day=value_day,
        phase=stands.phase if stands.phase is LoanPhase.SOLD else LoanPhase.OUTSTANDING,
    )
    if instalment:
        state.accruals[number] = Accrual(instalment=instalment)
    return Reason.NONE


def cancel(state: LedgerState, number: int, today: int) -> Reason:
    """A reserved loan will not be paid out."""
    loan = state.loans[number]
    if loan.phase is not LoanPhase.RESERVED:
        return Reason.LOAN_NOT_RESERVED
    _make_void(state, number, today)
    return Reason.NONE


def _make_void(state: LedgerState, number: int, today: int) -> None:
    loan = state.loans[number]
    state.loans[number] = replace(loan, phase=LoanPhase.VOID)
    if loan.buys:
        sales.end_sales(state, [state.bought[number]])
    _lower(state, loan.facility, _minus_loan(state.facilities[loan.facility], loan.drawn), False, today)


def repay_whole(
    state: LedgerState, number: int, amount: int, value_day: int, unlock_hint: Iterable[int], today: int
) -> Reason:
    """As `repay`; more than is owed is an exception for people, never silently kept."""
    if amount > state.costs_of(number).due + sum(owed_on(state, number, value_day)):
        return Reason.EXCESS_AMOUNT
    return repay(state, number, amount, value_day, unlock_hint, today)[0]


def repay(
    state: LedgerState, number: int, amount: int, value_day: int, unlock_hint: Iterable[int], today: int
) -> tuple[Reason, int]:
    """Costs first, then interest, then principal (CC-561); answers the surplus. The payment that ends the debt
    ends its locks where the lender agreed so; `unlock_hint` names them.

    A written-off loan left `used` when it was given up, so what is recovered on it does not count twice, but
    the locks end only when it is recovered whole.
    """
    loan = state.loans.get(number)
    if loan is not None and loan.phase is LoanPhase.SOLD:
        return Reason.NO_RECOURSE, 0
    if loan is None or loan.phase not in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF):
        return Reason.LOAN_NOT_OUTSTANDING, 0
    if value_day < loan.accrued_day:
        return Reason.VALUE_DAY_OUT_OF_RANGE, 0
    accrual = accrued(state.accrual_of(number), loan, value_day)
    costs = state.costs_of(number)
    paid = waterfall.repay(amount, interest_due(accrual, loan), loan.principal, costs.due)
    if paid.costs:
        costs = replace(costs, paid=costs.paid + paid.costs)
        state.costs[number] = costs
    was_written_off = loan.phase is LoanPhase.WRITTEN_OFF
    loan = replace(loan, principal=loan.principal - paid.principal, accrued_day=value_day)
    accrual = replace(accrual, interest_paid=accrual.interest_paid + paid.interest)
    if loan.principal == 0 and interest_due(accrual, loan) == 0 and not costs.due:
        loan = replace(loan, phase=LoanPhase.SETTLED)
        state.accruals.pop(number, None)
    else:
        state.accruals[number] = accrual
    state.loans[number] = loan
    if loan.buys and loan.phase is LoanPhase.SETTLED:
        collateral_paid(state, loan.facility, sales.give_back(state, number))
    if _repaid(state, loan, was_written_off, paid.principal, today):
        end_locks(state, loan.facility, unlock_hint)
    return Reason.NONE, paid.surplus


def take_back_payout(state: LedgerState, number: int, today: int) -> Reason:
    """A pay-out was taken back before anything was repaid: the loan is void."""
    loan = state.loans[number]
    paid = state.accrual_of(number).interest_paid or loan.has_costs
    untouched = loan.principal == loan.drawn and not paid
    if loan.phase is not LoanPhase.OUTSTANDING or not untouched:
        return Reason.REVERSAL_TOO_LATE
    # What it bought goes back with it, and secures the facility as it did before.
    if loan.buys:
        sales.give_back(state, number, keep_lock=True)
    _make_void(state, number, today)
    return Reason.NONE


def take_back_repayment(
    state: LedgerState, number: int, filled: tuple[int, int, int], value_day: int
) -> Reason:
    """A repayment was taken back: what it filled is owed again, and bears interest as if it had never been
    paid. Only while the loan is open: a closed one is not revived (decision 9).
    """
    to_costs, to_interest, principal = filled
    loan = state.loans[number]
    if loan.phase not in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF):
        return Reason.REVERSAL_TOO_LATE
    facility = state.facilities[loan.facility]
    if loan.phase is LoanPhase.OUTSTANDING:
        if facility.used + principal > MAX_AMOUNT:
            return Reason.EXCESS_AMOUNT
        state.facilities[loan.facility] = replace(facility, used=facility.used + principal)
    if to_costs:
        costs = state.costs_of(number)
        state.costs[number] = replace(costs, paid=costs.paid - to_costs)
    # What is owed again accrues on its own from its value day to where the loan's accrual stands.
    accrual = accrued_again(state.accrual_of(number), loan, principal, value_day)
    state.accruals[number] = replace(accrual, interest_paid=accrual.interest_paid - to_interest)
    state.loans[number] = replace(loan, principal=loan.principal + principal)
    stages.count_sales(state, number, -sum(filled))
    return Reason.NONE


def collateral_paid(state: LedgerState, number: int, amount: int) -> None:
    """A locked title was discharged: its money is on the way, its claim is gone."""
    facility = state.facilities[number]
    state.facilities[number] = replace(facility, face=facility.face - amount)


def end_locks(state: LedgerState, facility: int, titles: Iterable[int]) -> int:
    """Titles go free, and with them their face value, which it answers."""
    opened = unlock_titles(state, facility, titles)
    if opened:
        collateral_paid(state, facility, opened)
    return opened


def _repaid(state: LedgerState, loan: Loan, was_written_off: bool, principal: int, today: int) -> bool:
    """What a repayment changes of its facility; answers whether the debt came to nothing and its locks end
    with it.
    """
    facility, settled = state.facilities[loan.facility], loan.phase is LoanPhase.SETTLED
    if was_written_off:
        lowered = replace(facility, written_off=facility.written_off - 1)
        return settled and _lower(state, loan.facility, lowered, True, today)
    if not principal:
        return False
    if settled:
        lowered = _minus_loan(facility, principal)
    else:
        lowered = replace(facility, used=facility.used - principal)
    return _lower(state, loan.facility, lowered, True, today)


def _minus_loan(facility: Facility, amount: int) -> Facility:
    """One loan less, with what was still used by it."""
    return replace(facility, used=facility.used - amount, loans=facility.loans - 1)


def _lower(state: LedgerState, number: int, facility: Facility, paid: bool, today: int) -> bool:
    if facility.clear:
        facility = replace(facility, debt_paid=paid, zero_debt_day=today)
    state.facilities[number] = facility
    return paid and facility.clear and facility.closes_with_debt


# ── What is owed ────────────────────────────────────────────────────────────────────────────────────────────


def overdue_since(state: LedgerState, number: int, day: int) -> int:
    """The contractual due day of a loan's oldest unpaid instalment before `day`, as the ledger stands; 0 for none.
    Raises KeyError for an unknown loan.
    """
    return standing.overdue_since(state.loans[number], state.accrual_of(number), day)


def owed_on(state: LedgerState, number: int, day: int) -> tuple[int, int]:
    """Interest and principal that settle a loan on `day`; nothing for a loan that is not outstanding."""
    loan = state.loans.get(number)
    if loan is None or loan.phase not in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF):
        return 0, 0
    return interest_due(accrued(state.accrual_of(number), loan, day), loan), loan.principal
