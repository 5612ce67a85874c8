"""UBL 2.0, 2.1 and Peppol: what is written is read, whatever spelling of the standard a sender uses."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from gateway.adapters.documents import FileRead, FileStatus, read_bytes
from gateway.domain.trade import AllowanceCharge, DocumentKind, Origin, TradeDocument
from tests.gateway.documents.trade_builder import (
    chain,
    credit_note,
    despatch,
    invoice,
    line,
    order,
    receipt,
    response,
    source,
)
from tests.gateway.documents.ubl_writer import to_ubl

FREIGHT = AllowanceCharge(True, 500, "S", Fraction(13))
REBATE = AllowanceCharge(False, 300, "S", Fraction(6))


def read(data: bytes) -> FileRead:
    return read_bytes(data, source("one.xml"))


def one(data: bytes) -> TradeDocument:
    result = read(data)
    assert result.status is FileStatus.USED, result.exceptions
    return result.documents[0]


DOCUMENTS = [
    *chain(),
    order("PO-2", [line("1", Fraction(5, 2), Fraction(3333, 100)), line("2", 4, 250, rate=0)]),
    order("PO-3", [line("1", 10, 1_000, base_quantity=Fraction(10), amount=1_000)]),
    response("OR-2", "PO-2", [line("1", 2, 100, rate=None, order_line="1", status="3")], code="CA"),
    despatch("DA-2", "PO-2", [line("1", 2, order_line="1", order="PO-3")]),
    receipt("RA-2", "PO-2", [line("1", 9, order_line="1", rejected=Fraction(2), short=Fraction(1))]),
    invoice("I-2", "PO-2", [line("1", 3, 999, rate=6)], adjustments=(FREIGHT, REBATE), prepaid=700),
    invoice("I-3", "PO-2", [line("1", 3, 999)], due=None, receipts=("RA-1", "RA-2"), despatches=("DA-2",)),
    credit_note("C-1", "I-2", [line("1", 1, 999)], code="381"),
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: f"{d.kind}-{d.number}")
def test_what_is_written_is_read(document: TradeDocument) -> None:
    result = read_bytes(to_ubl(document), document.source)
    assert result.documents == (document,)
    assert not result.exceptions


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "gb18030"])
def test_declared_encodings_are_read(encoding: str) -> None:
    declared = {"utf-8-sig": "UTF-8"}.get(encoding, encoding.upper())
    text = to_ubl(chain()[4]).decode().replace("encoding='UTF-8'", f"encoding='{declared}'")
    assert one(text.encode(encoding)).seller == chain()[4].seller


def test_a_peppol_envelope_is_opened() -> None:
    body = to_ubl(chain()[4]).partition(b"?>")[2]
    head = b'<StandardBusinessDocument xmlns="http://www.unece.org/cefact/namespaces/'
    head += b'StandardBusinessDocumentHeader"><StandardBusinessDocumentHeader/>'
    assert one(head + body + b"</StandardBusinessDocument>").number == "INV-1"


def changed(document: TradeDocument, old: str, new: str) -> bytes:
    text = to_ubl(document).decode()
    assert old in text
    return text.replace(old, new).encode()


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        (
            "<cac:PaymentMeans><cbc:PaymentDueDate>2026-07-01</cbc:PaymentDueDate></cac:PaymentMeans>",
            "2026-07-01",
        ),
        (
            "<cac:PaymentTerms><cbc:PaymentDueDate>2026-07-02Z</cbc:PaymentDueDate></cac:PaymentTerms>",
            "2026-07-02",
        ),
        ("<cac:PaymentTerms><cbc:Note>within 30 days</cbc:Note></cac:PaymentTerms>", ""),
        (
            "<cac:PaymentMeans><cbc:PaymentDueDate>2026-07-01</cbc:PaymentDueDate></cac:PaymentMeans>"
            "<cac:PaymentMeans><cbc:PaymentDueDate>2026-08-01</cbc:PaymentDueDate></cac:PaymentMeans>",
            "",
        ),
    ],
)
def test_the_due_date_is_the_one_stated_and_never_reckoned(terms: str, due: str) -> None:
    document = invoice("I", "PO", [line("1", 1, 100)], due=None)
    read_due = one(changed(document, "<cac:TaxTotal>", f"{terms}<cac:TaxTotal>")).due
    assert read_due == (date.fromisoformat(due) if due else None)


def test_rounding_inside_or_after_the_tax_inclusive_amount() -> None:
    """UBL 2.1 keeps the rounding in the tax-inclusive amount, EN 16931 adds it at the end; both are exact."""
    document = invoice("I", "PO", [line("1", 1, 10_049)])  # 100.49 and 13.06 tax
    totals = document.totals
    assert totals is not None
    inside = replace(totals, tax_inclusive=11_360, rounding=5, payable=11_360)
    after = replace(totals, rounding=5, payable=11_360)
    for stated in (inside, after):
        read_totals = one(to_ubl(replace(document, totals=stated))).totals
        assert read_totals is not None
        assert read_totals.gross == 11_360


def test_amounts_tell_the_currency_where_the_header_does_not() -> None:
    head = "<cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>"
    assert one(changed(chain()[0], head, "")).currency == "CNY"


def test_a_tax_total_in_an_accounting_currency_is_passed_over() -> None:
    second = '<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">16.00</cbc:TaxAmount></cac:TaxTotal>'
    document = one(changed(chain()[4], "<cac:LegalMonetaryTotal>", second + "<cac:LegalMonetaryTotal>"))
    assert document.totals == chain()[4].totals


def test_a_line_rate_is_found_in_the_lines_own_tax_total() -> None:
    category = (
        "<cac:ClassifiedTaxCategory>\n        <cbc:ID>S</cbc:ID>\n        <cbc:Percent>13</cbc:Percent>\n"
        "        <cac:TaxScheme>\n          <cbc:ID>VAT</cbc:ID>\n        </cac:TaxScheme>\n"
        "      </cac:ClassifiedTaxCategory>"
    )
    data = changed(chain()[4], category, "").decode()
    total = (
        '<cac:TaxTotal><cbc:TaxAmount currencyID="CNY">130.00</cbc:TaxAmount><cac:TaxSubtotal>'
        '<cbc:TaxAmount currencyID="CNY">130.00</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID>'
        "<cbc:Percent>13</cbc:Percent></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>"
    )
    data = data.replace("<cac:Item>", total + "<cac:Item>")
    assert one(data.encode()).lines[0].rate == 13


def test_not_applicable_references_are_none() -> None:
    document = replace(chain()[4], order="NA")
    assert one(to_ubl(document)).order == ""


@pytest.mark.parametrize(("indicator", "code"), [("true", "AP"), ("false", "RE")])
def test_a_simple_response_accepts_or_rejects(indicator: str, code: str) -> None:
    data = to_ubl(response("OR", "PO-1")).replace(b"OrderResponse", b"OrderResponseSimple")
    tag = f"<cbc:AcceptedIndicator>{indicator}</cbc:AcceptedIndicator>".encode()
    data = data.replace(b"<cbc:OrderResponseSimpleCode>AP</cbc:OrderResponseSimpleCode>", tag)
    document = one(data)
    assert (document.kind, document.code) == (DocumentKind.ORDER_RESPONSE, code)


def test_identifiers_carry_scheme_origin_and_check() -> None:
    seller = one(to_ubl(chain()[4])).seller
    assert seller is not None
    assert [(i.scheme, i.origin, i.valid) for i in seller.identifiers] == [
        ("USCC", Origin.TAX, True),
        ("USCC", Origin.LEGAL, True),
        ("GLN", Origin.ENDPOINT, True),
    ]


def test_ten_thousand_lines_are_read_in_seconds() -> None:
    rows = [line(str(n), 1 + n % 90, 1_000 + n, order_line=str(n)) for n in range(10_000)]
    data = to_ubl(invoice("BIG", "PO", rows))
    started = time.process_time()
    assert len(one(data).lines) == 10_000
    assert time.process_time() - started < 8  # about 1 s; not by the clock, which other tests share
