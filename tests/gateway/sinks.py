"""Receivers of webhooks on this machine, and the courier that tells them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import httpx2

from gateway.bootstrap import Gateway, now
from gateway.courier import Courier

_KEYS = count(1)
SECONDS = 120.0  # a bound on waiting, not a measure


@dataclass
class Sink:
    """A receiver on this machine; `answer` gives the status for the n-th message it gets."""

    answer: Callable[[int], int] = lambda _: 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    def kinds(self) -> set[str]:
        return {json.loads(body)["type"] for _, body in self.got}

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@contextmanager
def sink(answer: Callable[[int], int] = lambda _: 204) -> Iterator[Sink]:
    receiver = Sink(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = receiver.answer(len(receiver.got))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", receiver.url + "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/sink"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Going:
    on: bool = True


@contextmanager
def courier(gateway: Gateway) -> Iterator[None]:
    """Tells the sinks of a gateway's webhooks until the block is left."""
    running = Going()
    thread = Courier(gateway, now).start(running)
    try:
        yield
    finally:
        running.on = False
        thread.join(10)
        assert not thread.is_alive()


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def signature(secret: str, headers: dict[str, str], body: bytes) -> str:
    """As a receiver computes it, by the text of the specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def subscribed(http: httpx2.Client, receiver: Sink, *events: str) -> dict[str, Any]:
    """The answer to a subscription; of every kind where none is named."""
    headers = {"Idempotency-Key": f"sink-{next(_KEYS)}"}
    answer = http.post("/webhooks", json={"url": receiver.url, "events": list(events)}, headers=headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(receiver: Sink, kind: str) -> list[dict[str, Any]]:
    """The data of all messages of a kind, in the order in which they came."""
    messages = [json.loads(body) for _, body in receiver.got]
    return [each["data"] for each in messages if each["type"] == kind]
