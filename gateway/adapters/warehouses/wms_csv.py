"""A plain table of a warehouse system: one row is one thing told, the columns of docs/warehouse-csv.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from gateway.adapters.documents import tables
from gateway.adapters.documents.reading import Checks
from gateway.adapters.documents.tables import Row
from gateway.adapters.warehouses import gs1, values
from gateway.adapters.warehouses.result import Read
from gateway.domain.stock import PIECE, ErrorDeclaration, Event, Kind, SensorValue, Telling
from gateway.domain.trade import Source

EVENT_COLUMNS = ("event", "time", "recorded", "order", "despatch", "receipt", "invoice", "takes_back", "reason",
                 "corrected_by")  # fmt: skip
"""Are of the event: rows of one event agree on them."""
ROW_COLUMNS = (
    *("kind", "gln", "gln_extension", "place", "from_gln", "from_place"),
    *("gtin", "item", "lot", "serial", "vin", "sscc", "container"),
    *("quantity", "unit"),
    *("sensor", "sensor_value", "sensor_unit", "sensor_least", "sensor_most", "sensor_alarm"),
)
MANDATORY_COLUMNS = ("kind", "time")
KINDS = {("sensor" if kind is Kind.SENSOR else kind.value): kind for kind in Kind}
"""What stands in the column `kind` of a row about goods."""
HEARTBEAT = "heartbeat"
"""Stands there in a row which says that nothing else happened until its time."""
_BEATS = ("kind", "time", "event", "recorded", "gln", "place")
"""What such a row may say."""
_COLUMNS = frozenset((*EVENT_COLUMNS, *ROW_COLUMNS))
_DOCUMENTS = ("order", "despatch", "receipt", "invoice")
_VIN = re.compile(r"[0-9A-HJ-NPR-Z]{17}", re.ASCII)
_UNCOUNTED = (Kind.STORED, Kind.INSPECTED)
"""Kinds that may do without an amount."""


def recognises(text: str) -> bool:
    """Whether the first line names our key columns."""
    return bool(tables.delimiter(text, MANDATORY_COLUMNS))


def read(text: str, source: Source, keeper: int) -> Read:
    """Every event of a table; rows with one `event` are one event, wherever they stand."""
    table = tables.Table(source, _COLUMNS, MANDATORY_COLUMNS)
    groups: dict[tuple[str, str], list[tuple[int, Row]]] = defaultdict(list)
    beats: list[tuple[int, Row]] = []
    for number, row in table.rows(text, tables.delimiter(text, MANDATORY_COLUMNS)):
        if row["kind"].lower() == HEARTBEAT:
            beats.append((number, row))
            continue
        told = row | {"event": values.event_number(row.get("event", ""))}
        # What takes an event back may stand in the same table.
        groups[told["event"] or f"row {number}", row.get("takes_back", "").lower()].append((number, told))
    if table.findings:
        return Read((), tuple(table.findings))
    checks = Checks(source, "")
    said = [at for number, row in beats if (at := _heartbeat(checks, row, f"row {number}"))]
    if not groups and not beats:
        message = (
            f"the table has no rows and so no time: a row of kind {HEARTBEAT} says that nothing happened"
        )
        checks.note("NOT-USED", "kind", message)
    events: list[Event] = []
    findings = checks.findings
    for rows in groups.values():
        reading = _Reading(source, rows)
        event = reading.event(keeper)
        if event is not None:
            events.append(event)
        findings += reading.findings
    said += [event.recorded or event.at for event in events]
    return Read(tuple(events), tuple(findings), max(said, default=None))


def _heartbeat(checks: Checks, row: Row, line: str) -> datetime | None:
    """Until when nothing else happened; None when the row is refused."""
    for column in row:
        if row[column] and column not in _BEATS:
            message = f"a {HEARTBEAT} says nothing of goods, and {column} stands there"
            checks.note("ELEMENT-FORM", column, message, "nothing", row[column], line)
            return None
    time = checks.required(row["time"], "time", line)
    return values.moment(checks, time, "time", line, zone_needed=False)


class _Reading(Checks):
    """The rows of one event being read."""

    def __init__(self, source: Source, rows: Sequence[tuple[int, Row]]) -> None:
        super().__init__(source, rows[0][1]["event"])
        self._rows = rows

    def event(self, keeper: int) -> Event | None:
        """The event; None when it is refused."""
        number, first = self._rows[0]
        line = f"row {number}"
        self._agree()
        at = values.moment(self, self.required(first["time"], "time", line), "time", line, zone_needed=False)
        recorded = values.moment(self, first.get("recorded", ""), "recorded", line, zone_needed=False)
        error = self._error(first, line, at)
        name = self.name(first["event"], "event", line)
        documents = tuple(
            (kind, self.name(text, kind, line))
            for kind in _DOCUMENTS
            for text in first.get(kind, "").split(";")
            if text
        )
        tellings = [self._telling(row, f"row {number}") for number, row in self._rows]
        if self.refused or at is None:
            return None
        return Event(
            keeper, name, at, tuple(each for each in tellings if each is not None), documents=documents,
            recorded=recorded, error=error, file=self.source.file, sha256=self.source.sha256, position=line,
        )  # fmt: skip

    def _agree(self) -> None:
        _, first = self._rows[0]
        for number, row in self._rows[1:]:
            for column in EVENT_COLUMNS:
                value, before = row.get(column, ""), first.get(column, "")
                if value not in ("", before):
                    message = f"row {number} says another {column} than the event's first row"
                    self.note("CSV-CONTRADICTION", column, message, before, value, f"row {number}")

    def _error(self, row: Row, line: str, at: datetime | None) -> ErrorDeclaration | None:
        told = row.get("takes_back", "").lower()
        if told in ("", "no"):
            return None
        if told != "yes":
            self.note("TERM-UNKNOWN", "takes_back", "takes_back is yes or no", "yes or no", told, line)
        corrections = tuple(
            values.event_number(self.name(each.strip(), "corrected_by", line))
            for each in row.get("corrected_by", "").split(";")
            if each.strip()
        )
        return (
            None
            if at is None
            else ErrorDeclaration(at, self.name(row.get("reason", ""), "reason", line), corrections)
        )

    def _telling(self, row: Row, line: str) -> Telling | None:
        kind = KINDS.get(row["kind"].lower())
        if kind is None:
            found = row["kind"] or "nothing"
            known = ", ".join((*KINDS, HEARTBEAT))
            self.note("TERM-UNKNOWN", "kind", f"{found} is no kind of telling", known, found, line)
            return None
        place, origin = self._place(row, "", line), self._place(row, "from_", line)
        container = self._container(row, line)
        packs = kind in (Kind.PACKED, Kind.UNPACKED)
        if packs and not container:
            self.required("", "container", line)
        if kind is Kind.MOVED and not origin:
            self.required("", "from_place", line)
        item, thing = self._goods(row, line)
        lot = self.name(row.get("lot", ""), "lot", line)
        if kind is Kind.SENSOR:
            return Telling(kind, place, item, thing, lot, sensor=self._sensor(row, line))
        if not place and not packs:
            self.note("PLACE-MISSING", "place", "it is not said where the goods are", line=line)
        if not (item or thing or lot) and kind is not Kind.UNPACKED:
            self.note(
                "FIELD-MISSING",
                "lot",
                "neither lot, item nor single thing is named",
                "goods",
                "nothing",
                line,
            )
        quantity, unit = self._amount(row, kind, thing, whole=packs and not (item or thing or lot), line=line)
        return Telling(kind, place, item, thing, lot, quantity, unit, origin, container if packs else "")

    def _place(self, row: Row, prefix: str, line: str) -> str:
        number = row.get(f"{prefix}gln", "")
        if not number:
            return self.name(row.get(f"{prefix}place", ""), f"{prefix}place", line)
        extension = self.name(row.get("gln_extension", ""), "gln_extension", line) if not prefix else ""
        return values.named(self, lambda text: gs1.gln(text, extension), number, f"{prefix}gln", line) or ""

    def _container(self, row: Row, line: str) -> str:
        text = row.get("container", "")
        return (values.named(self, gs1.sscc, text, "container", line) or "") if text else ""

    def _goods(self, row: Row, line: str) -> tuple[str, str]:
        """Item, and single thing where the row is about one."""
        text = row.get("gtin", "")
        item = (
            (values.named(self, gs1.gtin, text, "gtin", line) or "")
            if text
            else self.name(row.get("item", ""), "item", line)
        )
        named = [column for column in ("serial", "vin", "sscc") if row.get(column)]
        if len(named) > 1:
            message = f"a row is about one thing, not about {' and '.join(named)}"
            self.note("ELEMENT-FORM", named[1], message, "one", str(len(named)), line)
        if row.get("sscc"):
            return item, values.named(self, gs1.sscc, row["sscc"], "sscc", line) or ""
        if row.get("vin"):
            vin = row["vin"].upper()
            if not _VIN.fullmatch(vin):
                self.note(
                    "VIN-FORM", "vin", f"{vin[:40]} is no vehicle number", "17 letters and digits", vin, line
                )
            return item, f"vin/{vin}"
        serial = self.name(row.get("serial", ""), "serial", line)
        return item, f"{item or 'serial'}/{gs1.SERIAL}/{serial}" if serial else ""

    def _amount(
        self, row: Row, kind: Kind, thing: str, *, whole: bool, line: str
    ) -> tuple[Fraction | None, str]:
        quantity = self.decimal(row.get("quantity", ""), "quantity", line)
        if kind is not Kind.ADJUSTED:
            quantity = values.not_negative(self, quantity, "quantity", line)
        if thing:
            adjusted = kind is Kind.ADJUSTED
            if row.get("quantity", "") not in (("1", "-1") if adjusted else ("", "1")):
                message = f"{thing} is a single thing, and its amount is not 1"
                self.note("ELEMENT-FORM", "quantity", message, "1", row["quantity"], line)
            if thing.startswith(f"{gs1.SSCC}/"):
                return None, ""
            return (quantity if adjusted else Fraction(1)), PIECE
        if whole:
            return None, ""
        if not row.get("quantity") and kind in _UNCOUNTED:
            return None, values.unit(self, row["unit"], "unit", line) if row.get("unit") else ""
        self.required(row.get("quantity", ""), "quantity", line)
        return quantity, values.unit(self, row.get("unit", ""), "unit", line)

    def _sensor(self, row: Row, line: str) -> SensorValue:
        def exact(column: str) -> Fraction | None:
            return self.decimal(row.get(column, ""), column, line)

        kind = self.required(self.name(row.get("sensor", ""), "sensor", line), "sensor", line)
        return SensorValue(
            kind, exact("sensor_value"), self.name(row.get("sensor_unit", ""), "sensor_unit", line),
            exact("sensor_least"), exact("sensor_most"), self.name(row.get("sensor_alarm", ""), "sensor_alarm", line),
        )  # fmt: skip
