"""An order's one-time number was kept under the office that a relayer put first: with the offices swapped, a lifted
freeze, a cured stop or an ended suspension came back without anybody's new signature."""

from __future__ import annotations

import pytest

from tests.contracts.instructions import Instruction, office_slots, refused
from tests.contracts.table import AMOUNT, cure, freeze, lift_of, stop, suspend_party
from tests.house.cast import CLEARING, CORE, LENDER, THIRD_BANK, TIER_1, TIER_3
from tests.house.house import CNY, EVIDENCE_HASH, House


def swapped(instruction: Instruction) -> Instruction:
    """The same order, with its offices the other way round."""
    first, second = (slot.party for slot in instruction.slots)
    slots = office_slots(instruction.slots[0].part, second, first)
    return Instruction(instruction.function, instruction.message, slots, "NonceUsed")


def test_a_lifted_freeze_stays_lifted(house: House) -> None:
    order = freeze(house)
    assert order.carry(house) == "None"
    assert lift_of(house, order.message["title"]).carry(house) == "None"
    refused(house, swapped(order), "NonceUsed")


def test_a_cured_stop_stays_cured(house: House) -> None:
    order = stop(house)
    cured = cure(house)
    assert cured.carry(house) == "None"
    assert order.carry(house) == "None"  # this one was never carried before
    again = cured.changed(nonce=house.nonce())
    assert again.carry(house) == "None"
    refused(house, swapped(order), "NonceUsed")
    assert house.live_root(1, AMOUNT, TIER_1) == CORE.number << 32 | 1


def test_an_ended_suspension_stays_ended(house: House) -> None:
    order = suspend_party(house)
    assert order.carry(house) == "None"
    back = {
        "party": TIER_3.number, "keys": order.message["keys"], "order": EVIDENCE_HASH, "nonce": house.nonce(),
        "expiresAt": house.expiry(),
    }  # fmt: skip
    house.must("reinstate", back, offices=house.offices("Reinstate", back, LENDER, THIRD_BANK))
    refused(house, swapped(order), "NonceUsed")


@pytest.mark.parametrize("others", [(CLEARING, THIRD_BANK), (LENDER, THIRD_BANK)])
def test_a_limit_is_set_once_whichever_banks_are_named(house: House, others: tuple[object, ...]) -> None:
    act = {
        "debtor": CORE.number, "currency": CNY, "limit": 10**13, "limitBefore": 10**13, "evidence": EVIDENCE_HASH,
        "nonce": house.nonce(), "expiresAt": house.expiry(),
    }  # fmt: skip
    assert Instruction("setLimit", act, office_slots("banks", LENDER, CLEARING), "").carry(house) == "None"
    refused(house, Instruction("setLimit", act, office_slots("banks", *others), ""), "NonceUsed")  # type: ignore[arg-type]
