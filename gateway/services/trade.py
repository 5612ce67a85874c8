"""From imported documents to payables: match, and give a confirmed proposal its number on the ledger."""

from __future__ import annotations

from typing import Any

from gateway.domain.matching import MatchResult, ProposedPayable
from gateway.domain.trade import Origin, Party, decimal_text
from gateway.domain.trade_rules import Finding

UNNAMED_SCHEME = "unnamed"
"""Scheme of a number that one firm has in another's books: it says who somebody is only where nothing else does."""

_OWN = (Origin.TAX, Origin.LEGAL)


def describe_finding(finding: Finding) -> dict[str, Any]:
    """An exception as people read it: where, which rule, both values."""
    return {
        "file": finding.file,
        "document": finding.document,
        "line": finding.line,
        "rule": finding.rule,
        "field": finding.field,
        "message": finding.message,
        "expected": finding.expected,
        "found": finding.found,
    }


def describe_party(party: Party | None) -> dict[str, Any] | None:
    """A party as its documents name it."""
    if party is None:
        return None
    return {
        "name": party.legal_name or party.name,
        "identifiers": [{"scheme": scheme, "value": value} for scheme, value in _identifiers(party)],
    }


def _identifiers(party: Party) -> list[tuple[str, str]]:
    """A party's identifiers, each with a scheme; a company number without one is its country's."""
    company = f"{party.country}:COMPANY" if party.country else "COMPANY"
    schemes = [(i.scheme or (company if i.origin in _OWN else ""), i.value) for i in party.identifiers]
    named = [(scheme, value) for scheme, value in schemes if scheme]
    return named or [(UNNAMED_SCHEME, value) for _, value in schemes]


def describe_match(result: MatchResult) -> dict[str, Any]:
    """One invoice: invoiced, prepaid, credited, net, received, proposed."""

    def amount(minor: int) -> str:
        return decimal_text(minor, result.exponent)

    return {
        "invoice": result.invoice.label,
        "key": None if result.key is None else result.key.text(),
        "seller": describe_party(result.seller),
        "buyer": describe_party(result.buyer),
        "currency": result.currency,
        "issued": result.issued.isoformat(),
        "due": None if result.due is None else result.due.isoformat(),
        "invoiced": amount(result.invoiced),
        "prepaid": amount(result.prepaid),
        "credited": amount(result.credited),
        "net": amount(result.net),
        "received": amount(result.received),
        "proposed": amount(result.proposed),
        "orders": [each.label for each in result.chain.orders],
        "receipts": [each.label for each in result.chain.receipts],
        "credit_notes": [each.label for each in result.chain.credit_notes],
        "exceptions": [describe_finding(each) for each in result.exceptions],
    }


def describe_proposal(proposal: ProposedPayable) -> dict[str, Any]:
    """A payable that a core enterprise may confirm; `amount_minor` in minor units."""
    return {
        "key": proposal.key.text(),
        "invoice": proposal.invoice.label,
        "seller": describe_party(proposal.seller),
        "buyer": describe_party(proposal.buyer),
        "currency": proposal.currency,
        "amount": decimal_text(proposal.amount, proposal.exponent),
        "amount_minor": proposal.amount,
        "due": proposal.due.isoformat(),
        "seller_tax_id": proposal.key.seller_tax_id,
        "document_type": str(proposal.key.kind),
        "number": proposal.key.number,
        "issue_year": proposal.key.issue_year,
        "evidence": list(proposal.evidence),
    }
