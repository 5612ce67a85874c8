"""The last hand-over closed a pool for ever: goods could be added to it, and their receipt was dead from the start."""

from __future__ import annotations

from tests.contracts.goods_table import LOT, QUANTITY, lot_of, store
from tests.contracts.instructions import refused
from tests.contracts.test_goods import handing_over
from tests.house.house import House

AGAIN = LOT + 5


def test_a_pool_that_was_emptied_takes_goods_and_hands_them_over(house: House) -> None:
    assert store(house, pooled=True).carry(house) == "None"
    assert handing_over(house, LOT, QUANTITY, QUANTITY).carry(house) == "None"
    assert store(house, pooled=True, receipt=AGAIN).carry(house) == "None"
    assert house.title(AGAIN)["quantity"] == QUANTITY
    assert handing_over(house, AGAIN, QUANTITY, QUANTITY).carry(house) == "None"
    assert lot_of(house)["redeemed"] == 2 * QUANTITY


def test_a_lot_of_its_own_that_was_emptied_takes_none(house: House) -> None:
    assert store(house).carry(house) == "None"
    assert handing_over(house, LOT, QUANTITY, QUANTITY).carry(house) == "None"
    refused(house, store(house, receipt=AGAIN), "LotKnown")
