"""An instruction as tests turn it over: who signs which part, what is signed, what is carried, what stays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.adapters.ledger import acts
from tests.house.cast import (
    CLEARING,
    EVERYONE,
    FOREVER,
    LENDER,
    PLATFORM,
    THIRD_BANK,
    Party,
    Person,
    grant_dict,
    person,
)
from tests.house.house import EVIDENCE_HASH, REASONS, House
from tests.house.machine import Event

_ACCOUNT = re.compile(r"(0x[0-9a-f]{40}): Account \{")
_SLOT = re.compile(r"(\d+): StorageSlot \{ previous_or_original_value: \d+, present_value: (\d+) \}")


def stored(house: House) -> dict[tuple[str, int], int]:
    """Every word that every contract has stored: what a refused act must leave as it was."""
    text = house.machine._evm.journal_str
    names = {address: name for name, address in house.machine.addresses.items()}
    found: dict[tuple[str, int], int] = {}
    for mark in _ACCOUNT.finditer(text):
        name = names.get(mark.group(1))
        if name is not None:
            # Only the storage: the code before it is one long word that no pattern should be tried on.
            start = text.index("storage: {", mark.end())
            part = text[start : text.index("}, status: ", start)]
            found.update(
                {(name, int(slot)): int(value) for slot, value in _SLOT.findall(part) if value != "0"}
            )
    return found


@dataclass(frozen=True, slots=True)
class Slot:
    """One signature of an instruction: the part it stands in, who signs, by which role, up to what amount (minor
    units; 0 where no mandate is asked). `office` says that the part is a list of offices."""

    part: str
    who: Person
    role: str
    amount: int = 0
    place: int | None = None
    office: bool = False

    @property
    def party(self) -> Party:
        """Whose signature it is."""
        return EVERYONE[self.who.party]

    def __str__(self) -> str:
        return self.part if self.place is None else f"{self.part}{self.place}"


@dataclass(frozen=True, slots=True)
class Instruction:
    """An act ready to be carried. `replayed` is the reason its second coming is refused with."""

    function: str
    message: Mapping[str, Any]
    slots: tuple[Slot, ...]
    replayed: str
    unsigned: Mapping[str, Any] = field(default_factory=dict)

    def changed(self, **fields: Any) -> Instruction:
        """The same with other fields in its message, to be signed anew."""
        return replace(self, message={**self.message, **fields})

    def signed_by(self, slot: Slot, who: Person) -> Instruction:
        """The same with another person in one place."""
        slots = tuple(replace(each, who=who) if each == slot else each for each in self.slots)
        return replace(self, slots=slots)

    def item(self, house: House, signed: Mapping[str, Any] | None = None, domain: Any = None) -> Any:
        """The packed item; `signed` is what was signed, where that differs from what is carried."""
        verb = acts.verbs()[self.function]
        digest = None
        if self.slots:
            digest = acts.digest(domain or house.domain, verb.act, signed or self.message)
        values: dict[str, Any] = {**self.unsigned}
        if verb.act:
            values["act"] = self.message
        for slot in self.slots:
            assert digest is not None
            signature: Any = acts.sign(slot.who.key, digest)
            if slot.office:
                signature = {"party": slot.party.number, "signature": signature}
            if slot.place is None:
                values[slot.part] = signature
            else:
                values.setdefault(slot.part, []).append(signature)
        return verb.pack(values) if verb.item.get("components") else self.unsigned["list"]

    def carry(self, house: House, *, sender: str | None = None, **item: Any) -> str:
        """Carry it and answer the name of its reason."""
        verb = acts.verbs()[self.function]
        answer = house.machine.call(verb.contract, self.function, [self.item(house, **item)], sender=sender)
        name: str = REASONS[answer[0]]
        return name


def refused(house: House, instruction: Instruction, reason: str, **carry: Any) -> None:
    """Carry an instruction that must be refused for this reason, log nothing else and leave every word alone."""
    before = stored(house)
    assert instruction.carry(house, **carry) == reason
    assert_only_skipped(house.machine.events, reason)
    assert stored(house) == before


def assert_only_skipped(events: Sequence[Event], reason: str) -> None:
    """One row of Skipped for the one item; nothing at all where the signature is nobody's."""
    if reason == "SignatureInvalid":
        assert events == []
    else:
        assert [event.name for event in events] == ["Skipped"]
        assert list(events[0].args["rows"]) == [REASONS.index(reason)]


def office_slots(part: str, *parties: Party) -> tuple[Slot, ...]:
    """The offices of these parties, in this order."""
    return tuple(
        Slot(part, party["office"], "OFFICE", place=place, office=True) for place, party in enumerate(parties)
    )


def administrators(party: Party) -> list[Person]:
    """The two people that make a party's quorum."""
    return [who for who in party.people.values() if who.roles & 1][:2]


def set_signers(house: House, party: Party, **changes: Any) -> str:
    """A party's quorum changes its signers."""
    act = {
        "party": party.number, "quorum": 2, "revoked": [], "granted": [], "nonce": house.nonce(),
        "expiresAt": FOREVER, **changes,
    }  # fmt: skip
    signatures = [house.sign(who, "SetSigners", act) for who in administrators(party)]
    return house.do("setSigners", act, party=signatures)


def grant(house: House, party: Party, number: int, *roles: str, **changes: Any) -> Person:
    """One more key for a party: for person `number`, with these roles."""
    who = person(party.number, f"key {house.nonce()}", number, *roles)
    assert set_signers(house, party, granted=[grant_dict(who, **changes)]) == "None"
    return who


def revoke(house: House, party: Party, who: Person) -> None:
    """A party takes a key back; a clerk joins, so that the quorum stays in reach."""
    clerk = person(party.number, f"clerk {house.nonce()}", 90, "ADMIN")
    reason = set_signers(house, party, revoked=[who.address], granted=[grant_dict(clerk)])
    assert reason == "None"


def keys_of(party: Party) -> list[str]:
    """All of a party's first keys, rising."""
    return sorted((who.address for who in party.people.values()), key=lambda address: int(address, 16))


def independent(party: Party) -> tuple[Party, Party]:
    """Two offices that have nothing to do with a party."""
    first, second = [each for each in (PLATFORM, LENDER, CLEARING, THIRD_BANK) if each is not party][:2]
    return first, second


def suspend_act(house: House, party: Party, **changes: Any) -> dict[str, Any]:
    """Two offices suspend a party for thirty days."""
    return {
        "party": party.number, "keys": keys_of(party), "order": EVIDENCE_HASH, "endDay": house.machine.day() + 30,
        "nonce": house.nonce(), "expiresAt": FOREVER, **changes,
    }  # fmt: skip


def suspend(house: House, party: Party, **changes: Any) -> str:
    """Suspend a party by two offices that have nothing to do with it."""
    act = suspend_act(house, party, **changes)
    return house.do("suspend", act, offices=house.offices("Suspend", act, *independent(party)))


def other_party_of(party: Party) -> Person:
    """A live signer of somebody else."""
    return (LENDER if party is THIRD_BANK else THIRD_BANK)["office"]
