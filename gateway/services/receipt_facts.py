"""What a warehouse receipt is good for at a block: what is left of it, what its lot has, what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.goods_records import Lot
from gateway.domain.records import Flag
from gateway.ids import format_id
from gateway.ports.verification import Dossier, Event


@dataclass(frozen=True, slots=True)
class Count:
    """A count of a lot: its day, what was in store by it, and by how much that was more (or less: below 0) than before.

    `event` bears who signed it.
    """

    day: int
    in_store: int
    change: int
    event: Event


class Bar(StrEnum):
    """What the ledger hands no goods over under (contracts/goods/Handover)."""

    LIEN = "lien"
    PAPER = "paper"
    FACILITY = "facility"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """Quantities are whole units of the lot, as many decimals down as it declares.

    `nominal` is what all receipts of the lot stand for and `stored` what is there; `share` is this receipt's part of
    that, which would be handed over for it today if nothing of `bars` stood in the way, and `delivered` what was handed
    over on it so far. `fate` says in what a receipt that is over ended, empty for one that is not; `heirs` are the
    receipts that stand for it now.
    """

    received: int
    nominal: int
    stored: int
    quantity: int
    share: int
    bars: Sequence[Bar]
    delivered: int
    stores: Sequence[Event]
    counts: Sequence[Count]
    fate: str
    heirs: Sequence[int]

    @property
    def shortfall(self) -> int:
        """By how much less is in store than receipts stand for."""
        return self.nominal - self.stored

    @property
    def deliverable(self) -> int:
        """What would be handed over for this receipt today."""
        return 0 if self.bars else self.share


def facts_of(dossier: Dossier) -> ReceiptFacts | None:
    """What the chain says of a receipt; None where the number is none's."""
    title, root, goods = dossier.title, dossier.root, dossier.goods
    if title is None or root is None or goods is None:
        return None
    lot, first, quantity = Lot.of(goods.sums), root["quantity"], title["quantity"]
    own = [event for event in dossier.lineage if event.title == dossier.number]
    fate, heirs = _end(dossier)
    return ReceiptFacts(
        received=first + lot.deposited,
        nominal=lot.nominal(first),
        stored=lot.stored(first),
        quantity=quantity,
        share=lot.share(first, quantity) if quantity else 0,
        bars=list(_bars(dossier)),
        delivered=sum(delivered_by(event) for event in own if event.name == "HandedOver"),
        stores=[event for event in dossier.lineage if event.name == "Stored"],
        counts=[_count(event) for event in goods.counts],
        fate=fate,
        heirs=heirs,
    )


def _bars(dossier: Dossier) -> Iterator[Bar]:
    title, goods = dossier.title or {}, dossier.goods
    if goods is not None and goods.lien["amount"]:
        yield Bar.LIEN
    if title["flags"] & Flag.PAPER:
        yield Bar.PAPER
    if title["lock"]:
        yield Bar.FACILITY
    if title["flags"] & Flag.FROZEN:
        yield Bar.ORDER


def delivered_by(event: Event) -> int:
    """What left the lot with an event that bears its sums."""
    return _added(event, "delivered")


def given_up(event: Event) -> int:
    """By how much less receipts stand for after an event that bears a lot's sums."""
    return _added(event, "redeemed")


def _added(event: Event, name: str) -> int:
    before, now = event.details["sums_before"], event.details["sums"]
    return int(now[name]) - (before[name] if before else 0)


def _count(event: Event) -> Count:
    lot = Lot.of(event.details["sums"])
    return Count(lot.counted_day, lot.stored(event.details["first"]), -_added(event, "lost"), event)


def _end(dossier: Dossier) -> tuple[str, Sequence[int]]:
    last = dossier.lineage[-1] if dossier.lineage else None
    if last is None or last.after is None:
        return "", ()
    if last.title == dossier.number and last.name == "ReceiptSplit":
        parts = [number for number in (last.other, last.rest) if number is not None]
        return f"it was cancelled, its parts are {' and '.join(map(format_id, parts))}", parts
    if last.title == dossier.number and last.name == "Replaced" and last.other is not None:
        said = f"it was lost on paper and cancelled, {format_id(last.other)} stands for it"
        return said, [last.other]
    if last.other == dossier.number and last.name == "Merged" and last.title is not None:
        return f"it was merged into {format_id(last.title)}", [last.title]
    if last.name == "HandedOver" and last.after["quantity"] == 0:
        return "its goods were handed over", ()
    return "", ()
