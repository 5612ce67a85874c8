"""Steps with goods that secure a facility, each aiming at one reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.domain.margin_records import MarginState, SaleState
from gateway.domain.quotes import owed
from gateway.domain.reasons import Reason
from gateway.domain.records import Flag, Form, LoanPhase
from gateway.domain.settlement import FactKind
from tests.invariants import aims_goods
from tests.invariants import propose_credit as credit
from tests.invariants import propose_goods as goods
from tests.invariants import propose_leases as leases
from tests.invariants import propose_margin as margin
from tests.invariants import propose_money as money
from tests.invariants import propose_orders as orders
from tests.invariants.verbs import Step
from tests.invariants.world import World

Aim = Callable[[World], Step | None]


def _unagreed(world: World) -> Step | None:
    """A call under a facility where nothing was agreed of goods."""
    step = margin.call_margin(world)
    other = [n for n in world.state.facilities if n not in world.state.goods_terms]
    if step is None or step.verb != "call_margin" or not other:
        return None
    return replace(step, act=replace(step.act, facility=world.rng.choice(other)), note="aimed")


def _receipts(world: World, facility: int) -> list[int]:
    """Receipts that a facility's borrower could pledge."""
    borrower = world.state.facilities[facility].borrower
    items = world.state.titles.items()
    return [
        n for n, t in items if t.holder == borrower and t.flags & Flag.GOODS and not t.dead and not t.lock
    ]


def _pledging(world: World, wanted: Callable[[int, int], bool]) -> Step | None:
    found = [(n, f) for f in world.state.goods_terms for n in _receipts(world, f) if wanted(n, f)]
    return replace(margin.pledging(world, *world.rng.choice(found)), note="aimed") if found else None


def _unvalued(world: World) -> Step | None:
    state = world.state
    return _pledging(world, lambda n, f: not state.pledged_lot_of(f, state.titles[n].root).valued_day)


def _stale(world: World) -> Step | None:
    """A draw on goods whose valuation ran out."""
    state = world.state
    found = [
        n for n, mark in state.marks.items()
        if mark.state is MarginState.STANDING and not mark.fresh(world.today)
        and state.facilities[n].allows(state.facilities[n].face) > state.facilities[n].used
    ]  # fmt: skip
    return replace(credit.drawing(world, world.rng.choice(found), 1), note="aimed") if found else None


def _too_steep(world: World) -> Step | None:
    step = margin.appraise(world)
    if step is None or not step.act.rate_before:
        return None
    rate = min(2**64 - 1, step.act.rate_before * 1_000)
    return replace(step, act=replace(step.act, rate=rate), note="aimed")


def _while_called(world: World) -> Step | None:
    """A call after a call."""
    called = [n for n, mark in world.state.marks.items() if mark.state is MarginState.CALLED]
    step = margin.call_margin(world)
    if not called or step is None or step.verb != "call_margin":
        return step
    return replace(step, act=replace(step.act, facility=world.rng.choice(called)), note="aimed")


def _not_short(world: World) -> Step | None:
    state = world.state
    able = [n for n in state.goods_terms if not state.facilities[n].used and not state.mark_of(n).state]
    step = margin.call_margin(world)
    if not able or step is None or step.verb != "call_margin":
        return None
    return replace(step, act=replace(step.act, facility=world.rng.choice(able)), note="aimed")


def _below_floor(world: World) -> Step | None:
    """All of a lot released that secures little debt, where a floor was agreed."""
    state = world.state
    found = [
        (facility, lot)
        for (facility, lot), word in state.pledged_lots.items()
        if word.quantity
        and state.goods_terms[facility].floor > state.facilities[facility].face - word.value
        and 0 < state.facilities[facility].used <= state.facilities[facility].allows(
            state.facilities[facility].face - word.value + 1
        )
    ]  # fmt: skip
    if not found:
        return _lent_a_little(world)
    facility, lot = world.rng.choice(found)
    receipts = {n: t for n, t in margin.receipts_of(world, facility).items() if t.root == lot}
    return replace(margin.releasing(world, facility, lot, receipts), note="aimed")


def _lent_a_little(world: World) -> Step | None:
    """A little is lent where a floor stands; or a floor is agreed."""
    state = world.state
    floored = [
        n for n, terms in state.goods_terms.items()
        if terms.floor and state.mark_of(n).lots and not state.facilities[n].used
        and state.facilities[n].allows(state.facilities[n].face) > 10
    ]  # fmt: skip
    if floored:
        return margin.drawing(world, world.rng.choice(floored), 1)
    step = margin.agree_goods(world)
    return None if step is None else replace(step, act=replace(step.act, floor=2**47), note="aimed")


def _too_early(world: World) -> Step | None:
    """A sale before anybody gave notice."""
    facilities = [n for n, mark in world.state.marks.items() if mark.lots and not mark.state]
    pairs = [(f, n) for f in facilities for n in margin.receipts_of(world, f)]
    return replace(margin.selling(world, *world.rng.choice(pairs)), note="aimed") if pairs else None


def _selling(world: World, owing: bool, sold: bool) -> Step | None:
    """A receipt under enforcement, of a facility that still owes or does not, and sold already or not."""
    state = world.state
    enforced = [
        n for n, mark in state.marks.items()
        if mark.state is MarginState.ENFORCED and mark.day <= world.today
        and state.facilities[n].owes_nothing != owing
    ]  # fmt: skip
    pairs = [
        (f, n) for f in enforced for n, title in state.titles.items()
        if title.lock == f and title.flags & Flag.GOODS and bool(title.flags & Flag.HELD) == sold
    ]  # fmt: skip
    return replace(margin.selling(world, *world.rng.choice(pairs)), note="aimed") if pairs else None


def _repaid(world: World) -> Step | None:
    """Goods sold after the debt was paid; or first the debt is paid whole, or notice given."""
    return _selling(world, owing=False, sold=False) or _paying_whole(world) or margin.enforce(world)


def _paying_whole(world: World) -> Step | None:
    """All of a loan under a facility whose goods may be sold."""
    state = world.state
    found = [
        n for n, loan in state.loans.items()
        if loan.phase in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF)
        and state.mark_of(loan.facility).state is MarginState.ENFORCED
    ]  # fmt: skip
    if not found:
        return None
    number = world.rng.choice(found)
    whole = owed(state, number, world.today).total
    account = state.collections[state.loans[number].facility]
    return money.fact_of(world, FactKind.REPAYMENT, number, whole, account) if whole else None


def _twice(world: World) -> Step | None:
    return _selling(world, owing=True, sold=True) or margin.sell_goods(world)


def _unpaid(world: World) -> Step | None:
    state = world.state
    found = [
        n for n, sale in state.goods_sales.items()
        if sale.state is SaleState.AGREED and state.cash_of(n).collected < sale.total
    ]  # fmt: skip
    if not found:
        return margin.sell_goods(world)
    return Step("complete_sales", more={"title": world.rng.choice(found)}, note="aimed")


def _bound(flag: Flag) -> Aim:
    """A receipt on paper, or with storage owed, that is to be pledged, leased, sold on credit or divided all the same;
    now and then one that its holder would pass on. Where there is none, one that could be pledged becomes one.
    """
    ways = [
        lambda world: _pledging(world, lambda n, f: n in goods.bound(world, flag) and _valued(world, n, f)),
        lambda world: _leased(world, goods.bound(world, flag)),
        lambda world: _sold_on(world, goods.bound(world, flag)),
        lambda world: _divided(world, goods.bound(world, flag)),
        aims_goods.AIMS[_REASONS[flag]],
    ]

    def aim(world: World) -> Step | None:
        if not goods.bound(world, flag):
            return _binding(world, flag)
        for way in world.rng.sample(ways, len(ways)):
            step = way(world)
            if step is not None:
                return step
        return None

    return aim


_REASONS = {Flag.PAPER: Reason.ON_PAPER, Flag.LIEN: Reason.STORAGE_UNPAID}


def _valued(world: World, number: int, facility: int) -> bool:
    lot = world.state.titles[number].root
    in_time = world.today < world.state.roots[lot].due_day
    return in_time and world.state.pledged_lot_of(facility, lot).valid_until >= world.today


def _leased(world: World, receipts: list[int]) -> Step | None:
    facilities = [n for n, word in world.state.facilities.items() if word.form is Form.LEASE]
    found = [n for n in receipts if not world.state.titles[n].lock]
    if not found or not facilities:
        return None
    step = leases.leasing(world, world.rng.choice(found), world.rng.choice(facilities))
    return replace(step, note="aimed")


def _sold_on(world: World, receipts: list[int]) -> Step | None:
    state = world.state
    found = [
        (n, nullifier) for n in receipts for nullifier, word in state.invoices.items()
        if word.seller == state.titles[n].holder and word.used < word.cap
    ]  # fmt: skip
    return replace(orders.converting_goods(world, *world.rng.choice(found)), note="aimed") if found else None


def _divided(world: World, receipts: list[int]) -> Step | None:
    titles = world.state.titles
    found = [n for n in receipts if titles[n].lock in world.state.goods_terms and titles[n].quantity > 1]
    return replace(margin.carving(world, world.rng.choice(found)), note="aimed") if found else None


def _binding(world: World, flag: Flag) -> Step | None:
    """A receipt that could be pledged goes out on paper, or storage is charged on it."""
    state = world.state
    found = [n for f in state.goods_terms for n in _receipts(world, f) if _valued(world, n, f)]
    if not found:
        return goods.change_medium(world) if flag is Flag.PAPER else goods.charge_storage(world)
    number = world.rng.choice(found)
    return goods.on_paper(world, number) if flag is Flag.PAPER else goods.charging(world, number)


AIMS: Mapping[Reason, Aim] = {
    Reason.ON_PAPER: _bound(Flag.PAPER),
    Reason.STORAGE_UNPAID: _bound(Flag.LIEN),
    Reason.GOODS_TERMS_MISSING: _unagreed,
    Reason.VALUATION_MISSING: _unvalued,
    Reason.VALUATION_STALE: _stale,
    Reason.RISE_TOO_STEEP: _too_steep,
    Reason.MARGIN_CALLED: _while_called,
    Reason.NOT_SHORT: _not_short,
    Reason.BELOW_FLOOR: _below_floor,
    Reason.NOT_ENFORCED: _too_early,
    Reason.NOTHING_OWED: _repaid,
    Reason.GOODS_SOLD: _twice,
    Reason.SALE_UNPAID: _unpaid,
}
"""A step for each reason that is likely to be answered with it."""
