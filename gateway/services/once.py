"""A write happens once, however often it is sent: the same key brings the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Lock

from gateway.ports import Asked
from gateway.problems import Problem


def asked_of(key: str, method: str, address: str, body: bytes) -> Asked:
    """A request as far as its repetition is concerned; `address` is path and query."""
    head = f"{method} {address}\n".encode()
    return Asked(key, sha256(head + body).digest())


def check_same(asked: Asked, fingerprint: bytes) -> None:
    """Raise Problem(IDEMPOTENCY-KEY) unless the key came before with this very request."""
    if asked.fingerprint != fingerprint:
        raise Problem("IDEMPOTENCY-KEY", "this key was used for another request", key=asked.key)


def in_flight(key: str) -> Problem:
    """The refusal of a request whose first sending is not answered yet."""
    return Problem(
        "IDEMPOTENCY-IN-FLIGHT", "the same request is being worked on: ask again", status=409, key=key
    )


class InFlight:
    """The keys that this process is at work on."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = Lock()

    @contextmanager
    def of(self, key: str) -> Iterator[None]:
        """Work on a key alone; raises Problem(IDEMPOTENCY-IN-FLIGHT) when somebody does already."""
        with self._lock:
            if key in self._keys:
                raise in_flight(key)
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)
