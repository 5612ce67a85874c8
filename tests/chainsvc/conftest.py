from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event

from chainsvc.artifacts import Artifact, parse
from chainsvc.artifacts.compiler import Build, build
from chainsvc.backends.anvil import start_anvil
from chainsvc.backends.process import Node, start_embedded
from chainsvc.backends.rpc import Rpc
from chainsvc.tables import metadata
from tests.chainsvc.support import CHAIN_ID, Wallet
from tests.databases import SQLITE, Databases

CONTRACTS = Path(__file__).parent / "contracts"


@pytest.fixture(scope="session")
def compiled() -> Build:
    return build(CONTRACTS)


@pytest.fixture(scope="session")
def tally(compiled: Build) -> Artifact:
    return parse(compiled.documents["Tally"])


@pytest.fixture(scope="session")
def pair(compiled: Build) -> Artifact:
    return parse(compiled.documents["Pair"])


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with start_embedded(tmp_path_factory.mktemp("embedded"), chain_id=CHAIN_ID) as node:
        yield node


@pytest.fixture(scope="session")
def anvil() -> Iterator[Node]:
    with start_anvil(chain_id=CHAIN_ID) as node:
        yield node


# An operator's own network passes the same tests: TALLYSTICK_RPC names it.
NODES = ["embedded", "anvil", *(["operator"] if os.environ.get("TALLYSTICK_RPC") else [])]


@pytest.fixture(params=NODES)
def node_url(request: pytest.FixtureRequest) -> str:
    if request.param == "operator":
        return os.environ["TALLYSTICK_RPC"]
    node: Node = request.getfixturevalue(request.param)
    return node.url


@pytest.fixture
def rpc(node_url: str) -> Iterator[Rpc]:
    with Rpc(node_url) as connection:
        yield connection


@pytest.fixture
def wallet(rpc: Rpc) -> Wallet:
    return Wallet(rpc, chain_id=int(rpc.call("eth_chainId"), 16))


def _tables(url: str) -> None:
    engine = create_engine(url)
    metadata.create_all(engine)
    engine.dispose()


@pytest.fixture
def engine(databases: Databases, database_kind: str) -> Iterator[Engine]:
    """The service keeps its tables in the caller's database: here they are alone."""
    with databases.copy(database_kind, "ledger service", _tables) as url:
        engine = create_engine(url)
        if database_kind == SQLITE:
            event.listen(
                engine, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode=WAL")
            )
        yield engine
        engine.dispose()
