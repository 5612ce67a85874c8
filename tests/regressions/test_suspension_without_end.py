"""A suspension named an end day that nothing ever looked at: without new signatures it lasted for ever."""

from __future__ import annotations

from tests.contracts.instructions import Instruction, keys_of, refused, suspend
from tests.house.cast import CORE, TIER_1
from tests.house.house import House, nullifier_of


def test_after_its_end_day_no_office_is_needed(house: House) -> None:
    assert suspend(house, TIER_1, endDay=house.machine.day()) == "DueDayPast"
    assert suspend(house, TIER_1) == "None"
    act = {"party": TIER_1.number, "keys": keys_of(TIER_1), "order": bytes(32), "nonce": 1, "expiresAt": 0}
    back = Instruction("reinstate", act, (), "")
    house.machine.pass_days(30)
    refused(house, back, "InstructionExpired")
    house.machine.pass_days(1)
    assert back.carry(house) == "None"
    root = CORE.number << 32 | 1
    assert house.attest(nullifier_of(root), 5_000, TIER_1, CORE) == "None"
    assert house.issue(root, CORE, TIER_1, 5_000) == "None"
    assert house.accept(root, TIER_1, 5_000) == "None"
