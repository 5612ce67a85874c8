"""The slow paths of a signature: a contract wallet that approves beforehand, and a second person who co-signs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.adapters.ledger import acts
from tests.contracts import table
from tests.contracts.instructions import Instruction, grant, refused, revoke, set_signers, stored
from tests.contracts.wallets import deploy
from tests.house.cast import TIER_1, TIER_2, Person, grant_dict
from tests.house.house import REASONS, House
from tests.house.machine import STRANGER, Reverted

OWNER = TIER_1["checker"]


def walleted(house: House) -> tuple[Instruction, str, bytes, bytes]:
    """An assignment that tier 1's wallet signs: instruction, wallet, digest, the owner's word."""
    instruction = table.assign(house)
    wallet = deploy(house.machine, "OwnedWallet", OWNER.address)
    person = Person(TIER_1.number, "wallet", 5, 8, b"", wallet)
    assert set_signers(house, TIER_1, granted=[grant_dict(person)]) == "None"
    digest = acts.digest(house.domain, "Assign", instruction.message)
    r, vs = acts.sign(OWNER.key, digest)
    return instruction, wallet, digest, r + vs


def carry(house: House, instruction: Instruction, wallet: str) -> str:
    """Carry it with the wallet named in the holder's place."""
    verb = acts.verbs()["assign"]
    named = bytes.fromhex(wallet.removeprefix("0x")).rjust(32, b"\0"), bytes(32)
    acquirer = house.sign(TIER_2["maker"], "Assign", instruction.message)
    item = verb.pack({"act": instruction.message, "holder": named, "acquirer": acquirer})
    name: str = REASONS[house.machine.call("Ledger", "assign", [item])[0]]
    return name


def test_a_wallet_that_approved_signs_like_a_key(house: House) -> None:
    instruction, wallet, digest, word = walleted(house)
    assert carry(house, instruction, wallet) == "SignatureInvalid"  # nobody's signature, before it approved
    house.machine.call("Ledger", "approve", digest, wallet, word, sender=STRANGER)
    assert [event.name for event in house.machine.events] == ["Approved"]
    assert carry(house, instruction, wallet) == "None"
    assert house.title(table.ROOT)["holder"] == TIER_2.number


def test_a_wallet_approves_one_digest(house: House) -> None:
    instruction, wallet, digest, word = walleted(house)
    house.machine.call("Ledger", "approve", digest, wallet, word)
    before = stored(house)
    assert carry(house, instruction.changed(expiresAt=house.expiry() + 1), wallet) == "SignatureInvalid"
    assert stored(house) == before


def test_a_revoked_wallet_acts_no_more(house: House) -> None:
    instruction, wallet, digest, word = walleted(house)
    house.machine.call("Ledger", "approve", digest, wallet, word)
    revoke(house, TIER_1, Person(TIER_1.number, "wallet", 5, 8, b"", wallet))
    assert carry(house, instruction, wallet) == "SignerRevoked"


@pytest.mark.parametrize("case", ["another's word", "no wallet", "endless wallet"])
def test_a_wallet_that_does_not_agree(house: House, case: str) -> None:
    _, wallet, digest, word = walleted(house)
    if case == "another's word":
        r, vs = acts.sign(TIER_2["maker"].key, digest)
        word = r + vs
    elif case == "no wallet":
        wallet = OWNER.address
    else:
        wallet = deploy(house.machine, "HostileWallet", b"", True)
    before = stored(house)
    with pytest.raises(Reverted):
        house.machine.call("Ledger", "approve", digest, wallet, word)
    assert stored(house) == before
    assert house.machine.gas_used < 1_000_000


def test_a_second_person_lifts_the_mandate(house: House) -> None:
    instruction = table.issue(house)
    checker = instruction.slots[1]
    junior = grant(house, checker.party, 7, "ISSUE_CHECKER", soloCap=1_000)
    by_junior = instruction.signed_by(checker, junior)
    refused(house, by_junior, "AboveMandate")
    digest = acts.digest(house.domain, "Issue", instruction.message)
    assert (
        house.machine.call("Ledger", "coSign", digest, acts.sign(checker.who.key, digest), sender=STRANGER)
        == 0
    )
    assert by_junior.carry(house) == "None"


def test_a_co_signer_is_checked_again_when_the_act_arrives(house: House) -> None:
    instruction = table.issue(house)
    checker = instruction.slots[1]
    junior = grant(house, checker.party, 7, "ISSUE_CHECKER", soloCap=1_000)
    digest = acts.digest(house.domain, "Issue", instruction.message)
    house.machine.call("Ledger", "coSign", digest, acts.sign(checker.who.key, digest))
    revoke(house, checker.party, checker.who)
    refused(house, instruction.signed_by(checker, junior), "AboveMandate")


def test_co_signatures_that_count_for_nothing(house: House) -> None:
    """The wrong role, another party, a revoked key, nobody's key."""
    instruction = table.issue(house)
    checker = instruction.slots[1]
    junior = grant(house, checker.party, 7, "ISSUE_CHECKER", soloCap=1_000)
    digest = acts.digest(house.domain, "Issue", instruction.message)
    gone = grant(house, checker.party, 8, "ISSUE_CHECKER")
    revoke(house, checker.party, gone)
    nobody = replace(checker.who, key=b"\3" * 32)
    outcomes = [
        REASONS[house.machine.call("Ledger", "coSign", digest, acts.sign(who.key, digest))]
        for who in (instruction.slots[0].who, TIER_2["checker"], gone, nobody)
    ]
    assert outcomes == ["None", "None", "SignerRevoked", "SignatureInvalid"]
    refused(house, instruction.signed_by(checker, junior), "AboveMandate")
