"""A recovery that a signer had vetoed could be announced again with the offices' old signatures, every time."""

from __future__ import annotations

from tests.contracts.instructions import refused
from tests.contracts.table import recover, veto
from tests.house.cast import TIER_1
from tests.house.house import House


def test_a_vetoed_recovery_needs_new_signatures(house: House) -> None:
    refusal = veto(house)
    announced = recover(house)  # the same words as the one that veto() announced
    assert refusal.carry(house) == "None"
    refused(house, announced, "NonceUsed")
    assert house.machine.view("Registry", "recoveryOf", TIER_1.number)[0] == bytes(32)
    assert announced.changed(expiresAt=house.expiry() + 1).carry(house) == "None"
