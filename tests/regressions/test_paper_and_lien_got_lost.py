"""A receipt that was out on paper was merged into another, a part of it that an order stopped owed no storage and had
no paper, and one that was lost with storage owed on it could never be replaced.
"""

from __future__ import annotations

import pytest

from tests.contracts import goods_table
from tests.contracts.goods_table import LOT, REST, holder, keeper
from tests.contracts.instructions import Instruction, refused
from tests.contracts.table import freeze_of
from tests.house.cast import KEEPER, PLATFORM
from tests.house.house import CNY, EVIDENCE_HASH, House

REPLACEMENT = KEEPER.number << 32 | 2


def medium(house: House, title: int, *, paper: bool) -> Instruction:
    word = house.title(title)
    act = {
        "title": title, "sequence": word["sequence"], "paper": paper, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("changeMedium", act, (holder(word["quantity"]), keeper()), "")


def charge(house: House, title: int, amount: int) -> Instruction:
    act = {
        "title": title, "currency": CNY, "amount": amount, "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("chargeStorage", act, (keeper(),), "")


def replacing(house: House) -> Instruction:
    act = {
        "title": LOT, "sequence": house.title(LOT)["sequence"], "replacement": REPLACEMENT,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("replace", act, (holder(), keeper()), "")


def test_neither_of_two_receipts_is_merged_while_one_is_on_paper(house: House) -> None:
    merge = goods_table.merge_receipts(house)
    assert medium(house, REST, paper=True).carry(house) == "None"
    refused(house, merge.changed(fromSequence=house.title(REST)["sequence"]), "OnPaper")
    assert medium(house, REST, paper=False).carry(house) == "None"
    assert merge.changed(fromSequence=house.title(REST)["sequence"]).carry(house) == "None"


@pytest.mark.parametrize(
    ("charged", "paper", "reason"), [(100, False, "StorageUnpaid"), (0, True, "OnPaper")]
)
def test_no_order_cuts_a_part_from_under_them(house: House, charged: int, paper: bool, reason: str) -> None:
    goods_table.stored_goods(house)
    if charged:
        assert charge(house, LOT, charged).carry(house) == "None"
    if paper:
        assert medium(house, LOT, paper=True).carry(house) == "None"
    child = PLATFORM.number << 32 | 1
    refused(house, freeze_of(house, LOT, child=child, quantity=200), reason)
    assert freeze_of(house, LOT).carry(house) == "None"


def test_a_lost_receipt_is_replaced_once_its_storage_is_paid(house: House) -> None:
    goods_table.stored_goods(house)
    assert charge(house, LOT, 100).carry(house) == "None"
    assert medium(house, LOT, paper=True).carry(house) == "None"
    refused(house, charge(house, LOT, 200), "OnPaper")
    refused(house, replacing(house), "StorageUnpaid")
    assert charge(house, LOT, 0).carry(house) == "None"
    assert replacing(house).carry(house) == "None"
