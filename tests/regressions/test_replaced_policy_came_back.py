"""Versions were compared with the policy in force, not with the one announced last: a policy that the banks had
replaced before its day could be carried again and replace its successor."""

from __future__ import annotations

from tests.contracts.instructions import Instruction, office_slots, refused
from tests.contracts.table import policy_act
from tests.house.cast import CLEARING, LENDER
from tests.house.house import House


def announce(house: House, version: int, **changes: int) -> Instruction:
    act = policy_act(house, version, **changes)
    return Instruction("publishPolicy", act, office_slots("banks", LENDER, CLEARING), "NonceUsed")


def test_a_replaced_policy_stays_replaced(house: House) -> None:
    first, second = announce(house, 2), announce(house, 3, maximumTenorMonths=3)
    assert first.carry(house) == "None"
    assert second.carry(house) == "None"
    refused(house, first, "NonceUsed")
    refused(house, second, "NonceUsed")
    policy = house.machine.view("Evidence", "policyOn", house.machine.day() + 7)
    assert (policy >> 96, policy >> 72 & 0xFF) == (3, 3)
