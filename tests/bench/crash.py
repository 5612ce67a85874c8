"""SIGKILL of the real programs, before and after every durable step and at random instants.

API, worker, chain, both banks and the evidence service run as processes on real files and ports, under a supervisor
that starts again what died. Real work goes on all the time, and a sink of webhooks is told of it. After every round the
killing stops, everything comes to rest, and chain, `ledger_*` tables, the banks' books and what the sink heard are
compared with each other and with what was ordered.
"""

from __future__ import annotations

import random
import secrets
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from gateway.demo.stage import raise_stage
from tests.bench import crash_points
from tests.bench.crash_audit import Audit, Findings
from tests.bench.crash_clients import Logbook, make_patient
from tests.bench.crash_launcher import Launcher
from tests.bench.crash_programs import Killer, Programs
from tests.bench.crash_sink import Sink
from tests.bench.crash_work import Work
from tests.bench.throughput_stage import database_url as fresh_database
from tests.postgresql import server_url

FIXED_SEED = 20_220
AS_OF = date(2026, 1, 5)
RANDOM_INSTANT = "at a random instant"
MOST_VISITS = 3
MOST_ROUNDS = 60
QUICK_KILLS, QUICK_SHARE = 20, 0.15
FRUITLESS_ROUNDS = 3
"""Rounds without a single trap going off, after which the rest are taken to be out of reach."""

Say = Callable[[str], None]
Place = tuple[str, str]
"""A process and a point of it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is to be done on one stage.

    Attributes:
        kills: at random instants.
        pause: shortest and longest time between two of them, in seconds.
        points: the only places to die at, or None for `share` of all, drawn by the seed.
        payables: receivables settled in each round.
        fault: a bug to plant, one of crash_points.FAULTS.
    """

    kills: int
    pause: tuple[float, float] = (0.05, 1.2)
    points: tuple[Place, ...] | None = None
    share: float = 1.0
    payables: int = 2
    rounds: int = MOST_ROUNDS
    fault: str | None = None


@dataclass(slots=True)
class Row:
    """Kills of one process at one step, and what was found after the rounds in which they happened."""

    step: str
    process: str
    kills: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    wrong: int = 0


@dataclass(slots=True)
class Tally:
    """Everything counted over all seeds."""

    rows: dict[Place, Row] = field(default_factory=dict)
    cases: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    rounds: int = 0
    instructions: int = 0

    def row(self, place: Place) -> Row:
        """The row of a process and step."""
        return self.rows.setdefault(place, Row(place[1], place[0]))

    def add(self, killed: Counter[Place], findings: Findings) -> None:
        """A round's kills, and what was found after it."""
        self.rounds += 1
        for place, times in killed.items():
            row = self.row(place)
            row.kills += times
            row.lost += len(findings.lost)
            row.doubled += len(findings.doubled)
            row.stuck += len(findings.stuck)
            row.wrong += len(findings.wrong)
        for name in ("lost", "doubled", "stuck", "wrong"):
            self.problems += [f"{name}: {each}" for each in getattr(findings, name)]


class Crash:
    """One stage, one seed: rounds of work under kills, each followed by an audit."""

    def __init__(self, programs: Programs, work: Work, rng: random.Random, tally: Tally, say: Say) -> None:
        self._programs = programs
        self._work = work
        self.audit = Audit(work)
        self._rng = rng
        self._tally = tally
        self._say = say

    def run(self, plan: Plan, points: Sequence[Place]) -> None:
        """Until every point was hit (or is out of reach) and all random kills are done."""
        waiting = set(points)
        for place in points:
            self._tally.row(place)
        killer = Killer(self._programs, self._rng, plan.kills, plan.pause)
        fruitless = 0
        for number in range(1, plan.rounds + 1):
            if killer.left <= 0 and (not waiting or fruitless >= FRUITLESS_ROUNDS):
                break
            started = time.monotonic()
            for process, point in sorted(waiting):
                # Later rounds take the first visit: some steps are seldom, and a restart counts from zero.
                visit = self._rng.randint(1, MOST_VISITS) if number == 1 else 1
                crash_points.arm(self._programs.traps(process), point, visit)
            killed, findings = self._round(killer, waiting, plan.payables)
            fruitless = 0 if any(place[1] != RANDOM_INSTANT for place in killed) else fruitless + 1
            self._tally.add(killed, findings)
            self._say(
                f"  round {number}: {killed.total()} kills in {time.monotonic() - started:.1f} s, "
                f"{findings.count()} findings, {findings.cases['messages told again']} messages told again; "
                f"{killer.left} random kills and {len(waiting)} steps to go"
            )
            if findings.count():
                for problem in self._tally.problems[-findings.count() :]:
                    self._say(f"    {problem}")
                break
        for process, point in waiting:
            crash_points.disarm(self._programs.traps(process), point)

    def _round(self, killer: Killer, waiting: set[Place], payables: int) -> tuple[Counter[Place], Findings]:
        before = Counter(killer.done)
        problem = ""
        with killer:
            try:
                self._work.round(payables)
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
        findings = self.audit.look()
        if problem:
            (findings.stuck if "Timeout" in problem else findings.wrong).append(
                f"the work broke off: {problem}"
            )
        # After the audit: while everything comes to rest, steps are taken and traps go off as well.
        killed = Counter({(name, RANDOM_INSTANT): times for name, times in (killer.done - before).items()})
        for process, point in list(waiting):
            if not crash_points.is_armed(self._programs.traps(process), point):
                killed[process, point] += 1
                waiting.discard((process, point))
        self._tally.cases = Counter(findings.cases) | self._tally.cases
        return killed, findings


def every_point(programs: Programs) -> list[Place]:
    """Each process of the stage with each of its points."""
    return [(name, point) for name in programs.names() for point in programs.points(name)]


@contextmanager
def house(
    folder: Path,
    rng: random.Random,
    logbook: Logbook,
    fault: str | None = None,
    database_url: str | None = None,
) -> Iterator[tuple[Programs, Work]]:
    """A furnished stage in a folder, its programs under supervision; without a URL on a SQLite file of its own."""
    with (
        Sink() as sink,
        Launcher(folder / "launcher.log", fault) as launcher,
        Programs(folder, launcher) as programs,
    ):
        stage = raise_stage(
            folder, programs, AS_OF, database_url=database_url, rpc_url=None, tell=lambda _: None
        )
        make_patient(stage, logbook)
        sink.subscribe(stage.gateway)
        work = Work(stage, rng, logbook, sink)
        work.furnish()
        programs.supervise()
        yield programs, work


def run_seed(seed: int, plan: Plan, tally: Tally, *, server: str | None = None, say: Say = print) -> None:
    """One stage in a folder of its own, which stays when something was found.

    `server`: of PostgreSQL, where the database is made anew; None: SQLite.
    """
    rng, logbook = random.Random(seed), Logbook()
    folder = Path(tempfile.mkdtemp(prefix="tallystick-crash-"))
    url = None if server is None else fresh_database(server, folder, "tallystick_crash")
    with house(folder, rng, logbook, plan.fault, url) as (programs, work):
        points = every_point(programs)
        chosen = plan.points or rng.sample(points, round(len(points) * plan.share))
        Crash(programs, work, rng, tally, say).run(plan, chosen)
        for (name, status), times in programs.deaths.items():
            tally.ended[f"{name} ended with {status}"] += times
    tally.instructions += len(logbook.taken)
    tally.again += logbook.again
    if tally.problems and plan.fault is None:
        say(f"  kept for inspection: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)


def run(
    kills: int = 500,
    seed: int | None = None,
    database: str | None = None,
    *,
    quick: bool = False,
    say: Say = print,
) -> dict[str, Any]:
    """`kills` at random instants and each point, over a fixed and a fresh seed, or the one given.

    `database`: on SQLite, unless it is `postgresql` (a server for the time of the bench) or the URL of such a server.
    `quick`: twenty kills and a part of the points, on one stage.
    """
    seeds = [FIXED_SEED, secrets.randbelow(1 << 32)] if seed is None else [seed]
    share = QUICK_SHARE if quick else 1.0
    if quick:
        kills, seeds = min(kills, QUICK_KILLS), seeds[-1:]
    tally = Tally()
    on_sqlite = database in (None, "sqlite")
    with nullcontext(None) if on_sqlite else server_url(database, durable=True) as server:
        for place, each in enumerate(seeds):
            part = kills * (place + 1) // len(seeds) - kills * place // len(seeds)
            say(f"seed {each}: {part} kills at random instants, and at every step")
            run_seed(each, Plan(part, share=share), tally, server=server, say=say)
            if tally.problems:
                break
    return {"database": "sqlite" if on_sqlite else "postgresql", **report(tally, seeds, kills)}


def report(tally: Tally, seeds: Sequence[int], kills: int) -> dict[str, Any]:
    """The bench's JSON."""
    rows = sorted(tally.rows.values(), key=lambda row: (row.process, row.step))
    unreached = [f"{row.process}: {row.step}" for row in rows if not row.kills]
    at_random = sum(row.kills for row in rows if row.step == RANDOM_INSTANT)
    done = sum(row.kills for row in rows)
    return {
        "bench": "crash",
        "seed": seeds[-1],
        "seeds": list(seeds),
        "rows": [asdict(row) for row in rows],
        "kills_at_random": at_random,
        "kills_at_steps": done - at_random,
        "steps_not_reached": unreached,
        "rounds": tally.rounds,
        "instructions": tally.instructions,
        "cases": dict(sorted(tally.cases.items())),
        "ended": dict(sorted(tally.ended.items())),
        "sent_again": dict(sorted(tally.again.items())),
        "problems": tally.problems,
        "valid": done,
        "violations": len(tally.problems),
        "reached": not tally.problems and not unreached and at_random >= kills,
    }


_DRILL: dict[str, Place] = {
    "a bank does not remember which transfers it took": ("lender", "before transfer answered"),
    "the worker sends before it stores": ("worker", "after sign"),
    "the courier moves its cursor before it keeps the messages": ("worker", "after messages written"),
}


def drill(*, say: Say = print) -> dict[str, bool]:
    """Each planted bug, and whether one kill at the right place brings it to light."""
    caught = {}
    for fault, place in _DRILL.items():
        tally = Tally()
        say(f"planted: {fault}")
        run_seed(FIXED_SEED, Plan(0, points=(place,), payables=1, rounds=3, fault=fault), tally, say=say)
        caught[fault] = bool(tally.problems) and bool(tally.rows[place].kills)
    return caught


if __name__ == "__main__":
    import json
    import sys

    found = drill() if sys.argv[1:] == ["drill"] else run(*(int(each) for each in sys.argv[1:]))
    print(json.dumps(found, indent=1))
