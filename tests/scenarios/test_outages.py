"""PostgreSQL is stopped and crashes under load: a short slice of `scripts/bench outages`."""

from __future__ import annotations

from pathlib import Path

from tests.bench.idempotency import stage_on
from tests.bench.outages import AWAY, MODES, measure
from tests.bench.throughput_stage import database_url
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
