"""UBL 2 inventory reports (2.1 to 2.4): what a keeper counted, as one event.

A report is used whole or refused whole: a line that cannot be read would leave a hole in what was counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from fractions import Fraction

from gateway.adapters.documents.party_ids import scheme_name
from gateway.adapters.documents.reading import Checks
from gateway.adapters.documents.xml_reader import Node
from gateway.adapters.warehouses import gs1, values
from gateway.adapters.warehouses.result import Read
from gateway.domain.stock import PIECE, Event, Kind, Telling
from gateway.domain.trade import Source

_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:InventoryReport-2"
_LINE = "cac:InventoryReportLine"
_INSTANCE = "cac:Item/cac:ItemInstance"
_LAST_SECOND = "23:59:59"
_UNFIT = frozenset({"damaged", "destroyed", "expired", "recalled", "stolen"})
"""Availability statuses, as words, of goods that nobody relies on."""


def supports(root: Node) -> bool:
    """Whether an XML root is an inventory report."""
    return root.name == "InventoryReport" and root.namespace == _NAMESPACE


def read(root: Node, source: Source, keeper: int) -> Read:
    """The report as one event, and what is wrong with it."""
    reading = _Reading(source, root)
    event = reading.event(keeper)
    return Read(() if event is None else (event,), tuple(reading.findings), reading.said)


class _Reading(Checks):
    """One report being read."""

    def __init__(self, source: Source, root: Node) -> None:
        super().__init__(source, root.text("cbc:ID"))
        self._root = root
        self._noted: set[str] = set()
        self.said: datetime | None = None

    def event(self, keeper: int) -> Event | None:
        """The report; None when it is refused."""
        root = self._root
        number = self.required(self.name(root.text("cbc:ID"), "cbc:ID"), "cbc:ID")
        issued = self.date(self.required(root.text("cbc:IssueDate"), "cbc:IssueDate"), "cbc:IssueDate")
        if issued is None:
            return None
        self.said = self._time(issued, "cbc:IssueTime")
        # A report of noon knows nothing of the afternoon, though its period may end with the day.
        at = min(filter(None, (self._counted(), self.said)), default=None)
        lines = [part for node in root.all(_LINE) for part in self._line(node, at)]
        if not root.all(_LINE):
            self.note("LINES-MISSING", _LINE, "the report has no lines", "a line", "nothing")
        if self.refused or at is None:
            return None
        identity = (
            values.event_number(self.name(root.text("cbc:UUID"), "cbc:UUID"))
            or f"{number}/{issued.isoformat()}"
        )
        orders = [self.name(node.text(), "cac:DocumentReference/cbc:ID")
                  for node in root.all("cac:DocumentReference/cbc:ID")]  # fmt: skip
        return Event(
            keeper, f"InventoryReport/{identity}"[:200], at, tuple(lines), "InventoryReport",
            documents=tuple(("reference", each) for each in orders if each), recorded=self.said,
            file=self.source.file, sha256=self.source.sha256, position="InventoryReport",
        )  # fmt: skip

    def _time(self, day: date, path: str) -> datetime | None:
        """A day with the time beside it; without one, the day's end."""
        text = self._root.text(path)
        return values.moment(self, f"{day.isoformat()}T{text or _LAST_SECOND}", path, zone_needed=False)

    def _counted(self) -> datetime | None:
        """The end of the report's period."""
        path = "cac:InventoryPeriod/cbc:EndDate"
        day = self.date(self._root.text(path), path)
        return None if day is None else self._time(day, "cac:InventoryPeriod/cbc:EndTime")

    def _once(self, rule: str, field: str, message: str, line: str) -> None:
        """What holds of many lines is told at the first."""
        if message not in self._noted:
            self._noted.add(message)
            self.note(rule, field, message, line=line)

    def _line(self, node: Node, at: datetime | None) -> Iterator[Telling]:
        line = self.required(self.name(node.text("cbc:ID"), f"{_LINE}/cbc:ID"), f"{_LINE}/cbc:ID")
        path = f"{_LINE}/cbc:Quantity"
        text = self.required(node.text("cbc:Quantity"), path, line)
        quantity = values.not_negative(self, self.decimal(text, path, line), path, line)
        unit = values.unit(self, node.attribute("cbc:Quantity", "unitCode"), f"{path}/@unitCode", line)
        available = self.date(node.text("cbc:AvailabilityDate"), f"{_LINE}/cbc:AvailabilityDate", line)
        if available is not None and at is not None and available > at.date():
            message = f"available from {available.isoformat()} on, counted on {at.date().isoformat()}"
            self.note("NOT-AVAILABLE", f"{_LINE}/cbc:AvailabilityDate", message, line=line)
            return
        item, thing, lot = self._goods(node, line, quantity)
        place = self._place(node, line)
        status = node.text("cbc:AvailabilityStatusCode").lower()
        if thing:
            unit = PIECE
        yield Telling(Kind.COUNTED, place, item, thing, lot, quantity, unit)
        if status in _UNFIT:
            yield Telling(Kind.DAMAGED, place, item, thing, lot, quantity, unit)
        elif status:
            field = f"{_LINE}/cbc:AvailabilityStatusCode"
            self._once("NOT-USED", field, f"availability status {status[:40]} is not used", line)

    def _goods(self, node: Node, line: str, quantity: Fraction | None) -> tuple[str, str, str]:
        """Item, single thing and lot of a line."""
        item = self._item(node, line)
        lots = dict.fromkeys(
            self.name(each.text(), f"{_LINE}/{_INSTANCE}/cac:LotIdentification/cbc:LotNumberID", line)
            for each in node.all(f"{_INSTANCE}/cac:LotIdentification/cbc:LotNumberID")
        )
        serials = dict.fromkeys(
            self.name(each.text(), f"{_LINE}/{_INSTANCE}/cbc:SerialID", line)
            for each in node.all(f"{_INSTANCE}/cbc:SerialID")
        )
        path = f"{_LINE}/{_INSTANCE}"
        if len(lots) > 1 or len(serials) > 1:
            message = "one amount stands for several lots or single things"
            self.note("ELEMENT-FORM", path, message, "one", str(max(len(lots), len(serials))), line)
        serial = next(iter(serials), "")
        if serial and quantity not in (None, 1):
            message = f"{serial} is a single thing, and its amount is not 1"
            self.note("ELEMENT-FORM", f"{_LINE}/cbc:Quantity", message, "1", str(quantity), line)
        lot = next(iter(lots), "")
        if not lot and not serial:
            self._once("LOT-MISSING", path, "goods without a lot are a lot by their item", line)
        if not (item or lot or serial):
            self.note(
                "FIELD-MISSING",
                f"{_LINE}/cac:Item",
                "neither item nor lot is named",
                "a number",
                "nothing",
                line,
            )
        return item, f"{item or 'serial'}/{gs1.SERIAL}/{serial}" if serial else "", lot

    def _item(self, node: Node, line: str) -> str:
        path = "cac:Item/cac:StandardItemIdentification/cbc:ID"
        standard = node.text(path)
        if standard and scheme_name(node.attribute(path, "schemeID")) in ("GTIN", "GLN", "0160"):
            # Some write EAN, the old name of both numbers.
            return values.named(self, gs1.gtin, standard, f"{_LINE}/{path}", line) or ""
        for text, field in (
            (standard, path),
            *((node.text(name), name) for name in (
                "cac:Item/cac:SellersItemIdentification/cbc:ID", "cac:Item/cac:BuyersItemIdentification/cbc:ID",
            )),
        ):  # fmt: skip
            if text:
                return self.name(text, f"{_LINE}/{field}", line)
        return ""

    def _place(self, node: Node, line: str) -> str:
        path = "cac:InventoryLocation/cbc:ID"
        text = node.text(path)
        if not text:
            self._once("PLACE-MISSING", f"{_LINE}/{path}", "it is not said where the goods lie", line)
            return ""
        if scheme_name(node.attribute(path, "schemeID")) == "GLN":
            return values.named(self, gs1.gln, text, f"{_LINE}/{path}", line) or ""
        return self.name(text, f"{_LINE}/{path}", line)
