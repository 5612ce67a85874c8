"""A warehouse keeper's attestors held the very role that attests invoices, and so could make them up."""

from __future__ import annotations

from tests.contracts.instructions import Instruction, office_slots
from tests.house.cast import CLEARING, KINDS, LENDER, Party, person
from tests.house.house import House


def test_a_keeper_has_no_attestor_of_invoices(house: House) -> None:
    people = [person(401, "attestor", 1, "ATTEST", "ADMIN"), person(401, "second", 2, "ADMIN")]
    keeper = Party(401, "keeper", KINDS["KEEPER"], 401, {who.name: who for who in people})
    admission = Instruction("admit", keeper.admit(), office_slots("offices", LENDER, CLEARING), "")
    assert admission.carry(house) == "RoleNotAllowed"
