"""Titles that a draw buys: delivery against payment (decision 8; contracts/credit/Sales).

From its draw to its end a sold title is one thing: it is neither released nor divided, and no second draw names
it. Nothing of it moves before the pay-out does. Bought with recourse it is the lender's, locked, until its seller
has repaid the loan (CC-766); bought without, it is the lender's, free, and its seller owes nothing (CC-767).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gateway.domain.acts import Draw
from gateway.domain.ledger_state import Account, LedgerState
from gateway.domain.reasons import Reason
from gateway.domain.records import KIND, Facility, Flag, Form, LoanPhase


def buyable(state: LedgerState, act: Draw, facility: Facility, today: int) -> Reason:
    """Whether a draw may name this title, under this form of facility. A pledge names none."""
    if facility.form is Form.PLEDGE:
        return Reason.TERMS_OUT_OF_RANGE if act.title else Reason.NONE
    # The price of a purchase is all there is: nothing is owed on it later, so nothing bears interest or falls due.
    if facility.form is Form.PURCHASE and (act.rate or act.terms):
        return Reason.TERMS_OUT_OF_RANGE
    title = state.titles.get(act.title)
    if title is None or title.lock != act.facility:
        return Reason.WRONG_LOCK
    leases = facility.form is Form.LEASE
    # Certificates are bought; an order is delivered to its buyer; and under a facility of leases stand receipts alone.
    if not leases and title.flags & KIND:
        return Reason.OTHER_KIND
    if act.title in state.sales:
        return Reason.TITLE_SOLD
    if title.dead:
        return Reason.TITLE_SPENT
    if title.frozen:
        return Reason.TITLE_FROZEN
    if today >= state.roots[title.root].due_day:
        return Reason.PAST_DUE
    price = state.leases[act.title].price if leases else title.quantity
    worth = price * facility.advance_bps // 10_000
    return Reason.COLLATERAL_SHORT if act.amount > worth else Reason.NONE


def reserve_title(state: LedgerState, loan: int, title: int) -> None:
    """The draw stands: nobody else buys the title, and nothing of it moves yet."""
    state.sales[title] = loan
    state.bought[loan] = title


def deliver(state: LedgerState, number: int, today: int) -> Reason:
    """The pay-out was attested: in the same act the title is the lender's (DEC-8). Where something is owed, with
    recourse or on a lease, its lock stays.
    """
    loan, sold = state.loans[number], state.bought[number]
    title, facility = state.titles[sold], state.facilities[loan.facility]
    if title.frozen:
        return Reason.TITLE_FROZEN
    # Settled early or paid meanwhile: there is nothing left that could be delivered.
    if title.dead or title.paid:
        return Reason.TITLE_SPENT
    title = replace(title.next(), holder=facility.lender)
    if facility.form is not Form.PURCHASE:
        state.titles[sold] = title
        return Reason.NONE
    state.titles[sold] = replace(title, lock=0)
    del state.sales[sold]
    facility = replace(
        facility,
        face=facility.face - title.open,
        used=facility.used - loan.drawn,
        loans=facility.loans - 1,
    )
    if facility.clear:
        facility = replace(facility, debt_paid=False, zero_debt_day=today)
    state.facilities[loan.facility] = facility
    state.loans[number] = replace(loan, principal=0, phase=LoanPhase.SOLD)
    return Reason.NONE


def give_back(state: LedgerState, number: int, *, keep_lock: bool = False) -> int:
    """The seller repaid whole (CC-766), or its bank took the pay-out back: the title is its own again, frozen or
    not. Answers what it counted for, if its lock ends. One that the lender released, once the loan was written
    off, is gone. What was leased is the lessee's with the last rental, and whoever's it was before if the pay-out is
    taken back.
    """
    sold, facility = state.bought[number], state.loans[number].facility
    if state.sales.get(sold) != number:
        return 0
    del state.sales[sold]
    title, lease = state.titles[sold].next(), state.leases.get(sold)
    borrower = state.facilities[facility].borrower
    if keep_lock:
        state.titles[sold] = replace(title, holder=borrower if lease is None else lease.owner)
        return 0
    state.titles[sold] = replace(title, holder=borrower, lock=0, flags=title.flags & ~Flag.HELD)
    if lease is None:
        return title.open
    del state.leases[sold]
    return lease.price


def payout_account(state: LedgerState, number: int) -> Account | None:
    """The account that a loan's pay-out goes to: the special one of a facility in stages, that of the seller of leased
    goods, or else the borrower's. None where none is bound, or for an unknown loan.
    """
    loan = state.loans.get(number)
    if loan is None:
        return None
    if loan.staged:
        return state.special_accounts[loan.facility]
    lease, facility = (
        state.leases.get(state.bought.get(number, 0)),
        state.facilities[loan.facility],
    )
    return state.accounts.get((facility.borrower if lease is None else lease.seller, facility.currency))


def releasable(state: LedgerState, titles: Iterable[int]) -> Reason:
    """What a draw buys is not released, but for the title of a loan that was written off: the lender keeps it."""
    loans = (state.sales[title] for title in titles if title in state.sales)
    standing = any(state.loans[loan].phase is not LoanPhase.WRITTEN_OFF for loan in loans)
    return Reason.TITLE_SOLD if standing else Reason.NONE


def end_sales(state: LedgerState, titles: Iterable[int]) -> None:
    """These titles are sold under no draw any more."""
    for title in titles:
        state.sales.pop(title, None)
