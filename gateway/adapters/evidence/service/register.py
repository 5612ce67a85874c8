"""The register: each invoice once, with the cap that its credit notes leave; parties by their identifiers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iso4217 import Currency

from gateway.adapters.evidence.service.errors import Refused
from gateway.adapters.evidence.service.identity import canonical, invoice_key
from gateway.adapters.evidence.service.store import insert


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as a document says it; the cap is its payable amount in minor units."""

    seller_id: str
    document_type: str
    number: str
    issue_year: int
    buyer_id: str
    currency: str
    cap_minor: int
    document_hash: str

    def nullifier(self, secret: bytes) -> str:
        """The invoice's nullifier under the service's secret."""
        return invoice_key(self.seller_id, self.document_type, self.number, self.issue_year).nullifier(secret)

    def differences(self, known: sqlite3.Row) -> list[dict[str, Any]]:
        """The fields in which the registered invoice says otherwise, with both values."""
        pairs = {
            "buyer_id": (known["buyer_id"], canonical(self.buyer_id)),
            "currency": (known["currency"], self.currency),
            "cap_minor": (known["invoiced_minor"], self.cap_minor),
            "document_hash": (known["document_hash"], self.document_hash.lower()),
        }
        return [
            {"field": name, "registered": old, "offered": new}
            for name, (old, new) in pairs.items()
            if old != new
        ]


def keep_party(conn: sqlite3.Connection, party: int, identifiers: Sequence[tuple[str, str]]) -> None:
    """Say which identifiers belong to a party. Raises Refused(IDENTIFIER-TAKEN) when one is another's."""
    for scheme, value in identifiers:
        known = conn.execute(
            "INSERT INTO identifiers VALUES (?, ?, ?)"
            " ON CONFLICT (scheme, value) DO UPDATE SET party = party RETURNING party",
            (scheme.upper(), canonical(value), party),
        ).fetchone()
        if known["party"] != party:
            message = f"{scheme} {value} belongs to party {known['party']}"
            raise Refused("IDENTIFIER-TAKEN", message, status=409)


def parties_of(conn: sqlite3.Connection, identifier: str) -> set[int]:
    """The party numbers that any identifier of this value belongs to."""
    rows = conn.execute("SELECT DISTINCT party FROM identifiers WHERE value = ?", (identifier,)).fetchall()
    return {row["party"] for row in rows}


def register(conn: sqlite3.Connection, secret: bytes, invoice: Invoice, now: datetime) -> dict[str, Any]:
    """Register an invoice, once; the same again changes nothing.

    Raises Refused(INVOICE-AMENDED) naming every field that differs under the same identity.
    """
    currency_number(invoice.currency)
    nullifier = invoice.nullifier(secret)
    known = find(conn, nullifier)
    if known is None:
        key = invoice_key(invoice.seller_id, invoice.document_type, invoice.number, invoice.issue_year)
        known = insert(
            conn,
            "invoices",
            nullifier=nullifier,
            seller_id=key.seller_id,
            document_type=key.document_type,
            number=key.number,
            issue_year=key.issue_year,
            buyer_id=canonical(invoice.buyer_id),
            currency=invoice.currency,
            invoiced_minor=invoice.cap_minor,
            cap_minor=invoice.cap_minor,
            document_hash=invoice.document_hash.lower(),
            registered_at=now.isoformat(),
        )
    differences = invoice.differences(known)
    if differences:
        told = "; ".join(
            f"{item['field']}: {item['registered']} against {item['offered']}" for item in differences
        )
        message = f"this invoice is registered with other content ({told}); a person decides"
        raise Refused("INVOICE-AMENDED", message, status=409, nullifier=nullifier, differences=differences)
    return standing(known)


def credit(
    conn: sqlite3.Connection,
    nullifier: str,
    *,
    number: str,
    amount_minor: int,
    document_hash: str,
    now: datetime,
) -> dict[str, Any]:
    """Lower an invoice's cap by a credit note, once.

    Raises Refused: INVOICE-UNKNOWN, CREDIT-NOTE-AMENDED for the same number with other content,
    CREDIT-NOTE-EXCEEDS when it is larger than what is left.
    """
    invoice = find(conn, nullifier)
    if invoice is None:
        raise Refused("INVOICE-UNKNOWN", f"no invoice {nullifier} is registered", status=404)
    key, wanted = canonical(number), (amount_minor, document_hash.lower())
    if not key:
        raise Refused("CREDIT-NOTE-NUMBER", f"{number!r} has no letter or digit", status=422)
    known = conn.execute(
        "SELECT * FROM credit_notes WHERE nullifier = ? AND number = ?", (nullifier, key)
    ).fetchone()
    if known is not None:
        if (known["amount_minor"], known["document_hash"]) != wanted:
            message = (
                f"credit note {number} is registered as {known['amount_minor']} minor, not {amount_minor}"
            )
            raise Refused("CREDIT-NOTE-AMENDED", message, status=409)
    else:
        if amount_minor > invoice["cap_minor"]:
            message = f"credits {amount_minor} minor units of the {invoice['cap_minor']} that are left"
            raise Refused("CREDIT-NOTE-EXCEEDS", message, status=409)
        known = _lower(conn, invoice, key, amount_minor, document_hash.lower(), now)
    return standing(find(conn, nullifier)) | {
        "credit_note": {
            "number": known["number"],
            "cap_before": known["cap_before"],
            "cap": known["cap_after"],
            "document_hash": known["document_hash"],
        }
    }


def _lower(
    conn: sqlite3.Connection,
    invoice: sqlite3.Row,
    number: str,
    amount: int,
    document_hash: str,
    now: datetime,
) -> sqlite3.Row:
    nullifier, before = invoice["nullifier"], invoice["cap_minor"]
    conn.execute("UPDATE invoices SET cap_minor = ? WHERE nullifier = ?", (before - amount, nullifier))
    position = conn.execute(
        "SELECT COUNT(*) AS found FROM credit_notes WHERE nullifier = ?", (nullifier,)
    ).fetchone()["found"]
    return insert(
        conn,
        "credit_notes",
        nullifier=nullifier,
        position=position,
        number=number,
        amount_minor=amount,
        cap_before=before,
        cap_after=before - amount,
        document_hash=document_hash,
        registered_at=now.isoformat(),
    )


def check(conn: sqlite3.Connection, secret: bytes, invoice: Invoice) -> dict[str, Any]:
    """What is known of an invoice, for a bank that recomputes before it pays; changes nothing."""
    nullifier = invoice.nullifier(secret)
    known = find(conn, nullifier)
    if known is None:
        return {"registered": False, "nullifier": nullifier, "matches": False, "differences": []}
    differences = invoice.differences(known)
    return {"registered": True, "matches": not differences, "differences": differences} | standing(known)


def find(conn: sqlite3.Connection, nullifier: str) -> sqlite3.Row | None:
    """The invoice of this nullifier, or None."""
    row: sqlite3.Row | None = conn.execute(
        "SELECT * FROM invoices WHERE nullifier = ?", (nullifier.lower(),)
    ).fetchone()
    return row


def standing(row: sqlite3.Row | None) -> dict[str, Any]:
    """What anybody may know of a registered invoice. Amounts in minor units."""
    assert row is not None
    status = (
        "credited"
        if row["cap_minor"] == 0
        else "reduced"
        if row["cap_minor"] < row["invoiced_minor"]
        else "open"
    )
    return {
        "nullifier": row["nullifier"],
        "cap": row["cap_minor"],
        "invoiced": row["invoiced_minor"],
        "currency": row["currency"],
        "status": status,
    }


def currency_number(currency: str) -> int:
    """The numeric ISO 4217 code that the ledger uses. Raises Refused(CURRENCY-UNKNOWN)."""
    try:
        return int(Currency(currency).number)
    except ValueError as error:
        raise Refused("CURRENCY-UNKNOWN", f"{currency!r} is not an ISO 4217 currency", status=422) from error
