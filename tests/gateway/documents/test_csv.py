"""The CSV of docs/csv.md: several documents a file, and every mistake in the table by name."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.adapters.documents import FileRead, FileStatus, read_bytes
from gateway.adapters.documents.csv_table import HEADER_COLUMNS, LINE_COLUMNS
from gateway.domain.matching import match
from tests.gateway.documents.trade_builder import chain, credit_note, invoice, line, source
from tests.gateway.documents.ubl_writer import to_csv

GUIDE = (Path(__file__).parents[3] / "docs" / "csv.md").read_text(encoding="utf-8")


def read(text: str | bytes) -> FileRead:
    return read_bytes(text.encode() if isinstance(text, str) else text, source("t.csv"))


def test_all_six_kinds_in_one_file() -> None:
    documents = [*chain(), credit_note("C-1", "INV-1", [line("1", 10, 1_000)])]
    result = read(to_csv(documents))
    assert (result.status, result.exceptions) == (FileStatus.USED, ())
    plain = [replace(d, source=source("t.csv"), tax_subtotals=()) for d in documents]
    assert list(result.documents) == plain
    assert match(result.documents).results[0].proposed == 101_700


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_separators_and_encodings_of_spreadsheets(encoding: str, separator: str) -> None:
    text = to_csv(chain()).decode().replace(",", separator)
    assert read(text.encode(encoding)).status is FileStatus.USED


def test_further_rows_may_leave_header_columns_empty_but_not_contradict() -> None:
    bill = invoice("I", "PO", [line("1", 1, 100), line("2", 1, 100)])
    text = to_csv([bill]).decode()
    assert len(read(text).documents[0].lines) == 2
    rows = text.splitlines()
    column = rows[0].split(",").index("due_date")
    cells = rows[2].split(",")
    cells[column] = "2026-12-31"
    result = read("\n".join([*rows[:2], ",".join(cells)]))
    (found,) = result.exceptions
    assert (found.rule, found.field, found.line) == ("CSV-CONTRADICTION", "due_date", "row 3")
    assert (found.expected, found.found) == ("2026-06-30", "2026-12-31")


def test_a_document_twice_in_a_file_is_refused_both_times_and_the_others_are_used() -> None:
    documents = [*chain(), chain()[4]]
    documents.insert(4, invoice("INV-0", "PO-1", [line("1", 1, 1)]))
    result = read(to_csv([*chain()[:4], chain()[4], documents[4], chain()[4]]))
    assert result.status is FileStatus.EXCEPTION
    assert [d.number for d in result.documents] == ["PO-1", "OR-1", "DA-1", "RA-1", "INV-0"]
    assert [e.rule for e in result.exceptions] == ["DUPLICATE-IN-FILE"] * 2


@pytest.mark.parametrize(
    ("old", "new", "rule", "field"),
    [
        ("issue_date", "isue_date", "CSV-COLUMN", "isue_date"),
        ("buyer_name", "seller_name", "CSV-COLUMN", "seller_name"),
        ("\norder,", "\norder,,", "CSV-ROW", ""),
        ("\norder,", "\nordre,", "FIELD-MISSING", "kind"),
        ("order,PO-1", "order,", "FIELD-MISSING", "number"),
        ("2026-01-12", "12.01.2026", "DATE-FORMAT", "issue_date"),
        ("CNY", "RMB", "CURRENCY-UNKNOWN", "currency"),
        ("1000.00", "1 000.00", "NUMBER-FORMAT", "total_lines"),
        ("1000.00", "999.00", "SUM-OF-LINES", "total_lines"),
        ("91310115MA1T1ER19W", "91310115MA1T1ER19A", "LEGAL-ID-CHECK", "seller_tax_id"),
    ],
)
def test_mistakes_in_the_table_are_named(old: str, new: str, rule: str, field: str) -> None:
    text = to_csv(chain()[:1]).decode()
    assert old in text
    result = read(text.replace(old, new, 1))
    assert result.status is FileStatus.EXCEPTION
    assert not result.documents
    assert (rule, field) in [(e.rule, e.field) for e in result.exceptions]


@pytest.mark.parametrize(
    ("column", "rule"),
    [("quantity", "FIELD-MISSING"), ("line", "FIELD-MISSING"), ("buyer_name", "PARTY-MISSING")],
)
def test_an_empty_mandatory_cell_is_named(column: str, rule: str) -> None:
    rows = [row.split(",") for row in to_csv(chain()[:1]).decode().splitlines()]
    rows[1][rows[0].index(column)] = ""
    result = read("\n".join(",".join(row) for row in rows))
    assert [(e.rule, e.field) for e in result.exceptions] == [(rule, column)]


@pytest.mark.parametrize("column", ["line_amount", "total_payable"])
def test_an_invoice_without_an_amount_is_refused(column: str) -> None:
    rows = [row.split(",") for row in to_csv([chain()[4]]).decode().splitlines()]
    rows[1][rows[0].index(column)] = ""
    result = read("\n".join(",".join(row) for row in rows))
    assert ("AMOUNT-MISSING", column) in [(e.rule, e.field) for e in result.exceptions]


def test_a_header_row_alone_is_refused() -> None:
    assert [e.rule for e in read("kind,number,seller_name,issue_date,buyer_name,line\n").exceptions] == [
        "LINES-MISSING"
    ]


def test_the_guide_names_every_column_and_its_example_is_read() -> None:
    named = set(re.findall(r"`([a-z_…]+)`", GUIDE))
    buyer = {c.replace("buyer_", "seller_") if c.startswith("buyer_") else c for c in HEADER_COLUMNS}
    assert buyer | set(LINE_COLUMNS) <= named
    example = GUIDE.split("```")[1].lstrip()
    result = read(example)
    assert [d.kind for d in result.documents] == ["order", "receipt-advice"]
    assert not result.exceptions
