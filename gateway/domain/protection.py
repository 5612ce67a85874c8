"""Who bears a loss that the debtor and its collateral do not (2-ledger 2.4; CC-392, CC-692 to CC-700;
contracts/protection).

Guarantors up to their caps, then partners by percent, then reserves, then insurers, then the lender. What a
protector pays repays the loan and becomes its claim behind the lender's. Every verb answers the first rule that
forbids it; only NONE changes the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.domain import credit
from gateway.domain.calendar import add_months, day_of
from gateway.domain.enforcement import guard as guard_facility
from gateway.domain.ledger_state import LedgerState
from gateway.domain.parties import Key, Need, authorise, maker_and_checker
from gateway.domain.protection_acts import AttestReserve, CallProtection, Consent, EndCall, Protect, Waive
from gateway.domain.protection_records import Guard, Protection, ProtectionKind
from gateway.domain.reasons import Reason
from gateway.domain.records import Facility, Flag, Form, Kind, Loan, LoanPhase, Role
from gateway.domain.terms.standing import is_late

MOST = 16
"""So many protections stand behind one facility at most: a call looks at all of them."""

MOST_BPS = 10_000

PERIOD_MONTHS = 6
"""CC-692: the period of a guarantee, where the parties agreed none."""

ANSWER_DAYS = 15
"""A protector that has not paid after so many days keeps nobody behind it waiting."""

_MAY_STAND = {
    ProtectionKind.GUARANTEE: Kind.GUARANTOR,
    ProtectionKind.SHARE: Kind.GUARANTOR | Kind.LENDER | Kind.BANK,
    ProtectionKind.RESERVE: 0xFFFF ^ Kind.PLATFORM,
    ProtectionKind.INSURANCE: Kind.GUARANTOR,
}
_OWING = (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)


# ── Protect, consent ────────────────────────────────────────────────────────────────────────────────────────


def protect(state: LedgerState, act: Protect, signed_by: tuple[Key, Key, Key, Key, Key], now: int) -> Reason:
    """Somebody promises to stand behind a facility. Signed by the protector's and the lender's two people each,
    and for a reserve by its custodian.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    if act.protection in state.protections:
        return Reason.ID_TAKEN
    guard = state.guard_of(act.facility)
    if not _in_range(act, day_of(now)) or guard.protections == MOST:
        return Reason.TERMS_OUT_OF_RANGE
    reason = _may_stand(state, act, facility)
    if reason:
        return reason
    needs = [*_promises(act.protection, act.cap), *maker_and_checker(facility.lender, act.cap)]
    if act.kind == ProtectionKind.RESERVE:
        needs.append(Need(act.custodian, Role.PAYMENTS))
    reason = authorise(state, act, needs, signed_by[: len(needs)], now)
    if reason:
        return reason

    protection = Protection(
        facility=act.facility,
        kind=ProtectionKind(act.kind),
        cap=act.cap,
        order=act.order,
        bps=act.bps,
        until_day=act.until_day,
        rate=act.rate,
        custodian=act.custodian,
        floor=act.floor,
        target=act.target,
        top_up_days=act.top_up_days,
    )
    # Until its custodian speaks, nothing is in a reserve.
    protection = _with_balance(protection, 0, day_of(now))
    state.protections[act.protection] = protection
    _set_guard(
        state,
        act.facility,
        replace(guard, protections=guard.protections + 1, short=guard.short + protection.short),
        day_of(now),
    )
    return Reason.NONE


def _in_range(act: Protect, today: int) -> bool:
    if not ProtectionKind.NONE < act.kind <= ProtectionKind.INSURANCE or act.cap == 0:
        return False
    if act.until_day and act.until_day < today:
        return False
    if (act.kind == ProtectionKind.SHARE) != (act.bps != 0) or act.bps > MOST_BPS:
        return False
    if act.kind == ProtectionKind.RESERVE:
        return act.floor <= act.target
    return not (act.custodian or act.target or act.floor or act.top_up_days)


def _may_stand(state: LedgerState, act: Protect, facility: Facility) -> Reason:
    """CN77-4: never the platform. Nor one who gains: nobody guarantees its own debt, or to itself."""
    protector = act.protection >> 32
    kinds = state.kinds_of(protector)
    if protector in (facility.lender, facility.borrower) or not kinds & _MAY_STAND[ProtectionKind(act.kind)]:
        return Reason.PROTECTOR_NOT_ALLOWED
    if act.kind != ProtectionKind.RESERVE:
        return Reason.NONE
    # Who says what is in a reserve neither gains by it nor fills it.
    if not state.kinds_of(act.custodian) & Kind.BANK:
        return Reason.NOT_A_BANK
    group = state.group_of(act.custodian)
    if group in (state.group_of(facility.lender), state.group_of(protector)):
        return Reason.OFFICE_IS_BENEFICIARY
    return Reason.NONE


def consent(state: LedgerState, act: Consent, signed_by: tuple[Key, Key], now: int) -> Reason:
    """A protector agrees to a dearer loan (CC-695). Signed by its two people."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    protection = state.protections.get(act.protection)
    if protection is None:
        return Reason.PROTECTION_UNKNOWN
    loan = state.loans.get(act.loan)
    if loan is None or loan.facility != protection.facility:
        return Reason.LOAN_UNKNOWN
    call = state.call_of(act.protection, act.loan)
    if call.consented:
        return Reason.NONCE_USED
    reason = authorise(state, act, _promises(act.protection, loan.drawn), signed_by, now)
    if not reason:
        state.calls[act.protection, act.loan] = replace(call, consented=True)
    return reason


# ── Reserves ────────────────────────────────────────────────────────────────────────────────────────────────


def attest_reserve(state: LedgerState, act: AttestReserve, signed_by: tuple[Key], now: int) -> Reason:
    """A custodian says what is in a reserve. Signed by one of its payments people."""
    today = day_of(now)
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    reserve = state.protections.get(act.protection)
    if reserve is None or reserve.kind is not ProtectionKind.RESERVE:
        return Reason.PROTECTION_UNKNOWN
    if not reserve.attested_day <= act.day <= today:
        return Reason.VALUE_DAY_OUT_OF_RANGE
    if act in state.counted:
        return Reason.NONCE_USED
    need = Need(reserve.custodian, Role.PAYMENTS, act.balance)
    reason = authorise(state, act, [need], signed_by, now)
    if not reason:
        state.counted.add(act)
        _set_balance(state, act.protection, replace(reserve, attested_day=act.day), act.balance, today)
    return reason


def _with_balance(reserve: Protection, balance: int, today: int) -> Protection:
    """Below the floor the days to fill it up begin to run, unless they run already."""
    short = balance < reserve.floor
    until = (reserve.top_up_day or today + reserve.top_up_days) if short else 0
    return replace(reserve, balance=balance, top_up_day=until)


def _set_balance(
    state: LedgerState, number: int, reserve: Protection, balance: int, today: int
) -> Protection:
    changed = _with_balance(reserve, balance, today)
    state.protections[number] = changed
    if changed.short != reserve.short:
        guard = state.guard_of(reserve.facility)
        more = 1 if changed.short else -1
        _set_guard(state, reserve.facility, replace(guard, short=guard.short + more), today)
    return changed


def _set_guard(state: LedgerState, facility: int, guard: Guard, today: int) -> None:
    state.guards[facility] = guard
    held = state.facilities[facility]
    if (held.reserve_short, held.subrogated) != (guard.short > 0, guard.open > 0):
        guard_facility(state, facility, guard.short > 0, guard.open > 0, today)


# ── Call ────────────────────────────────────────────────────────────────────────────────────────────────────


def call_protection(
    state: LedgerState,
    act: CallProtection,
    others: Sequence[int],
    titles: Sequence[int],
    signed_by: tuple[Key, Key, Key],
    now: int,
) -> Reason:
    """The lender calls a protection for an overdue loan. Signed by its two people, and by a reserve's custodian.

    `others` are all protections of the facility, rising, and `titles` all that are locked to it, unsigned.
    """
    today = day_of(now)
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    protection = state.protections.get(act.protection)
    if protection is None:
        return Reason.PROTECTION_UNKNOWN
    call = state.call_of(act.protection, act.loan)
    if act.amount == 0:
        return Reason.ZERO_QUANTITY
    if call.called != act.called_before:
        return Reason.LIST_STALE
    reason = callable_for(state, act.protection, act.loan, today)
    if reason:
        return reason
    reason = _in_turn(state, act.loan, protection, others, titles, today)
    if reason:
        return reason
    if act.amount > callable_amount(state, act.protection, act.loan, today):
        return Reason.EXCESS_AMOUNT
    needs = maker_and_checker(state.facilities[protection.facility].lender, act.amount)
    if protection.kind is ProtectionKind.RESERVE:
        needs.append(Need(protection.custodian, Role.PAYMENTS, act.amount))
    reason = authorise(state, act, needs, signed_by[: len(needs)], now)
    if not reason:
        state.calls[act.protection, act.loan] = replace(call, called=call.called + act.amount, day=today)
        state.protections[act.protection] = replace(protection, called=protection.called + act.amount)
    return reason


def callable_for(state: LedgerState, number: int, loan_number: int, today: int) -> Reason:
    """Whether a protection stands for this loan today: overdue, within its period, on terms it signed for."""
    protection, loan = state.protections[number], state.loans.get(loan_number)
    if loan is None or loan.facility != protection.facility:
        return Reason.LOAN_UNKNOWN
    if loan.phase not in _OWING:
        return Reason.LOAN_NOT_OUTSTANDING
    if not is_late(loan, state.accrual_of(loan_number), today):
        return Reason.NOT_YET_DUE
    if today > last_day(protection, loan):
        return Reason.PROTECTION_ENDED
    if loan.rate > protection.rate and not state.call_of(number, loan_number).consented:
        return Reason.CONSENT_MISSING
    return Reason.NONE


def last_day(protection: Protection, loan: Loan) -> int:
    """The last day on which a protection may be called for a loan (CC-692)."""
    return protection.until_day or add_months(loan.due_day, PERIOD_MONTHS)


def _in_turn(
    state: LedgerState,
    loan: int,
    protection: Protection,
    others: Sequence[int],
    titles: Sequence[int],
    today: int,
) -> Reason:
    """The debtor's own collateral first (CC-392), then whoever comes before."""
    if not collateral_used_up(state, protection.facility, titles, today):
        return Reason.COLLATERAL_FIRST
    if len(others) != state.guard_of(protection.facility).protections:
        return Reason.ORDER_OF_CALL
    last = 0
    for number in others:
        other = state.protections.get(number)
        if other is None or number <= last or other.facility != protection.facility:
            return Reason.ORDER_OF_CALL
        last = number
        if other.rank < protection.rank and not used_up(state, number, loan, today):
            return Reason.ORDER_OF_CALL
    return Reason.NONE


def collateral_used_up(state: LedgerState, facility: int, titles: Sequence[int], today: int) -> bool:
    """Nothing that is locked claims any more; or what still does is overdue itself (CC-392)."""
    face, last = state.facilities[facility].face, 0
    # Leased goods are the lessor's own, and secure nothing.
    if not face or state.facilities[facility].form is Form.LEASE:
        return True
    for number in titles:
        title = state.titles.get(number)
        # Pledged goods are used up when they are sold: they count in face value by what they are worth.
        if title is None or number <= last or title.lock != facility or title.flags & Flag.GOODS:
            return False
        if today <= state.roots[title.root].due_day:
            return False
        last, face = number, face - title.open
    return face == 0


def used_up(state: LedgerState, number: int, loan_number: int, today: int) -> bool:
    """Whether a protection keeps nobody behind it waiting: all of its cap is called, it cannot be called for this
    loan, it bore its share, its reserve is empty, or it left a call unanswered.
    """
    protection = state.protections[number]
    call = state.call_of(number, loan_number)
    if not protection.room or callable_for(state, number, loan_number, today):
        return True
    shares = protection.kind is ProtectionKind.SHARE and call.called
    if shares and call.called >= _share(state, protection, loan_number, today):
        return True
    if protection.kind is ProtectionKind.RESERVE and not protection.balance:
        return True
    return bool(call.unpaid) and today > call.day + ANSWER_DAYS


def callable_amount(state: LedgerState, number: int, loan: int, today: int) -> int:
    """The most that may be called now of a protection for a loan: never more than its cap, than what is owed, than
    its share of the loss or than what its reserve has.
    """
    protection, call = state.protections[number], state.call_of(number, loan)
    most = min(protection.room, owed(state, loan, today) - call.unpaid)
    if protection.kind is ProtectionKind.SHARE:
        most = min(most, _share(state, protection, loan, today) - call.called)
    if protection.kind is ProtectionKind.RESERVE:
        most = min(most, protection.balance - call.unpaid)
    return max(0, most)


def owed(state: LedgerState, loan: int, today: int) -> int:
    """Costs, interest and principal of a loan on a day."""
    return state.costs_of(loan).due + sum(credit.owed_on(state, loan, today))


def _share(state: LedgerState, protection: Protection, loan: int, today: int) -> int:
    """Of the loss that guarantors left: rounded down. What partners paid belongs to the loss they share."""
    return (owed(state, loan, today) + state.claims_of(loan).shared) * protection.bps // MOST_BPS


# ── End a call, give a claim up ─────────────────────────────────────────────────────────────────────────────


def end_call(state: LedgerState, act: EndCall, signed_by: tuple[Key, Key], now: int) -> Reason:
    """What is called and not paid ends: anyone says so once the loan is settled; before, only an insurer refuses a
    claim, by its two people.
    """
    protection = state.protections.get(act.protection)
    if protection is None:
        return Reason.PROTECTION_UNKNOWN
    call = state.call_of(act.protection, act.loan)
    if not call.unpaid:
        return Reason.NOT_CALLED
    if call.called != act.called_before:
        return Reason.LIST_STALE
    if state.loans[act.loan].phase in _OWING:
        if now > act.expires_at:
            return Reason.INSTRUCTION_EXPIRED
        if protection.kind is not ProtectionKind.INSURANCE:
            return Reason.DEBT_OUTSTANDING
        if act in state.counted:
            return Reason.NONCE_USED
        reason = authorise(state, act, _promises(act.protection, call.unpaid), signed_by, now)
        if reason:
            return reason
        state.counted.add(act)
    state.calls[act.protection, act.loan] = replace(call, called=call.paid)
    state.protections[act.protection] = replace(protection, called=protection.called - call.unpaid)
    return Reason.NONE


def waive(state: LedgerState, act: Waive, signed_by: tuple[Key, Key], now: int) -> Reason:
    """A protector that paid gives up a part of its claim, never what lies ready for it. Signed by its two people."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    if act.protection not in state.protections:
        return Reason.PROTECTION_UNKNOWN
    claims = state.claims_of(act.loan)
    if act.amount == 0:
        return Reason.ZERO_QUANTITY
    if act.amount > min(state.call_of(act.protection, act.loan).claim, claims.open - claims.pot):
        return Reason.EXCESS_AMOUNT
    if act in state.counted:
        return Reason.NONCE_USED
    reason = authorise(state, act, _promises(act.protection, act.amount), signed_by, now)
    if not reason:
        state.counted.add(act)
        _lower_claim(state, act.protection, act.loan, act.amount, day_of(now))
    return reason


# ── For settlement: money came ──────────────────────────────────────────────────────────────────────────────


def pay(state: LedgerState, number: int, loan: int, amount: int, value_day: int, today: int) -> Reason:
    """What was called arrived on the collection account: it repays the loan, and is the protector's claim."""
    protection = state.protections.get(number)
    if protection is None:
        return Reason.PROTECTION_UNKNOWN
    call = state.call_of(number, loan)
    if amount > call.unpaid:
        return Reason.NOT_CALLED
    reason = credit.repay_whole(state, loan, amount, value_day, (), today)
    if reason:
        return reason
    if protection.kind is ProtectionKind.RESERVE:
        balance = max(0, protection.balance - amount)
        protection = _set_balance(state, number, protection, balance, today)
    if not call.claim:
        guard = state.guard_of(protection.facility)
        _set_guard(state, protection.facility, replace(guard, open=guard.open + 1), today)
    claims = state.claims_of(loan)
    if protection.kind is ProtectionKind.INSURANCE:
        claims = replace(claims, later=claims.later + amount)
    else:
        claims = replace(claims, first=claims.first + amount)
    if protection.kind is ProtectionKind.SHARE:
        claims = replace(claims, shared=claims.shared + amount)
    state.claims[loan] = claims
    state.calls[number, loan] = replace(call, paid=call.paid + amount)
    state.protections[number] = replace(protection, paid=protection.paid + amount)
    return Reason.NONE


def keep(state: LedgerState, number: int, amount: int, *, whole: bool) -> int:
    """Keeps what came for a settled loan for those who paid in the debtor's place, up to their claims; answers how
    much. `whole`: all of it or nothing.
    """
    loan, claims = state.loans.get(number), state.claims_of(number)
    if loan is None or loan.phase is not LoanPhase.SETTLED:
        return 0
    room = claims.open - claims.pot
    if not room or (whole and amount > room):
        return 0
    kept = min(amount, room)
    state.claims[number] = replace(claims, pot=claims.pot + kept)
    return kept


def reimburse(state: LedgerState, number: int, loan: int, amount: int, today: int) -> Reason:
    """A part of what was kept arrived on the protector's account: never before the lender is whole, and insurers
    after all others (2-ledger 2.4).
    """
    claims = state.claims_of(loan)
    if amount > state.call_of(number, loan).claim:
        return Reason.EXCESS_AMOUNT
    protection = state.protections[number]
    if amount > claims.pot or not state.facilities[protection.facility].owes_nothing:
        return Reason.LENDER_NOT_WHOLE
    if protection.kind is ProtectionKind.INSURANCE and claims.first:
        return Reason.ORDER_OF_CALL
    state.claims[loan] = replace(claims, pot=claims.pot - amount)
    _lower_claim(state, number, loan, amount, today)
    return Reason.NONE


def _lower_claim(state: LedgerState, number: int, loan: int, amount: int, today: int) -> None:
    protection, claims = state.protections[number], state.claims_of(loan)
    call = state.call_of(number, loan)
    call = replace(call, reimbursed=call.reimbursed + amount)
    if protection.kind is ProtectionKind.INSURANCE:
        state.claims[loan] = replace(claims, later=claims.later - amount)
    else:
        state.claims[loan] = replace(claims, first=claims.first - amount)
    state.calls[number, loan] = call
    state.protections[number] = replace(protection, reimbursed=protection.reimbursed + amount)
    if not call.claim:
        guard = state.guard_of(protection.facility)
        _set_guard(state, protection.facility, replace(guard, open=guard.open - 1), today)


def _promises(protection: int, amount: int) -> list[Need]:
    """The protector's two people: a protection is a promise; the checker's mandate must reach the amount."""
    protector = protection >> 32
    return [Need(protector, Role.ISSUE_MAKER), Need(protector, Role.ISSUE_CHECKER, amount)]
