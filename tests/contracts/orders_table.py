"""The access table's rows on orders: see `table`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from eth_utils.crypto import keccak

from gateway.adapters.ledger import acts
from tests.contracts.instructions import Instruction, Slot
from tests.house.cast import CLEARING, CORE, LENDER, TIER_1
from tests.house.house import CNY, EVIDENCE_HASH, House, nullifier_of, unpack

ORDERED = 100_000_000
RECEIVED = 60_000_000
ORDER = CORE.number << 32 | 500
RECEIVABLE = CORE.number << 32 | 501
LISTED = CORE.number << 32 | 510
FACILITY = 7
ORDER_FIELDS = (("taken", 48), ("promised", 48), ("reduced", 48), ("_", 112))


def order_of(house: House, order: int = ORDER) -> dict[str, int]:
    """What became of an order."""
    return unpack(house.machine.view("Ledger", "orderOf", order), ORDER_FIELDS)


def order_number(order: int = ORDER) -> bytes:
    """The nullifier of an order itself."""
    return sha256(f"order {order}".encode()).digest()


def buyer(amount: int) -> tuple[Slot, Slot]:
    return Slot("maker", CORE["maker"], "ISSUE_MAKER"), Slot(
        "checker", CORE["checker"], "ISSUE_CHECKER", amount
    )


def seller(amount: int) -> Slot:
    return Slot("seller", TIER_1["maker"], "TITLE", amount)


def order(house: House, number: int = ORDER, **changes: Any) -> dict[str, Any]:
    """What the core ordered of its first tier."""
    return {
        "root": number, "seller": TIER_1.number, "currency": CNY, "lastDay": house.machine.day() + 60,
        "quantity": ORDERED, "nullifier": order_number(number), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip


def confirm_order(house: House, number: int = ORDER, **changes: Any) -> Instruction:
    """An order whose own number the evidence service attested."""
    if house.machine.view("Evidence", "invoiceOf", order_number(number)) == 0:
        assert house.attest(order_number(number), ORDERED, TIER_1, CORE) == "None"
    said = order(house, number, **changes)
    act = {"debtor": CORE.number, "order": said, "expiresAt": house.expiry()}
    return Instruction(
        "confirmOrders", act, (*buyer(said["quantity"]), seller(said["quantity"])), "InvoiceExhausted"
    )


def confirmed(house: House, *, locked: bool = False) -> None:
    """A confirmed order of the first tier; `locked` to a facility of four fifths."""
    assert confirm_order(house).carry(house) == "None"
    if locked:
        assert house.open_facility(FACILITY, TIER_1, ORDERED) == "None"
        assert house.lock(ORDER, TIER_1, FACILITY) == "None"


def leaf_of(said: Mapping[str, Any]) -> bytes:
    """An order as it is published."""
    return keccak(acts.struct_hash("TakeOrder", "Order", said))


def publish_orders(house: House) -> Instruction:
    """A list of one order: its leaf is its root."""
    confirm_order(house)
    act = {
        "list": LISTED, "debtor": CORE.number, "currency": CNY, "total": ORDERED, "orders": leaf_of(order(house)),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("publishOrders", act, buyer(ORDERED), "IdTaken")


def take_order(house: House) -> Instruction:
    assert publish_orders(house).carry(house) == "None"
    act = {"list": LISTED, "order": order(house), "expiresAt": house.expiry()}
    return Instruction("takeOrder", act, (seller(ORDERED),), "DebtorLimitExceeded", {"proof": []})


def reducing(house: House, quantity: int, title: int = ORDER) -> Instruction:
    """So much of an order will not come."""
    act = {
        "title": title, "sequence": house.title(title)["sequence"], "quantity": quantity,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = Slot("debtor", CORE["checker"], "ISSUE_CHECKER"), seller(quantity)
    return Instruction("reduceOrder", act, slots, "WrongSequence")


def reduce_order(house: House) -> Instruction:
    confirmed(house, locked=True)
    return reducing(house, 10_000_000)


def receivable(house: House, quantity: int, root: int = RECEIVABLE, **changes: Any) -> dict[str, Any]:
    """The receivable that stands for goods received, on an invoice of its own."""
    return {
        "root": root, "payee": TIER_1.number, "clearingBank": CLEARING.number, "currency": CNY,
        "dueDay": house.machine.day() + 90, "terms": 500, "quantity": quantity,
        "nullifiers": [nullifier_of(root)], "amounts": [quantity], "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip


def converting(
    house: House, taken: int, quantity: int, root: int = RECEIVABLE, invoiced: int = 0, **changes: Any
) -> Instruction:
    """What was received of the order becomes a receivable; `invoiced` is what its invoice says, if not the same."""
    if house.machine.view("Evidence", "invoiceOf", nullifier_of(root)) == 0:
        assert house.attest(nullifier_of(root), invoiced or quantity, TIER_1, CORE) == "None"
    word = house.title(ORDER)
    act = {
        "title": ORDER, "sequence": word["sequence"], "taken": taken,
        "receivable": receivable(house, quantity, root, **changes),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = (*buyer(quantity), seller(taken))
    if word["lock"]:
        slots = (*slots, Slot("lender", LENDER["credit_maker"], "CREDIT_MAKER", taken))
    return Instruction("convert", act, slots, "InvoiceExhausted")


def convert(house: House) -> Instruction:
    confirmed(house, locked=True)
    return converting(house, RECEIVED, RECEIVED)


ROWS: Mapping[str, Callable[[House], Instruction]] = {
    "confirmOrders": confirm_order,
    "publishOrders": publish_orders,
    "takeOrder": take_order,
    "reduceOrder": reduce_order,
    "convert": convert,
}
