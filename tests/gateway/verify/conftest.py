from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Engine

from chainsvc.backends.process import Node
from gateway.adapters.ledger.acts import Domain
from gateway.adapters.ledger.chain import Book, Chain, Rpc
from gateway.bootstrap import Gateway
from gateway.db.engine import open_engine
from gateway.problems import Problem
from gateway.routers.verify import router
from gateway.settings import Settings
from tests.gateway.conftest import Told
from tests.house.machine import CHAIN_ID


@pytest.fixture(scope="session")
def site(told: Told, story_node: Node) -> Iterator[str]:
    """The pages on a real server, without a database; its address."""
    with serving(story_node.url, told.rpc, told.book, open_engine("sqlite://")) as address:
        yield address


@contextmanager
def serving(node: str, rpc: Rpc, book: Book, engine: Engine) -> Iterator[str]:
    """The pages about what a node has, on a real server; its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    app = FastAPI()
    app.include_router(router)
    app.state.gateway = Gateway(
        Settings(rpc_url=node, public_url=address),
        engine,
        Chain(rpc, book),
        Domain(CHAIN_ID, book["Ledger"].address),
        0,
    )

    @app.exception_handler(Problem)
    async def _refused(_: Request, error: Problem) -> JSONResponse:
        return JSONResponse(error.document(), error.status, media_type="application/problem+json")

    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.started
    yield address
    server.should_exit = True
    thread.join(10)
