"""Four faults of public warehouse-receipt contracts.

A split was only an event, so that the parts together could be more than the whole; a receipt was endorsed without its
keeper; the flag of its pledge was never set, so that it was sold while it secured a loan; and whoever called could
confirm an endorsement in the acquirer's place.
"""

from __future__ import annotations

import pytest

from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT, PART, QUANTITY, REST, holder, keeper, stored_goods
from tests.contracts.instructions import Instruction, Slot, refused
from tests.house.cast import TIER_1, TIER_2, TIER_3, Party
from tests.house.house import EVIDENCE_HASH, House


def _split(house: House, quantity: int, title: int = LOT) -> Instruction:
    act = {
        "title": title, "sequence": house.title(title)["sequence"], "part": PART, "quantity": quantity, "rest": REST,
        "to": TIER_1.number, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("splitReceipt", act, (holder(quantity), keeper()), "")


def _endorse(house: House) -> Instruction:
    act = {
        "title": LOT, "sequence": house.title(LOT)["sequence"], "to": TIER_2.number, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("endorse", act, (holder(), Slot("acquirer", TIER_2["maker"], "TITLE"), keeper()), "")


def test_the_parts_of_a_receipt_are_it_and_it_is_no_more(house: House) -> None:
    stored_goods(house)
    assert _split(house, 300).carry(house) == "None"
    assert [house.title(each)["quantity"] for each in (LOT, PART, REST)] == [0, 300, QUANTITY - 300]
    again = _split(house, 300)
    refused(house, again, "TitleSpent")


@pytest.mark.parametrize("quantity", [0, QUANTITY, QUANTITY + 1])
def test_no_part_is_nothing_or_all_or_more(house: House, quantity: int) -> None:
    stored_goods(house)
    refused(house, _split(house, quantity), "QuantityAboveTitle" if quantity else "ZeroQuantity")


def test_no_receipt_passes_without_its_keeper(house: House) -> None:
    stored_goods(house)
    instruction = _endorse(house)
    refused(house, instruction.signed_by(instruction.slots[2], TIER_1["maker"]), "WrongParty")
    refused(house, instruction.signed_by(instruction.slots[2], TIER_3["maker"]), "WrongParty")
    assert house.title(LOT)["holder"] == TIER_1.number


@pytest.mark.parametrize("impostor", [TIER_1, TIER_3], ids=lambda party: party.name)
def test_nobody_confirms_in_the_acquirers_place(house: House, impostor: Party) -> None:
    stored_goods(house)
    instruction = _endorse(house)
    refused(house, instruction.signed_by(instruction.slots[1], impostor["maker"]), "WrongParty")


def test_a_pledge_is_seen_by_every_act_on_the_receipt(house: House) -> None:
    margin.pledged(house)
    assert house.title(LOT)["lock"] == margin.FACILITY
    refused(house, _endorse(house), "TitleLocked")
    refused(house, _split(house, 300), "TitleLocked")
    out = {
        "title": LOT, "sequence": house.title(LOT)["sequence"], "quantity": 1, "delivered": 1,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    refused(house, Instruction("handOver", out, (holder(1), keeper()), ""), "TitleLocked")
