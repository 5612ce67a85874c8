"""The state machine in short: both sides agree on every step; what it covers is printed; plants are caught."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from chainsvc.artifacts.compiler import CONTRACTS
from gateway.domain.reasons import Reason
from tests.invariants.machine import ROWS, describe, run
from tests.invariants.plants import GOODS_PLANTS, PLANTS, Plant, planted
from tests.invariants.plants import STEPS as STEPS_TO_CATCH

FIXED = (15, 16)
STEPS = 7_000
FRESH_STEPS = 1_400
SELDOM = 4
"""So many reasons may be missing from a short run; a bench reaches all."""


def test_specification_and_contracts_agree_on_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    report = run(STEPS, FIXED)
    with capsys.disabled():
        print("\n" + describe(report))
    assert report.violations == []
    assert report.steps >= STEPS
    assert [row for row in ROWS if not report.done[row]] == []
    assert len(report.missing_reasons()) <= SELDOM


def test_a_fresh_seed_finds_no_difference_either(capsys: pytest.CaptureFixture[str]) -> None:
    seed = secrets.randbelow(2**31)
    report = run(FRESH_STEPS, [seed])
    with capsys.disabled():
        print(f"\nfresh seed {seed}: {report.steps} steps, {report.compared} records compared")
    assert report.violations == []


def test_the_same_seed_makes_the_same_steps() -> None:
    first, second = (run(300, [9]) for _ in range(2))
    assert first.reasons == second.reasons
    assert first.done == second.done
    assert first.reasons[Reason.NONE.name] > 50


@pytest.mark.parametrize("plant", [*PLANTS.values(), *GOODS_PLANTS.values()], ids=[*PLANTS, *GOODS_PLANTS])
def test_the_rule_that_a_plant_takes_out_stands_in_its_source(plant: Plant) -> None:
    assert (CONTRACTS / plant.source).read_text().count(plant.old) == 1


@pytest.mark.parametrize("name", ["skipped expiry of an offer", "double payout of a list"])
def test_a_planted_fault_is_caught(name: str, tmp_path: Path) -> None:
    report = run(STEPS_TO_CATCH, [1, 2], planted(name, tmp_path))
    assert len(report.violations) == 1, f"{name} was not noticed in {report.steps} steps"
    assert "the specification" in report.violations[0]
