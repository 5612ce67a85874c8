"""Steps with goods that aim at one reason each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gateway.domain.goods_acts import Endorse
from gateway.domain.goods_records import RootKind
from gateway.domain.reasons import Reason
from gateway.domain.records import Flag, Phase, Role
from tests.invariants import propose_goods as goods
from tests.invariants import propose_trade as trade
from tests.invariants.verbs import Step
from tests.invariants.world import DOCUMENT, SISTER_INSPECTOR, TRADERS, World

Aim = Callable[[World], Step | None]


def _but(proposal: Aim, fields: Callable[[World, Step], dict[str, Any] | None]) -> Aim:
    def aim(world: World) -> Step | None:
        world.loose = 0.0
        step = proposal(world)
        changes = fields(world, step) if step is not None else None
        return (
            None
            if step is None or changes is None
            else replace(step, act=replace(step.act, **changes), note="aimed")
        )

    return aim


def _endorsed(world: World, wanted: Callable[[int], bool]) -> Step | None:
    """An endorsement of a receipt that it does not go with."""
    found = [n for n, t in world.state.titles.items() if t.flags & Flag.GOODS and not t.dead and wanted(n)]
    if not found:
        return None
    number = world.rng.choice(found)
    title = world.state.titles[number]
    to = next(party for party in TRADERS if party != title.holder)
    act = Endorse(number, title.sequence, to, world.expiry(), DOCUMENT)
    holder, acquirer = (world.signer(party, Role.TITLE, title.quantity) for party in (title.holder, to))
    keeper = world.signer(world.state.roots[title.root].debtor, Role.KEEP)
    return Step("endorse", act, (holder, acquirer, keeper), note="aimed")


def _on_paper(world: World) -> Step | None:
    return _endorsed(world, lambda n: bool(world.state.titles[n].flags & Flag.PAPER))


def _certificate_by_a_receipt(world: World) -> Step | None:
    """A receipt assigned without its keeper."""
    step = _endorsed(world, lambda n: not world.state.titles[n].flags & Flag.PAPER)
    if step is None:
        return None
    said = step.act
    act = trade.Assign(said.title, said.sequence, said.to, said.expires_at, said.evidence)
    return Step("assign", act, step.keys[:2], note="aimed")


def _into_a_short_pool(world: World) -> Step | None:
    """More goods for a pool that lacks some; or a count that finds one lacking."""
    state = world.state
    pools = [n for n, root in state.roots.items() if root.kind == RootKind.POOL and root.phase is Phase.LIVE]
    short = [
        n for n in pools
        if state.lot_of(n).stored(state.roots[n].quantity) < state.lot_of(n).nominal(state.roots[n].quantity)
    ]  # fmt: skip
    if not short:
        step = goods.count(world)
        return (
            None if step is None or step.act.counted == 0 else replace(step, act=replace(step.act, counted=0))
        )
    number = world.rng.choice(short)
    step = goods.into(world, number, 5)
    return replace(step, note="aimed")


def _more_than_its_share(world: World) -> Step | None:
    """All that a receipt says, out of a lot that is short."""
    state = world.state
    found = [
        (n, title) for n, title in state.titles.items()
        if goods.free(world, title) and n not in state.liens
        and state.lot_of(title.root).share(state.roots[title.root].quantity, title.quantity) < title.quantity
    ]  # fmt: skip
    if not found:
        step = goods.count(world)
        return None if step is None else replace(step, act=replace(step.act, counted=step.act.counted // 2))
    number, title = world.rng.choice(found)
    step = goods.handing_over(world, number, title, title.quantity)
    return replace(step, act=replace(step.act, delivered=step.act.quantity), note="aimed")


def _charged(world: World) -> Step | None:
    """Goods handed over while the keeper is owed for them."""
    liens = [n for n in world.state.liens if goods.free(world, world.state.titles[n])]
    if not liens:
        return None
    number = world.rng.choice(liens)
    title = world.state.titles[number]
    return replace(goods.handing_over(world, number, title, title.quantity), note="aimed")


def _known_number(world: World, _step: Step) -> dict[str, Any] | None:
    known = list(world.state.lot_numbers)
    lot = world.id_of(_step.act.keeper)
    return {"number": world.rng.choice(known), "lot": lot, "receipt": lot} if known else None


AIMS: Mapping[Reason, Aim] = {
    Reason.OTHER_KIND: _certificate_by_a_receipt,
    Reason.LOT_KNOWN: _but(goods.store, _known_number),
    Reason.LOT_SHORT: _into_a_short_pool,
    Reason.STORAGE_UNPAID: _charged,
    Reason.NOT_INDEPENDENT: _but(goods.store, lambda _world, _step: {"inspector": SISTER_INSPECTOR}),
    Reason.ON_PAPER: _on_paper,
}
"""A step for each reason that is likely to be answered with it."""
OWN_AIMS: Mapping[Reason, Aim] = {**AIMS, Reason.SHARE_WRONG: _more_than_its_share}
"""Those of the machine on goods alone, where no share of a payment is wrong."""
