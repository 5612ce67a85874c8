"""Orders of the documents, as the gateway matched them, between firms of the story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.db.engine import open_engine
from gateway.db.trade import TradeBook
from gateway.demo.payable import identifier_of
from gateway.demo.people import Firm
from gateway.domain.matching_model import OrderMatch
from gateway.services.trade import describe_party


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order, its buyer and its seller."""

    match: OrderMatch
    buyer: Firm
    seller: Firm

    @property
    def number(self) -> str:
        """As its document spells it."""
        return self.match.order.number

    @property
    def label(self) -> str:
        """Its document: file#number."""
        return self.match.order.label

    def registration(self, number: str, cap: int) -> dict[str, Any]:
        """An order of these two as the evidence service registers it, all but the document's hash; `cap` in minor
        units. Its identity is made of the year in which it was written, as an invoice's is.
        """
        return {
            "seller_id": identifier_of(self.seller), "document_type": "order", "number": number,
            "issue_year": self.match.issued.year, "buyer_id": identifier_of(self.buyer),
            "currency": self.match.currency, "cap_minor": cap,
        }  # fmt: skip


def matched_orders(database_url: str) -> list[OrderMatch]:
    """Every order among the documents that the gateway has imported, oldest first."""
    engine = open_engine(database_url)
    with engine.connect() as connection:
        found = TradeBook(connection).match().orders
    engine.dispose()
    return sorted(found, key=lambda each: (each.issued, each.order))


def why_not(order: OrderMatch) -> str:
    """What keeps an order from being confirmed, or nothing."""
    if order.blocked or not order.agreed:
        told = "; ".join(f"{each.rule}: {each.message}" for each in order.blocked or order.findings)
        return f"nothing of it can be confirmed{f' ({told})' if told else ''}"
    buyer, seller = describe_party(order.buyer), describe_party(order.seller)
    if not buyer or not seller:
        return "its buyer or its seller is not named"
    shared = sorted(_marks(buyer) & _marks(seller))
    return (
        f"buyer and seller have one number, {' '.join(shared[0])}, and are one firm by it" if shared else ""
    )


def _marks(party: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(each["scheme"], each["value"]) for each in party["identifiers"]}
