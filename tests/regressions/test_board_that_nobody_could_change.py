"""A quorum was held against all signers of a party, clerks too: a board could be left with fewer administrators than
its quorum, and nobody could change it any more."""

from __future__ import annotations

from tests.contracts.instructions import office_slots, refused, set_signers
from tests.contracts.table import NEWCOMER, Instruction, recover_of
from tests.house.cast import LENDER, PLATFORM, TIER_1, grant_dict, person
from tests.house.house import House


def test_clerks_do_not_make_a_quorum(house: House) -> None:
    clerk = person(TIER_1.number, "clerk", 90, "TITLE")
    joined = {"revoked": [TIER_1["maker"].address], "granted": [grant_dict(clerk)]}
    assert set_signers(house, TIER_1, **joined) == "QuorumUnreachable"
    assert set_signers(house, TIER_1, quorum=1, **joined) == "None"
    assert set_signers(house, TIER_1, quorum=1) == "SignerRevoked"


def test_nobody_is_admitted_or_recovered_to_such_a_board(house: House) -> None:
    people = [
        person(NEWCOMER.number, f"person {at}", at, *roles) for at, roles in enumerate((["ADMIN"], ["TITLE"]))
    ]
    act = {**NEWCOMER.admit(house.expiry()), "signers": [grant_dict(who) for who in people]}
    offices = office_slots("offices", PLATFORM, LENDER)
    refused(house, Instruction("admit", act, offices, ""), "QuorumUnreachable")
    assert Instruction("admit", {**act, "quorum": 1}, offices, "").carry(house) == "None"
    heirs = [person(TIER_1.number, f"heir {at}", 50 + at, "TITLE") for at in range(2)]
    refused(house, recover_of(house, TIER_1, granted=[grant_dict(who) for who in heirs]), "QuorumUnreachable")
