"""The receivable inside an issue or an offer, and whether it is the one the chain recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eth_utils.crypto import keccak

from gateway.adapters.ledger import acts
from gateway.adapters.ledger.calldata import Item
from gateway.adapters.ledger.commitments import top
from gateway.adapters.ledger.matching import CONVERSIONS
from gateway.ports.verification import Event


def receivable_of(item: Item, root: int) -> Mapping[str, Any] | None:
    """What was promised under this number, out of the signed act or the offer beside it."""
    if item.function == "acceptOffer":
        offer: Mapping[str, Any] = item.parts["receivable"]
        return offer if offer["root"] == root else None
    if item.function in CONVERSIONS:
        made: Mapping[str, Any] = item.message["receivable"]
        return made if made["root"] == root else None
    return next((each for each in item.message["receivables"] if each["root"] == root), None)


def top_of(item: Item) -> bytes:
    """The Merkle root that an offer's proof leads to."""
    return top(keccak(acts.struct_hash("Issue", "Receivable", item.parts["receivable"])), item.parts["proof"])


def fault(event: Event, item: Item) -> str:
    """In what the signed act and the chain's record of a promise or its acceptance differ; empty when in nothing."""
    if event.name == "Issued":
        return _issue_fault(event, item)
    if item.function == "accept" and item.message["invoices"] != event.details["invoices"]:
        return "the payee accepted other invoices than the debtor promised on"
    return ""


def _issue_fault(event: Event, item: Item) -> str:
    offer = receivable_of(item, event.details["root"])
    if offer is None:
        return "the act names another receivable"
    for name in ("payee", "evidence"):
        if offer[name] != event.details[name]:
            return f"the act and the chain name another {name}"
    for name in ("nullifiers", "amounts"):
        if list(offer[name]) != list(event.details[name]):
            return f"the act and the chain name other {name}"
    if item.function != "acceptOffer":
        return ""
    if acts.struct_hash("Issue", "Receivable", offer) != item.message["receivable"]:
        return "the payee signed for another offer"
    return (
        "" if top_of(item) == event.details["offers"] else "the offer is not in the list that was published"
    )
