"""Tables of strangers as CSV: their text, separator, header and rows; every mistake in the table by name."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator

from gateway.adapters.documents.reading import shown
from gateway.domain.trade import Source
from gateway.domain.trade_rules import Finding

_SEPARATOR_LINE = re.compile(r"\A\"?sep=.\"?(?:\r\n|\r|\n)", re.IGNORECASE)
Row = dict[str, str]
"""A row's cells by column, runs of white space as one."""


def decode(data: bytes) -> str | None:
    """The text of a CSV file: UTF-8 (with or without mark) or UTF-16 with its mark; None otherwise."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def opening(data: bytes) -> str:
    """The beginning of a file as text, whatever it holds: enough to recognise a header by."""
    text = decode(data)
    return data[:4096].decode("latin-1") if text is None else text[:65_536]


def undecodable(source: Source) -> Finding:
    """The refusal of a table that is no text we read."""
    message = "the CSV is neither UTF-8 nor UTF-16 with its byte order mark"
    return Finding(source.file, "", "", "TEXT-ENCODING", "", message, "UTF-8", "other bytes")


def _table(text: str) -> str:
    """The table without blank lines before it, and without the line in which a spreadsheet names its separator."""
    return _SEPARATOR_LINE.sub("", text.lstrip("\r\n"), count=1)


def delimiter(text: str, columns: Collection[str]) -> str:
    """The separator under which the first line names these columns; empty when none does."""
    first = _table(text).splitlines()[:1]
    for separator in (",", ";", "\t"):
        names = {name.strip().strip('"').lower() for name in "".join(first).split(separator)}
        if names.issuperset(columns):
            return separator
    return ""


class Table:
    """One table being read; nothing of it may be used when there are findings afterwards."""

    def __init__(self, source: Source, known: Collection[str], mandatory: Collection[str]) -> None:
        self._source = source
        self._known = known
        self._mandatory = mandatory
        self.findings: list[Finding] = []

    def note(self, rule: str, message: str, column: str = "", row: int = 1, found: str = "") -> None:
        """Record that a rule is broken."""
        self.findings.append(
            Finding(
                self._source.file, "", f"row {row}", rule, shown(column), shown(message), found=shown(found)
            )
        )

    def rows(self, text: str, separator: str) -> Iterator[tuple[int, Row]]:
        """Every row that is not blank, with its number in the file (the header is 1), as far as the first mistake."""
        reader = csv.reader(io.StringIO(_table(text), newline=""), delimiter=separator, strict=True)
        try:
            columns = [name.strip().lower() for name in next(reader)]
            self._check(columns)
            if self.findings:
                return
            for number, cells in enumerate(reader, start=2):
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(columns):
                    message = f"row {number} has {len(cells)} fields, the header has {len(columns)}"
                    self.note("CSV-ROW", message, row=number, found=str(len(cells)))
                    return
                yield number, dict(zip(columns, (" ".join(cell.split()) for cell in cells), strict=True))
        except csv.Error as error:
            self.note("CSV-ROW", f"the row cannot be read: {error}", row=reader.line_num)

    def _check(self, columns: list[str]) -> None:
        for name, count in Counter(columns).items():
            if count > 1:
                self.note("CSV-COLUMN", f"column {name} stands {count} times", name)
            if name not in self._known:
                self.note("CSV-COLUMN", f"column {name!r} is not known", name, found=name)
        for name in self._mandatory:
            if name not in columns:
                self.note("CSV-COLUMN", f"column {name} is missing", name)
