"""The access table's row on goods in store that are sold: see `table`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.contracts.goods_table import LOT, QUANTITY, keeper
from tests.contracts.instructions import Instruction, Slot
from tests.contracts.margin_table import FACILITY, VALUE, pledged, pledging
from tests.contracts.orders_table import ORDER, RECEIVABLE, buyer, confirm_order, receivable, seller
from tests.house.cast import CORE, LENDER, TIER_1
from tests.house.house import House, nullifier_of

SOLD_FOR = VALUE
"""What the core owes for the goods: no less than they counted for."""


def selling(house: House, amount: int = SOLD_FOR, title: int = LOT, **changes: Any) -> Instruction:
    """The core buys a receipt's goods on credit."""
    root = changes.get("root", RECEIVABLE)
    if house.machine.view("Evidence", "invoiceOf", nullifier_of(root)) == 0:
        assert house.attest(nullifier_of(root), amount, TIER_1, CORE) == "None"
    word = house.title(title)
    act = {
        "title": title, "sequence": word["sequence"], "receivable": receivable(house, amount, **changes),
        "expiresAt": house.expiry(), "evidence": b"\x09" * 32,
    }  # fmt: skip
    slots = (*buyer(amount), seller(word["quantity"]), keeper())
    if word["lock"]:
        slots = (*slots, Slot("lender", LENDER["credit_maker"], "CREDIT_MAKER", amount))
    return Instruction("convertGoods", act, slots, "DifferentHolder")


def convert_goods(house: House) -> Instruction:
    pledged(house)
    return selling(house)


def ordered(house: House) -> None:
    """An order of 1,000,000.00 secures the facility that the goods are to secure in its place."""
    assert confirm_order(house).carry(house) == "None"
    assert house.lock(ORDER, TIER_1, FACILITY) == "None"


def arriving(house: House, taken: int, quantity: int = QUANTITY, **changes: Any) -> Instruction:
    """Of the order, so much is in store."""
    word = house.title(ORDER)
    said = {"orderTitle": ORDER, "orderSequence": word["sequence"], "taken": taken, **changes}
    return pledging(house, quantity=quantity, **said)


ROWS: Mapping[str, Callable[[House], Instruction]] = {"convertGoods": convert_goods}
