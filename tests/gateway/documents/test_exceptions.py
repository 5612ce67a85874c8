"""Every refusal names document, line, field, rule and both values; nothing refused is half used."""
# ruff: noqa: E501  (the table of cases has one row each, however long)

from __future__ import annotations

import pytest

from gateway.adapters.documents import FileRead, FileStatus, read_bytes
from gateway.domain.trade import TradeDocument
from gateway.domain.trade_rules import RULES
from tests.gateway.documents.trade_builder import chain, invoice, line, order, receipt, source
from tests.gateway.documents.ubl_writer import to_ubl

ORDER, RESPONSE, DESPATCH, RECEIPT, INVOICE = chain()
TOTAL = "cac:LegalMonetaryTotal/cbc:"
PARTY = "cac:AccountingSupplierParty/cac:Party"
USCC = "91310115MA1T1ER19W"


def mutated(document: TradeDocument, old: str, new: str) -> FileRead:
    text = to_ubl(document).decode()
    assert old in text
    every = -1 if old.isalpha() else 1  # an element name stands in both its tags
    return read_bytes(text.replace(old, new, every).encode(), source("one.xml"))


CASES = [
    (INVOICE, "<cbc:ID>INV-1</cbc:ID>", "", "FIELD-MISSING", "", "cbc:ID", "a value", "nothing"),
    (INVOICE, "<cbc:IssueDate>2026-03-02</cbc:IssueDate>", "", "FIELD-MISSING", "", "cbc:IssueDate", "a value", "nothing"),
    (INVOICE, "2026-03-02", "2026-02-30", "DATE-FORMAT", "", "cbc:IssueDate", "YYYY-MM-DD", "2026-02-30"),
    (INVOICE, "2026-06-30", "30/06/2026", "DATE-FORMAT", "", "cbc:DueDate", "YYYY-MM-DD", "30/06/2026"),
    (INVOICE, ">CNY<", ">CNX<", "CURRENCY-UNKNOWN", "", "cbc:DocumentCurrencyCode", "ISO 4217 code", "CNX"),
    (INVOICE, ">CNY<", ">XAU<", "CURRENCY-UNKNOWN", "", "cbc:DocumentCurrencyCode", "ISO 4217 code", "XAU"),
    (INVOICE, ">CNY<", ">EUR<", "CURRENCY-MIXED", "1", "cac:InvoiceLine/cbc:LineExtensionAmount", "EUR", "CNY"),
    (INVOICE, "AccountingSupplierParty", "PayeeParty", "PARTY-MISSING", "", PARTY, "a party", "nothing"),
    (INVOICE, '<cbc:PayableAmount currencyID="CNY">1130.00</cbc:PayableAmount>', "", "AMOUNT-MISSING", "", f"{TOTAL}PayableAmount", "an amount", "nothing"),
    (INVOICE, "1130.00</cbc:Pay", "1,130.00</cbc:Pay", "NUMBER-FORMAT", "", f"{TOTAL}PayableAmount", "digits with an optional point", "1,130.00"),
    (INVOICE, "1130.00</cbc:Pay", "1.13e3</cbc:Pay", "NUMBER-FORMAT", "", f"{TOTAL}PayableAmount", "digits with an optional point", "1.13e3"),
    (INVOICE, "1130.00</cbc:Pay", "1130.001</cbc:Pay", "AMOUNT-PRECISION", "", f"{TOTAL}PayableAmount", "2 decimals", "1130.001"),
    (INVOICE, "1130.00</cbc:Pay", "99999999999999.00</cbc:Pay", "AMOUNT-RANGE", "", f"{TOTAL}PayableAmount", "at most 2814749767106.55", "99999999999999.00"),
    (INVOICE, "1130.00</cbc:Pay", "1129.00</cbc:Pay", "PAYABLE", "", f"{TOTAL}PayableAmount", "1130.00", "1129.00"),
    (INVOICE, "1130.00</cbc:TaxI", "1129.00</cbc:TaxI", "TAX-INCLUSIVE", "", f"{TOTAL}TaxInclusiveAmount", "1130.00", "1129.00"),
    (INVOICE, "1000.00</cbc:TaxE", "1001.00</cbc:TaxE", "TAX-EXCLUSIVE", "", f"{TOTAL}TaxExclusiveAmount", "1000.00", "1001.00"),
    (INVOICE, '<cac:LegalMonetaryTotal>\n    <cbc:LineExtensionAmount currencyID="CNY">1000.00', '<cac:LegalMonetaryTotal>\n    <cbc:LineExtensionAmount currencyID="CNY">999.99', "SUM-OF-LINES", "", f"{TOTAL}LineExtensionAmount", "1000.00", "999.99"),
    (INVOICE, "130.00</cbc:TaxAmount>\n    <cac:TaxSub", "131.00</cbc:TaxAmount>\n    <cac:TaxSub", "TAX-TOTAL", "", "cac:TaxTotal/cbc:TaxAmount", "130.00", "131.00"),
    (INVOICE, "<cbc:Percent>13<", "<cbc:Percent>6<", "TAX-ARITHMETIC", "", "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount", "60.00", "130.00"),
    (INVOICE, USCC, "91310115MA1T1ER19X", "LEGAL-ID-CHECK", "", f"{PARTY}/cac:PartyTaxScheme/cbc:CompanyID", "a valid USCC", "91310115MA1T1ER19X"),
    (INVOICE, '<cbc:PriceAmount currencyID="CNY">10<', '<cbc:PriceAmount currencyID="CNY">-10<', "NEGATIVE-PRICE", "1", "cac:InvoiceLine/cac:Price/cbc:PriceAmount", "0 or more", "-10"),
    (ORDER, '<cbc:Quantity unitCode="EA">100<', '<cbc:Quantity unitCode="EA">-100<', "NEGATIVE-QUANTITY", "1", "cac:OrderLine/cac:LineItem/cbc:Quantity", "0 or more", "-100"),
    (ORDER, '<cbc:Quantity unitCode="EA">100</cbc:Quantity>', "", "FIELD-MISSING", "1", "cac:OrderLine/cac:LineItem/cbc:Quantity", "a value", "nothing"),
    (RECEIPT, ">100<", ">-1<", "NEGATIVE-QUANTITY", "1", "cac:ReceiptLine/cbc:ReceivedQuantity", "0 or more", "-1"),
    (DESPATCH, ">100<", ">hundred<", "NUMBER-FORMAT", "1", "cac:DespatchLine/cbc:DeliveredQuantity", "digits with an optional point", "hundred"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "old", "new", "rule", "row", "field", "expected", "found"), CASES, ids=lambda v: str(v)[:24]
)
def test_what_is_wrong_is_named(
    document: TradeDocument, old: str, new: str, rule: str, row: str, field: str, expected: str, found: str
) -> None:
    result = mutated(document, old, new)
    assert result.status is FileStatus.EXCEPTION
    assert not result.documents
    hits = [e for e in result.exceptions if (e.rule, e.line, e.field) == (rule, row, field)]
    assert hits, result.exceptions
    assert (hits[0].expected, hits[0].found) == (expected, found)
    assert hits[0].file == "one.xml"
    assert hits[0].document in ("", document.number)
    assert hits[0].message


def test_a_document_without_lines_is_refused() -> None:
    result = read_bytes(to_ubl(receipt("RA", "PO", [])), source("one.xml"))
    assert [e.rule for e in result.exceptions] == ["LINES-MISSING"]


def test_a_line_number_twice_in_an_order_is_refused() -> None:
    result = read_bytes(to_ubl(order("PO", [line("1", 1, 1), line("1", 2, 1)])), source("one.xml"))
    assert [(e.rule, e.line) for e in result.exceptions] == [("DUPLICATE-LINE", "1")]


def test_more_rejected_than_received_is_refused() -> None:
    result = mutated(
        RECEIPT,
        "</cbc:ReceivedQuantity>",
        "</cbc:ReceivedQuantity><cbc:RejectedQuantity>101</cbc:RejectedQuantity>",
    )
    assert [(e.rule, e.expected, e.found) for e in result.exceptions] == [
        ("REJECTED-OVER-RECEIVED", "at most 100", "101")
    ]


def test_what_only_needs_a_look_does_not_refuse_the_document() -> None:
    wrong_gln = mutated(INVOICE, "6900000000021", "6900000000022")
    odd_line = mutated(
        INVOICE, '<cbc:PriceAmount currencyID="CNY">10<', '<cbc:PriceAmount currencyID="CNY">11<'
    )
    returned = read_bytes(
        to_ubl(invoice("I", "PO", [line("1", 9, 100), line("2", -1, 100)])), source("r.xml")
    )
    for result, rule in (
        (wrong_gln, "IDENTIFIER-CHECK"),
        (odd_line, "LINE-ARITHMETIC"),
        (returned, "RETURN-LINE"),
    ):
        assert result.status is FileStatus.USED
        assert [e.rule for e in result.exceptions] == [rule]


def test_a_refused_document_is_kept_apart_with_what_it_says() -> None:
    result = mutated(INVOICE, "1130.00</cbc:Pay", "1129.00</cbc:Pay")
    assert [d.number for d in result.refused] == ["INV-1"]


def test_every_rule_has_a_sentence() -> None:
    assert all(rule.sentence.endswith(".") and rule.id == name for name, rule in RULES.items())
