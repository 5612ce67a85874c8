"""What named persons decided about booked entries: a book of its own, hash-linked, in which nothing is altered.

A decision creates no value. It says what an entry is about, so that facts can be drafted; each still needs the
signature of the bank that booked the money, and the contracts' agreement. The last decision about an entry holds; one
above the threshold holds from the moment on at which a second person has agreed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak
from sqlalchemy import Connection, select

from gateway.adapters.banks import tellings
from gateway.db import links, own
from gateway.services.payments import FactKind, end_to_end_id

ALLOCATE, LINK, RETURN = "allocate", "link", "return"
PROPOSED, DECIDED, SECONDED = "proposed", "decided", "seconded"

SENT_BACK = "BACK"
"""The kind of a part that is returned to who sent it; it is no fact of the ledger."""

_UNIT = "\x1f"
"""Between a reference and a part's number: XML cannot hold it, so no bank's reference can look like a part's."""

Row = Mapping[str, Any]
Place = tuple[str, str, str]
"""BIC, account and reference of an entry."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What holds, or is proposed, about one entry.

    Attributes:
        decision: its id. step: `decided` or `seconded` when it holds, `proposed` while a second person is missing.
        exit: allocate, link or return.
        parts: of an allocation or return: kind, subject, loan and amount of each; for BACK the payee.
        same_as: references of the entries on the same account that are this very movement.
        telling: which of the contradicting tellings holds, empty where they do not contradict each other.
        known: marks of everything that messages told of the entry when it was decided.
    """

    decision: str
    step: str
    exit: str
    person: str
    reason: str
    at: int
    parts: Sequence[Mapping[str, Any]]
    same_as: Sequence[str]
    telling: Mapping[str, Any]
    known: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether it has effect."""
        return self.step != PROPOSED


def overtaken(entry: Row, decision: Decision) -> bool:
    """Whether a message told otherwise of the entry since it was decided about: what was decided then binds nobody."""
    told = tellings.since(entry["tellings"], decision.known, decision.telling)
    return bool(tellings.columns_of(told)["contested"])


def part_entry(reference: str, number: int, parts: int) -> bytes:
    """What the ledger knows a part's movement by; a single part is the bank's entry itself."""
    return keccak((reference if parts == 1 else f"{reference}{_UNIT}{number}").encode())


def as_entries(entry: Row, decision: Decision) -> Iterator[dict[str, Any]]:
    """The parts of an allocated entry in the form of entries, as the ledger may have them."""
    for number, part in enumerate(decision.parts, 1):
        if part["kind"] == SENT_BACK:
            continue
        kind = FactKind[part["kind"]]
        named = FactKind.CREDITED if kind in (FactKind.COLLECTED, FactKind.RETURNED) else kind
        yield {
            **entry,
            "entry": part_entry(entry["reference"], number, len(decision.parts)),
            "amount": int(part["amount"]),
            "end_to_end": end_to_end_id(named, int(part["subject"]), 0, int(part.get("loan", 0))),
            "returned": "yes" if kind is FactKind.RETURNED else "",
            "contested": "",  # the decision said which telling holds
        }


def back_reference(decision: str, number: int) -> str:
    """The end-to-end id under which a part is sent back; the debit entry that bears it ends the matter."""
    return f"BACK-{decision}-{number}"


def rows(connection: Connection) -> list[Row]:
    """The whole book, in order."""
    table = own.money_decisions
    return [dict(row) for row in connection.execute(select(table).order_by(table.c.place)).mappings()]


def read(book: Sequence[Row]) -> dict[Place, list[Decision]]:
    """By entry: the decision that holds, and the one that waits for a second person, if there are any."""
    by_id: dict[str, Decision] = {}
    places: dict[str, Place] = {}
    for row in book:
        if row["step"] == SECONDED:
            by_id[row["decision"]] = _decision(row, json.loads(row["content"]))
            # It takes the place of what was decided before it.
            places[row["decision"]] = places.pop(row["decision"])
            continue
        by_id[row["decision"]] = _decision(row, json.loads(row["content"]))
        places[row["decision"]] = (row["bic"], row["account"], row["reference"])
    found: dict[Place, dict[bool, Decision]] = {}
    for name, place in places.items():
        decision = by_id[name]
        known = found.setdefault(place, {})
        known[decision.holds] = decision
        if decision.holds:
            known.pop(False, None)
    return {place: list(known.values()) for place, known in found.items()}


def _decision(row: Row, content: Mapping[str, Any]) -> Decision:
    return Decision(
        decision=row["decision"], step=row["step"], exit=row["exit"], person=row["person"],
        reason=row["reason"], at=row["at"], parts=content.get("parts", ()),
        same_as=content.get("same_as", ()), telling=content.get("telling", {}), known=content.get("known", ()),
    )  # fmt: skip


def holding(connection: Connection) -> dict[Place, Decision]:
    """The decision that holds about each entry that has one."""
    found = read(rows(connection))
    return {place: each for place, decisions in found.items() for each in decisions if each.holds}


def append(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write one step of a decision."""
    links.append(connection, links.MONEY, own.money_decisions, row)
