"""The same story on another node, and on another database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from chainsvc.backends.anvil import start_anvil
from tests.scenarios.runs import adds_up, play

CHAIN_ID = 31_337
START = 1_767_225_600
"""2026-01-01, before any document of the story."""


@pytest.fixture
def node() -> Iterator[str]:
    with start_anvil(chain_id=CHAIN_ID, genesis_time=START) as running:
        yield running.url


@pytest.fixture
def database() -> Iterator[str]:
    """An empty PostgreSQL database, dropped afterwards; scripts/test starts the server."""
    server = os.environ["TALLYSTICK_POSTGRESQL"]
    name = f"tallystick_story_{os.getpid()}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def test_the_story_runs_on_another_node_and_on_postgresql(
    tmp_path: Path, two_orders: Path, node: str, database: str
) -> None:
    run = play(tmp_path, "--documents", str(two_orders), "--rpc", node, "--database", database)
    assert run.status == 0, run.said
    adds_up(run)
    assert run.report["chain"]["backend"].startswith("anvil")
    assert run.report["chain"]["chain_id"] == CHAIN_ID
    assert {row["as"] for row in run.report["settlement"]} == {"holder", "lender"}
