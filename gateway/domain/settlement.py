"""Has money moved, so may title or debt change? (decisions 9, 10; CN77-4; contracts/settlement)

A movement is what the bank that services the account booked, signed by its payments people; each counts once,
for one thing. Every verb answers the first rule that forbids it; only NONE changes the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import IntEnum

from gateway.domain import credit, discharge, goods_sales, protection, sales, stages
from gateway.domain.acts import (
    BindAccount,
    Distribution,
    EarlySettlement,
    Fact,
    HeldRelease,
    LateInterest,
    Reversal,
    WriteOffTitle,
)
from gateway.domain.calendar import day_of
from gateway.domain.evidence import take_limit
from gateway.domain.ledger_state import Account, LedgerState, Movement, Use
from gateway.domain.parties import Key, Need, authorise, spend
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Flag, LoanPhase, Role, Root, Title
from gateway.domain.terms import agreement


class FactKind(IntEnum):
    """What a movement is about. All are credits on an account but REJECTED; RETURNED came back to the clearing one."""

    PAYOUT = 1  # subject: loan; on the account of `sales.payout_account`
    REPAYMENT = 2  # subject: loan; on the facility's collection account
    RECEIVED = 3  # subject: root; on the clearing bank's account for the debtor's payment
    CREDITED = 4  # subject: title; on the holder's bound account
    COLLECTED = 5  # subject: title, loan (or 0); on the facility's collection account
    SURPLUS = 6  # subject: title; on the holder's bound account, from the lender
    REJECTED = 7  # subject: loan; its lender or that account's bank says the pay-out will not happen
    RETURNED = 8  # subject: title; its money came back and is held
    # Never recorded by themselves: the money of an act that its clearing bank signed too.
    EARLY = 9  # subject: title; what it was settled with before its due day
    LATE = 10  # subject: root; late interest
    # The negative entry of a reversal: a debit, of the subject that the movement it undoes was for.
    REVERSED = 11
    PROTECTED = 12  # subject: protection, loan; what was called, on the facility's collection account
    REIMBURSED = 13  # subject: protection, loan; on the protector's bound account, from the lender


# ── Accounts ────────────────────────────────────────────────────────────────────────────────────────────────


def bind_account(
    state: LedgerState, act: BindAccount, signed_by: Sequence[Key], bank: Key, now: int
) -> Reason:
    """A party names the account it is paid on in a currency. Signed by its quorum of administrators, and the bank."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    party = state.parties.get(act.party)
    if party is None:
        return Reason.PARTY_UNKNOWN
    if len(signed_by) < party.quorum:
        return Reason.OFFICES_TOO_FEW
    needs = [Need(act.party, Role.ADMIN)] * len(signed_by) + [Need(act.bank, Role.PAYMENTS)]
    reason = authorise(state, act, needs, [*signed_by, bank], now)
    if reason:
        return reason
    if not spend(state, act.party, act.nonce):
        return Reason.NONCE_USED
    state.accounts[act.party, act.currency] = (act.bank, act.account)
    return Reason.NONE


# ── Facts ───────────────────────────────────────────────────────────────────────────────────────────────────


def movement_of(act: Fact) -> Movement:
    """What makes this movement itself."""
    return act.bank, act.account, act.value_day, act.amount, act.entry


def record(
    state: LedgerState, act: Fact, signed_by: tuple[Key, Key], unlock: Sequence[int], now: int
) -> Reason:
    """Records a movement and what it does to a loan, a root or a title.

    Signed by one payments person of the bank, up to its mandate, and by the borrower where a lender attests
    its own pay-out (decision 10). `unlock` is an unsigned hint: titles whose lock ends if this ends the
    facility's debt.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    if act.kind not in _APPLY or act.credit != (act.kind != FactKind.REJECTED):
        return Reason.FACT_UNKNOWN
    today = day_of(now)
    if act.value_day > today:
        return Reason.VALUE_DAY_OUT_OF_RANGE
    if act.amount == 0:
        return Reason.ZERO_QUANTITY
    movement = movement_of(act)
    if movement in state.movements:
        return Reason.MOVEMENT_USED
    needs = [Need(act.bank, Role.PAYMENTS, act.amount)]
    facility = state.facility_of(act.subject) if act.kind == FactKind.PAYOUT else None
    if facility is not None and facility.lender == act.bank:
        needs.append(Need(facility.borrower, Role.BORROW, act.amount))
    reason = authorise(state, act, needs, signed_by[: len(needs)], now)
    if reason:
        return reason
    before = _open_loan(state, act.subject)
    reason = _APPLY[FactKind(act.kind)](state, act, unlock, today)
    if not reason:
        use = Use(act.kind, act.subject)
        if act.kind == FactKind.REPAYMENT and before is not None:
            costs = state.costs_of(act.subject).paid - before[0]
            principal = before[1] - state.loans[act.subject].principal
            interest = act.amount - costs - principal
            use = use._replace(costs=costs, interest=interest, principal=principal)
        state.movements[movement] = use
    return reason


def _paid_out(state: LedgerState, act: Fact, _unlock: Iterable[int], today: int) -> Reason:
    if sales.payout_account(state, act.subject) != (act.bank, act.account):
        return Reason.ACCOUNT_DIFFERS
    return credit.post(state, act.subject, act.amount, act.value_day, today)


def _repaid(state: LedgerState, act: Fact, unlock: Iterable[int], today: int) -> Reason:
    loan = state.loans.get(act.subject)
    if loan is None or state.collections[loan.facility] != (act.bank, act.account):
        return Reason.ACCOUNT_DIFFERS
    if loan.phase is LoanPhase.SOLD:
        return Reason.NO_RECOURSE
    reason = credit.repay_whole(state, act.subject, act.amount, act.value_day, unlock, today)
    if not reason:
        stages.count_sales(state, act.subject, act.amount)
    # More than the lender is owed may belong to those who paid it in the debtor's place.
    if reason is Reason.EXCESS_AMOUNT and protection.keep(state, act.subject, act.amount, whole=True):
        return Reason.NONE
    return reason


def _received(state: LedgerState, act: Fact, _unlock: Iterable[int], today: int) -> Reason:
    root = state.roots.get(act.subject)
    if root is None or root.clearing_bank != act.bank:
        return Reason.WRONG_BANK
    if act.value_day < root.due_day:
        return Reason.NOT_YET_DUE
    return discharge.receive_money(state, act.subject, act.amount, today)


def _credited(state: LedgerState, act: Fact, _unlock: Iterable[int], _today: int) -> Reason:
    title, cash = state.titles.get(act.subject), state.cash_of(act.subject)
    if title is not None and title.lock:
        return Reason.TITLE_LOCKED
    _, paid = goods_sales.claim_of(state, act.subject)
    if title is None or act.amount > cash.pending(paid):
        return Reason.EXCESS_AMOUNT
    if _bound(state, title.holder, state.roots[title.root].currency) != (act.bank, act.account):
        return Reason.ACCOUNT_DIFFERS
    state.cash[act.subject] = replace(cash, credited=cash.credited + act.amount)
    return Reason.NONE


def _collected(state: LedgerState, act: Fact, unlock: Iterable[int], today: int) -> Reason:
    """Destination follows the lock: what arrives on the collection account repays the named loan of that very facility,
    the price of goods sold in enforcement too; what is left is the holder's, or whoever's that pledged or sold it.
    """
    number, paid = goods_sales.claim_of(state, act.subject)
    cash = state.cash_of(act.subject)
    if not number:
        return Reason.WRONG_LOCK
    if act.amount > cash.pending(paid):
        return Reason.EXCESS_AMOUNT
    if state.collections[number] != (act.bank, act.account):
        return Reason.ACCOUNT_DIFFERS
    surplus = act.amount
    if act.loan:
        loan = state.loans.get(act.loan)
        if loan is None or loan.facility != number:
            return Reason.WRONG_LOCK
        # A title's money repays the loan that bought it, so that what is left is that seller's (CC-766).
        if loan.buys and state.sales.get(act.subject, act.loan) != act.loan:
            return Reason.WRONG_LOCK
        reason, surplus = credit.repay(state, act.loan, act.amount, act.value_day, unlock, today)
        if reason is Reason.LOAN_NOT_OUTSTANDING:
            surplus = act.amount
        elif reason:
            return reason
        elif act.subject not in state.goods_sales:
            stages.count_sales(state, act.loan, act.amount - surplus)
        # A settled loan may have been settled by others: what is collected is theirs before it is the holder's.
        kept = protection.keep(state, act.loan, surplus, whole=False)
        if reason and not kept:
            return reason
        surplus -= kept
    elif not state.facilities[number].clear:
        return Reason.LOAN_UNKNOWN
    state.cash[act.subject] = replace(
        cash, collected=cash.collected + act.amount, surplus=cash.surplus + surplus
    )
    return Reason.NONE


def _surplus_paid(state: LedgerState, act: Fact, _unlock: Iterable[int], _today: int) -> Reason:
    title, cash = state.titles.get(act.subject), state.cash_of(act.subject)
    if title is None or act.amount > cash.surplus:
        return Reason.EXCESS_AMOUNT
    if _bound(state, *goods_sales.payee_of(state, act.subject)) != (act.bank, act.account):
        return Reason.ACCOUNT_DIFFERS
    state.cash[act.subject] = replace(cash, surplus=cash.surplus - act.amount)
    return Reason.NONE


def _rejected(state: LedgerState, act: Fact, _unlock: Iterable[int], today: int) -> Reason:
    loan = state.loans.get(act.subject)
    if loan is None or agreement.pay_out(loan) != act.amount:
        return Reason.AMOUNT_DIFFERS
    at_lender = act.bank == state.facilities[loan.facility].lender
    if not at_lender and sales.payout_account(state, act.subject) != (act.bank, act.account):
        return Reason.WRONG_BANK
    return credit.cancel(state, act.subject, today)


def _returned(state: LedgerState, act: Fact, _unlock: Iterable[int], _today: int) -> Reason:
    """A line that came back is held; it never revives the title. It came back on the way, or else from the
    payee's bank after that had credited it: one line, so never part of both.
    """
    title, cash = state.titles.get(act.subject), state.cash_of(act.subject)
    # Where goods are concerned, an inspector stands in the clearing bank's place, and no money passes through it.
    if title is None or title.flags & Flag.GOODS or state.roots[title.root].clearing_bank != act.bank:
        return Reason.WRONG_BANK
    credited = cash.credited
    if act.amount > cash.pending(title.paid):
        if act.amount > credited:
            return Reason.EXCESS_AMOUNT
        credited -= act.amount
    state.cash[act.subject] = replace(cash, credited=credited, held=cash.held + act.amount)
    return Reason.NONE


def _protected(state: LedgerState, act: Fact, _unlock: Iterable[int], today: int) -> Reason:
    if act.subject not in state.protections:
        return Reason.PROTECTION_UNKNOWN
    if act.amount > state.call_of(act.subject, act.loan).unpaid:
        return Reason.NOT_CALLED
    if state.collections[state.loans[act.loan].facility] != (act.bank, act.account):
        return Reason.ACCOUNT_DIFFERS
    return protection.pay(state, act.subject, act.loan, act.amount, act.value_day, today)


def _reimbursed(state: LedgerState, act: Fact, _unlock: Iterable[int], today: int) -> Reason:
    """From what the lender collected, to a protector's own account."""
    facility = state.facility_of(act.loan)
    currency = 0 if facility is None else facility.currency
    if _bound(state, act.subject >> 32, currency) != (act.bank, act.account):
        return Reason.ACCOUNT_DIFFERS
    return protection.reimburse(state, act.subject, act.loan, act.amount, today)


_APPLY: Mapping[int, Callable[[LedgerState, Fact, Iterable[int], int], Reason]] = {
    FactKind.PAYOUT: _paid_out,
    FactKind.REPAYMENT: _repaid,
    FactKind.RECEIVED: _received,
    FactKind.CREDITED: _credited,
    FactKind.COLLECTED: _collected,
    FactKind.SURPLUS: _surplus_paid,
    FactKind.REJECTED: _rejected,
    FactKind.RETURNED: _returned,
    FactKind.PROTECTED: _protected,
    FactKind.REIMBURSED: _reimbursed,
}


# ── Reversals ───────────────────────────────────────────────────────────────────────────────────────────────


def reverse(state: LedgerState, act: Reversal, signed_by: tuple[Key, Key], now: int) -> Reason:
    """A bank takes back a booking of its own; the ledger then stands as if the movement had not been, and
    interest runs on. What has closed since is not revived: that is a claim on whoever had the money (decision 9).

    Signed by one payments person of the bank, and by the borrower where a lender takes back a repayment that it
    booked itself (decision 10).
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    today = day_of(now)
    if not act.value_day <= act.reversed_day <= today:
        return Reason.VALUE_DAY_OUT_OF_RANGE
    movement = (act.bank, act.account, act.value_day, act.amount, act.entry)
    use = state.movements.get(movement)
    if use is None:
        return Reason.MOVEMENT_UNKNOWN
    negative = (act.bank, act.account, act.reversed_day, act.amount, act.reversal_entry)
    if use.reversed or negative in state.reversals:
        return Reason.MOVEMENT_USED
    needs = [Need(act.bank, Role.PAYMENTS, act.amount)]
    facility = state.facility_of(use.subject) if use.kind == FactKind.REPAYMENT else None
    if facility is not None and facility.lender == act.bank:
        needs.append(Need(facility.borrower, Role.BORROW, act.amount))
    reason = authorise(state, act, needs, signed_by[: len(needs)], now)
    reason = reason or _undo(state, act, use, today)
    if not reason:
        state.movements[movement] = use._replace(reversed=True)
        state.reversals[negative] = use.subject
    return reason


def _undo(state: LedgerState, act: Reversal, use: Use, today: int) -> Reason:
    if use.kind == FactKind.PAYOUT:
        return credit.take_back_payout(state, use.subject, today)
    if use.kind == FactKind.REPAYMENT:
        return credit.take_back_repayment(state, use.subject, use[2:5], act.value_day)
    if use.kind == FactKind.RECEIVED:
        return discharge.take_back_received(state, use.subject, act.amount)
    if use.kind != FactKind.CREDITED:
        return Reason.FACT_UNKNOWN
    cash = state.cash_of(use.subject)
    if act.amount > cash.credited:
        return Reason.REVERSAL_TOO_LATE
    # On its way again: the clearing bank pays it once more, or it comes back there and is held.
    state.cash[use.subject] = replace(cash, credited=cash.credited - act.amount)
    return Reason.NONE


# ── Distribution ────────────────────────────────────────────────────────────────────────────────────────────


def distribute(state: LedgerState, act: Distribution, signed_by: tuple[Key], now: int) -> Reason:
    """The clearing bank pays titles out of what it received; limit returns to the debtor."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    root = state.roots.get(act.root)
    if root is None:
        return Reason.UNKNOWN_ROOT
    reason = _authorise_list(state, act, Need(root.clearing_bank, Role.CLEARING), signed_by, now)
    if reason:
        return reason
    reason, lines = discharge.pay_out(state, act.root, act.distributed_before, act.titles, act.amounts)
    if reason:
        return reason
    for line in lines:
        if line.held:
            _add_cash(state, line.title, held=line.amount)
        if line.lock:
            credit.collateral_paid(state, line.lock, line.amount)
    take_limit(state, root.debtor, root.currency, -sum(act.amounts))
    return Reason.NONE


def distribute_late(state: LedgerState, act: LateInterest, signed_by: tuple[Key], now: int) -> Reason:
    """The clearing bank pays late interest out; the movement that brought it is part of the act."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    root = state.roots.get(act.root)
    if root is None or not root.clearing_bank:  # an order has none
        return Reason.UNKNOWN_ROOT
    total = sum(act.amounts)
    if max(act.amounts, default=0) > MAX_AMOUNT or total > MAX_AMOUNT:
        return Reason.EXCESS_AMOUNT
    movement = (root.clearing_bank, act.account, act.value_day, total, act.entry)
    if movement in state.movements:
        return Reason.MOVEMENT_USED
    reason = _authorise_list(state, act, Need(root.clearing_bank, Role.CLEARING, total), signed_by, now)
    if reason:
        return reason
    listed = (act.titles, act.amounts)
    reason, lines = discharge.pay_late(state, act.root, act.late_before, act.value_day, listed, day_of(now))
    if reason:
        return reason
    state.movements[movement] = Use(FactKind.LATE, act.root)
    for line in lines:
        _add_cash(state, line.title, late=line.amount, held=line.amount if line.held else 0)
    return Reason.NONE


def _authorise_list(
    state: LedgerState, act: Distribution | LateInterest, need: Need, signed_by: tuple[Key], now: int
) -> Reason:
    """Titles and amounts travel in lines, so lists of different lengths cannot arrive as they were signed."""
    if len(act.titles) != len(act.amounts):
        return Reason.SIGNATURE_INVALID
    return authorise(state, act, [need], signed_by, now)


def _add_cash(state: LedgerState, title: int, *, held: int = 0, late: int = 0) -> None:
    cash = state.cash_of(title)
    state.cash[title] = replace(cash, held=cash.held + held, late=cash.late + late)


# ── Early, held, given up ───────────────────────────────────────────────────────────────────────────────────


def settle_early(
    state: LedgerState, act: EarlySettlement, signed_by: tuple[Key, Key, Key, Key], now: int
) -> Reason:
    """A title ends before its due day. Signed by debtor, holder, lender (if locked), clearing bank."""
    today = day_of(now)
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    if act.value_day > today:
        return Reason.VALUE_DAY_OUT_OF_RANGE
    title = state.titles.get(act.title)
    root = state.roots.get(title.root) if title is not None else None
    bank = 0 if root is None else root.clearing_bank
    movement = (bank, act.account, act.value_day, act.amount, act.entry)
    if movement in state.movements:
        return Reason.MOVEMENT_USED
    reason = _authorise_early(state, act, title, root, signed_by, now)
    if reason or title is None or root is None:
        return reason
    reason = discharge.settle_early(state, act.title, act.sequence, act.amount, today)
    if reason:
        return reason
    state.movements[movement] = Use(FactKind.EARLY, act.title)
    take_limit(state, root.debtor, root.currency, -title.quantity)
    if title.lock:
        credit.collateral_paid(state, title.lock, title.quantity)
    return Reason.NONE


def _authorise_early(
    state: LedgerState,
    act: EarlySettlement,
    title: Title | None,
    root: Root | None,
    signed_by: tuple[Key, Key, Key, Key],
    now: int,
) -> Reason:
    debtor, holder, lender, clearing = signed_by
    if title is None or root is None:
        # Nobody can sign for a title that is not.
        return Reason.SIGNATURE_INVALID if debtor not in state.signers else Reason.WRONG_PARTY
    amount = title.quantity
    needs = [
        Need(root.debtor, Role.ISSUE_CHECKER, amount),
        Need(title.holder, Role.TITLE, amount),
        Need(root.clearing_bank, Role.CLEARING, amount),
    ]
    keys = [debtor, holder, clearing]
    if title.lock:
        needs.append(Need(state.facilities[title.lock].lender, Role.CREDIT_MAKER, amount))
        keys.append(lender)
    return authorise(state, act, needs, keys, now)


def release_held(state: LedgerState, act: HeldRelease, signed_by: tuple[Key], now: int) -> Reason:
    """Held money is paid out again, once nothing holds it any more. Signed by the clearing bank."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title, cash = state.titles.get(act.title), state.cash_of(act.title)
    if title is not None and title.frozen:
        return Reason.TITLE_FROZEN
    if title is None or not 0 < act.amount <= cash.held:
        return Reason.NOT_HELD
    if act.held_before != cash.held:
        return Reason.LIST_STALE
    # The same sum may come back and be held again; the same order does not release it twice.
    if act in state.released:
        return Reason.NONCE_USED
    need = Need(state.roots[title.root].clearing_bank, Role.CLEARING, act.amount)
    reason = authorise(state, act, [need], signed_by, now)
    if not reason:
        state.released.add(act)
        state.cash[act.title] = replace(cash, held=cash.held - act.amount)
    return reason


def write_off_title(state: LedgerState, act: WriteOffTitle, signed_by: tuple[Key, Key], now: int) -> Reason:
    """After the due day a holder gives up what is unpaid; limit returns to the debtor. Signed by two of its people."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title = state.titles.get(act.title)
    need = Need(title.holder if title is not None else 0, Role.TITLE)
    reason = authorise(state, act, [need, need], signed_by, now)
    if reason or title is None:
        return reason
    reason, amount = discharge.give_up(state, act.title, act.sequence, day_of(now))
    if not reason:
        root = state.roots[title.root]
        take_limit(state, root.debtor, root.currency, -amount)
    return reason


def _bound(state: LedgerState, party: int, currency: int) -> Account | None:
    """The account a party is paid on in a currency, or None when none is bound."""
    return state.accounts.get((party, currency))


def _open_loan(state: LedgerState, number: int) -> tuple[int, int] | None:
    """Costs repaid so far and principal of a loan on which something is owed; None for any other."""
    loan = state.loans.get(number)
    if loan is None or loan.phase not in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF):
        return None
    return state.costs_of(number).paid, loan.principal
