"""The node on 127.0.0.1: one process, one event loop, one request at a time."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

from chainsvc.backends.embedded.methods import Methods

MAX_BODY_BYTES = 64 * 1024 * 1024

Event = MutableMapping[str, Any]


class Server:
    """The smallest ASGI application: POST a JSON-RPC body, get the answer.

    The chain is worked from the event loop itself, which is what keeps one writer.
    """

    def __init__(self, methods: Methods) -> None:
        self._methods = methods

    async def __call__(
        self,
        scope: Event,
        receive: Callable[[], Awaitable[Event]],
        send: Callable[[Event], Awaitable[None]],
    ) -> None:
        """Serve one HTTP exchange."""
        assert scope["type"] == "http"
        body = bytearray()
        more = True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                return
            body += event.get("body", b"")
            more = event.get("more_body", False)
            if len(body) > MAX_BODY_BYTES:
                await _answer(send, 413, b"")
                return
        if scope["method"] != "POST":
            await _answer(send, 405, b"")
            return
        await _answer(send, 200, self._methods.handle(bytes(body)))


async def _answer(send: Callable[[Event], Awaitable[None]], status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve(methods: Methods, port: int, announce: Callable[[int], None]) -> None:
    """Serve until told to stop; port 0 takes a free one. `announce` is called with the port in use."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        announce(listener.getsockname()[1])
        config = uvicorn.Config(Server(methods), log_level="warning", lifespan="off", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])
