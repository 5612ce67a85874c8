"""PostgreSQL is stopped and crashes under load: a short slice of `scripts/bench outages`."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from gateway.bootstrap import bring_up
from tests.bench.idempotency import stage_on
from tests.bench.outages import AWAY, MODES, measure
from tests.bench.throughput_stage import database_url
from tests.databases import opened
from tests.postgresql import server

SEED, KEYS = 20_220, 300


def test_a_database_that_comes_back_has_lost_and_doubled_nothing(tmp_path: Path) -> None:
    with server() as running, stage_on(None, tmp_path) as (stage, stock):
        url = database_url(running.url, tmp_path, "tallystick_outages")
        found = measure(stage, stock, running, url, SEED, KEYS, len(MODES))
    assert found.problems == []
    assert sum(row.keys for row in found.rows.values()) > KEYS * 9 // 10
    assert found.rows["instructions"].keys > 0
    assert found.counts[AWAY] > 0


def test_a_program_that_starts_while_the_database_is_away_waits_for_it() -> None:
    with server() as running, opened(running.url) as engine:
        running.stop()
        started = threading.Thread(target=bring_up, args=(engine,))
        started.start()
        time.sleep(1.5)
        assert started.is_alive()
        running.start()
        started.join(60)
        assert not started.is_alive()
        assert inspect(engine).has_table("ledger_titles")


def test_a_database_that_stays_away_is_named_in_the_end() -> None:
    with server() as running, opened(running.url) as engine:
        running.stop()
        with pytest.raises(OperationalError):
            bring_up(engine, patience_seconds=0.5)
