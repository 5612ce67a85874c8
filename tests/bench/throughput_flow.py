"""The whole way at once: calls go in, the worker carries, and a watcher sees what is final."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

from sqlalchemy import select

from chainsvc.signing import KeySigner
from chainsvc.submitter import State, TransactionState
from chainsvc.tables import instructions, transactions
from gateway.db.engine import reading
from tests.bench.throughput_load import Caller, Calls, percentile
from tests.bench.throughput_stage import Stage
from tests.house.node_machine import RELAYER_KEY

_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 180.0
_OVERLAP = 1_000


class Watcher:
    """Reads the outbox again and again and notes when each instruction was first seen to be final.

    It asks for transactions and then for what was in them: an index answers that, and the worker is not held up.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._engine = reading(stage.engine)
        self._sender = KeySigner(RELAYER_KEY).address
        self._seen: set[int] = set()
        self._over = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self.final: dict[str, float] = {}
        self.refused: list[str] = []

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def wait_for(self, number: int) -> None:
        """Return when so many are final; raises AssertionError when one was refused or nothing moves any more."""
        seen, since = -1, time.monotonic()
        while len(self.final) < number:
            assert not self.refused, f"refused on the way: {self.refused[:3]}"
            if len(self.final) != seen:
                seen, since = len(self.final), time.monotonic()
            assert time.monotonic() - since < _PATIENCE_SECONDS, f"{seen} of {number} final, and no more"
            self._stage.check()
            time.sleep(_LOOK_SECONDS)

    def _watch(self) -> None:
        while not self._over.is_set():
            self._look()
            time.sleep(_LOOK_SECONDS)

    def _look(self) -> None:
        of, carried = instructions.c, transactions.c
        # Transactions end in about their order; a page of overlap catches those that do not.
        last = max(self._seen, default=0) - _OVERLAP
        final = select(carried.id).where(
            carried.sender == self._sender, carried.state == TransactionState.FINAL, carried.id > last
        )
        with self._engine.connect() as connection:
            fresh = set(connection.execute(final).scalars()) - self._seen
            keys = select(of.key).where(of.transaction_id.in_(fresh), of.state == State.FINAL)
            found = list(connection.execute(keys).scalars()) if fresh else []
            bad = select(of.key).where(of.state.in_([State.REFUSED, State.FAILED])).limit(10)
            self.refused = list(connection.execute(bad).scalars())
        self._seen |= fresh
        self.final.update(dict.fromkeys(found, time.perf_counter()))


@dataclass(slots=True)
class Flow:
    """A stretch of steady work: acts a second that became final, and CPU of each process for one of them."""

    each_second: float
    acts: int
    seconds: float
    sent: int
    """Acts posted, counted or not."""
    processor: dict[str, float] = field(default_factory=dict)


def sustain(
    stage: Stage, watcher: Watcher, bodies: Sequence[bytes], call: int, seconds: float, most: int
) -> Flow:
    """Keep at most `most` acts under way for `seconds`, in calls of `call` acts; count what became final.

    The first acts' way to the chain is not counted: the clock starts when the first of them is final.
    """
    caller, before = Caller(stage.port), len(watcher.final)
    sent = 0
    began: tuple[float, int, dict[str, float]] | None = None
    work = iter(bodies)
    while True:
        done = len(watcher.final) - before
        now = time.perf_counter()
        if began is None and done:
            began = (now, done, stage.processor_seconds())
        if began is not None and now - began[0] >= seconds:
            break
        if sent - done + call <= most:
            body = next(work, None)
            if body is None:
                break
            caller.post("/instructions", body, f"sustained-{sent}")
            sent += call
        else:
            time.sleep(0.005)
    assert began is not None, "nothing became final"
    spent, passed = stage.processor_seconds(), time.perf_counter() - began[0]
    acts = len(watcher.final) - before - began[1]
    assert acts > 0, "nothing more became final"
    caller.close()
    watcher.wait_for(before + sent)
    each = {name: (spent[name] - began[2][name]) / acts * 1e6 for name in spent}
    return Flow(acts / passed, acts, passed, sent, each)


@dataclass(frozen=True, slots=True)
class Single:
    """One act a call at a steady pace: how long until it was answered for, and until it was final.

    `processor` is the CPU of each process for one act, in microseconds.
    """

    accept: Calls
    final: list[float]
    processor: dict[str, float]

    def final_median(self) -> float:
        """Seconds from the call to the chain, for half of the acts."""
        return percentile(self.final, 50)


def steadily(stage: Stage, watcher: Watcher, bodies: Sequence[bytes], each_second: float) -> Single:
    """Post one act a call on an even beat, whether or not earlier ones are done."""
    caller = Caller(stage.port)
    known = len(watcher.final)
    called: dict[str, float] = {}
    latencies: list[float] = []
    before_all = stage.processor_seconds()
    began = time.perf_counter()
    for place, body in enumerate(bodies):
        while (wait := began + place / each_second - time.perf_counter()) > 0:
            time.sleep(wait)
        key = f"steady-{place}"
        called[f"{key}/0"] = before = time.perf_counter()
        caller.post("/instructions", body, key)
        latencies.append(time.perf_counter() - before)
    seconds = time.perf_counter() - began
    caller.close()
    watcher.wait_for(known + len(bodies))
    spent = stage.processor_seconds()
    each = {name: (spent[name] - before_all[name]) / len(bodies) * 1e6 for name in spent}
    final = [watcher.final[key] - before for key, before in called.items()]
    return Single(Calls(seconds, latencies), final, each)


@contextmanager
def busy(stage: Stage, bodies: Sequence[bytes], pause: float) -> Iterator[list[int]]:
    """Bulk calls go on in the background while the block runs, each followed by a pause; yields what was sent."""
    over, sent = Event(), [0]

    def work() -> None:
        caller = Caller(stage.port)
        for place, body in enumerate(bodies):
            if over.is_set():
                break
            caller.post("/instructions", body, f"busy-{place}")
            sent[0] += 1
            time.sleep(pause)
        caller.close()

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield sent
    finally:
        over.set()
        thread.join()


def alternately(stage: Stage, paths: Sequence[tuple[str, str]]) -> tuple[Calls, Calls]:
    """Read each pair of paths one after the other, so that both meet the same load."""
    caller = Caller(stage.port)
    calls = (Calls(0.0), Calls(0.0))
    for pair in paths:
        for found, path in zip(calls, pair, strict=True):
            before = time.perf_counter()
            caller.get(path)
            found.latencies.append(time.perf_counter() - before)
            found.seconds += found.latencies[-1]
    caller.close()
    return calls
