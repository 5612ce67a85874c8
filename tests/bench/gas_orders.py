"""Gas of an order that becomes a receivable, beside the two acts by which a receivable begins otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.contracts import orders_table
from tests.house.cast import CORE, LENDER, TIER_1
from tests.house.house import EVIDENCE_HASH

if TYPE_CHECKING:
    from tests.bench.gas import Desk, Spent

LIMIT = 10**12


def order_rows(desk: Desk) -> Iterator[tuple[str, Spent, str, int]]:
    """Operation, what it spent, the reason its negative twin is refused with, and how many items it was."""
    house = desk.house
    order, whole, part, facility = (CORE.number << 32 | desk.serial + place for place in range(1, 5))
    desk.serial += 4
    desk.titles += 3
    facility &= 0xFFFFFFFF
    assert orders_table.confirm_order(house, order).carry(house) == "None"
    assert house.open_facility(facility, TIER_1, LIMIT) == "None"
    assert house.lock(order, TIER_1, facility) == "None"
    # The first of an order opens its word, which the others share.
    desk.done("convert", [_convert_item(desk, order, part)])
    item = _convert_item(desk, order, whole)
    yield "convert", desk.done("convert", [item]), desk.send("convert", [item])[0], 1


def _convert_item(desk: Desk, order: int, root: int) -> Any:
    """A part of a locked order was received, and becomes a receivable on an invoice of its own."""
    house = desk.house
    desk.done("attestInvoices", [desk.attest_item(root, TIER_1)])
    amount = orders_table.ORDERED // 4
    said = {**desk.receivable(root, TIER_1), "quantity": amount, "amounts": [amount]}
    message = {
        "title": order, "sequence": house.title(order)["sequence"], "taken": amount, "receivable": said,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return desk.item(
        "convert", message, maker=CORE["maker"], checker=CORE["checker"], seller=TIER_1["maker"],
        lender=LENDER["credit_maker"],
    )  # fmt: skip
