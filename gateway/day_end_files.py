"""The lists of a day as files: CSV for each, and one workbook with all of them and how they tie."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # ships no type marker

from gateway.domain.calendar import date_of, day_of_iso

TOTALS = ("list", "currency", "count", "column", "sum")
TIES = ("list", "says", "currency", "listed", "reconciled", "agrees")
_WIDTH, _LONGEST = 18, 60

Document = Mapping[str, Any]
"""The lists of a day as the interface shows them."""


def csv_of(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A table as CSV (RFC 4180) that spreadsheets read in any script; no field is taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_plain(row[name]) for name in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _plain(value: Any) -> str:
    text = "" if value is None else str(value)
    # A spreadsheet would run what begins like this; a negative amount is one of those, and stays a number.
    return (
        f"'{text}"
        if text[:1] in ("=", "+", "@", "\t") or (text[:1] == "-" and not text[1:2].isdigit())
        else text
    )


def files_of(document: Document) -> dict[str, bytes]:
    """Every file of a day by its name: `due.csv` … `totals.csv`, `ties.csv` and `day-end.xlsx`."""
    found = {f"{each['name']}.csv": csv_of(each["columns"], each["rows"]) for each in document["lists"]}
    found["totals.csv"] = csv_of(TOTALS, list(_totals(document)))
    found["ties.csv"] = csv_of(TIES, document["ties"])
    found["day-end.xlsx"] = _workbook(document)
    return found


def _totals(document: Document) -> Iterator[dict[str, Any]]:
    for each in document["lists"]:
        if not each["totals"]:
            yield dict(zip(TOTALS, (each["name"], "", len(each["rows"]), "", ""), strict=True))
        for total in each["totals"]:
            for column in each["amounts"]:
                values = (each["name"], total["currency"], total["count"], column, total[column])
                yield dict(zip(TOTALS, values, strict=True))


def _workbook(document: Document) -> bytes:
    """All lists, a sheet each; amounts are text, exact to the minor unit. The same lists give the same bytes."""
    out = io.BytesIO()
    day = date_of(day_of_iso(document["day"]))
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties(
            {
                "title": f"Day end {document['day']}",
                "created": datetime(day.year, day.month, day.day, tzinfo=UTC),
            }
        )
        head = book.add_format({"bold": True})
        right = book.add_format({"align": "right"})
        sheets: list[tuple[str, Sequence[str], Sequence[str], Sequence[Mapping[str, Any]]]]
        sheets = [("totals", TOTALS, ("sum",), list(_totals(document)))]
        sheets += [("ties", TIES, ("listed", "reconciled"), document["ties"])]
        sheets += [
            (each["name"], each["columns"], each["amounts"], each["rows"]) for each in document["lists"]
        ]
        for name, columns, amounts, rows in sheets:
            _sheet(book.add_worksheet(name), columns, amounts, rows, head, right)
    return out.getvalue()


def _sheet(
    sheet: Any,
    columns: Sequence[str],
    amounts: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    head: Any,
    right: Any,
) -> None:
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(columns):
        longest = max((len(str(row[name])) for row in rows), default=0)
        sheet.set_column(place, place, min(max(longest + 2, len(name) + 2), _LONGEST) if longest else _WIDTH)
        sheet.write_string(0, place, name.replace("_", " "), head)
        for line, row in enumerate(rows, 1):
            value = row[name]
            if isinstance(value, int) and not isinstance(value, bool):
                sheet.write_number(line, place, value)
            else:
                sheet.write_string(
                    line, place, "" if value is None else str(value), right if name in amounts else None
                )
    if rows:
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
