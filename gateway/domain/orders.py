"""Orders: confirmed, reduced by what does not come, and converted into receivables as goods are received (2-ledger
2.3 C; contracts/evidence/Orders, contracts/goods/Deliveries).

An order is no promise to pay: it takes no part of the buyer's limit, and nobody but a lender gets a hold on it. Every
verb answers the first rule that forbids it; only NONE changes the state. `now` is Unix seconds.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain import deliveries, evidence
from gateway.domain.acts import NOTHING, Invoices
from gateway.domain.calendar import day_of
from gateway.domain.goods_records import RootKind
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_values import lower_face
from gateway.domain.order_acts import ConfirmOrder, Convert, Order, PublishOrders, ReduceOrder, TakeOrder
from gateway.domain.parties import Key, Need, authorise, check
from gateway.domain.reasons import Reason
from gateway.domain.records import Phase, Policy, Role, Root, Title

# ── Confirm ─────────────────────────────────────────────────────────────────────────────────────────────────


def confirm_order(state: LedgerState, act: ConfirmOrder, signed_by: tuple[Key, Key, Key], now: int) -> Reason:
    """Buyer and seller confirm an order. Signed by the buyer's maker and checker, and the seller."""
    today = day_of(now)
    policy = state.policy_on(today)
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    if policy is None:
        return Reason.NO_POLICY
    maker, checker, seller = signed_by
    reason = evidence.maker_and_checker(state, act, act.debtor, act.order.quantity, (maker, checker), now)
    if reason:
        return reason
    root = _order_root(act.debtor, act.order, policy, today)
    return _take(state, act, act.order, root, seller, now)


def publish_orders(state: LedgerState, act: PublishOrders, signed_by: tuple[Key, Key], now: int) -> Reason:
    """Confirms any number of orders under one commitment. Signed by the buyer: maker, checker."""
    reason, word = evidence.publishable(state, act, signed_by, state.order_lists, now)
    if reason or word is None:
        return reason
    state.order_lists[act.list] = word
    state.listed_orders[act.list] = act.orders
    return Reason.NONE


def take_order(state: LedgerState, act: TakeOrder, signed_by: tuple[Key], now: int) -> Reason:
    """The seller takes one order of a list, within the days that offers stand open. Signed by the seller."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    found = state.order_lists.get(act.list)
    if found is None:
        return Reason.NOT_OFFERED
    if day_of(now) > found.last_day:
        return Reason.OFFER_LAPSED
    if act.order not in state.listed_orders[act.list]:
        return Reason.PROOF_INVALID
    reason = evidence.left(found, act.order.currency, act.order.quantity)
    if not reason:
        root = _order_root(found.debtor, act.order, found.policy, found.opened_day)
        reason = _take(state, act, act.order, root, signed_by[0], now)
    if not reason:
        state.order_lists[act.list] = replace(found, taken=found.taken + act.order.quantity)
    return reason


def _order_root(debtor: int, order: Order, policy: Policy, opened: int) -> Root:
    return Root(
        debtor=debtor,
        clearing_bank=0,
        currency=order.currency,
        due_day=order.last_day,
        opened_day=opened,
        phase=Phase.OFFERED,
        terms=0,
        policy_version=policy.version,
        quantity=order.quantity,
        accept_days=policy.accept_days,
        maximum_depth=policy.maximum_depth,
        minimum_piece=policy.minimum_piece,
        kind=RootKind.ORDER,
    )


def _take(
    state: LedgerState, act: ConfirmOrder | TakeOrder, order: Order, root: Root, seller: Key, now: int
) -> Reason:
    """One order, one root: its own number is used up, so that it secures nothing under another."""
    today = day_of(now)
    made = order.root, root.debtor, order.seller
    reason = evidence.sound(made, order.quantity, order.evidence, order.last_day, today)
    if not reason:
        sides = order.seller, root.debtor, order.currency
        reason = evidence.fits(state, sides, order.nullifier, order.quantity)
    if not reason:
        reason = check(state, act, seller, Need(order.seller, Role.TITLE, order.quantity), now)
    if not reason and order.root in state.titles:
        reason = Reason.ID_TAKEN
    reason = reason or evidence.openable(state, order.root, root.debtor, None, today)
    if reason:
        return reason

    state.roots[order.root] = root
    evidence.make_live(state, order.root, order.seller)
    evidence.use(state, Invoices((order.nullifier,), (order.quantity,)))
    return Reason.NONE


# ── Reduce, convert ─────────────────────────────────────────────────────────────────────────────────────────


def reduce_order(state: LedgerState, act: ReduceOrder, signed_by: tuple[Key, Key], now: int) -> Reason:
    """So much of an order will not come, or not at that price. Signed by one of the buyer's people, and the seller.

    A fact of the world: neither lock nor freeze nor stop is in its way, and what it secures is secured by less.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title = state.titles.get(act.title)
    reason = deliveries.kind_of(title)
    if reason or title is None:
        return reason
    needs = (
        Need(state.roots[title.root].debtor, Role.ISSUE_CHECKER),
        Need(title.holder, Role.TITLE, act.quantity),
    )
    reason = authorise(state, act, needs, signed_by, now) or deliveries.reducible(
        title, act.sequence, act.quantity
    )
    if reason:
        return reason

    order = state.order_of(title.root)
    state.orders[title.root] = replace(order, reduced=order.reduced + act.quantity)
    deliveries.shrink(state, act.title, title, act.quantity)
    lower_face(state, title.lock, act.quantity)
    return Reason.NONE


def convert(state: LedgerState, act: Convert, signed_by: tuple[Key, Key, Key, Key], now: int) -> Reason:
    """What was received becomes a receivable, under the same lock, in one act. Signed by the buyer's maker and
    checker, the seller, and the lender's maker where the order is locked.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title, today = state.titles.get(act.title), day_of(now)
    policy = state.policy_on(today)
    reason = deliveries.kind_of(title)
    if reason or title is None:
        return reason
    if policy is None:
        return Reason.NO_POLICY
    root, item = state.roots[title.root], act.receivable
    reason = _convertible(state, act, title, root, policy, today)
    reason = reason or _agreed(state, act, title, root, signed_by, now)
    if reason:
        return reason
    if not evidence.has_limit(state, root.debtor, item.currency, item.quantity):
        return Reason.DEBTOR_LIMIT_EXCEEDED
    reason = _replaceable(state, act, title, root, today)
    if reason:
        return reason

    state.roots[item.root] = evidence.promise_root(root.debtor, item, policy, today)
    evidence.make_live(state, item.root, item.payee, lock=title.lock)
    evidence.use(state, item.invoices)
    evidence.take_limit(state, root.debtor, item.currency, item.quantity)
    order = state.order_of(title.root)
    state.orders[title.root] = replace(
        order, taken=order.taken + act.taken, promised=order.promised + item.quantity
    )
    deliveries.shrink(state, act.title, title, act.taken)
    lower_face(state, title.lock, act.taken - item.quantity)
    return Reason.NONE


def _convertible(
    state: LedgerState, act: Convert, title: Title, root: Root, policy: Policy, today: int
) -> Reason:
    """Amounts follow what was received: whatever an invoice says, no more of it becomes a receivable."""
    item = act.receivable
    if item.payee != title.holder:
        return Reason.DIFFERENT_HOLDER
    if item.currency != root.currency:
        return Reason.CURRENCY_MISMATCH
    if item.quantity > act.taken:
        return Reason.EXCESS_AMOUNT
    if act.evidence == NOTHING:
        return Reason.EVIDENCE_MISSING
    return evidence.issuable(state, root.debtor, item, policy, today, today)


def _agreed(
    state: LedgerState, act: Convert, title: Title, root: Root, signed_by: tuple[Key, Key, Key, Key], now: int
) -> Reason:
    """The buyer's two people, the seller, and the lender that the order secures."""
    needs = (
        Need(root.debtor, Role.ISSUE_MAKER),
        Need(root.debtor, Role.ISSUE_CHECKER, act.receivable.quantity),
        Need(title.holder, Role.TITLE, act.taken),
    )
    reason = authorise(state, act, needs, signed_by[:3], now)
    if reason or not title.lock:
        return reason
    lender = state.facilities[title.lock].lender
    return check(state, act, signed_by[3], Need(lender, Role.CREDIT_MAKER, act.taken), now)


def _replaceable(state: LedgerState, act: Convert, title: Title, root: Root, today: int) -> Reason:
    reason = deliveries.usable(state, title, act.sequence, act.taken, today)
    if reason:
        return reason
    item = act.receivable
    if item.root in state.titles:
        return Reason.ID_TAKEN
    return evidence.openable(state, item.root, root.debtor, item.clearing_bank, today)
