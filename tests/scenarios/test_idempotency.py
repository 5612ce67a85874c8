"""Two gateways, one PostgreSQL, every key sent several times at once: a short slice of `scripts/bench idempotency`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.bench.idempotency import EFFECTS, Found, measure, stage_on
from tests.bench.throughput_stage import Stage
from tests.bench.throughput_stock import Stock
from tests.databases import POSTGRESQL, Databases, nothing
from tests.postgresql import server_url

SEED = 20_220
KEYS, KILLS = 200, 1
PLANTED = "a key is claimed by nobody"


@pytest.fixture(scope="module")
def raised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Stock, Databases]]:
    """A node with titles on it, and a PostgreSQL server: several gateways on SQLite are refused."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("idempotency")
        server = stack.enter_context(server_url())
        stage, stock = stack.enter_context(stage_on(None, folder))
        databases = Databases(folder, server, "tallystick_idempotency")
        yield stage, stock, databases
        databases.close()


def test_every_key_has_one_effect_and_one_answer(raised: tuple[Stage, Stock, Databases]) -> None:
    stage, stock, databases = raised
    with databases.copy(POSTGRESQL, "empty", nothing) as url:
        found: Found = measure(stage, stock, url, SEED, KEYS, KILLS)
    assert found.problems == []
    assert sum(row.keys for row in found.rows.values()) == KEYS
    assert set(found.rows) == set(EFFECTS)
    assert all(row.sent >= 2 * row.keys for row in found.rows.values())
    assert found.counts["altered and refused"] == KEYS
    for what in ("answered again", "in flight, sent again", "not answered, sent again", "killed"):
        assert found.counts[what] > 0, what


def test_a_key_that_nobody_claims_is_found_out(raised: tuple[Stage, Stock, Databases]) -> None:
    stage, stock, databases = raised
    with databases.copy(POSTGRESQL, "empty", nothing) as url:
        found = measure(stage, stock, url, SEED, KEYS // 4, 0, fault=PLANTED)
    assert any("has its effect [2] times" in each for each in found.problems)
