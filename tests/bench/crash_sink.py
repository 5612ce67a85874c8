"""The other end of a webhook: a receiver on this machine that takes everything and keeps it as it came.

It does not die with the others, so it is the witness of what they sent before they did.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
import threading
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx2

from gateway.demo.stage import expect

OPENED = {"TALLYSTICK_WEBHOOK_NETWORKS": '["127.0.0.0/8"]', "TALLYSTICK_WEBHOOK_BACKOFF_SECONDS": "1"}
"""What the gateway's programs must be told for a sink to be here."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as it arrived, once; its id is the same every time."""

    message: str
    timestamp: str
    signature: str
    body: bytes

    def genuine(self, secret: bytes) -> bool:
        """Whether the signature is right, computed by the text of the specification."""
        signed = b".".join([self.message.encode(), self.timestamp.encode(), self.body])
        digest = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(self.signature, "v1," + digest)


class _Handler(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        body = self.rfile.read(size)
        if len(body) < size:
            return  # the sender is dead: nothing that anybody could believe has arrived
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        self.server.take(Letter(*(self.headers.get(name, "") for name in names), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class Sink(ThreadingHTTPServer):
    """Answers 204 to whatever is posted. Enter to serve, `subscribe` to be told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._turn = threading.Lock()
        self._letters: dict[str, list[Letter]] = defaultdict(list)
        self.webhook = ""
        self.secret = b""

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, name="sink", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that died before it read the answer is what we are here for."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def subscribe(self, gateway: httpx2.Client) -> None:
        """Be told of everything that happens from now on."""
        body = {"url": f"http://127.0.0.1:{self.server_port}/sink"}
        answer = expect(gateway.post("/webhooks", json=body, headers={"Idempotency-Key": "crash-sink"}))
        self.webhook = answer["webhook"]
        self.secret = base64.b64decode(answer["secret"].removeprefix("whsec_"))

    def take(self, letter: Letter) -> None:
        """Keep what came, before it is answered."""
        with self._turn:
            self._letters[letter.message].append(letter)

    def letters(self) -> dict[str, list[Letter]]:
        """All that came so far, by message."""
        with self._turn:
            return {message: list(each) for message, each in self._letters.items()}
