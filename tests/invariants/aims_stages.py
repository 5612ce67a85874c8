"""Steps on the stages of a facility, each aiming at one reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.domain.credit import draws_blocked
from gateway.domain.reasons import Reason
from gateway.domain.stages import usable
from tests.invariants import propose_stages as stages
from tests.invariants.propose_credit import drawing
from tests.invariants.verbs import Step
from tests.invariants.world import World

Aim = Callable[[World], Step | None]


def _unagreed(world: World) -> Step | None:
    """A stage of a facility that has none."""
    state = world.state
    other = [n for n in state.facilities if n not in state.stage_terms]
    if not state.stage_terms or not other:
        return None
    step = stages.opening(world, world.rng.choice(list(state.stage_terms)), 1)
    return replace(step, act=replace(step.act, facility=world.rng.choice(other)), note="aimed")


def _not_opened(world: World) -> Step | None:
    """A draw within the limit, and above the stage that is open."""
    state = world.state
    able = [
        n for n in state.stage_terms
        if not draws_blocked(state, n, world.today)
        and max(usable(state, n), state.facilities[n].used) < state.facilities[n].limit
    ]  # fmt: skip
    if not able:
        return stages.agree_stages(world)
    number = world.rng.choice(able)
    amount = max(1, usable(state, number) - state.facilities[number].used + 1)
    return replace(drawing(world, number, amount), note="aimed")


def _beyond_sales(world: World) -> Step | None:
    """A stage above what sales carry."""
    state = world.state
    able = [n for n in state.stage_terms if stages.next_stage(world, n) < state.facilities[n].limit]
    if not able:
        return stages.agree_stages(world)
    number = world.rng.choice(able)
    step = stages.opening(
        world, number, max(stages.next_stage(world, number), state.stages_of(number).opened) + 1
    )
    return replace(step, note="aimed")


AIMS: Mapping[Reason, Aim] = {
    Reason.STAGES_MISSING: _unagreed,
    Reason.STAGE_NOT_OPENED: _not_opened,
    Reason.SALES_SHORT: _beyond_sales,
}
"""A step for each reason that is likely to be answered with it."""
