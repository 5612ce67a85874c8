"""The load: HTTP calls to 127.0.0.1 over kept-alive connections, as many at a time as there are threads."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import orjson

_START_SECONDS = 600.0
"""On a machine that others use as well, a program takes its time to start."""


class Caller:
    """One connection. A call that is not answered well raises AssertionError with what the gateway said."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def post(self, path: str, body: bytes, key: str) -> Any:
        """The answer to a write."""
        headers = {"content-type": "application/json", "idempotency-key": key}
        return self._call("POST", path, body, headers)

    def get(self, path: str) -> Any:
        """The answer to a read."""
        return self._call("GET", path, None, {})

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status < 400, f"{method} {path}: {answer.status} {content[:500]!r}"
        return orjson.loads(content)


@dataclass(slots=True)
class Calls:
    """What became of a number of calls; times in seconds."""

    seconds: float
    latencies: list[float] = field(default_factory=list)

    @property
    def each_second(self) -> float:
        """Calls answered a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """The latency that `percent` of the calls stayed within, in seconds."""
        return percentile(self.latencies, percent)


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]


def wait_for(port: int, check: Callable[[], None]) -> None:
    """Return when the gateway answers."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        check()
        caller = Caller(port)
        try:
            caller.get("/health")
            return
        except (OSError, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        finally:
            caller.close()


def post_all(port: int, bodies: Sequence[bytes], threads: int, name: str) -> Calls:
    """Post every body once, as fast as `threads` callers can, each with a key of its own."""
    work = iter(enumerate(bodies))
    return _in_threads(port, threads, lambda caller, lock: _post_next(caller, lock, work, name))


def get_all(port: int, paths: Sequence[str], threads: int = 1) -> Calls:
    """Read every path once."""
    work = iter(paths)

    def read(caller: Caller, lock: Lock) -> float | None:
        with lock:
            path = next(work, None)
        if path is None:
            return None
        began = time.perf_counter()
        caller.get(path)
        return time.perf_counter() - began

    return _in_threads(port, threads, read)


def _post_next(caller: Caller, lock: Lock, work: Iterator[tuple[int, bytes]], name: str) -> float | None:
    with lock:
        place, body = next(work, (0, None))
    if body is None:
        return None
    began = time.perf_counter()
    caller.post("/instructions", body, f"{name}-{place}")
    return time.perf_counter() - began


def _in_threads(port: int, threads: int, one: Callable[[Caller, Lock], float | None]) -> Calls:
    lock = Lock()

    def run(_: int) -> list[float]:
        caller = Caller(port)
        found: list[float] = []
        try:
            while (latency := one(caller, lock)) is not None:
                found.append(latency)
        finally:
            caller.close()
        return found

    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(run, range(threads)))
    return Calls(time.perf_counter() - began, [latency for part in parts for latency in part])
