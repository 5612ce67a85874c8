"""The story's chapter of orders: every kind of fact about one, at least once."""

from __future__ import annotations

from tests.contracts import goods_table, orders_table, stock_table
from tests.contracts import margin_table as margin
from tests.contracts.instructions import Instruction
from tests.contracts.orders_table import LISTED, ORDER, ORDERED, RECEIVABLE
from tests.house.cast import KEEPER, TIER_1
from tests.house.house import House

FACILITY = 30
STORED = KEEPER.number << 32 | 201


def tell(house: House) -> dict[str, int]:
    """One order secures an advance, loses a part, and becomes two receivables; another is taken from a list
    and comes to store.
    """
    _do(house, orders_table.confirm_order(house))
    assert house.open_facility(FACILITY, TIER_1, ORDERED) == "None"
    assert house.lock(ORDER, TIER_1, FACILITY) == "None"
    _do(house, orders_table.reducing(house, 10_000_000))
    _do(house, orders_table.converting(house, 60_000_000, 58_000_000))
    _do(house, orders_table.converting(house, 30_000_000, 30_000_000, RECEIVABLE + 1))
    listed = LISTED + 1
    assert house.attest(orders_table.order_number(listed), 5_000, TIER_1, orders_table.CORE) == "None"
    said = orders_table.order(house, listed, quantity=5_000)
    publishing = orders_table.publish_orders(house).changed(orders=orders_table.leaf_of(said))
    _do(house, Instruction("publishOrders", publishing.message, publishing.slots, ""))
    act = {"list": LISTED, "order": said, "expiresAt": house.expiry()}
    _do(house, Instruction("takeOrder", act, (orders_table.seller(5_000),), "", {"proof": []}))
    return {
        "order": ORDER,
        "converted": RECEIVABLE,
        "listed_order": listed,
        **_stored_and_sold(house, listed),
    }


def _stored_and_sold(house: House, order: int) -> dict[str, int]:
    """A part of what was ordered comes to store, is pledged in the order's place, and sold on credit."""
    assert house.lock(order, TIER_1, margin.FACILITY) == "None"
    _do(house, goods_table.store(house, STORED, 40))
    _do(house, margin.appraise(house, STORED))
    taken = {"orderTitle": order, "orderSequence": house.title(order)["sequence"], "taken": 2_000}
    _do(house, margin.pledging(house, STORED, 40, **taken))
    owed = orders_table.CORE.number << 32 | 530
    _do(house, stock_table.selling(house, 2_500, STORED, root=owed))
    return {"stored": STORED, "sold_on_credit": owed}


def _do(house: House, instruction: Instruction) -> None:
    reason = instruction.carry(house)
    assert reason == "None", f"{instruction.function}: {reason}"
