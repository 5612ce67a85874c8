from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from chainsvc.artifacts import load
from chainsvc.backends.process import Node, start_embedded
from gateway.adapters.ledger.chain import Book, Chain, Rpc
from gateway.projections.rebuild import reindex
from tests.databases import Databases, migrated, opened
from tests.gateway.story import Story
from tests.house.house import START, House
from tests.house.machine import CHAIN_ID, ORDER
from tests.house.node_machine import NodeMachine


@dataclass(frozen=True, slots=True)
class Told:
    """A node on which the whole story happened. What happens after is for readers to leave alone."""

    rpc: Rpc
    book: Book
    story: Story

    @property
    def chain(self) -> Chain:
        return Chain(self.rpc, self.book)


def book_of(house: House) -> Book:
    """The addresses and interfaces of a house's contracts."""
    return Book(house.machine.addresses, {name: load(name) for name in ORDER})


def house_on(rpc: Rpc) -> House:
    """A furnished house on a node."""
    return House(machine=lambda genesis, start: NodeMachine(rpc, genesis, start))


@pytest.fixture(scope="session")
def story_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("story")
    with start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node:
        yield node


@pytest.fixture(scope="session")
def told(story_node: Node) -> Iterator[Told]:
    with Rpc(story_node.url) as rpc:
        house = house_on(rpc)
        yield Told(rpc, book_of(house), Story(house).tell())


@pytest.fixture(scope="module")
def told_database(databases: Databases, database_kind: str, told: Told) -> Iterator[Engine]:
    """A database that has read the whole story, for tests that only read or undo what they change."""

    def read(url: str) -> None:
        migrated(url)
        with opened(url) as engine:
            reindex(engine, told.chain)

    with databases.copy(database_kind, "told", read) as url, opened(url) as engine:
        yield engine
