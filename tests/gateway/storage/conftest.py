"""A keeper's gateway in front of a ledger with everybody admitted and nothing in store yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chainsvc.backends.process import start_embedded
from gateway.adapters.ledger.chain import Rpc
from tests.databases import Databases
from tests.gateway.conftest import house_on
from tests.gateway.risk.conftest import Desk, Ledger, desk_on
from tests.house.house import START
from tests.house.machine import CHAIN_ID


@pytest.fixture(scope="module")
def goods_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with ledger_in(tmp_path_factory.mktemp("goods")) as ledger:
        yield ledger


@contextmanager
def ledger_in(folder: Path) -> Iterator[Ledger]:
    """A node of its own, with everybody admitted."""
    with (
        start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node,
        Rpc(node.url) as rpc,
    ):
        house = house_on(rpc)
        yield Ledger(node, rpc, house, house.machine.day(), 0, 0)


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, databases: Databases, database_kind: str, goods_ledger: Ledger
) -> Iterator[Desk]:
    with desk_on(databases, database_kind, goods_ledger, f"goods {request.module.__name__}") as found:
        found.mine()
        yield found
