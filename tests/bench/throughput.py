"""Throughput and latency on one machine that holds load, gateway, worker, database and node.

Every figure is held against parts that the same run measured on the same machine: what is bare time says so little of
the product, and so much of the machine, that it counts only beside its ratio.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench import throughput_parts as parts
from tests.bench.throughput_flow import Flow, Single, Watcher, alternately, busy, steadily, sustain
from tests.bench.throughput_load import Calls, post_all
from tests.bench.throughput_stage import BLOCK_SECONDS, Stage, database_url, kind_of, raise_stage
from tests.bench.throughput_stock import SignedAct, Stock, bodies
from tests.postgresql import server_url

BULK_CALLERS, SINGLE_CALLERS = 3, 8
_DEAR = 5
"""One authenticity check, which reads the chain, for so many reads of the tables."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything; acts unless said."""

    titles: int
    """Titles that change hands; acts of one title are so many apart, more than are ever under way."""
    parts: int
    fed: int
    bulk: int
    single: int
    seconds: float
    sustained_most: int
    """Acts signed for the sustained stretch."""
    under_way: int
    steady: int
    steady_each_second: float
    reads: int


SIZES: Mapping[tuple[str, bool], Size] = {
    ("anvil", True): Size(2_500, 1_000, 13_000, 2_000, 500, 10, 15_000, 2_000, 250, 50, 100),
    ("anvil", False): Size(6_000, 6_000, 30_000, 20_000, 5_000, 60, 180_000, 4_000, 3_000, 100, 1_000),
    ("embedded", True): Size(300, 300, 300, 300, 100, 20, 1_500, 200, 50, 5, 50),
    ("embedded", False): Size(500, 500, 1_000, 1_000, 500, 60, 18_000, 200, 300, 5, 200),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: its value against its reach; below it, which stage costs most."""

    node: str
    database: str
    figure: str
    value: float
    unit: str
    reach: str
    ratio_to: str
    reached: bool | None
    costs: str = ""


class Measurement:
    """All figures on one node and one database."""

    def __init__(self, stage: Stage, server: str | None, size: Size, say: Callable[[str], None]) -> None:
        """`server`: of PostgreSQL, where the databases are made; None: they are files of SQLite's."""
        self.stage = stage
        self.server = server
        self.database = kind_of(server)
        self.size = size
        self.say = say
        self.stock = Stock(stage.house, size.titles)
        self.rows: list[Row] = []
        self.costs: dict[str, float] = {}

    def run(self) -> list[Row]:
        """Parts first, then the way as a whole."""
        size, stage = self.size, self.stage
        self.say(f"{stage.name} on {self.database}: {size.titles:,} titles made, load {_load()}")
        self._parts()
        stage.seal_by_the_clock()
        to_feed = self.stock.take(size.fed)
        self.costs["node, trial"] = parts.trial(stage, to_feed[: size.parts])
        fed = parts.feed(stage, to_feed)
        self.costs["node, fed alone"] = fed.processor
        self.say(f"{stage.name}: parts measured, load {_load()}")
        stage.start_gateway()
        self._intake()
        self.say(f"{stage.name}: intake measured, load {_load()}")
        stage.start_worker()
        with Watcher(stage) as watcher:
            watcher.wait_for(size.bulk + size.single)
            signed = self.stock.take(size.sustained_most)
            flow = sustain(
                stage, watcher, self._encoded(signed, self._call), self._call, size.seconds, size.under_way
            )
            self.stock.give_back(signed[flow.sent :])
            self._final(flow, fed)
            self.say(f"{stage.name}: {flow.acts:,} acts sustained, load {_load()}")
            self._steady(steadily(stage, watcher, self._bodies(size.steady, 1), size.steady_each_second))
            self._reads(watcher)
        stage.stop("worker")
        self._index()
        return self.rows

    @property
    def _call(self) -> int:
        return parts.CALL if self.stage.name == "anvil" else parts.CALL // 4

    def _bodies(self, acts: int, call: int) -> list[bytes]:
        return self._encoded(self.stock.take(acts), call)

    def _encoded(self, signed: Sequence[SignedAct], call: int) -> list[bytes]:
        # The embedded chain's titles are few: there each act waits for the one before it on its title.
        return bodies(signed, call, ordered=self.stage.name == "embedded")

    def _add(
        self,
        figure: str,
        value: float,
        unit: str,
        reach: str,
        reached: bool | None,
        ratio_to: str = "",
        costs: str = "",
    ) -> None:
        row = Row(
            self.stage.name, self.database, figure, round(value, 3), unit, reach, ratio_to, reached, costs
        )
        self.rows.append(row)

    # ── parts ───────────────────────────────────────────────────────────────────────────────────────────────

    def _parts(self) -> None:
        gateway = parts.gateway_of(
            self.stage, database_url(self.server, self.stage.folder, "tallystick_throughput_parts")
        )
        signed = self.stock.take(self.size.parts)
        verified = parts.verify(gateway, signed)
        packed = parts.pack(signed)
        offered, reading = parts.read(gateway, signed, "parts")
        stored = parts.store(gateway, offered)
        gateway.engine.dispose()
        self.stock.give_back(signed)
        self.costs |= {
            "verify": verified.processor, "pack": packed.processor, "store": stored.processor,
            "read, all before the transaction": reading.processor,
        }  # fmt: skip
        self.verify_only, self.insert_only = verified.each_second, stored.each_second

    # ── intake ──────────────────────────────────────────────────────────────────────────────────────────────

    def _intake(self) -> None:
        stage, size = self.stage, self.size
        before = stage.processor_seconds()["gateway"]
        bulk = post_all(stage.port, self._bodies(size.bulk, self._call), BULK_CALLERS, "bulk")
        between = stage.processor_seconds()["gateway"]
        single = post_all(stage.port, self._bodies(size.single, 1), SINGLE_CALLERS, "single")
        after = stage.processor_seconds()["gateway"]
        self.costs["gateway, bulk"] = (between - before) / size.bulk * 1e6
        self.costs["gateway, one act a call"] = (after - between) / size.single * 1e6
        rate = bulk.each_second * self._call
        part, name = min((self.verify_only, "verify-only"), (self.insert_only, "insert-only"))
        why = self._why("gateway, bulk", "verify", "pack", "store")
        self._add("accepted durably, bulk", rate, "acts/s", ">= 2,000", rate >= 2_000, costs=why)
        self._add(
            "accepted durably, bulk, of its slower part", rate / part, "ratio", ">= 0.60", rate >= 0.6 * part,
            f"{name} {part:,.0f}/s", why,
        )  # fmt: skip
        rate = single.each_second
        why = self._why("gateway, one act a call", "verify", "pack", "store")
        self._add("accepted durably, one act a call", rate, "acts/s", ">= 800", rate >= 800, costs=why)

    # ── to the chain ────────────────────────────────────────────────────────────────────────────────────────

    def _final(self, flow: Flow, fed: parts.Fed) -> None:
        for name, spent in flow.processor.items():
            self.costs[f"{name}, sustained"] = spent
        sustained = (f"{name}, sustained" for name in flow.processor)
        why = self._why("node, fed alone", "node, trial", *sustained)
        state = f"{len(self.stock.titles) + self.stock.splits:,} titles at most"
        rate = flow.each_second
        self._add(
            "final on chain, sustained", rate, "acts/s", ">= 1,000", rate >= 1_000,
            f"{flow.seconds:.0f} s, {flow.acts:,} acts, {state}", why,
        )  # fmt: skip
        ratio = rate / fed.each_second
        self._add(
            "final on chain, of the node fed alone", ratio, "ratio", ">= 0.60", ratio >= 0.6,
            f"the node fed the same batches {fed.each_second:,.0f}/s", why,
        )  # fmt: skip

    def _steady(self, single: Single) -> None:
        load = f"{self.size.steady_each_second:g} calls/s"
        for name, spent in single.processor.items():
            self.costs[f"{name}, steady"] = spent
        why = self._why(*(f"{name}, steady" for name in single.processor))
        accepted, worst = (single.accept.percentile(percent) * 1000 for percent in (50, 99))
        slowest = max(single.accept.latencies) * 1000
        spread = f"p50 {accepted:.1f} ms, slowest {slowest:.1f} ms; {why}"
        self._add("durable accept, p99", worst, "ms", "<= 25", worst <= 25, load, spread)
        median = single.final_median() * 1000
        most = BLOCK_SECONDS * 1000 + 50
        sealed = BLOCK_SECONDS * 500 if self.stage.name == "anvil" else 0
        way = (
            f"accepted {accepted:.1f} ms, half a block {sealed} ms, trial, sending, execution and "
            f"receipt {median - accepted - sealed:.0f} ms; {why}"
        )
        self._add("final, p50", median, "ms", f"<= {most:,} (1 block + 50)", median <= most, load, way)

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

    def _reads(self, watcher: Watcher) -> None:
        stage, known = self.stage, len(watcher.final)
        spread = [self.stock.titles[number * 7 % len(self.stock.titles)] for number in range(self.size.reads)]
        call = self._call // 4
        signed = self.stock.take(call * 400 if stage.name == "anvil" else call * 20)
        with busy(stage, self._encoded(signed, call), pause=0.05 if stage.name == "anvil" else 1.0) as sent:
            for figure, path, reads in (
                ("certificate by id, p99 under load", "/titles?limit=1&after={before}", len(spread)),
                ("authenticity check by id, p99 under load", "/verify/{title}", len(spread) // _DEAR),
            ):
                paths = [
                    (f"/empty/{each}", path.format(before=each - 1, title=each)) for each in spread[:reads]
                ]
                empty, read = alternately(stage, paths)
                self._read_row(figure, empty, read)
        self.stock.give_back(signed[sent[0] * call :])
        watcher.wait_for(known + sent[0] * call)

    def _read_row(self, figure: str, empty: Calls, read: Calls) -> None:
        ratio = read.percentile(99) / empty.percentile(99)
        beside = f"an empty route with one SELECT: {empty.percentile(99) * 1000:.1f} ms"
        costs = (
            f"p99 {read.percentile(99) * 1000:.1f} ms; p50 {read.percentile(50) * 1000:.1f} ms "
            f"against {empty.percentile(50) * 1000:.1f} ms"
        )
        self._add(figure, ratio, "ratio", "<= 2", ratio <= 2, beside, costs)

    def _index(self) -> None:
        found = parts.index(self.stage, "tallystick_throughput_index", self.server, self.stage.folder)
        self.costs["fold"] = found.cost.processor
        rate = found.cost.each_second
        self._add(
            "index from chain", rate, "events/s", ">= 10,000", rate >= 10_000,
            f"{found.events:,} events in {found.logs:,} logs, {found.titles:,} titles",
            f"fold {found.cost.processor:.0f} us/event",
        )  # fmt: skip

    def _why(self, *names: str) -> str:
        found = [(name, self.costs[name]) for name in names if name in self.costs]
        return ", ".join(f"{name} {cost:,.0f} us" for name, cost in found)


def _load() -> str:
    return " ".join(f"{each:.1f}" for each in os.getloadavg())


def run(
    database: str | None = None, quick: bool = False, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """All figures, on anvil and on the embedded chain with SQLite, and on anvil with PostgreSQL.

    `database`: `sqlite` leaves PostgreSQL out, anything else leaves SQLite out: `postgresql` starts a server, a URL
    names one, where the bench makes databases of its own.
    """
    load_before = _load()
    rows: list[Row] = []
    stages: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        settings: list[tuple[str, str | None]] = []
        if database in (None, "sqlite"):
            settings += [("anvil", None), ("embedded", None)]
        if database != "sqlite":
            settings.append(("anvil", stack.enter_context(server_url(database, durable=True))))
        for node, server in settings:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            with raise_stage(node, folder / "stage", server) as stage:
                measurement = Measurement(stage, server, SIZES[node, quick], say)
                rows += measurement.run()
                costs = {name: round(cost) for name, cost in measurement.costs.items()}
                stages[f"{node}, {measurement.database}"] = costs
    missed = [row for row in rows if not row.reached]
    return {
        "rows": [asdict(row) for row in rows],
        "stages_us_per_act": stages,
        "machine": {"cores": os.cpu_count(), "load_before": load_before, "load_after": _load()},
        "valid": len(rows),
        "violations": len(missed),
        "missed": [
            f"{row.node}, {row.database}: {row.figure} {row.value} ({row.reach}): {row.costs}"
            for row in missed
        ],
        "reached": not missed,
    }
