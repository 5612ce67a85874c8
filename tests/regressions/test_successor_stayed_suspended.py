"""A court's successor took a suspended party over, and the party stayed suspended in name: nobody could suspend it
again. And a plain recovery gave a suspended party keys that acted, which nobody had ordered."""

from __future__ import annotations

from gateway.adapters.ledger.words import PARTY
from tests.contracts.instructions import Instruction, refused, suspend
from tests.contracts.table import recover, recover_of
from tests.house.cast import CORE, TIER_1, person
from tests.house.house import House, nullifier_of

ADMITTED = 1


def party_of(house: House) -> dict[str, int]:
    return PARTY.unpack(house.machine.view("Ledger", "partyOf", TIER_1.number))


def test_a_successor_is_admitted_and_can_be_suspended_again(house: House) -> None:
    assert suspend(house, TIER_1) == "None"
    announced = recover_of(house, TIER_1, succession=True)
    assert announced.carry(house) == "None"
    house.machine.pass_days(7)
    assert Instruction("complete", announced.message, (), "").carry(house) == "None"
    party = party_of(house)
    assert (party["status"], party["suspended_until_day"], party["administrators"]) == (ADMITTED, 0, 2)
    heirs = [person(TIER_1.number, f"new {at} True", 50 + at, "ADMIN", "TITLE") for at in range(2)]
    root = CORE.number << 32 | 1
    assert house.attest(nullifier_of(root), 5_000, TIER_1, CORE) == "None"
    assert house.issue(root, CORE, TIER_1, 5_000) == "None"
    keys = sorted((heir.address for heir in heirs), key=lambda address: int(address, 16))
    assert suspend(house, TIER_1, keys=keys) == "None"


def test_no_recovery_ends_a_suspension(house: House) -> None:
    announced = recover(house)
    assert announced.carry(house) == "None"
    assert suspend(house, TIER_1) == "None"
    house.machine.pass_days(7)
    refused(house, Instruction("complete", announced.message, (), ""), "SignerSuspended")
    again = announced.changed(expiresAt=house.expiry())
    refused(house, again, "SignerSuspended")
