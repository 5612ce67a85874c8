"""What other people's systems write: other prefixes and line ends, older schemas, tables with half the columns."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from gateway.adapters.documents import FileStatus, read_bytes, read_content
from gateway.adapters.documents.kept import Kept
from gateway.adapters.documents.reading import MAX_NAME
from gateway.domain.trade import Party, Totals, TradeDocument
from tests.gateway.documents.trade_builder import chain, credit_note, invoice, line, order, source
from tests.gateway.documents.ubl_writer import to_csv, to_ubl

ORDER, _, _, RECEIPT, INVOICE = chain()
UBL = to_ubl(INVOICE)
TABLE = to_csv([INVOICE]).decode()


def rules(data: bytes) -> list[str]:
    return [found.rule for found in read_bytes(data, source("x")).exceptions]


def only(data: bytes) -> TradeDocument:
    result = read_bytes(data, source("x"))
    assert result.status is FileStatus.USED, result.exceptions
    (document,) = result.documents
    return document


@pytest.mark.parametrize("swap", [{"cac": "a", "cbc": "b"}, {"cac": "cbc", "cbc": "cac"}])
def test_prefixes_are_nothing_but_prefixes(swap: dict[str, str]) -> None:
    text = re.sub(r"\b(cac|cbc)(?=[:=])", lambda found: swap[found[1]], UBL.decode())
    assert text != UBL.decode()
    assert replace(only(text.encode()), source=INVOICE.source) == INVOICE


def test_a_number_broken_over_lines_is_one_number() -> None:
    document = only(UBL.replace(b"INV-1", b"\n   INV-1\t\n   A <!-- c -->7 "))
    assert document.number == "INV-1 A 7"


@pytest.mark.parametrize("damage", [b"<cbc:ID", b"</x>", b"&foo\n;", b"<a b='\n'"])
def test_a_malformed_file_is_told_in_one_line(damage: bytes) -> None:
    (found,) = read_bytes(UBL.replace(b"<cbc:ID", damage, 1) + damage, source("x")).exceptions
    assert found.rule == "XML-MALFORMED"
    assert "\n" not in found.message
    assert found.line.startswith("row ")


@pytest.mark.parametrize(
    ("old", "new", "rule", "field"),
    [
        (b"INV-1", b"9" * (MAX_NAME + 1), "TEXT-FORM", "cbc:ID"),
        (b"INV-1", "INV\x86-1".encode(), "TEXT-FORM", "cbc:ID"),
        (b"<cbc:Name>", b"<cbc:Name>" + b"N" * 300, "TEXT-FORM",
         "cac:AccountingSupplierParty/cac:Party/cac:PartyName/cbc:Name"),
        (b"PO-1", b"P" * 300, "TEXT-FORM", "cac:OrderReference/cbc:ID"),
        (b"2026-03-02", b"9999-12-31", "DATE-RANGE", "cbc:IssueDate"),
        (b"2026-06-30", b"9999-12-31", "DATE-RANGE", "cbc:DueDate"),
        (b"2026-03-02", b"0001-01-01", "DATE-RANGE", "cbc:IssueDate"),
    ],
)  # fmt: skip
def test_what_no_ledger_or_bank_could_carry_is_refused_by_field(
    old: bytes, new: bytes, rule: str, field: str
) -> None:
    result = read_bytes(UBL.replace(old, new, 1), source("x"))
    assert result.status is FileStatus.EXCEPTION
    assert (rule, field) in [(found.rule, found.field) for found in result.exceptions]
    assert all(len(found.found) <= MAX_NAME + 1 for found in result.exceptions)


def test_control_characters_in_a_table_are_refused() -> None:
    assert set(rules(TABLE.replace("INV-1", "INV\x00-1").encode())) == {"TEXT-FORM"}
    assert set(rules(TABLE.replace("S-1", "S\ufffe1").encode())) == {"TEXT-FORM"}


def test_several_orders_and_several_order_lines_are_no_single_one() -> None:
    second = b"<cac:OrderReference><cbc:ID>PO-2</cbc:ID></cac:OrderReference>"
    document = only(to_ubl(RECEIPT).replace(b"<cac:OrderReference>", second + b"<cac:OrderReference>", 1))
    assert (document.order, document.orders) == ("", ("PO-2", "PO-1"))
    lines = b"<cac:OrderLineReference><cbc:LineID>2</cbc:LineID></cac:OrderLineReference>"
    document = only(UBL.replace(b"<cac:OrderLineReference>", lines + b"<cac:OrderLineReference>", 1))
    assert document.lines[0].order_line == ""


def test_a_table_may_name_several_orders() -> None:
    document = only(to_csv([RECEIPT]).decode().replace("PO-1", "PO-1; PO 2").encode())
    assert (document.order, document.orders) == ("", ("PO-1", "PO 2"))


def test_who_is_to_be_paid_is_read_where_the_invoice_says_so() -> None:
    payee = b"<cac:PayeeParty><cac:PartyName><cbc:Name>Factor</cbc:Name></cac:PartyName></cac:PayeeParty>"
    tail = b"<cac:TaxTotal>"
    assert only(UBL.replace(tail, payee + tail, 1)).payee == Party("Factor")
    assert only(UBL).payee is None


def test_an_invoice_is_corrected_also_where_only_the_discrepancy_names_it() -> None:
    note = credit_note("CN-1", "INV-1", [line("1", 10, 1_000)])
    data = re.sub(
        rb"<cac:BillingReference>.*?</cac:BillingReference>",
        b"<cac:DiscrepancyResponse><cbc:ReferenceID>INV-1</cbc:ReferenceID></cac:DiscrepancyResponse>",
        to_ubl(note),
        flags=re.DOTALL,
    )
    assert b"BillingReference" not in data
    assert only(data).billed == ("INV-1",)


def test_payments_in_advance_count_where_their_total_is_not_stated() -> None:
    paid = b'<cac:PrepaidPayment><cbc:PaidAmount currencyID="CNY">%s</cbc:PaidAmount></cac:PrepaidPayment>'
    tail = b"<cac:TaxTotal>"
    two = UBL.replace(tail, paid % b"100.00" + paid % b"30.00" + tail, 1)
    assert rules(two) == ["PAYABLE"]
    assert stated(only(two.replace(b"1130.00</cbc:Pay", b"1000.00</cbc:Pay"))).prepaid == 13_000


def stated(document: TradeDocument) -> Totals:
    assert document.totals is not None
    return document.totals


def without_tax_total(data: bytes) -> bytes:
    return re.sub(rb"<cac:TaxTotal>.*?</cac:TaxTotal>", b"", data, flags=re.DOTALL)


def test_a_bill_without_a_tax_total_bears_the_tax_of_its_lines_and_no_other() -> None:
    assert only(without_tax_total(UBL)).totals == replace(stated(INVOICE), tax=None)
    high = without_tax_total(UBL).replace(b"1130.00", b"1180.00")
    assert rules(high) == ["TAX-INCLUSIVE"]
    unrated = invoice("INV-1", "PO-1", [line("1", 100, 1_000, rate=None, order_line="1")])
    claimed = without_tax_total(to_ubl(unrated)).replace(b"1000.00</cbc:Pay", b"1130.00</cbc:Pay")
    assert rules(claimed) == ["PAYABLE"]


def test_an_orders_total_may_include_tax_that_it_does_not_state() -> None:
    totals = replace(stated(ORDER), tax=None, tax_inclusive=113_000, payable=113_000)
    assert only(without_tax_total(to_ubl(replace(ORDER, totals=totals)))).number == "PO-1"


def test_a_table_needs_no_total_but_what_is_payable() -> None:
    rows = [row.split(",") for row in TABLE.splitlines()]
    unneeded = {"total_tax", "total_tax_inclusive", "total_tax_exclusive", "total_lines", "total_prepaid"}
    kept = [place for place, name in enumerate(rows[0]) if name not in unneeded]
    data = "\n".join(",".join(row[place] for place in kept) for row in rows)
    assert only(data.encode()).totals is not None
    assert rules(data.replace("1130.00", "1150.00").encode()) == ["PAYABLE"]


@pytest.mark.parametrize(
    "data",
    [
        "sep=,\r\n" + TABLE,
        '"sep=,"\n' + TABLE,
        TABLE.replace("\r\n", "\n").replace("\n", "\r"),
        "\r\n\r\n" + TABLE,
        "\ufeff" + TABLE,
    ],
)
def test_a_table_is_read_however_its_lines_end_and_whatever_stands_before_it(data: str) -> None:
    assert only(data.encode()).number == "INV-1"


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf \r\n"])
def test_a_byte_order_mark_alone_is_an_empty_file(data: bytes) -> None:
    assert rules(data) == ["FILE-EMPTY"]


def test_an_amount_that_cannot_be_read_is_told_once_and_not_as_a_wrong_sum() -> None:
    assert rules(UBL.replace(b"1000.00", b"1,000.00")) == ["NUMBER-FORMAT"] * 4


def test_a_company_number_without_a_scheme_is_kept_as_written() -> None:
    document = only(UBL.replace(b' schemeID="USCC"', b""))
    assert [i.scheme for i in document.sellers[0].identifiers] == ["USCC", "USCC", "GLN"]
    abroad = only(UBL.replace(b' schemeID="USCC"', b"").replace(b">CN<", b">FI<"))
    assert "" in [i.scheme for i in abroad.sellers[0].identifiers]


def test_what_was_read_a_moment_ago_is_not_read_again_and_memory_is_bounded() -> None:
    first = read_content(UBL, "a.xml")
    assert read_content(UBL, "a.xml") is first
    assert read_content(UBL, "b.xml").file == "b.xml"
    kept = Kept(max_lines=6)
    reads = [
        kept.put(read_bytes(to_ubl(order(f"PO-{n}", [line("1", 1, 1)])), source(str(n)))) for n in range(5)
    ]
    assert [kept.get(r.file, r.sha256) is r for r in reads] == [False, False, True, True, True]


def test_dates_on_the_borders_of_trade_are_days() -> None:
    early = replace(INVOICE, issued=date(2000, 1, 1), due=date(2099, 12, 31))
    assert only(to_ubl(early)).due == date(2099, 12, 31)
