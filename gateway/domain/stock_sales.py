"""Goods in store are sold, and what is owed for them takes their place, under the same lock (2-ledger 2.3 C;
contracts/evidence/StockSales, contracts/credit/Collateral). `now` is Unix seconds.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain import evidence, titles
from gateway.domain.acts import NOTHING
from gateway.domain.calendar import day_of
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_values import exchangeable, lent_on, set_quantity, worth
from gateway.domain.order_acts import ConvertGoods
from gateway.domain.parties import Key, Need, authorise
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Flag, Role, Title


def convert_goods(state: LedgerState, act: ConvertGoods, signed_by: tuple[Key, ...], now: int) -> Reason:
    """A receipt's goods are sold. Signed by the buyer's maker and checker, the seller, the keeper, and the lender's
    maker where the receipt is locked.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title, today, item = state.titles.get(act.title), day_of(now), act.receivable
    policy = state.policy_on(today)
    if title is None:
        return Reason.UNKNOWN_TITLE
    if not title.flags & Flag.GOODS:
        return Reason.OTHER_KIND
    if policy is None:
        return Reason.NO_POLICY
    if item.payee != title.holder:
        return Reason.DIFFERENT_HOLDER
    if act.evidence == NOTHING:
        return Reason.EVIDENCE_MISSING
    debtor = item.root >> 32
    reason = evidence.issuable(state, debtor, item, policy, today, today)
    reason = reason or _agreed(state, act, title, signed_by, now)
    if reason:
        return reason
    if not evidence.has_limit(state, debtor, item.currency, item.quantity):
        return Reason.DEBTOR_LIMIT_EXCEEDED
    reason = _replaceable(state, act, title, today) or _passes(state, act, title, today)
    if reason:
        return reason

    state.roots[item.root] = evidence.promise_root(debtor, item, policy, today)
    evidence.make_live(state, item.root, item.payee, lock=title.lock)
    evidence.use(state, item.invoices)
    evidence.take_limit(state, debtor, item.currency, item.quantity)
    state.titles[act.title] = replace(title.next(), holder=debtor, lock=0)
    if title.lock:
        facility = state.facilities[title.lock]
        state.facilities[title.lock] = replace(facility, face=facility.face + item.quantity)
        left = state.pledged_lot_of(title.lock, title.root).quantity - title.quantity
        set_quantity(state, title.lock, title.root, left, today)
    return Reason.NONE


def _agreed(
    state: LedgerState, act: ConvertGoods, title: Title, signed_by: tuple[Key, ...], now: int
) -> Reason:
    """The buyer's two people, the seller, the keeper of the goods, and the lender that they secure."""
    amount, debtor = act.receivable.quantity, act.receivable.root >> 32
    needs = [
        Need(debtor, Role.ISSUE_MAKER),
        Need(debtor, Role.ISSUE_CHECKER, amount),
        Need(title.holder, Role.TITLE, title.quantity),
        Need(state.roots[title.root].debtor, Role.KEEP),
    ]
    if title.lock:
        needs.append(Need(state.facilities[title.lock].lender, Role.CREDIT_MAKER, amount))
    return authorise(state, act, needs, signed_by[: len(needs)], now)


def _replaceable(state: LedgerState, act: ConvertGoods, title: Title, today: int) -> Reason:
    """Where the receivable claims less than the goods counted for, the rest covers what is owed."""
    # A receipt that is being sold in enforcement is counted no more.
    if title.flags & Flag.HELD:
        return Reason.GOODS_SOLD
    if not title.lock:
        return Reason.NONE
    facility, pledged = state.facilities[title.lock], state.pledged_lot_of(title.lock, title.root)
    if pledged.quantity < title.quantity:
        return Reason.WRONG_LOCK
    if lent_on(state, title.lock, act.receivable.root >> 32):
        return Reason.NOT_INDEPENDENT
    if facility.currency != act.receivable.currency:
        return Reason.CURRENCY_MISMATCH
    if act.receivable.quantity > MAX_AMOUNT - facility.face:
        return Reason.EXCESS_AMOUNT
    left = replace(pledged, quantity=pledged.quantity - title.quantity)
    value = worth(state, title.root, left, today) + act.receivable.quantity
    return exchangeable(state, title.lock, pledged.value, value, today)


def _passes(state: LedgerState, act: ConvertGoods, title: Title, today: int) -> Reason:
    item = act.receivable
    free = replace(title, lock=0)
    reason = titles.movable(free, state.roots[title.root], act.sequence, today, Flag.GOODS)
    if reason:
        return reason
    if title.flags & Flag.PAPER:
        return Reason.ON_PAPER
    if title.flags & Flag.LIEN:
        return Reason.STORAGE_UNPAID
    if item.root in state.titles:
        return Reason.ID_TAKEN
    return evidence.openable(state, item.root, item.root >> 32, item.clearing_bank, today)
