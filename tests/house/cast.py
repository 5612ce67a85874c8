"""The cast: parties with people, keys and roles, as the Registry would admit them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from eth_account import Account

FOREVER = 2**40 - 1
UNLIMITED = 2**48 - 1

ROLES = {
    "ADMIN": 1,
    "ISSUE_MAKER": 2,
    "ISSUE_CHECKER": 4,
    "TITLE": 8,
    "BORROW": 16,
    "CREDIT_MAKER": 32,
    "CREDIT_CHECKER": 64,
    "PAYMENTS": 128,
    "CLEARING": 256,
    "ATTEST": 512,
    "OFFICE": 1024,
    "KEEP": 2048,
}
KINDS = {
    "ENTERPRISE": 1,
    "BANK": 2,
    "LENDER": 4,
    "KEEPER": 8,
    "EVIDENCE": 16,
    "PLATFORM": 32,
    "GUARANTOR": 64,
}


@dataclass(frozen=True, slots=True)
class Person:
    """One key of one person of a party."""

    party: int
    name: str
    number: int
    roles: int
    key: bytes
    address: str

    def grant(self, *, solo_cap: int = UNLIMITED, valid_until: int = FOREVER) -> tuple[Any, ...]:
        """The SignerGrant that admits this key."""
        return (self.address, self.number, self.roles, solo_cap, 0, valid_until, False, bytes(32))


@dataclass(frozen=True, slots=True)
class Party:
    """A legal entity and its people."""

    number: int
    name: str
    kinds: int
    group: int
    people: Mapping[str, Person]

    def __getitem__(self, person: str) -> Person:
        return self.people[person]

    def admit(self, expires_at: int = FOREVER) -> dict[str, Any]:
        """The Admit act of this party; two administrators make its quorum."""
        return {
            "party": self.number,
            "kinds": self.kinds,
            "group": self.group,
            "identity": sha256(self.name.encode()).digest(),
            "quorum": 2,
            "signers": [grant_dict(person) for person in self.people.values()],
            "expiresAt": expires_at,
        }


def grant_dict(person: Person, **changes: Any) -> dict[str, Any]:
    """A SignerGrant by field names."""
    names = ("key", "person", "roles", "soloCap", "validFrom", "validUntil", "managed", "certificate")
    return {**dict(zip(names, person.grant(), strict=True)), **changes}


def person(party: int, name: str, number: int, *roles: str) -> Person:
    """A person with a key that is always the same for the same names."""
    key = sha256(f"tallystick test {party} {name}".encode()).digest()
    bits = sum(ROLES[role] for role in roles)
    return Person(party, name, number, bits, key, Account.from_key(key).address)


def enterprise(number: int, name: str, group: int) -> Party:
    """A trading firm: a maker and a checker, either of whom may act on titles."""
    common = ("ADMIN", "TITLE", "BORROW")
    people = [
        person(number, "maker", 1, "ISSUE_MAKER", *common),
        person(number, "checker", 2, "ISSUE_CHECKER", *common),
    ]
    return Party(number, name, KINDS["ENTERPRISE"], group, {each.name: each for each in people})


def bank(number: int, name: str, group: int) -> Party:
    """A bank: credit, payments, clearing and risk people, who are different people."""
    people = [
        person(number, "credit_maker", 1, "CREDIT_MAKER", "ADMIN", "TITLE"),
        person(number, "credit_checker", 2, "CREDIT_CHECKER", "CREDIT_MAKER", "ADMIN", "TITLE"),
        person(number, "payments", 3, "PAYMENTS"),
        person(number, "payments_second", 4, "PAYMENTS"),
        person(number, "clearing", 5, "CLEARING"),
        person(number, "office", 6, "OFFICE"),
    ]
    kinds = KINDS["BANK"] | KINDS["LENDER"]
    return Party(number, name, kinds, group, {each.name: each for each in people})


PLATFORM = Party(
    1,
    "platform",
    KINDS["PLATFORM"],
    1,
    {
        each.name: each
        for each in (
            person(1, "office", 1, "OFFICE", "ADMIN"),
            person(1, "office_second", 2, "OFFICE", "ADMIN"),
        )
    },
)
LENDER = bank(11, "lending bank", 11)
CLEARING = bank(12, "clearing bank", 12)
THIRD_BANK = bank(13, "third bank", 13)
EVIDENCE = Party(
    21,
    "evidence service",
    KINDS["EVIDENCE"],
    21,
    {
        each.name: each
        for each in (person(21, "attestor", 1, "ATTEST", "ADMIN"), person(21, "keeper of keys", 2, "ADMIN"))
    },
)
CORE = enterprise(101, "core enterprise", 101)
TIER_1 = enterprise(201, "tier 1 supplier", 201)
TIER_2 = enterprise(202, "tier 2 supplier", 202)
TIER_3 = enterprise(203, "tier 3 supplier", 203)
GUARANTOR = replace(enterprise(311, "guarantor", 311), kinds=KINDS["ENTERPRISE"] | KINDS["GUARANTOR"])
INSURER = replace(enterprise(312, "insurer", 312), kinds=KINDS["ENTERPRISE"] | KINDS["GUARANTOR"])


def keeper(number: int, name: str) -> Party:
    """Who keeps goods, or controls them for a lender: two people, either of whom may."""
    people = [
        person(number, "keeper", 1, "KEEP", "ADMIN", "TITLE"),
        person(number, "second keeper", 2, "KEEP", "ADMIN"),
    ]
    return Party(number, name, KINDS["KEEPER"], number, {each.name: each for each in people})


KEEPER = keeper(31, "warehouse keeper")
CONTROL_AGENT = keeper(32, "control agent")
INSPECTOR = Party(
    22,
    "inspector of goods",
    KINDS["EVIDENCE"],
    22,
    {
        each.name: each
        for each in (
            person(22, "inspector", 1, "ATTEST", "ADMIN"),
            person(22, "second inspector", 2, "ATTEST", "ADMIN"),
        )
    },
)

GENESIS = (PLATFORM, LENDER, CLEARING, THIRD_BANK)
ADMITTED = (EVIDENCE, CORE, TIER_1, TIER_2, TIER_3, GUARANTOR, INSURER, KEEPER, INSPECTOR, CONTROL_AGENT)
EVERYONE = {party.number: party for party in GENESIS + ADMITTED}
