"""Every state has a way out: a walk from each sampled state reaches an end (2-ledger 2.3)."""

from __future__ import annotations

import pytest

from tests.invariants.machine import Driver, Report
from tests.invariants.walk import Walk

STEPS = (60, 250)
SEEDS = (1, 2, 3)
MOST_STEPS_OF_A_WALK = 1_500


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("steps", STEPS)
def test_a_walk_from_a_sampled_state_reaches_an_end(seed: int, steps: int) -> None:
    driver = Driver(seed * 1_000 + steps, Report())
    driver.run(steps)
    walk = Walk(driver.world)
    assert walk.to_the_end() < MOST_STEPS_OF_A_WALK
    assert walk.left_open() == []
    driver.world.pair.compare_all()
