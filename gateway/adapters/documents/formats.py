"""The table of formats. A new format is one file with `recognise` and `read`, and one row here.

Recognition is by content: the name and extension of a file say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.adapters.documents import csv_table, tables, ubl
from gateway.adapters.documents.reading import Outcome, shown
from gateway.adapters.documents.result import FileRead, FileStatus
from gateway.adapters.documents.xml_reader import BYTE_ORDER_MARKS, Node, XmlRefused, looks_like_xml, parse
from gateway.domain.trade import Source
from gateway.domain.trade_rules import Effect, Finding

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Larger files are refused unread; ten thousand UBL lines take about 20 MiB."""
_HEADER_NAMESPACE = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"


@dataclass(frozen=True, slots=True)
class Format:
    """One family of formats: `recognise` looks at the bytes only, `read` returns None for what is not its own
    after all (another document type of the family)."""

    name: str
    recognise: Callable[[bytes], bool]
    read: Callable[[bytes, Source], list[Outcome] | None]


def _read_xml(data: bytes, source: Source) -> list[Outcome] | None:
    root: Node | None = parse(data)
    if root is not None and root.namespace == _HEADER_NAMESPACE:  # the envelope of the Peppol network
        root = next((child for child in root.children() if child.namespace != _HEADER_NAMESPACE), None)
    if root is None or not ubl.supports(root):
        return None
    return [ubl.read(root, source)]


def _recognise_csv(data: bytes) -> bool:
    return csv_table.recognises(tables.opening(data))


def _read_csv(data: bytes, source: Source) -> list[Outcome] | None:
    text = tables.decode(data)
    if text is None:
        return [Outcome(None, None, [tables.undecodable(source)])]
    return csv_table.read(text, source)


FORMATS: tuple[Format, ...] = (
    Format("UBL 2 (XML)", looks_like_xml, _read_xml),
    Format("CSV with the columns of docs/csv.md", _recognise_csv, _read_csv),
)
"""Tried in this order; the first that recognises the bytes reads them."""


def read_bytes(data: bytes, source: Source) -> FileRead:
    """One file's bytes to its documents; never raises for what the bytes hold."""
    if not data.removeprefix(_mark(data)).strip():
        return _unused(source, FileStatus.EXCEPTION, "FILE-EMPTY", "the file is empty")
    for known in FORMATS:
        if not known.recognise(data):
            continue
        try:
            outcomes = known.read(data, source)
        except XmlRefused as refused:
            line = f"row {refused.line}" if refused.line else ""
            return _unused(source, FileStatus.EXCEPTION, refused.rule, refused.message, line)
        if outcomes is not None:
            return _read(source, outcomes)
    message = "the file is none of the documents read here: " + ", ".join(f.name for f in FORMATS)
    return _unused(source, FileStatus.UNSUPPORTED, "FORMAT-UNSUPPORTED", message, found=_what(data))


def _mark(data: bytes) -> bytes:
    """The byte order mark at the beginning, where there is one."""
    return next((mark for mark in BYTE_ORDER_MARKS if data.startswith(mark)), b"")


def _read(source: Source, outcomes: list[Outcome]) -> FileRead:
    findings = tuple(finding for outcome in outcomes for finding in outcome.findings)
    refused = any(finding.effect is Effect.REFUSE for finding in findings)
    return FileRead(
        source.file,
        source.sha256,
        FileStatus.EXCEPTION if refused else FileStatus.USED,
        tuple(outcome.used for outcome in outcomes if outcome.used is not None),
        findings,
        tuple(outcome.refused for outcome in outcomes if outcome.refused is not None),
    )


def _unused(
    source: Source, status: FileStatus, rule: str, message: str, line: str = "", found: str = ""
) -> FileRead:
    finding = Finding(source.file, "", line, rule, "", message, found=found)
    return FileRead(source.file, source.sha256, status, (), (finding,))


def _what(data: bytes) -> str:
    """What an unsupported file seems to be, for the message."""
    if looks_like_xml(data):
        root = parse(data)
        return shown(f"{root.name} in {root.namespace or 'no namespace'}")
    return "text" if tables.decode(data) is not None and b"\0" not in data else "binary data"
