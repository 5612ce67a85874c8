"""Pledged goods are sold in enforcement (CC-436, CC-438; contracts/credit/GoodsSales). No path gives them to the lender
(CC-428).
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.acts import NOTHING
from gateway.domain.calendar import day_of
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_acts import Enforce, SellGoods
from gateway.domain.margin_records import GoodsSale, MarginState, SaleState
from gateway.domain.margin_values import by_lender, lent_on, met, set_quantity, short
from gateway.domain.parties import Key, Need, authorise, maker_and_checker
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Flag, LoanPhase, Role
from gateway.domain.terms import standing

DAYS_TO_PAY = 90
"""Most that a buyer may take: goods that nobody pays for come back."""
DAYS_MORE = 30
"""For a buyer that paid a part in time."""


def enforce(state: LedgerState, act: Enforce, signed_by: tuple[Key, Key], now: int) -> Reason:
    """Default notice: a call ran out unmet, or a loan is overdue. Signed by the lender's maker and checker."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    if act.facility not in state.goods_terms:
        return Reason.GOODS_TERMS_MISSING
    mark, today = state.mark_of(act.facility), day_of(now)
    if mark.state is MarginState.ENFORCED:
        return Reason.MARGIN_CALLED
    reason = _overdue(state, act, today) if act.loan else _ran_out(state, act.facility, today)
    if reason:
        return reason
    if act.from_day <= today:
        return Reason.VALUE_DAY_OUT_OF_RANGE
    reason = by_lender(state, act.facility, act, act.nonce, signed_by, now)
    if not reason:
        state.marks[act.facility] = replace(mark, state=MarginState.ENFORCED, day=act.from_day, loan=act.loan)
    return reason


def _ran_out(state: LedgerState, facility: int, today: int) -> Reason:
    mark = state.mark_of(facility)
    if mark.state is not MarginState.CALLED:
        return Reason.NOT_CALLED
    if today <= mark.day:
        return Reason.NOT_YET_DUE
    return Reason.NONE if short(state, facility) else Reason.NOT_SHORT


def _overdue(state: LedgerState, act: Enforce, today: int) -> Reason:
    loan = state.loans.get(act.loan)
    if loan is None or loan.facility != act.facility or loan.phase is not LoanPhase.OUTSTANDING:
        return Reason.LOAN_NOT_OUTSTANDING
    overdue = standing.overdue_since(loan, state.accrual_of(act.loan), today)
    return Reason.NONE if overdue else Reason.NOT_YET_DUE


def sell_goods(state: LedgerState, act: SellGoods, signed_by: tuple[Key, ...], now: int) -> Reason:
    """A pledged receipt's goods are sold. Signed by the lender's maker and checker, keeper, both appraisers, buyer."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    reason = _sellable(state, act, day_of(now))
    if reason:
        return reason
    title, terms = state.titles[act.title], state.goods_terms[act.facility]
    needs = [
        *maker_and_checker(state.facilities[act.facility].lender, act.price),
        Need(state.roots[title.root].debtor, Role.KEEP),
        Need(terms.appraiser, Role.ATTEST),
        Need(terms.second_appraiser, Role.ATTEST),
        Need(act.buyer, Role.TITLE, act.price),
    ]
    reason = authorise(state, act, needs, signed_by, now)
    if reason:
        return reason
    reason, came = _came_before(state, act)
    if reason:
        return reason

    before = state.goods_sales.get(act.title)
    state.goods_sales[act.title] = GoodsSale(
        came, act.price, act.buyer, act.facility, title.quantity, act.pay_by
    )
    if before is not None and before.state is SaleState.AGREED:
        return Reason.NONE
    # One thing until its price comes or its day passes: no order divides it.
    state.titles[act.title] = replace(title, flags=title.flags | Flag.HELD)
    left = state.pledged_lot_of(act.facility, title.root).quantity - title.quantity
    set_quantity(state, act.facility, title.root, left, day_of(now))
    return Reason.NONE


def _sellable(state: LedgerState, act: SellGoods, today: int) -> Reason:
    # One whose day passed is agreed anew: with the same buyer, or with another, and however the debt stands by then.
    sale = state.goods_sales.get(act.title)
    agreed = sale if sale is not None and sale.state is SaleState.AGREED else None
    mark, facility = state.mark_of(act.facility), state.facilities.get(act.facility)
    if agreed is None and (mark.state is not MarginState.ENFORCED or today < mark.day):
        return Reason.NOT_ENFORCED
    if facility is None or facility.owes_nothing:
        return Reason.NOTHING_OWED
    if agreed is None and met(state, act.facility, today):
        return Reason.NOT_ENFORCED
    title = state.titles.get(act.title)
    if title is None or title.lock != act.facility or not title.flags & Flag.GOODS:
        return Reason.WRONG_LOCK
    if agreed is not None and today <= agreed.pay_by:
        return Reason.GOODS_SOLD
    if title.frozen:
        return Reason.TITLE_FROZEN
    if title.flags & Flag.LIEN:
        return Reason.STORAGE_UNPAID
    if act.price == 0:
        return Reason.ZERO_QUANTITY
    if not today <= act.pay_by <= today + DAYS_TO_PAY:
        return Reason.VALUE_DAY_OUT_OF_RANGE
    if act.evidence == NOTHING:
        return Reason.EVIDENCE_MISSING
    return Reason.NONE if _strange(state, act) else Reason.NOT_INDEPENDENT


def _came_before(state: LedgerState, act: SellGoods) -> tuple[Reason, int]:
    """What came in for these goods that does not count towards this price: what anybody but this buyer paid. A price is
    not agreed below what its buyer has paid, nor while a former pledgor waits for what was left of another.
    """
    sale, cash = state.goods_sales.get(act.title), state.cash_of(act.title)
    came = cash.collected
    if sale is not None and sale.facility != act.facility and cash.surplus:
        return Reason.SALE_UNPAID, 0
    if sale is not None and sale.state is SaleState.AGREED and sale.buyer == act.buyer:
        if act.price < came - sale.came_before:
            return Reason.EXCESS_AMOUNT, 0
        came = sale.came_before
    return (Reason.EXCESS_AMOUNT if came > MAX_AMOUNT - act.price else Reason.NONE), came


def _strange(state: LedgerState, act: SellGoods) -> bool:
    """Goods never go to who lent on them, to who says what they are worth, nor back to who owes it, nor to anybody of
    their groups.
    """
    terms = state.goods_terms[act.facility]
    near = (state.facilities[act.facility].borrower, terms.appraiser, terms.second_appraiser)
    groups = {state.group_of(party) for party in near}
    return not lent_on(state, act.facility, act.buyer) and state.group_of(act.buyer) not in groups


def complete_sale(state: LedgerState, title: int) -> Reason:
    """The price came whole: the receipt is the buyer's. Anyone may say so."""
    sale = state.goods_sales.get(title)
    if sale is None or sale.state is not SaleState.AGREED:
        return Reason.NOT_ENFORCED
    if state.cash_of(title).collected != sale.total:
        return Reason.SALE_UNPAID
    receipt = state.titles[title]
    if receipt.frozen:
        return Reason.TITLE_FROZEN

    state.titles[title] = replace(receipt.next(), holder=sale.buyer, lock=0, flags=receipt.flags & ~Flag.HELD)
    state.goods_sales[title] = replace(sale, state=SaleState.DONE)
    return Reason.NONE


def end_sale(state: LedgerState, title: int, now: int) -> Reason:
    """Its day passed and nothing came: the receipt secures the facility again. Anyone may say so. Where a part was
    paid the lender sells anew; but once nothing is owed and a month more went by, the pledgor gets its goods back.
    """
    sale = state.goods_sales.get(title)
    if sale is None or sale.state is not SaleState.AGREED:
        return Reason.NOT_ENFORCED
    if day_of(now) <= sale.pay_by:
        return Reason.OFFER_STILL_OPEN
    came = state.cash_of(title).collected
    paid = came - sale.came_before
    waits = day_of(now) <= sale.pay_by + DAYS_MORE
    if paid and (waits or not state.facilities[sale.facility].owes_nothing):
        return Reason.SALE_UNPAID

    receipt = state.titles[title]
    state.titles[title] = replace(receipt, flags=receipt.flags & ~Flag.HELD)
    lot = receipt.root
    quantity = state.pledged_lot_of(sale.facility, lot).quantity + sale.quantity
    set_quantity(state, sale.facility, lot, quantity, day_of(now))
    if came:
        state.goods_sales[title] = replace(sale, price=paid, state=SaleState.ENDED)
    else:
        del state.goods_sales[title]
    return Reason.NONE


# ── For settlement: the price comes in ──────────────────────────────────────────────────────────────────────


def claim_of(state: LedgerState, number: int) -> tuple[int, int]:
    """The facility that a title's money is for, 0 for none, and how much that is in minor units: of a receipt, what its
    goods were sold for.
    """
    title, sale = state.titles.get(number), state.goods_sales.get(number)
    if title is None:
        return 0, 0
    if title.flags & Flag.GOODS:
        return (0, 0) if sale is None else (sale.facility, sale.total)
    return title.lock, title.paid


def payee_of(state: LedgerState, number: int) -> tuple[int, int]:
    """Who gets what a lender did not need of a title's money, and in which currency: of goods that were sold, whoever
    had pledged them, not whoever holds them now.
    """
    title, sale = state.titles[number], state.goods_sales.get(number)
    if sale is None:
        return title.holder, state.roots[title.root].currency
    facility = state.facilities[sale.facility]
    return facility.borrower, facility.currency
