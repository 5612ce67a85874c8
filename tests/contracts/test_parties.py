"""Parties: admitted, changing signers, losing keys, succeeded, suspended, stopped."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.adapters.ledger import acts
from tests.contracts import table
from tests.contracts.instructions import (
    Instruction,
    Slot,
    grant,
    keys_of,
    office_slots,
    refused,
    revoke,
    set_signers,
    suspend,
)
from tests.contracts.table import AMOUNT, ROOT, recover_of
from tests.house.cast import (
    CLEARING,
    CORE,
    FOREVER,
    KINDS,
    LENDER,
    PLATFORM,
    THIRD_BANK,
    TIER_1,
    TIER_2,
    Party,
    Person,
    enterprise,
    grant_dict,
    person,
)
from tests.house.house import EVIDENCE_HASH, House, account_of, nullifier_of
from tests.house.machine import STRANGER, Machine


def admission(party: Party, *offices: Party) -> Instruction:
    return Instruction("admit", party.admit(), office_slots("offices", *offices), "")


def of_kind(kind: int, *people: Person) -> Party:
    return Party(people[0].party, "somebody", kind, people[0].party, {who.name: who for who in people})


# ── Admission ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kinds", "roles", "reason"),
    [
        (KINDS["ENTERPRISE"], ("ADMIN", "TITLE"), "None"),
        (0, ("ADMIN",), "PartyKindConflict"),
        (KINDS["ENTERPRISE"], ("OFFICE",), "RoleNotAllowed"),
        (KINDS["ENTERPRISE"], ("CREDIT_MAKER",), "RoleNotAllowed"),
        (KINDS["ENTERPRISE"], ("PAYMENTS",), "RoleNotAllowed"),
        (KINDS["ENTERPRISE"], ("ATTEST",), "RoleNotAllowed"),
        (KINDS["LENDER"], ("CREDIT_MAKER", "CREDIT_CHECKER"), "None"),
        (KINDS["LENDER"], ("CLEARING",), "RoleNotAllowed"),
    ],
)
def test_roles_follow_what_a_party_is(house: House, kinds: int, roles: tuple[str, ...], reason: str) -> None:
    board = person(301, "second", 2, "ADMIN"), person(301, "third", 3, "ADMIN")
    people = person(301, "first", 1, *roles), *board
    instruction = admission(of_kind(kinds, *people), PLATFORM, LENDER)
    if reason == "None":
        assert instruction.carry(house) == "None"
    else:
        refused(house, instruction, reason)


def test_the_platform_holds_no_other_part(house: House) -> None:
    """It informs: never holder, debtor, lender, payer, payee or guarantor."""
    people = person(2, "first", 1, "OFFICE", "ADMIN"), person(2, "second", 2, "ADMIN")
    trading = of_kind(KINDS["PLATFORM"] | KINDS["ENTERPRISE"], *people)
    refused(house, admission(trading, LENDER, CLEARING), "PartyKindConflict")
    mine = grant_dict(person(1, "trader", 9, "TITLE"))
    assert set_signers(house, PLATFORM, granted=[mine]) == "RoleNotAllowed"


@pytest.mark.parametrize("offices", [(PLATFORM, LENDER), (LENDER,), (PLATFORM, LENDER, CLEARING)], ids=len)
def test_a_bank_is_admitted_by_a_majority_of_banks_only(house: House, offices: tuple[Party, ...]) -> None:
    reason = "OfficesTooFew" if len(offices) < 2 else "RoleNotAllowed"
    refused(house, admission(table.FOURTH_BANK, *offices), reason)


def test_the_majority_grows_with_the_banks(house: House) -> None:
    assert house.machine.view("Registry", "banks") == (3, 2)
    assert table.admit_bank(house).carry(house) == "None"
    assert house.machine.view("Registry", "banks") == (4, 3)
    refused(house, table.set_limit(house), "OfficesTooFew")
    limit = table.set_limit(house)
    three = Instruction("setLimit", limit.message, office_slots("banks", LENDER, CLEARING, THIRD_BANK), "")
    assert three.carry(house) == "None"


def test_who_attests_money_grants_no_credit(house: House) -> None:
    """Not with one key, not with two keys, not in two steps."""
    both = person(14, "both", 1, "PAYMENTS", "CREDIT_MAKER", "ADMIN")
    second = person(14, "second", 2, "ADMIN")
    refused(house, admission(of_kind(KINDS["BANK"], both, second), LENDER, CLEARING), "RoleNotAllowed")
    twice = (
        person(14, "one key", 1, "PAYMENTS", "ADMIN"),
        person(14, "other key", 1, "CREDIT_MAKER"),
        person(14, "second", 2, "ADMIN"),
    )
    refused(house, admission(of_kind(KINDS["BANK"], *twice), LENDER, CLEARING), "RoleNotAllowed")
    later = grant_dict(person(LENDER.number, "later", 3, "CREDIT_MAKER"))
    assert set_signers(house, LENDER, granted=[later]) == "RoleNotAllowed"


def test_a_key_belongs_to_one_party_for_ever(house: House) -> None:
    taken = grant_dict(TIER_2["maker"])
    assert set_signers(house, TIER_1, granted=[taken]) == "SignerTaken"
    new = grant_dict(person(201, "new", 5, "TITLE"))
    assert set_signers(house, TIER_1, granted=[new, new]) == "SignerTaken"
    gone = grant(house, TIER_1, 6, "TITLE")
    revoke(house, TIER_1, gone)
    assert set_signers(house, TIER_1, granted=[grant_dict(gone)]) == "SignerTaken"
    assert set_signers(house, TIER_1, granted=[{**new, "key": "0x" + "00" * 20}]) == "SignerTaken"


# ── Signers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_signers_change_and_titles_stay(house: House) -> None:
    root = house.live_root(1, AMOUNT, TIER_1)
    new = [person(TIER_1.number, f"new {at}", 10 + at, "ADMIN", "TITLE") for at in range(2)]
    reason = set_signers(house, TIER_1, revoked=keys_of(TIER_1), granted=[grant_dict(who) for who in new])
    assert reason == "None"
    assert house.title(root)["holder"] == TIER_1.number
    act = {
        "title": root, "sequence": 0, "to": TIER_2.number, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    assert house.do("assign", act, holder=TIER_1["maker"], acquirer=TIER_2["maker"]) == "SignerRevoked"
    assert house.do("assign", act, holder=new[0], acquirer=TIER_2["maker"]) == "None"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quorum": 0}, "QuorumUnreachable"),
        ({"quorum": 3}, "QuorumUnreachable"),
        ({"revoked": [TIER_1["maker"].address]}, "QuorumUnreachable"),
        ({"revoked": [TIER_2["maker"].address]}, "SignerUnknown"),
        ({"revoked": [STRANGER]}, "SignerUnknown"),
        ({"revoked": [TIER_1["maker"].address] * 2}, "SignerUnknown"),
        (
            {"granted": [grant_dict(person(201, f"crowd {at}", 20 + at)) for at in range(15)]},
            "QuorumUnreachable",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_changes_that_would_leave_a_party_helpless(
    house: House, changes: dict[str, Any], reason: str
) -> None:
    assert set_signers(house, TIER_1, **changes) == reason


def test_a_mandate_changes_with_the_key(house: House) -> None:
    """A junior may sign up to 1,000.00; a new key of the same person up to 2,000.00."""
    root = house.live_root(1, AMOUNT, TIER_1)
    junior = grant(house, TIER_1, 6, "TITLE", soloCap=100_000)
    senior = grant(house, TIER_1, 6, "TITLE", soloCap=200_000)
    act = {
        "title": root, "sequence": 0, "child": table.CHILD, "quantity": 150_000, "to": TIER_2.number,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    assert house.do("split", act, holder=junior, acquirer=TIER_2["maker"]) == "AboveMandate"
    assert house.do("split", act, holder=senior, acquirer=TIER_2["maker"]) == "None"


# ── Lost keys, succession ───────────────────────────────────────────────────────────────────────────────────────


def new_people(party: Party, *, succession: bool = False) -> list[Person]:
    return [person(party.number, f"new {at} {succession}", 50 + at, "ADMIN", "TITLE") for at in range(2)]


def completing(announced: Instruction) -> Instruction:
    return Instruction("complete", announced.message, (), "RecoveryUnknown")


def test_lost_keys_are_replaced_after_seven_public_days(house: House) -> None:
    root = house.live_root(1, AMOUNT, TIER_1)
    announced = recover_of(house, TIER_1)
    assert announced.carry(house) == "None"
    assert house.machine.events[0].name == "RecoveryAnnounced"
    house.machine.now += 7 * 86_400 - 1
    house.machine._set_clock()
    refused(house, completing(announced), "RecoveryTooSoon", sender=STRANGER)
    house.machine.now += 1
    house.machine._set_clock()
    assert completing(announced).carry(house, sender=STRANGER) == "None"
    assert house.assign(root, TIER_1, TIER_2) == "SignerRevoked"
    act = {
        "title": root, "sequence": 0, "to": TIER_2.number, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    assert house.do("assign", act, holder=new_people(TIER_1)[0], acquirer=TIER_2["maker"]) == "None"


def test_any_live_signer_vetoes(house: House) -> None:
    clerk = grant(house, TIER_1, 7, "BORROW")
    announced = recover_of(
        house, TIER_1, revoked=sorted([*keys_of(TIER_1), clerk.address], key=lambda key: int(key, 16))
    )
    assert announced.carry(house) == "None"
    recovery, ready_at = house.machine.view("Registry", "recoveryOf", TIER_1.number)
    assert ready_at == house.machine.now + 7 * 86_400
    act = {"party": TIER_1.number, "recovery": recovery, "expiresAt": FOREVER}
    refused(house, Instruction("veto", act, (Slot("party", TIER_2["maker"], ""),), ""), "WrongParty")
    assert Instruction("veto", act, (Slot("party", clerk, ""),), "").carry(house, sender=STRANGER) == "None"
    house.machine.pass_days(8)
    refused(house, completing(announced), "RecoveryUnknown")


def test_every_signer_must_be_named(house: House) -> None:
    refused(house, recover_of(house, TIER_1, revoked=keys_of(TIER_1)[:1]), "SignerUnknown")
    refused(house, recover_of(house, TIER_1, revoked=keys_of(TIER_1)[::-1]), "SignerUnknown")
    refused(house, recover_of(house, TIER_1, revoked=keys_of(TIER_2)), "SignerUnknown")
    refused(house, recover_of(house, TIER_1).changed(party=999), "PartyUnknown")


def test_a_signer_change_in_the_seven_days_ends_a_recovery(house: House) -> None:
    announced = recover_of(house, TIER_1)
    assert announced.carry(house) == "None"
    grant(house, TIER_1, 7, "BORROW")
    house.machine.pass_days(7)
    refused(house, completing(announced), "SignerUnknown")


def test_a_courts_succession_knows_no_veto(house: House) -> None:
    announced = recover_of(house, TIER_1, succession=True)
    assert announced.carry(house) == "None"
    recovery, _ = house.machine.view("Registry", "recoveryOf", TIER_1.number)
    act = {"party": TIER_1.number, "recovery": recovery, "expiresAt": FOREVER}
    refused(house, Instruction("veto", act, (Slot("party", TIER_1["maker"], ""),), ""), "RoleNotAllowed")
    house.machine.pass_days(7)
    assert completing(announced).carry(house) == "None"


def test_a_suspended_party_cannot_dodge_its_succession(house: House) -> None:
    """Suspended first, it cannot change its signers while the seven days run."""
    announced = recover_of(house, TIER_1, succession=True)
    assert suspend(house, TIER_1) == "None"
    assert announced.carry(house) == "None"
    more = grant_dict(person(201, "dodge", 7))
    assert set_signers(house, TIER_1, granted=[more]) == "SignerSuspended"
    house.machine.pass_days(7)
    assert completing(announced).carry(house) == "None"


# ── Suspension, stop ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_suspended_party_acts_no_more_until_it_is_reinstated(house: House) -> None:
    root = house.live_root(1, AMOUNT, TIER_1)
    assert suspend(house, TIER_1) == "None"
    assert house.assign(root, TIER_1, TIER_2) == "SignerSuspended"
    act = {
        "party": TIER_1.number, "keys": keys_of(TIER_1), "order": EVIDENCE_HASH, "nonce": house.nonce(),
        "expiresAt": house.expiry(),
    }  # fmt: skip
    house.must("reinstate", act, offices=house.offices("Reinstate", act, PLATFORM, LENDER))
    assert house.assign(root, TIER_1, TIER_2) == "None"


def test_a_suspension_names_every_key(house: House) -> None:
    assert suspend(house, TIER_1, keys=keys_of(TIER_1)[:1]) == "SignerUnknown"
    assert suspend(house, TIER_1, keys=keys_of(TIER_2)) == "SignerUnknown"
    assert suspend(house, TIER_1, order=bytes(32)) == "EvidenceMissing"


def test_a_stopped_core_issues_nothing_until_cured_or_the_end_day(house: House) -> None:
    assert house.attest(nullifier_of(ROOT), AMOUNT, TIER_1, CORE) == "None"
    assert table.stop(house).carry(house) == "None"
    assert house.issue(ROOT, CORE, TIER_1, AMOUNT) == "IssuerStopped"
    house.machine.pass_days(20)
    assert house.issue(ROOT, CORE, TIER_1, AMOUNT) == "IssuerStopped"
    house.machine.pass_days(1)
    assert house.issue(ROOT, CORE, TIER_1, AMOUNT) == "None"
    cured = {"party": CORE.number, "reason": EVIDENCE_HASH, "nonce": 5, "expiresAt": FOREVER}
    refused(house, Instruction("cure", cured, office_slots("offices", PLATFORM, LENDER), ""), "NotStopped")


def test_an_account_is_bound_by_quorum_and_bank(house: House) -> None:
    instruction = table.bind_account(house)
    one = Instruction("bindAccount", instruction.message, (instruction.slots[0], instruction.slots[2]), "")
    refused(house, one, "OfficesTooFew")
    refused(house, instruction.changed(party=999), "PartyUnknown")
    before = house.machine.view("Settlement", "accountOf", TIER_1.number, 156)
    assert instruction.carry(house) == "None"
    assert house.machine.view("Settlement", "accountOf", TIER_1.number, 156) != before
    assert house.machine.view("Settlement", "accountOf", TIER_1.number, 840) == bytes(32)
    house.bind_account(TIER_1, CLEARING, account_of(TIER_1))
    assert house.machine.view("Settlement", "accountOf", TIER_1.number, 156) == before


def test_genesis_refuses_a_platform_that_trades() -> None:
    trading = Party(1, "platform", KINDS["PLATFORM"] | KINDS["BANK"], 1, enterprise(1, "x", 1).people)
    with pytest.raises(RuntimeError):
        Machine([acts.pack_act("admit", trading.admit())], 1_790_000_000)
