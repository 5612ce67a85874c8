"""Steps with orders: confirmed, reduced, and converted as goods come. Likely, never sure, to be done."""

from __future__ import annotations

from gateway.domain.acts import Receivable
from gateway.domain.goods_records import RootKind
from gateway.domain.order_acts import (
    ConfirmOrder,
    Convert,
    ConvertGoods,
    Order,
    PublishOrders,
    ReduceOrder,
    TakeOrder,
)
from gateway.domain.records import MAX_AMOUNT, Flag, Invoice, Phase, Role, Title
from tests.invariants.propose_goods import bound
from tests.invariants.propose_trade import movable
from tests.invariants.verbs import Step
from tests.invariants.world import BANKS, CORES, CURRENCIES, DOCUMENT, World


def _document(world: World, debtor: int, currency: int) -> tuple[bytes, Invoice] | None:
    """An attested document of some seller with room left."""
    return world.pick(
        (nullifier, word)
        for nullifier, word in world.state.invoices.items()
        if (word.debtor, word.currency) == (debtor, currency) and word.used < word.cap
    )


def _order(world: World, debtor: int, currency: int) -> Order | None:
    found = _document(world, debtor, currency)
    if found is None:
        return None
    nullifier, word = found
    room = word.cap - word.used
    # Some of it is left for the invoices that the goods will come with.
    quantity = max(1, room // 2) if world.rng.random() < 0.7 else room
    last_day = world.today + world.rng.choice((1, 5, 20, 40))
    return Order(world.id_of(debtor), word.seller, currency, last_day, quantity, nullifier, DOCUMENT)


def confirm_order(world: World) -> Step | None:
    debtor = world.rng.choice(CORES)
    order = _order(world, debtor, world.rng.choice(CURRENCIES))
    if order is None:
        return None
    two = world.two(debtor, Role.ISSUE_MAKER, Role.ISSUE_CHECKER, order.quantity)
    seller = world.signer(order.seller, Role.TITLE, order.quantity)
    return Step("confirm_order", ConfirmOrder(debtor, order, world.expiry()), (*two, seller))


def publish_orders(world: World) -> Step | None:
    debtor, currency = world.rng.choice(CORES), world.rng.choice(CURRENCIES)
    made = [_order(world, debtor, currency) for _ in range(world.rng.randint(1, 4))]
    orders = frozenset(order for order in made if order is not None)
    if not orders:
        return None
    total = min(sum(order.quantity for order in orders), MAX_AMOUNT)
    total = max(1, total - (world.rng.randint(0, total) if world.rng.random() < 0.2 else 0))
    act = PublishOrders(world.id_of(debtor), debtor, currency, total, orders, world.expiry(), DOCUMENT)
    return Step("publish_orders", act, world.two(debtor, Role.ISSUE_MAKER, Role.ISSUE_CHECKER, total))


def take_order(world: World) -> Step | None:
    lists, roots = world.state.order_lists, world.state.roots
    number = world.pick((n for n, word in lists.items() if world.today <= word.last_day), lists)
    if number is None:
        return None
    orders = world.state.listed_orders[number]
    listed = sorted(orders, key=lambda order: order.root)
    order = world.pick([each for each in listed if each.root not in roots], listed)
    if order is None:
        return None
    key = world.signer(order.seller, Role.TITLE, order.quantity)
    return Step("take_order", TakeOrder(number, order, world.expiry()), (key,), {"orders": orders})


def is_open(world: World, title: Title) -> bool:
    """Whether something is still to come of an order's title."""
    root = world.state.roots[title.root]
    return root.kind == RootKind.ORDER and root.phase is Phase.LIVE and not title.dead


def pledgeable(world: World, title: Title) -> bool:
    """Whether a title's holder may lock it today: a certificate, or an order."""
    root = world.state.roots[title.root]
    free = is_open(world, title) and not title.lock and not title.frozen and world.today < root.due_day
    return free or movable(world, title)


def reduce_order(world: World) -> Step | None:
    items = world.state.titles
    number = world.pick((n for n, title in items.items() if is_open(world, title)), items)
    if number is None:
        return None
    title = items[number]
    part = title.quantity > 1 and world.rng.random() < 0.8
    return reducing(world, number, world.rng.randint(1, title.quantity - 1) if part else title.quantity)


def reducing(world: World, number: int, quantity: int) -> Step:
    """So much of an order's title will not come."""
    title = world.state.titles[number]
    act = ReduceOrder(number, title.sequence, quantity, world.expiry(), DOCUMENT)
    keys = (
        world.signer(world.state.roots[title.root].debtor, Role.ISSUE_CHECKER),
        world.signer(title.holder, Role.TITLE, quantity),
    )
    return Step("reduce_order", act, keys)


def convert(world: World) -> Step | None:
    """As much as there is an invoice for, out of what came: all of it, or somewhat more."""
    state, rng = world.state, world.rng
    able = [
        (number, nullifier)
        for number, title in state.titles.items()
        if is_open(world, title) and not title.frozen and world.today <= state.roots[title.root].due_day
        for nullifier, word in state.invoices.items()
        if (word.seller, word.debtor) == (title.holder, state.roots[title.root].debtor)
        and word.currency == state.roots[title.root].currency
        and word.used < word.cap
    ]
    chosen = world.pick(able)
    if chosen is None:
        return None
    number, nullifier = chosen
    title, word = state.titles[number], state.invoices[nullifier]
    quantity = min(title.quantity, word.cap - word.used)
    if rng.random() < 0.6:
        quantity = rng.randint(1, quantity)
    taken = quantity if rng.random() < 0.5 else rng.randint(quantity, title.quantity)
    return converting(world, number, nullifier, taken, quantity)


def converting(world: World, number: int, nullifier: bytes, taken: int, quantity: int) -> Step:
    """What was received of an order's title, invoiced under one number."""
    state = world.state
    title = state.titles[number]
    root = state.roots[title.root]
    receivable = Receivable(
        world.id_of(root.debtor), title.holder, world.rng.choice(BANKS), root.currency,
        world.today + world.rng.choice((3, 15, 60)), 500, quantity, (nullifier,), (quantity,), DOCUMENT,
    )  # fmt: skip
    act = Convert(number, title.sequence, taken, receivable, world.expiry(), DOCUMENT)
    lender = state.facilities[title.lock].lender if title.lock else None
    keys = (
        *world.two(root.debtor, Role.ISSUE_MAKER, Role.ISSUE_CHECKER, quantity),
        world.signer(title.holder, Role.TITLE, taken),
        None if lender is None else world.signer(lender, Role.CREDIT_MAKER, taken),
    )
    return Step("convert", act, keys)


def convert_goods(world: World) -> Step | None:
    """A receipt's goods are sold to somebody whose invoice has room."""
    state = world.state
    able = [
        (number, nullifier)
        for number, title in state.titles.items()
        if title.flags & Flag.GOODS and not title.dead and not title.frozen and number not in state.liens
        and not title.flags & (Flag.HELD | Flag.PAPER) and world.today < state.roots[title.root].due_day
        for nullifier, word in state.invoices.items()
        if word.seller == title.holder and word.used < word.cap
        and (not title.lock or word.currency == state.facilities[title.lock].currency)
    ]  # fmt: skip
    others = [*bound(world)[-4:], *list(state.titles)[-8:]] if world.loose else ()
    every = [(n, each) for n in others for each in list(state.invoices)[-8:]]
    chosen = world.pick(able, every)
    return None if chosen is None else converting_goods(world, *chosen)


def converting_goods(world: World, number: int, nullifier: bytes) -> Step:
    """What is owed for a receipt's goods, invoiced under one number, takes its place."""
    state, title, word = world.state, world.state.titles[number], world.state.invoices[nullifier]
    quantity = max(1, word.cap - word.used)
    if world.rng.random() < 0.3:
        quantity = world.rng.randint(1, quantity)
    receivable = Receivable(
        world.id_of(word.debtor), title.holder, world.rng.choice(BANKS), word.currency,
        world.today + world.rng.choice((3, 15, 60)), 500, quantity, (nullifier,), (quantity,), DOCUMENT,
    )  # fmt: skip
    act = ConvertGoods(number, title.sequence, receivable, world.expiry(), DOCUMENT)
    lender = state.facilities[title.lock].lender if title.lock else None
    keys = (
        *world.two(word.debtor, Role.ISSUE_MAKER, Role.ISSUE_CHECKER, quantity),
        world.signer(title.holder, Role.TITLE, title.quantity),
        world.signer(state.roots[title.root].debtor, Role.KEEP),
        None if lender is None else world.signer(lender, Role.CREDIT_MAKER, quantity),
    )
    return Step("convert_goods", act, keys)


PROPOSALS = {
    "confirm_order": confirm_order,
    "publish_orders": publish_orders,
    "take_order": take_order,
    "reduce_order": reduce_order,
    "convert": convert,
    "convert_goods": convert_goods,
}
"""A likely step of each verb of orders."""
