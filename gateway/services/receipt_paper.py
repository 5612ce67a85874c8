"""A receipt's document beside the chain: is it the one that was signed for, and of the lot that the chain names?

The chain bears the document's hash and a commitment to the lot's number, neither of which says where goods lie. Whoever
has the document can show it; a gateway may know it by its hash. What does not fit the hash is no document at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.calendar import iso
from gateway.domain.goods_units import unit_number
from gateway.ports.verification import Dossier, Event
from gateway.problems import Problem
from gateway.schemas.storage import ReceiptDocument, VehicleDocument
from gateway.services.storage import evidence_of, in_units, number_of, read_document
from gateway.services.vehicle_numbers import masked_lot

Kept = Callable[[str], Mapping[str, Any] | None]
"""The document of a hash (64 hexadecimal digits), from whoever keeps documents; None when it is not known."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document, whether the asker showed it, and in what it is not the receipt's."""

    document: ReceiptDocument
    shown: bool
    faults: Sequence[str]

    @property
    def lot(self) -> str:
        """The keeper's name of the lot. Who shows the document knows a vehicle's number; who only asks may not."""
        return self.document.lot if self.shown else masked_lot(self.document.lot)


def shown_paper(dossier: Dossier, document: ReceiptDocument) -> Paper:
    """What is to be said of a document that the asker holds."""
    digest = evidence_of(document)
    store = next((each for each in _stores(dossier) if _evidence(each) == digest), None)
    if store is None:
        said = f"the document's hash is {digest}, which this receipt does not bear: it is another's, or was altered"
        return Paper(document, True, [said])
    return Paper(document, True, list(_faults(store, document)))


def kept_paper(dossier: Dossier, kept: Kept) -> Paper | None:
    """The document that is kept under the hash the receipt bears; None when there is none, or it is not that."""
    for store in _stores(dossier):
        document = read_kept(_evidence(store), kept)
        if document is not None:
            return Paper(document, False, list(_faults(store, document)))
    return None


def read_kept(evidence: str, kept: Kept) -> ReceiptDocument | None:
    """The document kept under a hash (0x…), read; None when there is none, or what is kept has another hash."""
    told = kept(evidence.removeprefix("0x"))
    if told is None:
        return None
    try:
        document = read_document(told)
    except Problem:
        return None
    return document if evidence_of(document) == evidence else None


def _stores(dossier: Dossier) -> list[Event]:
    return [event for event in dossier.lineage if event.name == "Stored"]


def _evidence(store: Event) -> str:
    evidence: bytes = store.details["evidence"]
    return "0x" + evidence.hex()


def _faults(store: Event, document: ReceiptDocument) -> Iterator[str]:
    """In what a document that was signed for differs from what was signed with it."""
    root = store.details["root_word"]
    number = number_of(root["debtor"], document.place, document.lot, document.salt)
    # Of a vehicle only the evidence service can tell what its lot's number stands for.
    if not isinstance(document, VehicleDocument) and number != "0x" + store.details["number"].hex():
        yield "the document names another place or lot than the number on the chain stands for"
    if unit_number(document.goods.unit) != root["currency"]:
        yield "the document counts in another unit than the chain"
    try:
        stated = in_units(document.goods.quantity, root["terms"])
    except Problem as problem:
        yield f"the document's quantity is none of the lot's: {problem.sentence}"
    else:
        if store.after is not None and stated != store.after["quantity"]:
            yield "the document is for another quantity than was stored"
    if document.period.last.isoformat() != iso(root["due_day"]):
        yield "the document names another last day of storage than the chain"
