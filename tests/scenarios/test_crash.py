"""Programs die in the middle of real work, and everything stands once: a short slice of `scripts/bench crash`."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select, update

from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.engine import open_engine
from tests.bench.crash import Crash, Plan, Tally, every_point, house
from tests.bench.crash_clients import Logbook
from tests.bench.crash_work import Work

SEED = 20_220
KILLS = 10
POINTS = 10


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Crash, Work, Tally]]:
    """A house after a round of work in which its programs were killed."""
    rng, tally = random.Random(SEED), Tally()
    with house(tmp_path_factory.mktemp("crash"), rng, Logbook()) as (programs, work):
        crash = Crash(programs, work, rng, tally, print)
        plan = Plan(KILLS, pause=(0.05, 0.4), payables=1, rounds=1)
        crash.run(plan, rng.sample(every_point(programs), POINTS))
        yield crash, work, tally


def test_no_kill_loses_doubles_or_stops_anything(crashed: tuple[Crash, Work, Tally]) -> None:
    _, _, tally = crashed
    assert tally.problems == []
    assert sum(row.kills for row in tally.rows.values()) >= KILLS + POINTS // 2
    for what in ("instructions", "titles", "loans", "payments", "movements", "law INV-9"):
        assert tally.cases[what] > 0


def test_what_a_crash_could_do_would_be_seen(crashed: tuple[Crash, Work, Tally]) -> None:
    """The audit is not blind: an instruction that is gone and a title that is not the chain's are named."""
    crash, work, _ = crashed
    gone = sorted(work.logbook.taken)[-1]
    title = next(iter(work.model.titles))
    with open_engine(work.stage.database_url).begin() as connection:
        connection.execute(delete(own.instructions).where(own.instructions.c.key == gone))
        quantity = ledger.titles.c.quantity
        held = connection.execute(select(quantity).where(ledger.titles.c.title == title)).scalar_one()
        connection.execute(
            update(ledger.titles).where(ledger.titles.c.title == title).values(quantity=held + 1)
        )
    findings = crash.audit.look()
    assert findings.lost == [f"instruction {gone} was taken and is not kept"]
    assert any(f"title {title}" in each for each in findings.wrong)
    assert any("INV-9" in each for each in findings.wrong)
    assert any("doctor: ledger_titles" in each for each in findings.wrong)
