"""What the client of a node does with its connection."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chainsvc.backends.rpc import IDLE_SECONDS, Rpc


class Node(BaseHTTPRequestHandler):
    """Answers from whose connection a request came, and keeps it open."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """The caller's port."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": self.client_address[1]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


@contextmanager
def node() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Node) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_connection_that_the_node_may_be_closing_is_not_used_again() -> None:
    with node() as url, Rpc(url) as rpc:
        first = rpc.call("eth_chainId")
        assert rpc.call("eth_chainId") == first
        time.sleep(IDLE_SECONDS + 0.2)
        assert rpc.call("eth_chainId") != first
