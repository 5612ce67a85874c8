"""The access table's rows on goods: see `table`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from gateway.domain.goods_units import unit_number
from tests.contracts.instructions import Instruction, Slot
from tests.house.cast import INSPECTOR, KEEPER, TIER_1, TIER_2, Party, Person
from tests.house.house import CNY, EVIDENCE_HASH, House, unpack

QUANTITY = 1_000
LOT = KEEPER.number << 32 | 1
PART, REST = TIER_1.number << 32 | 11, TIER_1.number << 32 | 12
KILOGRAM = unit_number("KGM")
LOT_FIELDS = (("deposited", 48), ("redeemed", 48), ("delivered", 48), ("lost", 48), ("countedDay", 16), ("counts", 16),
              ("_", 32))  # fmt: skip


def lot_of(house: House, lot: int = LOT) -> dict[str, int]:
    """What became of a lot."""
    return unpack(house.machine.view("Ledger", "lotOf", lot), LOT_FIELDS)


def number_of(lot: int) -> bytes:
    """A commitment to the keeper's own number of a lot."""
    return sha256(f"lot {lot}".encode()).digest()


def keeper(who: Person = KEEPER["keeper"]) -> Slot:
    return Slot("keeper", who, "KEEP")


def holder(quantity: int = QUANTITY, party: Party = TIER_1) -> Slot:
    return Slot("holder", party["maker"], "TITLE", quantity)


def inspector() -> Slot:
    return Slot("inspector", INSPECTOR["inspector"], "ATTEST")


def store(house: House, lot: int = LOT, quantity: int = QUANTITY, **changes: Any) -> Instruction:
    """A lot of its own, unless `pooled`."""
    act = {
        "lot": lot, "receipt": lot, "keeper": KEEPER.number, "depositor": TIER_1.number,
        "inspector": INSPECTOR.number, "unit": KILOGRAM, "decimals": 0, "pooled": False,
        "lastDay": house.machine.day() + 180, "quantity": quantity, "number": number_of(lot),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    slots = Slot("depositor", TIER_1["maker"], "TITLE", quantity), keeper(), inspector()
    return Instruction("store", act, slots, "IdTaken")


def stored_goods(house: House) -> None:
    """A receipt of the first tier for a thousand kilograms."""
    assert store(house).carry(house) == "None"


def endorse(house: House) -> Instruction:
    stored_goods(house)
    act = {
        "title": LOT, "sequence": 0, "to": TIER_2.number, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = holder(), Slot("acquirer", TIER_2["maker"], "TITLE", QUANTITY), keeper()
    return Instruction("endorse", act, slots, "WrongSequence")


def split_receipt(house: House) -> Instruction:
    stored_goods(house)
    act = {
        "title": LOT, "sequence": 0, "part": PART, "quantity": 300, "rest": REST, "to": TIER_2.number,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = holder(300), Slot("acquirer", TIER_2["maker"], "TITLE", 300), keeper()
    return Instruction("splitReceipt", act, slots, "TitleSpent")


def merge_receipts(house: House) -> Instruction:
    parting = split_receipt(house).changed(to=TIER_1.number)
    assert Instruction("splitReceipt", parting.message, (holder(300), keeper()), "").carry(house) == "None"
    act = {"into": PART, "intoSequence": 0, "from": REST, "fromSequence": 0, "expiresAt": house.expiry()}
    slots = Slot("holder", TIER_1["maker"], "TITLE"), keeper()
    return Instruction("mergeReceipts", act, slots, "WrongSequence")


def hand_over(house: House, quantity: int = 400, delivered: int = 400) -> Instruction:
    stored_goods(house)
    act = {
        "title": LOT, "sequence": 0, "quantity": quantity, "delivered": delivered, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("handOver", act, (holder(quantity), keeper()), "WrongSequence")


def count_of(house: House, counted: int, *slots: Slot, lot: int = LOT) -> Instruction:
    """A count, as the lot stands."""
    found = lot_of(house, lot)
    act = {
        "lot": lot, "deliveredBefore": found["delivered"], "countsBefore": found["counts"], "counted": counted,
        "day": house.machine.day(), "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("count", act, slots, "ListStale")


def count(house: House) -> Instruction:
    """Five were missing, and are found again: keeper and inspector both say so."""
    stored_goods(house)
    assert count_of(house, QUANTITY - 5, keeper()).carry(house) == "None"
    return count_of(house, QUANTITY, keeper(), inspector())


def charging(house: House, amount: int = 12_000) -> Instruction:
    """The keeper is owed so much for storage, in fen; 0 once it is paid."""
    act = {
        "title": LOT, "currency": CNY, "amount": amount, "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("chargeStorage", act, (keeper(),), "NonceUsed")


def charge_storage(house: House) -> Instruction:
    stored_goods(house)
    return charging(house)


def changing_medium(house: House, *, paper: bool = True) -> Instruction:
    """The receipt goes out on paper, or comes back."""
    act = {
        "title": LOT, "sequence": house.title(LOT)["sequence"], "paper": paper, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("changeMedium", act, (holder(), keeper()), "WrongSequence")


def change_medium(house: House) -> Instruction:
    stored_goods(house)
    return changing_medium(house)


def replace(house: House) -> Instruction:
    assert change_medium(house).carry(house) == "None"
    act = {
        "title": LOT, "sequence": 1, "replacement": KEEPER.number << 32 | 2, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("replace", act, (holder(), keeper()), "TitleSpent")


ROWS: Mapping[str, Callable[[House], Instruction]] = {
    "store": store,
    "endorse": endorse,
    "splitReceipt": split_receipt,
    "mergeReceipts": merge_receipts,
    "handOver": hand_over,
    "count": count,
    "chargeStorage": charge_storage,
    "changeMedium": change_medium,
    "replace": replace,
}
