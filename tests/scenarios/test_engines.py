"""The same story on another node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chainsvc.backends.anvil import start_anvil
from tests.scenarios.runs import Play, adds_up

CHAIN_ID = 31_337
START = 1_767_225_600
"""2026-01-01, before any document of the story."""


@pytest.fixture
def node() -> Iterator[str]:
    with start_anvil(chain_id=CHAIN_ID, genesis_time=START) as running:
        yield running.url


def test_the_story_runs_on_another_node(tmp_path: Path, two_orders: Path, node: str, play: Play) -> None:
    run = play(tmp_path, "--documents", str(two_orders), "--rpc", node)
    assert run.status == 0, run.said
    adds_up(run)
    assert run.report["chain"]["backend"].startswith("anvil")
    assert run.report["chain"]["chain_id"] == CHAIN_ID
    assert {row["as"] for row in run.report["settlement"]} == {"holder", "lender"}
