"""When the chain takes blocks back, the tables are those of a fresh index, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from chainsvc.backends.anvil import start_anvil
from gateway.adapters.ledger.chain import Book, Chain, Indexer, Rpc
from gateway.projections.rebuild import dump_ledger_tables, follow, reindex
from tests.gateway.conftest import book_of, house_on
from tests.gateway.story import Story
from tests.house.house import START
from tests.house.machine import CHAIN_ID

DEPTHS = (1, 3, 8, 15, 30, 45)


@pytest.fixture
def anvil_rpc() -> Iterator[Rpc]:
    with start_anvil(chain_id=CHAIN_ID, genesis_time=START - 100) as node, Rpc(node.url) as rpc:
        yield rpc


def test_tables_follow_the_chain_back_and_forth(anvil_rpc: Rpc, database: Engine, sqlite: Engine) -> None:
    house = house_on(anvil_rpc)
    story = Story(house)
    story.circulation()
    story.answers_to_offers()
    story.credit()
    book = book_of(house)
    chain = Chain(anvil_rpc, book)
    indexer = chain.indexer()
    _catch_up(database, indexer, book)
    fell_back = 0
    # Each time deeper, so that each time blocks with facts go, and once to before half of the story.
    for depth in DEPTHS:
        anvil_rpc.call("anvil_reorg", depth, [])
        fell_back += _catch_up(database, indexer, book)
        reindex(sqlite, chain)
        with database.connect() as followed, sqlite.connect() as anew:
            assert dump_ledger_tables(followed) == dump_ledger_tables(anew), f"depth {depth}"
    assert fell_back == len(DEPTHS)


def _catch_up(engine: Engine, indexer: Indexer, book: Book) -> int:
    """Number of times the index fell back."""
    fell_back = 0
    while True:
        progress = follow(engine, indexer, book)
        fell_back += progress.rolled_back_to is not None
        if progress.caught_up and progress.rolled_back_to is None:
            return fell_back
