"""Steps of trade: invoices, promises, titles that pass from hand to hand. Likely, never sure, to be done."""

from __future__ import annotations

from gateway.domain.acts import (
    Accept,
    AcceptOffer,
    Assign,
    AttestInvoice,
    CreditInvoice,
    Decline,
    Issue,
    Merge,
    PublishOffers,
    Receivable,
    Split,
    Withdraw,
)
from gateway.domain.goods_records import RootKind
from gateway.domain.records import MAX_AMOUNT, Phase, Role, Title
from tests.invariants.verbs import Step
from tests.invariants.world import BANKS, CORES, CURRENCIES, DOCUMENT, EVIDENCE, FACTOR, TRADERS, World


def attest_invoice(world: World) -> Step | None:
    seller, debtor = world.rng.choice(TRADERS), world.rng.choice(CORES)
    currency, cap = world.rng.choice(CURRENCIES), world.amount()
    act = AttestInvoice(
        world.hash("invoice"), cap, seller, debtor, currency, EVIDENCE, DOCUMENT, world.expiry()
    )
    return Step("attest_invoice", act, (world.signer(EVIDENCE, Role.ATTEST),))


def credit_invoice(world: World) -> Step | None:
    nullifier = world.pick(key for key, word in world.state.invoices.items() if word.cap > 0)
    if nullifier is None:
        return None
    word = world.state.invoices[nullifier]
    cap = world.rng.choice((0, word.used, word.cap - 1, world.rng.randint(0, word.cap - 1)))
    act = CreditInvoice(nullifier, min(cap, word.cap - 1), word.cap, DOCUMENT, world.expiry())
    return Step("credit_invoice", act, (world.signer(word.service, Role.ATTEST),))


def _receivable(world: World, debtor: int, currency: int, without: set[bytes]) -> Receivable | None:
    """A promise on one or two invoices of one seller with room left."""
    rooms = [
        (nullifier, word)
        for nullifier, word in world.state.invoices.items()
        if word.debtor == debtor
        and word.currency == currency
        and word.used < word.cap
        and nullifier not in without
    ]
    if not rooms:
        return None
    first, word = world.rng.choice(rooms)
    same = [item for item in rooms if item[1].seller == word.seller and item[0] != first]
    chosen = sorted([(first, word), *world.rng.sample(same, min(len(same), world.rng.randint(0, 1)))])
    amounts = tuple(
        invoice.cap - invoice.used
        if world.rng.random() < 0.5
        else world.rng.randint(1, invoice.cap - invoice.used)
        for _, invoice in chosen
    )
    return Receivable(
        root=world.id_of(debtor),
        payee=word.seller,
        clearing_bank=world.rng.choice(BANKS),
        currency=currency,
        due_day=world.today + world.rng.choice((1, 3, 8, 15, 20, 30, 60)),
        terms=world.rng.choice((100, 500, 500, 3_000)),
        quantity=min(sum(amounts), MAX_AMOUNT),
        nullifiers=tuple(nullifier for nullifier, _ in chosen),
        amounts=amounts,
        evidence=DOCUMENT,
    )


def issue(world: World) -> Step | None:
    debtor, currency = world.rng.choice(CORES), world.rng.choice(CURRENCIES)
    made: list[Receivable] = []
    for _ in range(world.rng.choice((1, 1, 2, 3))):
        used = {nullifier for item in made for nullifier in item.nullifiers}
        item = _receivable(world, debtor, currency, used)
        if item is not None:
            made.append(item)
    if not made:
        return None
    total = sum(item.quantity for item in made)
    keys = world.two(debtor, Role.ISSUE_MAKER, Role.ISSUE_CHECKER, total)
    return Step("issue", Issue(debtor, tuple(made), world.expiry()), keys)


def accept(world: World) -> Step | None:
    root = world.pick(
        number for number in world.state.offers if world.today <= world.state.roots[number].last_day
    ) or world.pick(world.state.offers)
    if root is None:
        return None
    payee, invoices = world.state.offers[root]
    act = Accept(root, payee, invoices, world.expiry(), DOCUMENT)
    return Step("accept", act, (world.signer(payee, Role.TITLE, world.state.roots[root].quantity),))


def decline(world: World) -> Step | None:
    root = world.pick(world.state.offers)
    if root is None:
        return None
    payee, invoices = world.state.offers[root]
    act = Decline(root, payee, DOCUMENT, world.expiry())
    return Step("decline", act, (world.signer(payee, Role.TITLE),), {"invoices": invoices})


def expire(world: World) -> Step | None:
    lapsed = [n for n in world.state.offers if world.today > world.state.roots[n].last_day]
    root = world.pick(lapsed, world.state.offers)
    if root is None:
        return None
    payee, invoices = world.state.offers[root]
    return Step("expire", more={"root": root, "payee": payee, "invoices": invoices})


def publish_offers(world: World) -> Step | None:
    debtor, currency = world.rng.choice(CORES), world.rng.choice(CURRENCIES)
    made: list[Receivable] = []
    for _ in range(world.rng.randint(1, 5)):
        used = {nullifier for item in made for nullifier in item.nullifiers}
        item = _receivable(world, debtor, currency, used)
        if item is not None:
            made.append(item)
    if not made:
        return None
    total = sum(item.quantity for item in made)
    total = max(1, total - (world.rng.randint(0, total) if world.rng.random() < 0.2 else 0))
    total = min(total, MAX_AMOUNT)
    act = PublishOffers(
        world.id_of(debtor), debtor, currency, total, frozenset(made), world.expiry(), DOCUMENT
    )
    return Step("publish_offers", act, world.two(debtor, Role.ISSUE_MAKER, Role.ISSUE_CHECKER, total), {})


def accept_offer(world: World) -> Step | None:
    open_lists = [n for n, word in world.state.lists.items() if world.today <= word.last_day]
    number = world.pick(open_lists, world.state.lists)
    if number is None:
        return None
    offers = world.state.list_offers[number]
    listed = sorted(offers, key=lambda offer: offer.root)
    offer = world.pick([item for item in listed if item.root not in world.state.roots], listed)
    if offer is None:
        return None
    act = AcceptOffer(number, offer, offer.root, offer.quantity, world.expiry(), DOCUMENT)
    key = world.signer(offer.payee, Role.TITLE, offer.quantity)
    return Step("accept_offer", act, (key,), {"shown": offer, "offers": offers})


def close_offers(world: World) -> Step | None:
    over = [
        n for n, word in world.state.lists.items() if world.today > word.last_day and word.total > word.taken
    ]
    number = world.pick(over, world.state.lists)
    return None if number is None else Step("close_offers", more={"list": number})


def movable(world: World, title: Title) -> bool:
    """Whether a title's holder may act on it today."""
    root = world.state.roots[title.root]
    free = not title.dead and not title.lock and not title.frozen
    return (
        free and root.phase is Phase.LIVE and world.today < root.due_day and root.kind == RootKind.RECEIVABLE
    )


def movable_title(world: World) -> tuple[int, Title] | None:
    """A title whose holder may act, or in a loose mood any."""
    items = world.state.titles
    number = world.pick((n for n, title in items.items() if movable(world, title)), items)
    return None if number is None else (number, items[number])


def assign(world: World) -> Step | None:
    found = movable_title(world)
    if found is None:
        return None
    number, title = found
    to = world.rng.choice([party for party in (*TRADERS, *BANKS, FACTOR) if party != title.holder])
    act = Assign(number, title.sequence, to, world.expiry(), DOCUMENT)
    keys = (
        world.signer(title.holder, Role.TITLE, title.quantity),
        world.signer(to, Role.TITLE, title.quantity),
    )
    return Step("assign", act, keys)


def split(world: World) -> Step | None:
    found = movable_title(world)
    if found is None or found[1].quantity < 2:
        return None
    number, title = found
    piece = world.state.roots[title.root].minimum_piece_minor
    least, most = piece, title.quantity - piece
    quantity = world.rng.randint(least, most) if most >= least else title.quantity // 2
    to = title.holder if world.rng.random() < 0.3 else world.rng.choice((*TRADERS, *BANKS))
    child = world.part_of(title.holder)
    act = Split(number, title.sequence, child, quantity, to, world.expiry(), DOCUMENT)
    keys = (world.signer(title.holder, Role.TITLE, quantity), world.signer(to, Role.TITLE, quantity))
    return Step("split", act, keys)


def merge(world: World) -> Step | None:
    items = world.state.titles
    pairs = [
        (a, b)
        for a, first in items.items()
        for b, second in items.items()
        if a != b and (first.root, first.holder) == (second.root, second.holder)
    ]
    able = [pair for pair in pairs if all(movable(world, items[number]) for number in pair)]
    every = [(a, b) for a in list(items)[-8:] for b in list(items)[-8:]] if world.loose else ()
    chosen = world.pick(able, every)
    if chosen is None:
        return None
    into, from_ = chosen
    act = Merge(into, items[into].sequence, from_, items[from_].sequence, world.expiry())
    return Step("merge", act, (world.signer(items[into].holder, Role.TITLE),))


def withdraw(world: World) -> Step | None:
    items = world.state.titles
    number = world.pick((n for n, title in items.items() if not title.dead and not title.lock), items)
    if number is None:
        return None
    title = items[number]
    act = Withdraw(number, title.sequence, world.expiry())
    return Step("withdraw", act, (world.signer(title.holder, Role.TITLE),))


PROPOSALS = {
    "attest_invoice": attest_invoice,
    "credit_invoice": credit_invoice,
    "issue": issue,
    "accept": accept,
    "decline": decline,
    "expire": expire,
    "publish_offers": publish_offers,
    "accept_offer": accept_offer,
    "close_offers": close_offers,
    "assign": assign,
    "split": split,
    "merge": merge,
    "withdraw": withdraw,
}
"""A likely step of each verb of trade."""
