"""Every state-changing function: only the signatures of decision 5 act, each refusal by its name, nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from chainsvc.artifacts import load
from chainsvc.codec import types_of
from gateway.adapters.ledger import acts
from tests.contracts.instructions import (
    Instruction,
    Slot,
    grant,
    other_party_of,
    refused,
    revoke,
    stored,
    suspend,
)
from tests.contracts.table import CARRIED_BY_ANYONE, MODULES_ONLY, OPEN_TO_ALL, TABLE, UNSIGNED
from tests.house.cast import TIER_2, TIER_3, Person, grant_dict, person
from tests.house.house import House
from tests.house.machine import CHAIN_ID, DEPLOYER, RELAYER, STRANGER, Reverted

SIGNED = [name for name in TABLE if name not in UNSIGNED]


def slots_of(name: str) -> list[Slot]:
    """The signatures of a row, found by building it once."""
    return list(TABLE[name](House()).slots)


MORE = {"revoked": [TIER_2["maker"].address], "granted": [grant_dict(person(201, "one more", 9))]}
"""What a relayer might put where nothing was signed."""

ALL_SLOTS = [
    pytest.param(name, at, id=f"{name}-{slot}") for name in SIGNED for at, slot in enumerate(slots_of(name))
]
MANDATED = [
    pytest.param(name, at, id=f"{name}-{slot}")
    for name in SIGNED
    for at, slot in enumerate(slots_of(name))
    if slot.amount
]


def pairs() -> Iterator[Any]:
    """Rows where one party signs twice, or several offices sign."""
    for name in SIGNED:
        slots = slots_of(name)
        for at, slot in enumerate(slots):
            for first in slots[:at]:
                if first.who.party == slot.who.party or (first.office and slot.office):
                    yield pytest.param(name, slots.index(first), at, id=f"{name}-{first}-{slot}")


def roles(slot: Slot) -> tuple[str, ...]:
    return () if slot.role == "any" else (slot.role,)


def changing_functions() -> list[str]:
    return [
        f"{contract}.{entry['name']}"
        for contract in acts.CONTRACTS
        for entry in load(contract).abi
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    ]


def test_every_changing_function_has_its_row() -> None:
    relayed = {f"{verb.contract}.{verb.function}" for verb in acts.verbs().values()}
    assert {name.split(" ")[0] for name in TABLE} == set(acts.verbs())
    assert set(changing_functions()) == relayed | set(MODULES_ONLY) | set(OPEN_TO_ALL)
    assert not relayed & (set(MODULES_ONLY) | set(OPEN_TO_ALL))


@pytest.mark.parametrize("name", TABLE)
def test_is_done_with_all_its_signatures_and_once_only(house: House, name: str) -> None:
    instruction = TABLE[name](house)
    before = stored(house)
    assert instruction.carry(house) == "None"
    assert "Skipped" not in [event.name for event in house.machine.events]
    assert stored(house) != before
    if instruction.replayed == "None":  # what nobody signs may be done again, and changes nothing
        after = stored(house)
        assert instruction.carry(house) == "None"
        assert stored(house) == after
        return
    refused(house, instruction, instruction.replayed)


@pytest.mark.parametrize(("name", "at"), ALL_SLOTS)
def test_the_wrong_party_is_refused(house: House, name: str, at: int) -> None:
    instruction = TABLE[name](house)
    slot = instruction.slots[at]
    stranger = other_party_of(slot.party)
    refused(house, _sign_as(instruction, slot, stranger), "WrongParty")


@pytest.mark.parametrize(("name", "at"), ALL_SLOTS)
def test_the_wrong_role_is_refused(house: House, name: str, at: int) -> None:
    instruction = TABLE[name](house)
    slot = instruction.slots[at]
    clerk = grant(house, slot.party, 80)
    refused(house, instruction.signed_by(slot, clerk), "WrongRole")


@pytest.mark.parametrize(("name", "first", "second"), list(pairs()))
def test_one_person_with_two_keys_is_refused(house: House, name: str, first: int, second: int) -> None:
    instruction = TABLE[name](house)
    one, two = instruction.slots[first], instruction.slots[second]
    again = grant(house, one.party, one.who.number, *roles(two))
    reason = "OfficesSameGroup" if two.office else "SamePerson"
    refused(house, instruction.signed_by(two, again), reason)


@pytest.mark.parametrize(("name", "at"), ALL_SLOTS)
def test_a_revoked_signer_acts_no_more(house: House, name: str, at: int) -> None:
    instruction = TABLE[name](house)
    revoke(house, instruction.slots[at].party, instruction.slots[at].who)
    refused(house, instruction, "SignerRevoked")


@pytest.mark.parametrize(("name", "at"), ALL_SLOTS)
def test_a_suspended_signer_is_refused(house: House, name: str, at: int) -> None:
    instruction = TABLE[name](house)
    assert suspend(house, instruction.slots[at].party) == "None"
    refused(house, instruction, "SignerSuspended")


@pytest.mark.parametrize("validity", ["expired", "not yet valid"])
@pytest.mark.parametrize(("name", "at"), ALL_SLOTS)
def test_a_signer_outside_its_validity_is_refused(house: House, name: str, at: int, validity: str) -> None:
    instruction = TABLE[name](house)
    slot = instruction.slots[at]
    now = house.machine.now
    span = {"validUntil": now - 1} if validity == "expired" else {"validFrom": now + 1}
    late = grant(house, slot.party, 81, *roles(slot), **span)
    refused(house, instruction.signed_by(slot, late), "SignerExpired")


@pytest.mark.parametrize(("name", "at"), MANDATED)
def test_above_the_mandate_a_second_person_must_agree(house: House, name: str, at: int) -> None:
    instruction = TABLE[name](house)
    slot = instruction.slots[at]
    junior = grant(house, slot.party, 82, *roles(slot), soloCap=slot.amount - 1)
    by_junior = instruction.signed_by(slot, junior)
    refused(house, by_junior, "AboveMandate")
    digest = acts.digest(house.domain, acts.verbs()[instruction.function].act, instruction.message)
    for who in (junior, slot.who):
        house.machine.call("Ledger", "coSign", digest, acts.sign(who.key, digest), sender=STRANGER)
        if who is junior:
            refused(house, by_junior, "AboveMandate")
    assert by_junior.carry(house) == "None"


@pytest.mark.parametrize("name", SIGNED)
def test_an_expired_instruction_is_refused(house: House, name: str) -> None:
    instruction = TABLE[name](house)
    refused(house, instruction.changed(expiresAt=house.machine.now - 1), "InstructionExpired")


@pytest.mark.parametrize(("name", "at"), ALL_SLOTS)
def test_an_unknown_key_is_refused_unlogged(house: House, name: str, at: int) -> None:
    instruction = TABLE[name](house)
    slot = instruction.slots[at]
    nobody = replace(slot.who, key=sha256(b"a key that nobody registered").digest())
    refused(house, _sign_as(instruction, slot, nobody), "SignatureInvalid")


@pytest.mark.parametrize("name", SIGNED)
def test_no_field_can_be_altered_on_the_way(house: House, name: str) -> None:
    instruction = TABLE[name](house)
    before = stored(house)
    for field, value in instruction.message.items():
        altered = instruction.changed(**{field: _other(value) if value != [] else MORE[field]})
        assert altered.carry(house, signed=instruction.message) != "None", field
        assert [event.name for event in house.machine.events] in ([], ["Skipped"]), field
        assert stored(house) == before, field
    later = instruction.changed(expiresAt=instruction.message["expiresAt"] - 1)
    refused(house, later, "SignatureInvalid", signed=instruction.message)


@pytest.mark.parametrize("name", SIGNED)
def test_a_signature_counts_on_one_chain_and_one_ledger(house: House, name: str) -> None:
    instruction = TABLE[name](house)
    elsewhere = acts.Domain(CHAIN_ID + 1, house.domain.ledger)
    refused(house, instruction, "SignatureInvalid", domain=elsewhere)
    other = acts.Domain(CHAIN_ID, house.machine.addresses["Evidence"])
    refused(house, instruction, "SignatureInvalid", domain=other)
    assert instruction.carry(house) == "None"


@pytest.mark.parametrize("name", TABLE)
def test_who_may_carry(house: House, name: str) -> None:
    instruction = TABLE[name](house)
    if instruction.function in CARRIED_BY_ANYONE:
        assert instruction.carry(house, sender=STRANGER) == "None"
        return
    before = stored(house)
    for sender in (STRANGER, DEPLOYER):
        with pytest.raises(Reverted) as refusal:
            instruction.carry(house, sender=sender)
        assert refusal.value.name == "NotRelayer"
    assert stored(house) == before
    # Any live signer of any party is its own relayer.
    assert instruction.carry(house, sender=TIER_2["maker"].address) == "None"


@pytest.mark.parametrize("sender", [STRANGER, RELAYER, DEPLOYER, TIER_3["maker"].address])
@pytest.mark.parametrize("function", MODULES_ONLY)
def test_no_key_has_a_modules_power(house: House, function: str, sender: str) -> None:
    contract, name = function.split(".")
    entry = next(
        each for each in load(contract).abi if each.get("name") == name and each["type"] == "function"
    )
    before = stored(house)
    with pytest.raises(Reverted) as refusal:
        house.machine.call(
            contract, name, *[_zero(kind) for kind in types_of(entry["inputs"])], sender=sender
        )
    assert refusal.value.name == "NotModule"
    assert stored(house) == before


def _sign_as(instruction: Instruction, slot: Slot, who: Person) -> Instruction:
    """The place stays the party's; the signature is another's."""
    return instruction.signed_by(slot, replace(who, party=slot.who.party))


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value ^ 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, list):
        return [_other(value[0]), *value[1:]]
    if isinstance(value, dict):
        field = next(key for key, part in value.items() if isinstance(part, int))
        return {**value, field: value[field] ^ 1}
    return STRANGER


def _zero(kind: str) -> Any:
    if kind.endswith("[]"):
        return []
    if kind == "bool":
        return False
    if kind.startswith("("):
        return tuple(_zero(part) for part in kind[1:-1].split(","))
    return {"bytes32": bytes(32), "address": "0x" + "00" * 20, "bool": False}.get(kind, 0)
