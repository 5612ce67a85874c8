"""Clients that send a write several times at once, to two gateways, and again where they got no answer."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock, local

from tests.bench.idempotency_work import Write

THREADS = 16
PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 0.02
"""Before asking again. Retry-After says a second: who waits so long finds nothing in flight any more."""
_IN_FLIGHT, _USED, _AWAY = "IDEMPOTENCY-IN-FLIGHT", "IDEMPOTENCY-KEY", "DATABASE-UNREACHABLE"


@dataclass(frozen=True, slots=True)
class Reply:
    """What of an answer must be the same again."""

    status: int
    media_type: str
    content: bytes


@dataclass(slots=True)
class Seen:
    """What the clients were answered, counted, and what should not have been."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, Reply] = field(default_factory=dict)
    """The first answer under each key."""
    wrong: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def count(self, what: str) -> None:
        """One more of it."""
        with self.lock:
            self.counts[what] += 1

    def complain(self, what: str) -> None:
        """Something that must not happen."""
        with self.lock:
            self.wrong.append(what)

    def answered(self, write: Write, reply: Reply) -> None:
        """An answer to a write, which every other answer to it must equal."""
        with self.lock:
            first = self.first.setdefault(write.key, reply)
            self.counts["answered"] += 1
            if first is not reply:
                self.counts["answered again"] += 1
            if first != reply:
                self.wrong.append(f"{write.key} ({write.kind}) was answered {first} and {reply}")


class Clients:
    """Threads with a connection to each gateway; whoever gets no answer turns to the other one."""

    def __init__(self, ports: Sequence[int], seen: Seen) -> None:
        self._ports = ports
        self._seen = seen
        self._mine = local()
        self._stopped = False

    def send(self, writes: Sequence[Write], rng: random.Random) -> None:
        """Every copy of every write, those of one write at the same time, to one gateway and the other in turn."""
        copies = [
            (write, (first + copy) % len(self._ports))
            for write in writes
            for first in (rng.randrange(len(self._ports)),)
            for copy in range(write.copies)
        ]
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(lambda copy: self._write(*copy), copies):
                pass

    def send_again(self, writes: Sequence[Write], rng: random.Random) -> None:
        """Later: the same request is answered the same, another one under its key is refused."""
        calls = [(write, rng.randrange(len(self._ports))) for write in writes]
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(lambda call: self._again(*call), calls):
                pass

    def _write(self, write: Write, gateway: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = self._call(gateway, write, write.body)
            if found is None:
                self._seen.count("not answered, sent again")
                gateway = (gateway + 1) % len(self._ports)
            elif found[0].status == write.status:
                self._seen.answered(write, found[0])
                return
            elif self._in_flight(*found):
                self._seen.count("in flight, sent again")
            elif found[0].status == 503 and _rule(found[0]) == _AWAY and found[1] == "1":
                self._seen.count("database away, sent again")
            else:
                self._seen.complain(f"{write.key} ({write.kind}) was answered {found[0]}")
                return
            time.sleep(PAUSE_SECONDS)
        self._seen.complain(f"{write.key} ({write.kind}) was never answered")

    def _in_flight(self, reply: Reply, again_after: str | None) -> bool:
        return reply.status == 409 and _rule(reply) == _IN_FLIGHT and again_after == "1"

    def _again(self, write: Write, gateway: int) -> None:
        for body in (write.body, write.altered):
            found = self._call(gateway, write, body)
            if found is None:
                self._seen.complain(f"{write.key} ({write.kind}) was not answered again")
            elif body is write.body:
                self._seen.answered(write, found[0])
            elif found[0].status != 422 or _rule(found[0]) != _USED:
                self._seen.complain(f"{write.key} ({write.kind}) served another request: {found[0]}")
            else:
                self._seen.count("altered and refused")

    def _call(self, gateway: int, write: Write, body: bytes) -> tuple[Reply, str | None] | None:
        """The reply and its Retry-After; None when the connection broke."""
        connections = self._mine.__dict__.setdefault("connections", {})
        connection = connections.get(gateway)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self._ports[gateway], timeout=60)
            connections[gateway] = connection
        headers = {"content-type": write.media_type, "idempotency-key": write.key}
        try:
            connection.request("POST", write.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        reply = Reply(answer.status, answer.headers["content-type"], content)
        return reply, answer.headers["retry-after"]


def _rule(reply: Reply) -> str:
    if reply.media_type != "application/problem+json":
        return ""
    return str(json.loads(reply.content).get("rule", ""))
