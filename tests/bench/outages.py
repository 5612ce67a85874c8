"""PostgreSQL goes away under load and comes back: what was answered is kept, nothing is done twice, reads return.

Two gateways and a worker go on all the time. The server is stopped as an administrator stops it, and as if it had
crashed; clients are told 503 meanwhile and send the same again. Afterwards every write has its effect once, and what
was to reach the chain has reached it, without anybody starting anything again.
"""

from __future__ import annotations

import random
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import select

from chainsvc.tables import instructions as outbox
from gateway.db.schema import upgrade
from gateway.projections.rebuild import reindex
from tests.bench.idempotency import FIXED_SEED, GATEWAYS, Found, Meanwhile, Pair, count, stage_on
from tests.bench.idempotency_clients import Clients, Seen
from tests.bench.idempotency_work import Write, Writes
from tests.bench.throughput_stage import Stage, database_url
from tests.bench.throughput_stock import Stock
from tests.postgresql import Server, server

KEYS, QUICK_KEYS = 2_000, 200
MODES = ("fast", "immediate")
"""`fast` cuts every connection and writes down what is in memory; after `immediate` the log is replayed."""
AWAY_SECONDS = (0.2, 3.0)
STOPS, QUICK_STOPS = 12, 4
"""In each run, in each way in turn."""
PATIENCE_SECONDS = 180.0
_ENDS = ("final", "refused", "failed")
_PLAIN = ("receipts", "decisions", "instructions", "documents", "accounts", "identities", "webhooks")

AWAY = "database away, sent again"
Say = Callable[[str], None]


def measure(stage: Stage, stock: Stock, running: Server, url: str, seed: int, keys: int, stops: int) -> Found:
    """So many writes on an empty database, whose server is stopped and started so many times meanwhile."""
    rng, found, seen, pair = random.Random(seed), Found(), Seen(), Pair(stage)

    def interrupt(number: int) -> None:
        running.stop(MODES[number % len(MODES)])
        time.sleep(rng.uniform(*AWAY_SECONDS))
        running.start()

    with stage.on(url):
        upgrade(stage.engine)
        reindex(stage.engine, stage.chain())
        pair.start(*range(GATEWAYS))
        stage.start_worker()
        try:
            drawn = Writes(f"outage {seed}", rng, stock, ["none"]).draw(keys)
            writes = [each for each in drawn if each.kind in _PLAIN]
            copies = sum(each.copies for each in writes)
            with Meanwhile(seen, copies, stops, interrupt):
                Clients(pair.ports, seen).send(writes, rng)
            found.problems += _reads(pair.ports)
            Clients(pair.ports, seen).send_again(writes, rng)
            found.problems += _drained(stage, writes)
            stage.check()
        finally:
            stage.stop("worker")
            pair.stop()
        with stage.engine.connect() as connection:
            count(connection, writes, seen.first, found)
    found.counts += seen.counts
    found.problems += seen.wrong
    return found


def _reads(ports: list[int]) -> list[str]:
    """Whoever cannot read, once the server is back."""
    problems = []
    for port in ports:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            for path in ("/health", "/titles", "/bank-messages", "/documents"):
                answer = client.get(path)
                if answer.status_code != 200:
                    problems.append(f"GET {path} on port {port}: {answer.status_code} {answer.text[:200]}")
    return problems


def _drained(stage: Stage, writes: list[Write]) -> list[str]:
    """Instructions that have not come to their end when patience is over."""
    wanted = {mark for each in writes if each.kind == "instructions" for mark in each.marks}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with stage.engine.connect() as connection:
            ended = select(outbox.c.key).where(outbox.c.state.in_(_ENDS))
            waiting = wanted - set(connection.execute(ended).scalars())
        if not waiting or time.monotonic() > deadline:
            return [f"instruction {each} has not come to its end" for each in sorted(waiting)]
        time.sleep(0.2)


def run(
    keys: int = KEYS, seed: int | None = None, *, quick: bool = False, say: Say = print
) -> dict[str, Any]:
    """`keys` over a fixed and a fresh seed, or the one given; the server is the bench's own, to be stopped."""
    seeds = [FIXED_SEED, secrets.randbelow(1 << 32)] if seed is None else [seed]
    keys, stops = (QUICK_KEYS, QUICK_STOPS) if quick else (keys, STOPS)
    rows, problems, written = [], [], 0
    with (
        tempfile.TemporaryDirectory() as folder,
        server(durable=True) as running,
        stage_on(None, Path(folder)) as (stage, stock),
    ):
        for each in seeds:
            url = database_url(running.url, Path(folder), "tallystick_outages")
            found = measure(stage, stock, running, url, each, keys // len(seeds), stops)
            say(f"seed {each}: {dict(found.counts)}, {len(found.problems)} problems")
            problems += found.problems
            writes = sum(row.keys for row in found.rows.values())
            written += writes
            rows.append({
                "case": "PostgreSQL stopped and started under load", "seed": each, "stops": stops,
                "writes": writes, "told_503": found.counts[AWAY],
                "lost": sum(row.lost for row in found.rows.values()),
                "doubled": sum(row.doubled for row in found.rows.values()),
            })  # fmt: skip
    return {
        "seed": seeds[-1],
        "seeds": seeds,
        "rows": rows,
        "problems": problems[:50],
        "valid": written,
        "violations": len(problems),
        "reached": not problems and all(row["told_503"] for row in rows),
    }
