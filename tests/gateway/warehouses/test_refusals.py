"""What cannot be read of a warehouse's files, by rule and element."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.warehouses import read_feed
from gateway.adapters.warehouses.gs1 import KeyRefused, key_of, place_of
from gateway.adapters.warehouses.wms_csv import EVENT_COLUMNS, HEARTBEAT, KINDS, ROW_COLUMNS
from gateway.ports.stock import FeedRead, FeedStatus
from tests.gateway.warehouses.shown import GOLDEN, KEEPER

GUIDE = (Path(__file__).parents[3] / "docs" / "warehouse-csv.md").read_text(encoding="utf-8")
EPCIS = (GOLDEN / "received-to-shipped.json").read_bytes()
REPORT = (GOLDEN / "inventory-report.xml").read_bytes()
HEADER = (
    "event,kind,time,gln,place,from_place,gtin,lot,serial,vin,sscc,container,quantity,unit,takes_back,sensor"
)


def read(data: bytes | str) -> FeedRead:
    return read_feed(data.encode() if isinstance(data, str) else data, "f", KEEPER)


def found(feed: FeedRead) -> list[tuple[str, str]]:
    return [(each.rule, each.field) for each in feed.refused]


@pytest.mark.parametrize(
    ("data", "status", "rule"),
    [
        (b"", "exception", "FILE-EMPTY"),
        (b"\xef\xbb\xbf \n", "exception", "FILE-EMPTY"),
        (b"goods came", "unsupported", "FORMAT-UNSUPPORTED"),
        (b'{"type": "OtherDocument"}', "unsupported", "FORMAT-UNSUPPORTED"),
        (b'{"type": ["EPCISDocument"]}', "unsupported", "FORMAT-UNSUPPORTED"),
        (b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'/>", "unsupported",
         "FORMAT-UNSUPPORTED"),
        (EPCIS[:-40], "exception", "JSON-MALFORMED"),
        (EPCIS.replace(b'"type": "EPCISDocument",', b'"type": "EPCISDocument", "type": "EPCISDocument",'), "exception",
         "JSON-MALFORMED"),
        (EPCIS.replace(b"1000.5", b"NaN"), "exception", "JSON-MALFORMED"),
        (EPCIS.replace(b"PO-2026-0123", b"PO-\\ud800"), "exception", "JSON-MALFORMED"),
        (EPCIS.replace(b"1000.5", b"1" * 5000), "exception", "JSON-MALFORMED"),
        (b'{"a":' * 200_000, "exception", "JSON-LIMIT"),
        (EPCIS.replace(b"PO-2026", b"PO-\xff"), "exception", "TEXT-ENCODING"),
        (REPORT[:-9], "exception", "XML-MALFORMED"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "exception", "XML-DTD"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_or_broken_is_told_so(data: bytes, status: str, rule: str) -> None:
    feed = read(data)
    assert (feed.status, feed.events, [each.rule for each in feed.findings]) == (
        FeedStatus(status),
        (),
        [rule],
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ('{"type": "ObjectEvent"}', "one ObjectEvent, and events stand in the eventList of an EPCISDocument"),
        ('[{"type": "ObjectEvent"}]', "a list in JSON, and events stand in the eventList of an EPCISDocument"),
        ('{"type": "Shipment"}', "JSON of the type 'Shipment', and not EPCISDocument"),
        ("<Invoice/>", "XML with the root Invoice"),
        ("类型,时间\n入库,2026-11-02", "'类型,时间', and as a table it would name the columns kind and time"),
        ("类型,时间,批号".encode("gb18030"), "no text in UTF-8 or UTF-16"),
    ],
)  # fmt: skip
def test_a_file_of_no_known_format_is_told_what_it_is_and_what_is_missing(
    data: bytes | str, told: str
) -> None:
    (refusal,) = read(data).findings
    assert (refusal.rule, told in refusal.message) == ("FORMAT-UNSUPPORTED", True), refusal.message


@pytest.mark.parametrize(
    ("old", "new", "rule", "field"),
    [
        (b'"schemaVersion": "2.0"', b'"schemaVersion": "1.2"', "ELEMENT-FORM", "schemaVersion"),
        (b'"schemaVersion": "2.0",', b"", "FIELD-MISSING", "schemaVersion"),
        (
            b'"creationDate": "2026-11-02T18:00:00+08:00"',
            b'"creationDate": "today"',
            "TIME-FORM",
            "creationDate",
        ),
        (b'"eventList"', b'"events"', "FIELD-MISSING", "epcisBody/eventList"),
        (b'"schemaVersion"', b'"shipment": 1, "schemaVersion"', "ELEMENT-UNKNOWN", "shipment"),
    ],
)
def test_the_document_around_events_has_its_form(old: bytes, new: bytes, rule: str, field: str) -> None:
    assert EPCIS.count(old) == 1
    assert (rule, field) in found(read(EPCIS.replace(old, new)))


LINE = "cac:InventoryReportLine"


@pytest.mark.parametrize(
    ("old", "new", "rule", "field"),
    [
        (b"<cbc:ID>IR-2026-11-02</cbc:ID>", b"", "FIELD-MISSING", "cbc:ID"),
        (b"<cbc:IssueDate>2026-11-02", b"<cbc:IssueDate>2026-11-31", "DATE-FORMAT", "cbc:IssueDate"),
        (b"20:00:00+08:00", b"25:00:00+08:00", "TIME-FORM", "cac:InventoryPeriod/cbc:EndTime"),
        (b">600.5<", b">six<", "NUMBER-FORMAT", f"{LINE}/cbc:Quantity"),
        (b">600.5<", b">-1<", "NEGATIVE-QUANTITY", f"{LINE}/cbc:Quantity"),
        (b">600.5<", b"><", "FIELD-MISSING", f"{LINE}/cbc:Quantity"),
        (b' unitCode="KGM"', b"", "FIELD-MISSING", f"{LINE}/cbc:Quantity/@unitCode"),
        (b"04012345123456", b"04012345123457", "GS1-KEY", f"{LINE}/cac:Item/cac:StandardItemIdentification/cbc:ID"),
        (b"4012345000023", b"401234500002", "GS1-KEY", f"{LINE}/cac:InventoryLocation/cbc:ID"),
        (b'"EA">1<', b'"EA">2<', "ELEMENT-FORM", f"{LINE}/cbc:Quantity"),
        (b"</cbc:LotNumberID>", b"</cbc:LotNumberID><cbc:LotNumberID>L-2</cbc:LotNumberID>", "ELEMENT-FORM",
         f"{LINE}/cac:Item/cac:ItemInstance"),
        (b"<cac:BuyersItemIdentification><cbc:ID>B-1</cbc:ID></cac:BuyersItemIdentification>", b"", "FIELD-MISSING",
         f"{LINE}/cac:Item"),
    ],
)  # fmt: skip
def test_a_report_with_a_line_that_cannot_be_read_is_refused_whole(
    old: bytes, new: bytes, rule: str, field: str
) -> None:
    assert old in REPORT
    feed = read(REPORT.replace(old, new))
    assert (feed.status, feed.events) == (FeedStatus.EXCEPTION, ())
    assert (rule, field) in found(feed)


@pytest.mark.parametrize(
    ("end_time", "issued", "counted"),
    [
        (b"", b"08:00:00+08:00", "2026-11-02T08:00:00+08:00"),
        (b"<cbc:EndTime>20:00:00+08:00</cbc:EndTime>", b"08:00:00+08:00", "2026-11-02T08:00:00+08:00"),
        (b"", b"21:30:00+08:00", "2026-11-02T21:30:00+08:00"),
    ],
)
def test_a_report_has_counted_nothing_after_it_was_issued(
    end_time: bytes, issued: bytes, counted: str
) -> None:
    """Else the report of 8 o'clock, of a day that ends at midnight, takes back what left at noon."""
    given = REPORT.replace(b"<cbc:EndTime>20:00:00+08:00</cbc:EndTime>", end_time)
    (report,) = read(given.replace(b"21:30:00+08:00", issued)).events
    assert report.at.isoformat() == counted


def test_a_report_without_lines_is_refused() -> None:
    assert ("LINES-MISSING", LINE) in found(
        read(re.sub(rb"<cac:InventoryReportLine>.*</cac:InventoryReportLine>", b"", REPORT, flags=re.S))
    )


def test_a_name_that_stands_twice_is_found_among_many_others() -> None:
    """Each name counted against all the others would be 40 000 000 000 comparisons."""
    names = ",".join(f'"{number}": 0' for number in range(200_000))
    (refusal,) = read(f'{{{names}, "199999": 1}}').findings
    assert (refusal.rule, refusal.effect) == ("JSON-MALFORMED", "refuse")
    assert "'199999' stands twice" in refusal.message


def test_brackets_inside_texts_are_no_depth() -> None:
    assert read(EPCIS.replace(b"PO-2026-0123", b"[{" * 100 + b'\\"[')).status is FeedStatus.USED


def row(**cells: Any) -> str:
    given = {"kind": "received", "time": "2026-11-02T08:00:00+08:00", "place": "Hall 3", "lot": "L-1", "quantity": "5",
             "unit": "kg"}  # fmt: skip
    return ",".join(str({**given, **cells}.get(name, "")) for name in HEADER.split(","))


@pytest.mark.parametrize(
    ("cells", "rule", "field"),
    [
        ({"kind": "came"}, "TERM-UNKNOWN", "kind"),
        ({"kind": ""}, "TERM-UNKNOWN", "kind"),
        ({"time": ""}, "FIELD-MISSING", "time"),
        ({"time": "2.11.2026"}, "TIME-FORM", "time"),
        ({"quantity": ""}, "FIELD-MISSING", "quantity"),
        ({"quantity": "1 000"}, "NUMBER-FORMAT", "quantity"),
        ({"quantity": "-5"}, "NEGATIVE-QUANTITY", "quantity"),
        ({"unit": ""}, "FIELD-MISSING", "unit"),
        ({"lot": ""}, "FIELD-MISSING", "lot"),
        ({"gln": "4012345000024"}, "GS1-KEY", "gln"),
        ({"gtin": "123"}, "GS1-KEY", "gtin"),
        ({"sscc": "340123450000000018", "quantity": ""}, "GS1-KEY", "sscc"),
        ({"vin": "LSVAA49J13204737O", "quantity": ""}, "VIN-FORM", "vin"),
        ({"vin": "LSVAA49J132047371", "serial": "7", "quantity": ""}, "ELEMENT-FORM", "vin"),
        ({"serial": "7"}, "ELEMENT-FORM", "quantity"),
        ({"kind": "moved"}, "FIELD-MISSING", "from_place"),
        ({"kind": "packed"}, "FIELD-MISSING", "container"),
        ({"kind": "sensor"}, "FIELD-MISSING", "sensor"),
        ({"takes_back": "perhaps"}, "TERM-UNKNOWN", "takes_back"),
        ({"lot": "L" * 300}, "TEXT-FORM", "lot"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_refused_and_the_others_are_used(
    cells: dict[str, str], rule: str, field: str
) -> None:
    feed = read("\n".join([HEADER, row(**cells), row(lot="L-2")]))
    assert feed.status is FeedStatus.EXCEPTION
    assert (rule, field) in found(feed)
    assert {each.line for each in feed.refused} == {"row 2"}
    assert [event.tellings[0].lot for event in feed.events] == ["L-2"]


def test_a_table_says_that_nothing_happened() -> None:
    feed = read(
        "kind,time,gln\nHeartbeat,2026-11-02T18:00:00+08:00,4012345000023\nheartbeat,2026-11-02 09:00,"
    )
    assert (feed.status, feed.events, feed.refused) == (FeedStatus.USED, (), ())
    assert feed.said is not None
    assert feed.said.isoformat() == "2026-11-02T18:00:00+08:00"
    late = row(kind="heartbeat", time="2026-11-02T20:00:00+08:00", place="", lot="", quantity="", unit="")
    beside = read("\n".join([HEADER, row(), late]))
    assert (len(beside.events), str(beside.said)) == (1, "2026-11-02 20:00:00+08:00")


@pytest.mark.parametrize(
    ("cells", "rule", "field"),
    [
        ({"lot": "L-1", "quantity": "", "unit": ""}, "ELEMENT-FORM", "lot"),
        ({"lot": "", "quantity": "5", "unit": ""}, "ELEMENT-FORM", "quantity"),
        ({"lot": "", "quantity": "", "unit": "", "time": ""}, "FIELD-MISSING", "time"),
        ({"lot": "", "quantity": "", "unit": "", "time": "today"}, "TIME-FORM", "time"),
    ],
)
def test_a_heartbeat_has_a_time_and_says_nothing_of_goods(
    cells: dict[str, str], rule: str, field: str
) -> None:
    feed = read("\n".join([HEADER, row(kind="heartbeat", **cells)]))
    assert ([(each.rule, each.field, each.line) for each in feed.refused], feed.said) == (
        [(rule, field, "row 2")], None,
    )  # fmt: skip


def test_a_table_of_its_header_alone_is_told_that_it_says_no_time() -> None:
    feed = read(HEADER)
    (note,) = feed.findings
    assert (feed.status, feed.said, note.rule) == (FeedStatus.USED, None, "NOT-USED")
    assert "kind heartbeat" in note.message


def test_rows_of_one_event_do_not_contradict_each_other() -> None:
    other = row(event="W-1", lot="L-2", time="2026-11-03T08:00:00+08:00")
    feed = read("\n".join([HEADER, row(event="W-1"), other]))
    assert (found(feed), feed.events) == ([("CSV-CONTRADICTION", "time")], ())


@pytest.mark.parametrize(
    ("table", "rule", "column"),
    [
        (f"{HEADER},colour\n{row()},red", "CSV-COLUMN", "colour"),
        (f"{HEADER},lot\n{row()},L-1", "CSV-COLUMN", "lot"),
        (f"{HEADER}\n{row()},more", "CSV-ROW", ""),
        (f'{HEADER}\n"{row()}', "CSV-ROW", ""),
    ],
)
def test_a_table_with_a_mistake_is_refused_whole(table: str, rule: str, column: str) -> None:
    feed = read(table)
    assert ([(each.rule, each.field) for each in feed.findings], feed.events) == ([(rule, column)], ())


def test_a_table_in_another_encoding_is_refused() -> None:
    assert [each.rule for each in read(f"{HEADER}\n{row(place='Halle Süd')}".encode("latin-1")).findings] == [
        "TEXT-ENCODING"
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_tables_come_as_spreadsheets_write_them(encoding: str, separator: str) -> None:
    text = f"sep={separator}\n" + f"{HEADER}\n{row()}".replace(",", separator)
    assert read(text.encode(encoding)).status is FeedStatus.USED


def test_json_comes_in_every_unicode_encoding() -> None:
    text = EPCIS.decode()
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        assert len(read(text.encode(encoding)).events) == 4


def test_the_guide_names_every_column_and_kind_and_its_example_is_read() -> None:
    named = set(re.findall(r"`([a-z_]+)`", GUIDE))
    assert {*EVENT_COLUMNS, *ROW_COLUMNS, *KINDS, HEARTBEAT} <= named
    feed = read(GUIDE.split("```")[1].lstrip())
    assert (feed.status, feed.findings, len(feed.events)) == (FeedStatus.USED, (), 3)


def test_a_uuid_in_capitals_is_the_same_number() -> None:
    capitals = EPCIS.replace(b"urn:uuid:0a1c6c1e", b"urn:UUID:0A1C6C1E")
    assert capitals != EPCIS
    assert [each.name for each in read(capitals).events] == [each.name for each in read(EPCIS).events]
    uuid = "urn:uuid:6b1b1c4e-0000-4000-8000-00000000000a"
    table = read("\n".join([HEADER, row(event=uuid), row(event=uuid.upper(), lot="L-2")]))
    assert [(each.name, len(each.tellings)) for each in table.events] == [(uuid, 2)]
    report = REPORT.replace(b"0a1c6c1e", b"0A1C6C1E")
    assert report != REPORT
    assert read(report).events[0].name == read(REPORT).events[0].name
    names = [each.name for each in read("\n".join([HEADER, row(event="w-1"), row(event="W-1")])).events]
    assert names == ["w-1", "W-1"]  # the keeper's own numbers are as it writes them


def test_a_row_is_the_same_in_any_zone() -> None:
    one, other = read(f"{HEADER}\n{row()}"), read(f"{HEADER}\n{row(time='2026-11-02T00:00:00Z')}")
    assert one.events[0].name == other.events[0].name
    assert other.events[0].at.isoformat() == "2026-11-02T00:00:00+00:00"  # and is kept as it was told


# ── keys of GS1 ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("urn", "address"),
    [
        ("urn:epc:id:sgtin:4012345.012345.77", "https://id.gs1.org/01/04012345123456/21/77"),
        ("urn:epc:id:sgtin:4012345.012345.a%2Fb", "https://keeper.example/x/01/04012345123456/21/a%2Fb"),
        ("urn:epc:class:lgtin:4012345.012345.L-1", "https://id.gs1.org/01/4012345123456/10/L-1"),
        ("urn:epc:idpat:sgtin:4012345.012345.*", "https://id.gs1.org/01/04012345123456?17=271102"),
        ("urn:epc:id:sscc:4012345.1234567890", "https://id.gs1.org/00/140123452345678902"),
        ("urn:epc:id:sgln:4012345.00002.0", "https://id.gs1.org/414/4012345000023"),
        ("urn:epc:id:sgln:4012345.00002.D-2", "https://id.gs1.org/414/4012345000023/254/D-2"),
        ("urn:epc:id:grai:4012345.11111.5", "https://id.gs1.org/8003/040123451111185"),
        ("urn:epc:id:giai:4012345.99", "https://id.gs1.org/8004/401234599"),
    ],
)
def test_a_key_is_the_same_as_urn_and_as_web_address(urn: str, address: str) -> None:
    assert key_of(urn) == key_of(address)


@pytest.mark.parametrize(
    "text", ["https://house.example/things/7", "urn:uuid:0a1c6c1e-1111-4c1e-8a44-1", "PUMP-9"]
)
def test_a_key_of_somebody_else_stays_as_it_is_written(text: str) -> None:
    assert (key_of(text).thing, place_of(text)) == (text, text)


@pytest.mark.parametrize(
    "text",
    [
        "urn:epc:id:sgtin:4012345.012345", "urn:epc:id:sgtin:401.0123456789.7", "urn:epc:id:sgtin:4012345.01x345.7",
        "urn:epc:idpat:sgtin:4012345.*.*", "urn:epc:id:sscc:4012345.", "https://id.gs1.org/house/7",
        "https://id.gs1.org/01/04012345123456/21/" + "7" * 91, "https://id.gs1.org/8003/04012345111116",
        "urn:epc:id:sgln:4012345.00002.", "urn:epc:tag:sgtin-96:3.0614141.812345.6789",
    ],
)  # fmt: skip
def test_a_key_that_claims_to_be_gs1s_and_is_none_is_refused(text: str) -> None:
    with pytest.raises(KeyRefused):
        key_of(text)
