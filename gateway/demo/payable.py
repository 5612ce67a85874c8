"""A confirmed payable of the story, and its invoice as the evidence service knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.demo.people import Firm
from gateway.domain.calendar import day_of_iso
from gateway.money import exponent


@dataclass(slots=True)
class Payable:
    """A confirmed payable and what became of it."""

    proposal: Mapping[str, Any]
    debtor: Firm
    supplier: Firm
    root: int = 0
    nullifier: str = ""
    second: int = 0
    third: int = 0
    passed_on: int = 0
    loan: int = 0
    facility: int = 0

    @property
    def amount(self) -> int:
        """Minor units."""
        return int(self.proposal["amount_minor"])

    @property
    def due(self) -> int:
        """The day it falls due."""
        return day_of_iso(self.proposal["due"])


def registration(payable: Payable, match: Mapping[str, Any]) -> dict[str, Any]:
    """A payable's invoice as the evidence service registers and checks it, all but the document's hash."""
    proposal = payable.proposal
    net = int(Decimal(match["net"]).scaleb(exponent(proposal["currency"])))
    return {
        "seller_id": identifier_of(payable.supplier, proposal["seller_tax_id"]),
        "document_type": proposal["document_type"], "number": proposal["number"],
        "issue_year": proposal["issue_year"], "buyer_id": identifier_of(payable.debtor),
        "currency": proposal["currency"], "cap_minor": net,
    }  # fmt: skip


def identifier_of(firm: Firm, wanted: str = "") -> str:
    """The identifier the evidence service knows the firm by: the one asked for, or its first."""
    values = [value for _, value in firm.identifiers]
    return wanted if wanted in values else values[0] if values else firm.name
