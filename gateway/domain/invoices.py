"""Invoice identity: when two documents are the same invoice, however they are spelled (decision 12)."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

from gateway.domain.matching_units import unit_of
from gateway.domain.trade import DocumentKind, Line, Origin, Party, TradeDocument

_LEGAL_SCHEMES = ("USCC", "LEI")
_ORIGINS = tuple(Origin)


@dataclass(frozen=True, slots=True, order=True)
class InvoiceKey:
    """What makes an invoice itself: seller tax id, document type, normalised number, issue year."""

    seller_tax_id: str
    kind: DocumentKind
    number: str
    issue_year: int

    def text(self) -> str:
        """Canonical spelling; its parts hold no separator, so it cannot be read two ways."""
        return f"{self.seller_tax_id}|{self.kind}|{self.number}|{self.issue_year}"

    def digest(self) -> bytes:
        """SHA-256 of the canonical spelling in UTF-8."""
        return hashlib.sha256(self.text().encode()).digest()


def normalise_number(number: str) -> str:
    """Number after NFKC, upper case, without spaces and punctuation; zeros are kept.

    Only letters, digits and combining marks stay, so invisible and variation characters cannot make a
    second spelling. Empty when nothing is left.
    """
    if number.isascii():
        return "".join(filter(str.isalnum, number.upper()))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", number).upper())
    kept = "".join(c for c in folded if unicodedata.category(c)[0] in "LMN" and not _is_variation(c))
    return unicodedata.normalize("NFKC", kept)


def _is_variation(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def seller_tax_id(party: Party) -> str:
    """The identifier that stands for the seller in the key, normalised; empty when the party has none.

    A tax registration comes first, then USCC and LEI, then the company number, other identifications and
    the endpoint; among equals the first by scheme and value, so that the order in a file is no matter.
    """
    ranked = sorted(
        party.identifiers,
        key=lambda i: (
            i.origin is not Origin.TAX,
            i.scheme not in _LEGAL_SCHEMES,
            _ORIGINS.index(i.origin),
            i.scheme,
            i.value,
        ),
    )
    return next((value for i in ranked if (value := normalise_number(i.value))), "")


def invoice_key(document: TradeDocument) -> InvoiceKey | None:
    """The key of an invoice or credit note; None when seller or number leave nothing to name it by.

    Raises:
        ValueError: the document is neither an invoice nor a credit note.
    """
    if document.kind not in (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE):
        raise ValueError(f"a {document.kind} has no invoice identity")
    number = normalise_number(document.number)
    seller = seller_tax_id(document.seller) if document.seller else ""
    return InvoiceKey(seller, document.kind, number, document.issued.year) if seller and number else None


def content_digest(document: TradeDocument, *, dated: bool = True) -> bytes:
    """SHA-256 over what a document says, blind to its file, its layout and the spelling of numbers and names.

    Two documents with one key and different digests are different content: an exception for a person. Without
    dates it tells whether a document was merely issued again on another day.
    """
    said = (
        document.kind,
        normalise_number(document.number),
        [document.issued.isoformat(), document.due.isoformat() if document.due else ""] if dated else [],
        document.currency,
        document.code,
        sorted(map(_spell, (document.order, *document.orders))),
        sorted(map(_spell, document.despatches)),
        sorted(map(_spell, document.receipts)),
        sorted(map(normalise_number, document.billed)),
        [_identity(party) for party in document.sellers[:1]],
        [_identity(party) for party in document.buyers[:1]],
        [_identity(party) for party in (document.payee,) if party is not None],
        sorted((a.charge, a.amount, a.category, str(a.rate)) for a in document.adjustments),
        sorted((s.category, str(s.rate), str(s.taxable), s.tax) for s in document.tax_subtotals),
        repr(document.totals),
        sorted(map(_line, document.lines)),
    )
    return hashlib.sha256(repr(said).encode()).digest()


def _spell(text: str) -> str:
    return normalise_number(text) or text


def _identity(party: Party) -> tuple[str, ...]:
    if party.identifiers:
        return tuple(sorted({f"{i.scheme}:{normalise_number(i.value)}" for i in party.identifiers}))
    return (_spell(party.name),)


def _line(line: Line) -> tuple[str, ...]:
    figures = (line.quantity, line.rejected, line.unit_price, line.base_quantity, line.amount, line.rate)
    items = (line.seller_item, line.buyer_item, line.standard_item, line.description)
    places = (line.id, line.order, line.order_line, line.despatch_line, line.status, line.category)
    return (*map(str, figures), unit_of(line.unit), *map(_spell, items), *map(_spell, places))
