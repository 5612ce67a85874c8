"""Programs die in the middle of real work, and everything stands once: a short slice of `scripts/bench crash`."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select, update

from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.engine import open_engine
from tests.bench.crash import Crash, Place, Plan, Tally, every_point, house, run_seed
from tests.bench.crash_clients import Logbook
from tests.bench.crash_work import Work
from tests.databases import Databases, nothing

SEED = 20_220
KILLS = 10
POINTS = 10
TELLING: tuple[Place, ...] = (
    ("worker", "after messages written"),
    ("worker", "before message sent"),
    ("worker", "after message sent"),
)
"""Always among the points: messages made and not kept, claimed and not sent, sent and not written down."""


@pytest.fixture(scope="module")
def crashed(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases, database_kind: str
) -> Iterator[tuple[Crash, Work, Tally]]:
    """A house after a round of work in which its programs were killed."""
    rng, tally = random.Random(SEED), Tally()
    with (
        databases.copy(database_kind, "empty", nothing) as url,
        house(tmp_path_factory.mktemp("crash"), rng, Logbook(), database_url=url) as (programs, work),
    ):
        crash = Crash(programs, work, rng, tally, print)
        plan = Plan(KILLS, pause=(0.05, 0.4), payables=1, rounds=1)
        others = [place for place in every_point(programs) if place not in TELLING]
        crash.run(plan, [*TELLING, *rng.sample(others, POINTS)])
        yield crash, work, tally


def test_no_kill_loses_doubles_or_stops_anything(crashed: tuple[Crash, Work, Tally]) -> None:
    _, _, tally = crashed
    assert tally.problems == []
    assert sum(row.kills for row in tally.rows.values()) >= KILLS + POINTS // 2
    for what in ("instructions", "titles", "loans", "payments", "movements", "messages", "law INV-9"):
        assert tally.cases[what] > 0


def test_what_was_sent_and_not_written_down_is_sent_again(crashed: tuple[Crash, Work, Tally]) -> None:
    _, work, tally = crashed
    assert all(tally.rows[place].kills == 1 for place in TELLING)
    again = [letters for letters in work.sink.letters().values() if len(letters) > 1]
    assert 0 < sum(len(letters) - 1 for letters in again) == tally.cases["messages told again"]


def test_messages_that_a_courier_at_fault_loses_are_missed() -> None:
    """A cursor that moves before the messages are kept is harmless until somebody dies in between."""
    tally, place = Tally(), ("worker", "after messages written")
    fault = "the courier moves its cursor before it keeps the messages"
    run_seed(SEED, Plan(0, points=(place,), payables=1, rounds=1, fault=fault), tally, say=print)
    assert tally.rows[place].kills == 1
    assert any("was never made" in each for each in tally.problems)


def test_what_a_crash_could_do_would_be_seen(crashed: tuple[Crash, Work, Tally]) -> None:
    """The audit is not blind: an instruction or a message that is gone, a title that is not the chain's are named."""
    crash, work, _ = crashed
    gone = sorted(work.logbook.taken)[-1]
    untold = sorted(work.sink.letters())[0]
    title = next(iter(work.model.titles))
    with open_engine(work.stage.database_url).begin() as connection:
        connection.execute(delete(own.instructions).where(own.instructions.c.key == gone))
        connection.execute(delete(own.deliveries).where(own.deliveries.c.message == untold))
        quantity = ledger.titles.c.quantity
        held = connection.execute(select(quantity).where(ledger.titles.c.title == title)).scalar_one()
        connection.execute(
            update(ledger.titles).where(ledger.titles.c.title == title).values(quantity=held + 1)
        )
    findings = crash.audit.look()
    instruction, message = findings.lost
    assert instruction == f"instruction {gone} was taken and is not kept"
    assert message.startswith(f"message {untold} (")
    assert findings.doubled == [f"the sink was sent {untold}, which nobody keeps"]
    assert any(f"title {title}" in each for each in findings.wrong)
    assert any("INV-9" in each for each in findings.wrong)
    assert any("doctor: ledger_titles" in each for each in findings.wrong)
