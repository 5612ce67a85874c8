"""Goods behind facilities through time, from Credit's own events: who controls them, what they counted for, leases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.adapters.ledger.logs import Log
from gateway.adapters.ledger.words import GOODS_TERMS, LEASE, PLEDGED_LOT
from gateway.ports.verification import Fields

Position = tuple[int, int]

EVENTS_OF_TERMS = ("GoodsAgreed",)
"""By facility."""

EVENTS_OF_LOTS = ("LotMarked",)
"""By facility and lot."""

EVENTS_OF_LEASES = ("LeaseChanged",)
"""By receipt."""


@dataclass(slots=True)
class Pledges:
    """What was agreed of goods, by facility, how each lot counted there, by facility and lot, and leases, by receipt;
    each in the chain's order.
    """

    agreed: dict[int, list[tuple[Position, Fields]]] = field(default_factory=dict)
    marked: dict[tuple[int, int], list[tuple[Position, Fields]]] = field(default_factory=dict)
    leased: dict[int, list[tuple[Position, Fields]]] = field(default_factory=dict)

    @classmethod
    def of(cls, logs: Sequence[Log]) -> Pledges:
        """From logs in the chain's order, each kind by itself."""
        found = cls()
        for log in logs:
            if log.event in EVENTS_OF_LEASES:
                word = LEASE.unpack(log.args["lease"])
                found.leased.setdefault(log.args["title"], []).append((log.position, word))
                continue
            facility = log.args["facility"]
            if log.event in EVENTS_OF_TERMS:
                word = GOODS_TERMS.unpack(log.args["terms"])
                found.agreed.setdefault(facility, []).append((log.position, word))
            elif log.event in EVENTS_OF_LOTS:
                word = PLEDGED_LOT.unpack(log.args["word"])
                found.marked.setdefault((facility, log.args["lot"]), []).append((log.position, word))
        return found

    def terms(self, facility: int, place: Position) -> Fields:
        """What was agreed of goods under a facility when something happened there; nothing, empty."""
        return next((word for at, word in reversed(self.agreed.get(facility, [])) if at < place), {})

    def lease(self, title: int, place: Position) -> Fields:
        """The lease that a receipt was under when something happened to it; none, empty."""
        return next((word for at, word in reversed(self.leased.get(title, [])) if at < place), {})

    def lost_value(self, facility: int, lot: int, place: Position) -> int:
        """By how much less a lot counted once receipts of it were freed, in minor units; never less than 0.

        A release first frees them and then looks at the lot again: `place` is between the two.
        """
        marked = self.marked.get((facility, lot), [])
        before = next((word["value"] for at, word in reversed(marked) if at < place), 0)
        after = next((word["value"] for at, word in marked if at > place), before)
        return max(0, before - after)
