"""Every write happens once, however often and wherever it is sent: two gateways on one PostgreSQL.

Each key is sent two to five times at the same time, to both gateways in turn, which are killed and started again
meanwhile. Whoever is told that the request is in flight, or gets no answer, sends it again. Afterwards every key is
sent once more as it was, and once with another body. Then the database is counted: each effect once, each answer kept
as it was given.
"""

from __future__ import annotations

import random
import secrets
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import Column, Connection, func, select

from chainsvc.tables import instructions as outbox
from gateway.db import own
from gateway.db.schema import upgrade
from gateway.demo.processes import free_ports
from gateway.projections.rebuild import reindex
from tests.bench.idempotency_app import FAULTS
from tests.bench.idempotency_clients import Clients, Reply, Seen
from tests.bench.idempotency_work import Write, Writes
from tests.bench.throughput_load import wait_for
from tests.bench.throughput_stage import Stage, database_url, raise_stage
from tests.bench.throughput_stock import Stock
from tests.postgresql import server_url

FIXED_SEED = 20_220
KEYS, QUICK_KEYS = 10_000, 400
WAVE = 1_000
"""Keys sent before they are sent again; kills are spread over the waves."""
KILLS_A_WAVE = 2
TITLES = 100
GATEWAYS = 2
DOCUMENTS = Path(__file__).parents[2] / "gateway/demo/documents"

Say = Callable[[str], None]

EFFECTS: dict[str, Column[Any]] = {
    "receipts": own.receipts.c.order_number,
    "decisions": own.decisions.c.document,
    "instructions": own.instructions.c.key,
    "documents": own.documents.c.name,
    "accounts": own.accounts.c.account,
    "identities": own.identities.c.name,
    "confirmations": own.confirmations.c.invoice,
    "webhooks": own.webhooks.c.url,
}
"""By what the effect of a write is found."""


@dataclass(slots=True)
class Row:
    """The writes of one kind, and what was found about them."""

    kind: str
    keys: int = 0
    sent: int = 0
    lost: int = 0
    doubled: int = 0
    answers_kept_otherwise: int = 0


@dataclass(slots=True)
class Found:
    """Everything counted on one stage."""

    rows: dict[str, Row] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def row(self, kind: str) -> Row:
        """The row of a kind of write."""
        return self.rows.setdefault(kind, Row(kind))


class Pair:
    """Two gateways on one database, each of which may be killed and started again on its port."""

    def __init__(self, stage: Stage, fault: str | None = None) -> None:
        self._stage = stage
        self._fault = [] if fault is None else [fault]
        self.ports = free_ports(GATEWAYS)

    def start(self, *gateways: int) -> None:
        """Run them and wait until they answer."""
        for each in gateways:
            port = str(self.ports[each])
            self._stage.start(f"gateway {each}", "tests.bench.idempotency_app", port, *self._fault)
        for each in gateways:
            wait_for(self.ports[each], self._stage.check)

    def kill_in_turn(self, number: int) -> None:
        """SIGKILL one, the other one the next time, and start it again."""
        gateway = number % GATEWAYS
        process: subprocess.Popen[bytes] = self._stage.running[f"gateway {gateway}"]
        process.kill()
        process.wait()
        self.start(gateway)

    def stop(self) -> None:
        """End both."""
        for gateway in range(GATEWAYS):
            self._stage.stop(f"gateway {gateway}")


class Meanwhile:
    """Does something again and again while clients send, each time they have come a part further."""

    def __init__(self, seen: Seen, answers: int, times: int, act: Callable[[int], None]) -> None:
        """`answers`: how many the clients wait for; `act` is told how often it was called before."""
        before = seen.counts["answered"]
        self._seen = seen
        self._places = [before + answers * (number + 1) // (times + 1) for number in range(times)]
        self._act = act
        self._over = threading.Event()
        self._failed: BaseException | None = None

    def __enter__(self) -> Meanwhile:
        self._thread = threading.Thread(target=self._run, name="meanwhile", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._failed is not None:
            raise self._failed

    def _run(self) -> None:
        try:
            for number, place in enumerate(self._places):
                while self._seen.counts["answered"] < place:
                    if self._over.wait(0.005):
                        return
                self._act(number)
        except BaseException as error:
            self._failed = error


@contextmanager
def stage_on(server: str | None, folder: Path) -> Iterator[tuple[Stage, Stock]]:
    """A furnished house on a node, and acts signed on its titles."""
    with raise_stage("anvil", folder / "stage", server) as stage:
        yield stage, Stock(stage.house, TITLES)


def measure(
    stage: Stage,
    stock: Stock,
    url: str,
    seed: int,
    keys: int,
    kills: int,
    *,
    fault: str | None = None,
    say: Say = print,
) -> Found:
    """Send and count so many keys on an empty database, with so many kills in each wave."""
    with stage.on(url):
        upgrade(stage.engine)
        reindex(stage.engine, stage.chain())
        rng, found, pair = random.Random(seed), Found(), Pair(stage, fault)
        pair.start(*range(GATEWAYS))
        seen = Seen()
        try:
            proposals = _proposals(pair.ports[0])
            shipped = _documents(stage)
            writes = Writes(f"seed {seed}", rng, stock, proposals).draw(keys)
            clients = Clients(pair.ports, seen)
            for start in range(0, keys, WAVE):
                wave = writes[start : start + WAVE]
                began = time.monotonic()
                copies = sum(each.copies for each in wave)
                with Meanwhile(seen, copies, kills, pair.kill_in_turn):
                    clients.send(wave, rng)
                seen.counts["killed"] += kills
                clients.send_again(wave, rng)
                say(f"  {start + len(wave):,} keys, {time.monotonic() - began:.0f} s, {dict(seen.counts)}")
        finally:
            pair.stop()
        with stage.engine.connect() as connection:
            count(connection, writes, seen.first, found, but=shipped)
    found.counts += seen.counts
    found.problems += seen.wrong
    return found


def _proposals(port: int) -> list[str]:
    """Keys of what may be confirmed, once the shipped documents are imported."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
        for path in sorted(DOCUMENTS.rglob("*.*")):
            headers = {"Idempotency-Key": f"shipped {path.name}"}
            answer = client.post(
                "/documents", params={"name": path.name}, content=path.read_bytes(), headers=headers
            )
            assert answer.status_code == 201, answer.text
        return [each["key"] for each in client.get("/proposals").json()["proposals"]]


def _documents(stage: Stage) -> int:
    with stage.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(own.documents)).scalar_one())


def count(
    connection: Connection, writes: Sequence[Write], answers: dict[str, Reply], found: Found, *, but: int = 0
) -> None:
    """Compare what the database holds with what was sent; `but`: documents that were there before."""
    there = {kind: Counter(connection.execute(select(column)).scalars()) for kind, column in EFFECTS.items()}
    queued = Counter(connection.execute(select(outbox.c.key)).scalars())
    kept = {row.key: row for row in connection.execute(select(own.requests))}
    marks: dict[str, set[str]] = {kind: set() for kind in EFFECTS}
    for write in writes:
        row = found.row(write.kind)
        row.keys += 1
        row.sent += write.copies
        marks[write.kind].update(write.marks)
        effects = [there[write.kind][mark] for mark in write.marks]
        if write.kind == "instructions":
            effects += [queued[mark] for mark in write.marks]
        row.lost += effects.count(0)
        row.doubled += sum(times > 1 for times in effects)
        if set(effects) != {1}:
            found.problems.append(f"{write.key} ({write.kind}) has its effect {effects} times")
        answer, keeping = answers.get(write.key), kept.get(write.key)
        if answer and keeping and (answer.status, answer.content) == (keeping.status, bytes(keeping.content)):
            continue
        row.answers_kept_otherwise += 1
        found.problems.append(f"{write.key} ({write.kind}) was answered {answer}, kept is {keeping}")
    for kind, wanted in marks.items():
        extra = there[kind].total() - len(wanted) - (but if kind == "documents" else 0)
        if extra:
            found.problems.append(f"{extra} {kind} that nobody sent, or more than once")
    places = sorted(connection.execute(select(own.accounts.c.place)).scalars())
    if places != list(range(1, len(places) + 1)):
        found.problems.append("the accounts' places have gaps")


def run(
    keys: int = KEYS,
    seed: int | None = None,
    database: str | None = None,
    *,
    quick: bool = False,
    say: Say = print,
) -> dict[str, Any]:
    """`keys` over a fixed and a fresh seed, or the one given, then each planted bug on a few.

    `database`: URL of a PostgreSQL server to make databases on; one is started without it. `quick`: a few hundred keys.
    """
    fresh = secrets.randbelow(1 << 32)
    seeds = [FIXED_SEED, fresh] if seed is None else [seed]
    keys = QUICK_KEYS if quick else keys
    found: list[Found] = []
    with (
        server_url(database, durable=True) as server,
        tempfile.TemporaryDirectory() as folder,
        stage_on(server, Path(folder)) as (stage, stock),
    ):
        for each in seeds:
            say(f"seed {each}: {keys // len(seeds):,} keys, each two to five times at once")
            url = database_url(server, Path(folder), "tallystick_idempotency")
            found.append(measure(stage, stock, url, each, keys // len(seeds), KILLS_A_WAVE, say=say))
        caught = drill(stage, stock, server, Path(folder), say=say)
    return report(found, caught, seeds)


DRILL_KEYS = 80


def drill(stage: Stage, stock: Stock, server: str, folder: Path, *, say: Say = print) -> dict[str, bool]:
    """Each planted bug, and whether a few keys bring it to light."""
    caught = {}
    for fault in FAULTS:
        url = database_url(server, folder, "tallystick_idempotency_drill")
        found = measure(stage, stock, url, FIXED_SEED, DRILL_KEYS, 0, fault=fault, say=lambda _: None)
        caught[fault] = bool(found.problems)
        say(f"planted: {fault}: {found.problems[0][:160] if found.problems else 'NOT CAUGHT'}")
    return caught


def report(found: Sequence[Found], caught: dict[str, bool], seeds: Sequence[int]) -> dict[str, Any]:
    """The bench's JSON. A case is a key; it is valid when it was sent at least twice and answered."""
    rows: dict[str, Row] = {}
    counts: Counter[str] = Counter()
    for each in found:
        counts += each.counts
        for kind, row in each.rows.items():
            total = rows.setdefault(kind, Row(kind))
            for name in ("keys", "sent", "lost", "doubled", "answers_kept_otherwise"):
                setattr(total, name, getattr(total, name) + getattr(row, name))
    problems = [problem for each in found for problem in each.problems]
    keys = sum(row.keys for row in rows.values())
    tried = all(counts[name] for name in ("in flight, sent again", "not answered, sent again", "killed"))
    return {
        "seed": seeds[-1],
        "seeds": list(seeds),
        "rows": [
            {
                name: getattr(row, name)
                for name in ("kind", "keys", "sent", "lost", "doubled", "answers_kept_otherwise")
            }
            for row in rows.values()
        ],
        "counts": dict(sorted(counts.items())),
        "planted_bugs_caught": f"{sum(caught.values())} of {len(caught)}",
        "problems": problems[:50],
        "valid": keys,
        "violations": len(problems),
        "reached": not problems and tried and counts["altered and refused"] == keys and all(caught.values()),
    }
