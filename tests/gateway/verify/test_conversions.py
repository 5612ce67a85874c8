"""What came of an order or of goods in store is verified by the act that made it, as what was issued is by its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chainsvc.backends.process import start_embedded
from gateway.adapters.ledger.chain import Book, Rpc
from gateway.adapters.ledger.reader import LedgerReader
from gateway.services.verdict import Verdict
from gateway.services.verify import verify
from tests.contracts import margin_table as margin
from tests.contracts import orders_table, stock_table
from tests.contracts.goods_table import LOT
from tests.contracts.orders_table import RECEIVABLE, RECEIVED
from tests.gateway.conftest import book_of, house_on
from tests.house.cast import CORE, KEEPER, LENDER, TIER_1
from tests.house.house import START
from tests.house.machine import CHAIN_ID

SOLD = CORE.number << 32 | 560


@dataclass(frozen=True, slots=True)
class Converted:
    """A node with an order that was converted under a lock, and pledged goods that were sold on credit."""

    rpc: Rpc
    book: Book

    def ask(self, title: int) -> Verdict:
        return verify(LedgerReader(self.rpc, self.book), title)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Converted]:
    folder = tmp_path_factory.mktemp("converted")
    with (
        start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node,
        Rpc(node.url) as rpc,
    ):
        house = house_on(rpc)
        margin.pledged(house)
        stock_table.ordered(house)
        assert orders_table.converting(house, RECEIVED, RECEIVED).carry(house) == "None"
        assert stock_table.selling(house, root=SOLD).carry(house) == "None"
        yield Converted(rpc, book_of(house))


@pytest.mark.parametrize("receivable", [RECEIVABLE, SOLD], ids=["of an order", "of goods"])
def test_a_receivable_that_took_another_place_is_authentic_and_locked_as_that_was(
    converted: Converted, receivable: int
) -> None:
    verdict = converted.ask(receivable)
    assert verdict.authentic, verdict.sentence
    assert not verdict.free
    tree = verdict.lineage
    assert tree is not None
    (born,) = [each for each in tree.steps if each.event == "RootAccepted"]
    assert [(each.part, each.party) for each in born.signatures] == [
        ("maker", CORE.number),
        ("checker", CORE.number),
        ("seller", TIER_1.number),
        ("lender", LENDER.number),
    ]


def test_the_receipt_of_sold_goods_is_the_buyers_and_free_and_its_keeper_signed(converted: Converted) -> None:
    verdict = converted.ask(LOT)
    assert verdict.authentic, verdict.sentence
    assert verdict.free, verdict.sentence
    tree = verdict.lineage
    assert tree is not None
    (sold,) = [each for each in tree.steps if each.event == "GoodsConverted"]
    assert ("keeper", KEEPER.number) in [(each.part, each.party) for each in sold.signatures]
    assert ("lender", LENDER.number) in [(each.part, each.party) for each in sold.signatures]
