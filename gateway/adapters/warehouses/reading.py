"""The table of formats. A new format is one file with a reader, and one row here.

Recognition is by content: the name and extension of a file say nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gateway.adapters.documents import tables
from gateway.adapters.documents.formats import MAX_FILE_BYTES
from gateway.adapters.documents.reading import shown
from gateway.adapters.documents.xml_reader import BYTE_ORDER_MARKS, XmlRefused, looks_like_xml
from gateway.adapters.documents.xml_reader import parse as parse_xml
from gateway.adapters.warehouses import epcis, inventory_report, wms_csv
from gateway.adapters.warehouses.epcis_form import EVENTS
from gateway.adapters.warehouses.json_reader import JsonRefused, looks_like_json
from gateway.adapters.warehouses.json_reader import parse as parse_json
from gateway.adapters.warehouses.result import Read
from gateway.domain.stock import Event
from gateway.domain.trade import Source
from gateway.domain.trade_rules import Effect, Finding
from gateway.ports.stock import FeedRead, FeedStatus, Fields


@dataclass(frozen=True, slots=True)
class Format:
    """One format: `recognise` looks at the bytes only, `read` returns None for what is not its own after all."""

    name: str
    recognise: Callable[[bytes], bool]
    read: Callable[[bytes, Source, int], Read | None]
    fields: Fields


def _read_json(data: bytes, source: Source, keeper: int) -> Read | None:
    document = parse_json(data)
    return epcis.read(document, source, keeper) if epcis.supports(document) else None


def _read_xml(data: bytes, source: Source, keeper: int) -> Read | None:
    root = parse_xml(data)
    return inventory_report.read(root, source, keeper) if inventory_report.supports(root) else None


def _recognise_csv(data: bytes) -> bool:
    return wms_csv.recognises(tables.opening(data))


def _read_csv(data: bytes, source: Source, keeper: int) -> Read | None:
    text = tables.decode(data)
    return Read((), (tables.undecodable(source),)) if text is None else wms_csv.read(text, source, keeper)


FORMATS: tuple[Format, ...] = (
    Format("EPCIS 2.0 (JSON)", looks_like_json, _read_json, Fields("eventID", "eventTime")),
    Format("UBL 2 inventory report (XML)", looks_like_xml, _read_xml, Fields("cbc:ID", "cbc:IssueDate")),
    Format(
        "CSV with the columns of docs/warehouse-csv.md", _recognise_csv, _read_csv, Fields("event", "time")
    ),
)
"""Tried in this order; the first that recognises the bytes reads them."""


def read_feed(data: bytes, name: str, keeper: int) -> FeedRead:
    """A keeper's file to its events; never raises for what the bytes hold."""
    source = Source(name, hashlib.sha256(data).hexdigest())
    mark = next((mark for mark in BYTE_ORDER_MARKS if data.startswith(mark)), b"")
    if not data.removeprefix(mark).strip():
        return _unused(source, keeper, FeedStatus.EXCEPTION, "FILE-EMPTY", "the file is empty")
    if len(data) > MAX_FILE_BYTES:
        found = f"at most {MAX_FILE_BYTES} bytes are read"
        return _unused(source, keeper, FeedStatus.EXCEPTION, "FILE-SIZE", f"the file is too large: {found}")
    for known in FORMATS:
        if not known.recognise(data):
            continue
        try:
            read = known.read(data, source, keeper)
        except (XmlRefused, JsonRefused) as refused:
            line = f"row {refused.line}" if refused.line else ""
            return _unused(source, keeper, FeedStatus.EXCEPTION, refused.rule, refused.message, line)
        if read is not None:
            return _fed(source, keeper, known, read)
    read_here = ", ".join(each.name for each in FORMATS)
    message = f"the file is none of what is read here ({read_here}): {_looks(data)}"
    return _unused(source, keeper, FeedStatus.UNSUPPORTED, "FORMAT-UNSUPPORTED", message)


def _looks(data: bytes) -> str:
    """What a file of no known format is, and what is missing of one; JSON and XML are well formed here."""
    if looks_like_json(data):
        kind = str(parse_json(data).get("type", "")).removeprefix("epcis:")
        if kind in EVENTS:
            return f"it is one {kind}, and events stand in the eventList of an EPCISDocument"
        return f"it is JSON of the type {shown(kind)!r}, and not EPCISDocument"
    if looks_like_xml(data):
        return f"it is XML with the root {shown(parse_xml(data).name)}"
    text = tables.decode(data)
    if text is None:
        return "it is no text in UTF-8 or UTF-16"
    first = next(iter(text.strip().splitlines()), "")
    if first.startswith("["):
        return "it looks like a list in JSON, and events stand in the eventList of an EPCISDocument"
    needed = " and ".join(wms_csv.MANDATORY_COLUMNS)
    return f"it begins with {shown(first[:100])!r}, and as a table it would name the columns {needed} there"


def _fed(source: Source, keeper: int, known: Format, read: Read) -> FeedRead:
    refused = any(finding.effect is Effect.REFUSE for finding in read.findings)
    status = FeedStatus.EXCEPTION if refused else FeedStatus.USED
    findings = (*read.findings, *_repeated(source, read.events, known.fields.event))
    return FeedRead(
        keeper, source.file, source.sha256, known.name, status, read.said, read.events, findings, known.fields
    )  # fmt: skip


def _repeated(source: Source, events: Sequence[Event], field: str) -> Iterator[Finding]:
    first: dict[tuple[str, str, bool], str] = {}
    for event in events:
        before = first.setdefault((event.name, event.content, event.error is None), event.position)
        if before != event.position:
            message = f"the same stands in {before}: it counts once; events of one content need numbers"
            yield Finding(source.file, event.id, event.position, "EVENT-REPEATED", field, message)


def _unused(
    source: Source, keeper: int, status: FeedStatus, rule: str, message: str, line: str = ""
) -> FeedRead:
    finding = Finding(source.file, "", line, rule, "", message)
    return FeedRead(keeper, source.file, source.sha256, "", status, None, (), (finding,))
