"""Steps with goods: they come in, are counted, pass on by receipt, and leave. Likely, never sure, to be done."""

from __future__ import annotations

from gateway.domain.goods_acts import (
    ChangeMedium,
    ChargeStorage,
    Count,
    Endorse,
    HandOver,
    MergeReceipts,
    Replace,
    SplitReceipt,
    Store,
)
from gateway.domain.goods_records import GOODS, RootKind
from gateway.domain.goods_units import unit_number
from gateway.domain.records import Flag, Phase, Role, Title
from tests.invariants.verbs import Step
from tests.invariants.world import (
    BANKS,
    CNY,
    DOCUMENT,
    FACTOR,
    INSPECTOR,
    KEEPERS,
    SISTER_INSPECTOR,
    TRADERS,
    World,
)

KILOGRAM = unit_number("KGM")
HOLDERS = (*TRADERS, *BANKS, FACTOR)


def store(world: World) -> Step | None:
    """A lot of its own, or more for a pool that is there."""
    rng, roots = world.rng, world.state.roots
    pools = [n for n, root in roots.items() if root.kind == RootKind.POOL and root.phase is Phase.LIVE]
    pool = world.pick(pools) if rng.random() < 0.5 else None
    quantity = rng.choice((1, 3, 1_000, world.amount(10**7)))
    if pool is not None:
        return into(world, pool, quantity)
    keeper, depositor = rng.choice(KEEPERS), rng.choice(TRADERS)
    inspector = INSPECTOR if rng.random() < 0.95 else SISTER_INSPECTOR
    lot = world.id_of(keeper)
    act = Store(
        lot, lot, keeper, depositor, inspector, KILOGRAM, rng.choice((0, 3)), rng.random() < 0.5,
        world.today + rng.choice((2, 10, 40, 90)), quantity, world.hash("lot"), world.expiry(), DOCUMENT,
    )  # fmt: skip
    return _storing(world, act)


def into(world: World, pool: int, quantity: int) -> Step:
    """More goods for a pool."""
    root = world.state.roots[pool]
    number = next(number for number, lot in world.state.lot_numbers.items() if lot == pool)
    act = Store(
        pool, world.part_of(root.debtor), root.debtor, world.rng.choice(TRADERS), root.clearing_bank, root.currency,
        root.terms, True, root.due_day, quantity, number, world.expiry(), DOCUMENT,
    )  # fmt: skip
    return _storing(world, act)


def _storing(world: World, act: Store) -> Step:
    keys = (
        world.signer(act.depositor, Role.TITLE, act.quantity),
        world.signer(act.keeper, Role.KEEP),
        world.signer(act.inspector, Role.ATTEST),
    )
    return Step("store", act, keys)


def free(world: World, title: Title, *, paper: bool = False) -> bool:
    """Whether holder and keeper may act on a receipt, of goods that have not left."""
    root = world.state.roots[title.root]
    bound = title.dead or title.lock or title.frozen or bool(title.flags & Flag.PAPER) != paper
    return root.kind in GOODS and root.phase is Phase.LIVE and not bound


def bound(world: World, flag: Flag = Flag.PAPER | Flag.LIEN) -> list[int]:
    """Receipts that are out on paper, or on which storage is owed, and that nothing else binds."""
    items = world.state.titles.items()
    stopped = [n for n, title in items if title.flags & Flag.GOODS and title.flags & flag]
    return [n for n in stopped if not world.state.titles[n].dead and not world.state.titles[n].frozen]


def _receipt(
    world: World, *, paper: bool = False, in_time: bool = True, unpaid: bool = False
) -> tuple[int, Title] | None:
    items, roots = world.state.titles, world.state.roots
    wanted = (
        number
        for number, title in items.items()
        if free(world, title, paper=paper)
        and (not in_time or world.today < roots[title.root].due_day)
        and (unpaid or number not in world.state.liens)
    )
    number = world.pick(wanted, items)
    return None if number is None else (number, items[number])


def _keeper(world: World, title: Title) -> str | None:
    return world.signer(world.state.roots[title.root].debtor, Role.KEEP)


def endorse(world: World) -> Step | None:
    found = _receipt(world, unpaid=True)
    if found is None:
        return None
    number, title = found
    to = world.rng.choice([party for party in HOLDERS if party != title.holder])
    act = Endorse(number, title.sequence, to, world.expiry(), DOCUMENT)
    holder, acquirer = (world.signer(party, Role.TITLE, title.quantity) for party in (title.holder, to))
    return Step("endorse", act, (holder, acquirer, _keeper(world, title)))


def split_receipt(world: World) -> Step | None:
    found = _receipt(world)
    if found is None or found[1].quantity < 2:
        return None
    number, title = found
    quantity = world.rng.randint(1, title.quantity - 1)
    to = title.holder if world.rng.random() < 0.5 else world.rng.choice(HOLDERS)
    part, rest = world.part_of(title.holder), world.part_of(title.holder)
    act = SplitReceipt(number, title.sequence, part, quantity, rest, to, world.expiry(), DOCUMENT)
    holder, acquirer = (world.signer(party, Role.TITLE, quantity) for party in (title.holder, to))
    return Step("split_receipt", act, (holder, acquirer, _keeper(world, title)))


def merge_receipts(world: World) -> Step | None:
    items = world.state.titles
    able = [n for n, t in items.items() if free(world, t) and world.today < world.state.roots[t.root].due_day]
    pairs = [
        (a, b)
        for a in able
        for b in able
        if a != b and (items[a].root, items[a].holder) == (items[b].root, items[b].holder)
    ]
    out = [n for n, t in items.items() if free(world, t, paper=True)]
    every = [(a, b) for a in able for b in (*able, *out)] if world.loose else ()
    chosen = world.pick(pairs, every)
    if chosen is None:
        return None
    into, from_ = chosen
    act = MergeReceipts(into, items[into].sequence, from_, items[from_].sequence, world.expiry())
    return Step(
        "merge_receipts", act, (world.signer(items[into].holder, Role.TITLE), _keeper(world, items[into]))
    )


def hand_over(world: World) -> Step | None:
    found = _receipt(world, in_time=False)
    if found is None or not found[1].quantity or not found[1].flags & Flag.GOODS:
        return None
    number, title = found
    return handing_over(
        world, number, title, world.rng.choice((title.quantity, world.rng.randint(1, title.quantity)))
    )


def handing_over(world: World, number: int, title: Title, quantity: int) -> Step:
    """What the keeper owes for so much of a receipt, handed over."""
    first = world.state.roots[title.root].quantity
    delivered = world.state.lot_of(title.root).share(first, quantity)
    act = HandOver(number, title.sequence, quantity, delivered, world.expiry(), DOCUMENT)
    keys = world.signer(title.holder, Role.TITLE, quantity), _keeper(world, title)
    return Step("hand_over", act, keys)


def count(world: World) -> Step | None:
    """As much as is thought, a little less, or what was missing found again."""
    lots = [n for n, root in world.state.roots.items() if root.kind in GOODS and root.phase is Phase.LIVE]
    number = world.pick(lots, world.state.roots)
    if number is None:
        return None
    root, lot = world.state.roots[number], world.state.lot_of(number)
    stored, nominal = lot.stored(root.quantity), lot.nominal(root.quantity)
    counted = world.rng.choice((stored, max(0, stored - world.rng.randint(0, 5)), nominal))
    act = Count(number, lot.delivered, lot.counts, counted, world.today, world.expiry(), DOCUMENT)
    keeper = world.signer(root.debtor, Role.KEEP)
    inspector = world.signer(root.clearing_bank, Role.ATTEST)
    if counted <= stored and world.rng.random() < 0.5:
        keeper, inspector = world.rng.choice(((keeper, None), (None, inspector)))
    return Step("count", act, (keeper, inspector))


def charge_storage(world: World) -> Step | None:
    charged = world.pick(world.state.liens) if world.rng.random() < 0.5 else None
    found = (charged, world.state.titles[charged]) if charged is not None else _receipt(world, in_time=False)
    if found is None:
        return None
    return charging(world, found[0])


def charging(world: World, number: int) -> Step:
    """The keeper is owed storage on a receipt, or was paid what it is owed."""
    amount = 0 if number in world.state.liens else world.amount(10**6)
    act = ChargeStorage(number, CNY, amount, world.serial(), world.expiry(), DOCUMENT)
    return Step("charge_storage", act, (_keeper(world, world.state.titles[number]),))


def change_medium(world: World) -> Step | None:
    paper = world.rng.random() < 0.5
    found = _receipt(world, paper=paper, in_time=False, unpaid=True)
    return None if found is None else on_paper(world, found[0], out=not paper)


def on_paper(world: World, number: int, *, out: bool = True) -> Step:
    """A receipt goes out on paper, or comes back."""
    title = world.state.titles[number]
    act = ChangeMedium(number, title.sequence, out, world.expiry(), DOCUMENT)
    keys = world.signer(title.holder, Role.TITLE, title.quantity), _keeper(world, title)
    return Step("change_medium", act, keys)


def replace_receipt(world: World) -> Step | None:
    found = _receipt(world, paper=True, in_time=False)
    if found is None:
        return None
    number, title = found
    replacement = world.part_of(world.state.roots[title.root].debtor)
    act = Replace(number, title.sequence, replacement, world.expiry(), DOCUMENT)
    keys = world.signer(title.holder, Role.TITLE, title.quantity), _keeper(world, title)
    return Step("replace", act, keys)


PROPOSALS = {
    "store": store,
    "endorse": endorse,
    "split_receipt": split_receipt,
    "merge_receipts": merge_receipts,
    "hand_over": hand_over,
    "count": count,
    "charge_storage": charge_storage,
    "change_medium": change_medium,
    "replace": replace_receipt,
}
"""A likely step of each verb of goods."""
