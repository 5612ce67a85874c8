"""The state machine on goods alone: every law after every step; the read model; and plants that it catches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.architecture.test_contracts import DECISION_5
from tests.house.machine import Event
from tests.invariants.goods_machine import AIMS, ROWS, driven, run_goods
from tests.invariants.laws_goods import KEEPER_AT
from tests.invariants.machine import describe
from tests.invariants.pair import Difference
from tests.invariants.plants import STEPS as STEPS_TO_CATCH
from tests.invariants.plants import planted
from tests.invariants.read_model import TellingMachine, replayed
from tests.invariants.verbs import VERBS

STEPS = 1_700
REPLAYED_STEPS = 600
NOT_ITS_KEEPERS = {"count", "agreeGoods"}
"""A count may be the inspector's alone; and what is agreed of goods to come is signed by a control agent."""


def test_quantities_stay_right_in_every_lot_warehouse_and_facility(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = run_goods(STEPS, [11, 12])
    with capsys.disabled():
        print("\n" + describe(report))
    assert report.violations == []
    assert report.steps >= STEPS
    assert [row for row in ROWS if not report.done[row]] == []
    assert [reason.name for reason in AIMS if not report.reasons[reason.name]] == []


def test_the_law_on_keepers_names_every_act_that_a_keeper_signs() -> None:
    """Decision 5, as the access table has it."""
    signed = {name for name, roles in DECISION_5.items() if "KEEP" in roles.split()}
    assert {VERBS[verb].function for verb in KEEPER_AT} == signed - NOT_ITS_KEEPERS


def test_a_replay_of_the_events_is_the_ledger_and_a_record_nobody_told_of_is_noticed() -> None:
    driver = driven(REPLAYED_STEPS, 11, TellingMachine)
    state, told = driver.world.state, driver.world.pair.machine.told
    assert replayed(state, told) > len(state.lot_numbers) > 0
    lot = next(iter(state.lots))
    state.lots[lot] = replace(state.lots[lot], lost=state.lots[lot].lost + 1)
    with pytest.raises(Difference, match="INV 9: ledger_lots"):
        replayed(state, told)
    with pytest.raises(Difference, match="INV 10"):
        replayed(state, [*told, Event("Ledger", "Stored", {"place": "Warehouse 3"})])


@pytest.mark.parametrize("name", ["unchecked signature of a keeper", "pledge of a receipt on paper"])
def test_a_planted_fault_on_goods_is_caught(name: str, tmp_path: Path) -> None:
    report = run_goods(STEPS_TO_CATCH, [11, 12], planted(name, tmp_path))
    assert len(report.violations) == 1, f"{name} was not noticed in {report.steps} steps"
    assert "the specification" in report.violations[0]
