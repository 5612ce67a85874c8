"""GS1 EPCIS 2.0 in JSON: what its events say about stock, as tellings of a keeper.

An event is used whole or refused whole, and the others go on. Steps, states and documents are read by their short name,
as URN and as web address; keys as EPC URN and as GS1 Digital Link. What says nothing about stock is told as not used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from pydantic import ValidationError

from gateway.adapters.documents.reading import Checks, shown
from gateway.adapters.warehouses import values
from gateway.adapters.warehouses.epcis_form import (
    DISPOSITIONS,
    DOCUMENTS,
    EVENTS,
    STEPS,
    AggregationEvent,
    AnyEvent,
    AssociationEvent,
    ObjectEvent,
    QuantityElement,
    SensorReport,
    TransactionEvent,
    TransformationEvent,
    unknown,
    word,
)
from gateway.adapters.warehouses.gs1 import Key, key_of, place_of
from gateway.adapters.warehouses.result import Read
from gateway.domain.stock import CONTAINERS, PIECE, ErrorDeclaration, Event, Kind, SensorValue, Telling
from gateway.domain.trade import Source

STEPS_TOLD: Mapping[str, Kind] = {
    "receiving": Kind.RECEIVED,
    "shipping": Kind.SHIPPED,
    "void_shipping": Kind.UNSHIPPED,
    "dispensing": Kind.SHIPPED,
    "retail_selling": Kind.SHIPPED,
    "storing": Kind.STORED,
    "stocking": Kind.STORED,
    "inspecting": Kind.INSPECTED,
    "cycle_counting": Kind.COUNTED,
    "stock_taking": Kind.COUNTED,
    "destroying": Kind.SPENT,
    "decommissioning": Kind.SPENT,
}
"""Business steps that say something about stock. What arrives is not received, what departs is not shipped twice."""
UNFIT = frozenset(
    {
        "damaged", "destroyed", "disposed", "expired", "needs_replacement", "no_pedigree_match", "non_conformant",
        "non_sellable_other", "recalled", "stolen", "unavailable", "unknown",
    }
)  # fmt: skip
"""Dispositions of goods that nobody relies on: what is wrong with them, or that their state is not known."""
_DOCUMENTS = {"po": "order", "desadv": "despatch", "recadv": "receipt", "inv": "invoice"}
_TRANSACTION = "urn:epcglobal:cbv:bt:"
_LEAVES = (Kind.SHIPPED, Kind.UNSHIPPED, Kind.SPENT)
_LOOKS = (Kind.STORED, Kind.INSPECTED)
_EVENT_LIST = {"EPCISDocument": "epcisBody", "EPCISQueryDocument": "epcisBody/queryResults/resultsBody"}


def supports(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an EPCIS document, of whatever version."""
    kind = document.get("type")
    return isinstance(kind, str) and kind in DOCUMENTS


def read(document: Mapping[str, Any], source: Source, keeper: int) -> Read:
    """Every event of an EPCIS document."""
    checks = Checks(source, "")
    kind = str(document["type"])
    whole = _formed(checks, DOCUMENTS[kind], document, "")
    if whole is None:
        return Read((), tuple(checks.findings))
    said = values.moment(checks, whole.creationDate, "creationDate")
    for path in unknown(whole):
        _extension(checks, path, "")
    if whole.epcisHeader is not None:
        checks.note("NOT-USED", "epcisHeader", "master data in the header is not used")
    events: list[Event] = []
    findings = checks.findings
    told: set[str] = set()
    for place, each in enumerate(whole.events):
        line = f"{_EVENT_LIST[kind]}/eventList/{place}"
        reading = _Reading(source, keeper, line, each)
        event = reading.event()
        # An extension that every event has is told once.
        findings += [note for note in reading.findings if note.rule != "NOT-USED" or note.message not in told]
        told |= {note.message for note in reading.findings}
        if event is not None:
            events.append(event)
    return Read(tuple(events), tuple(findings), said)


def _formed(checks: Checks, form: type[Any], given: Mapping[str, Any], line: str) -> Any:
    """The element as its form has it, or None: each field that is not of its form is noted."""
    try:
        return form.model_validate(given)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False):
            field = "/".join(map(str, each["loc"]))
            missing = each["type"] == "missing"
            rule = "FIELD-MISSING" if missing else "ELEMENT-FORM"
            found = "nothing" if missing else _seen(each["input"])
            checks.note(
                rule,
                field,
                f"{field}: {each['msg'][:1].lower()}{each['msg'][1:]}",
                "its form in EPCIS 2.0",
                found,
                line,
            )
        return None


def _seen(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return str(value)[:100]


def _extension(checks: Checks, path: str, line: str) -> None:
    name = path.rpartition("/")[2]
    if ":" in path:
        checks.note("NOT-USED", path, f"{name} is an extension and is not used", line=line)
    else:
        checks.note("ELEMENT-UNKNOWN", path, f"EPCIS has no element {name} there", found=name, line=line)


class _Reading(Checks):
    """One event being read; `line` is its place in the document."""

    def __init__(self, source: Source, keeper: int, line: str, given: Mapping[str, Any]) -> None:
        name = given.get("eventID")
        super().__init__(source, values.event_number(name) if isinstance(name, str) else "")
        self._keeper = keeper
        self._line = line
        self._given = given
        self._about: set[tuple[str, str, str]] = set()

    def event(self) -> Event | None:
        """The event; None when it is refused, or says nothing about stock."""
        kind = self._given.get("type")
        form = EVENTS.get(str(kind).removeprefix("epcis:"))
        if form is None:
            self._refuse(
                "TERM-UNKNOWN", "type", "it is no kind of event that is read here", ", ".join(EVENTS), kind
            )
            return None
        event: AnyEvent | None = _formed(self, form, self._given, self._line)
        if event is None:
            return None
        for path in unknown(event):
            _extension(self, path, self._line)
        at = values.moment(self, event.eventTime, "eventTime", self._line)
        at = values.in_zone(self, at, event.eventTimeZoneOffset, "eventTimeZoneOffset", self._line)
        recorded = values.moment(self, event.recordTime or "", "recordTime", self._line)
        error = self._error(event)
        self._dispositions(event)
        tellings = tuple(self._tellings(event))
        if self.refused or at is None:
            return None
        if not tellings and error is None:
            step = f" of step {word(event.bizStep, 'bizstep')}" if event.bizStep else ""
            message = f"{type(event).__name__}{step} says nothing about stock"
            self.note("NOT-USED", "bizStep" if event.bizStep else "type", message, line=self._line)
            return None
        return Event(
            self._keeper, values.event_number(event.eventID or ""), at, tellings, word(event.bizStep or "", "bizstep"),
            word(event.disposition or "", "disp"), tuple(self._documents(event)), recorded, error,
            self.source.file, self.source.sha256, self._line,
        )  # fmt: skip

    def _refuse(self, rule: str, field: str, message: str, expected: str = "", found: object = "") -> None:
        self.note(rule, field, f"{field}: {message}", expected, shown(str(found)), self._line)

    def _error(self, event: AnyEvent) -> ErrorDeclaration | None:
        declared = event.errorDeclaration
        if declared is None:
            return None
        at = values.moment(self, declared.declarationTime, "errorDeclaration/declarationTime", self._line)
        if at is None:
            return None
        corrections = tuple(map(values.event_number, declared.correctiveEventIDs))
        return ErrorDeclaration(at, word(declared.reason or "", "er"), corrections)

    def _documents(self, event: AnyEvent) -> Iterator[tuple[str, str]]:
        for each in event.bizTransactionList:
            kind = word(each.type or "", "btt")
            number = each.bizTransaction
            if number.startswith(_TRANSACTION):
                number = number.removeprefix(_TRANSACTION).partition(":")[2] or number
            yield _DOCUMENTS.get(kind, kind), number

    # ── what is said of stock ───────────────────────────────────────────────────────────────────────────────

    def _tellings(self, event: AnyEvent) -> Iterator[Telling]:
        kind = self._kind(event)
        goods: list[Telling] = []
        if isinstance(event, TransformationEvent):
            goods = [
                *self._goods(event, Kind.SPENT, event.inputEPCList, event.inputQuantityList, "input"),
                *self._goods(event, Kind.MADE, event.outputEPCList, event.outputQuantityList, "output"),
            ]
        elif isinstance(event, AssociationEvent):
            pass  # what is fixed to what, such as a sensor to a container, is no stock
        elif isinstance(event, AggregationEvent):
            goods = list(self._aggregated(event, kind))
        elif isinstance(event, ObjectEvent | TransactionEvent):
            parent = getattr(event, "parentID", None)
            goods = list(
                self._goods(event, kind, [*([parent] if parent else []), *event.epcList], event.quantityList)
            )
            if kind is not None and not (event.epcList or event.quantityList or event.sensorElementList):
                self._refuse(
                    "FIELD-MISSING", "epcList", "neither goods nor amounts are named", "goods", "nothing"
                )
        yield from goods
        yield from self._sensors(event)

    def _kind(self, event: AnyEvent) -> Kind | None:
        """What a step tells of the goods of an event, None for nothing."""
        step = word(event.bizStep or "", "bizstep")
        if step and step not in STEPS and not isinstance(event, AssociationEvent):
            self._refuse(
                "TERM-UNKNOWN", "bizStep", "it is no step of the vocabulary", "a step of CBV 2.0", step
            )
        known = STEPS_TOLD.get(step)
        if isinstance(event, ObjectEvent) and known is None:
            return {"ADD": Kind.MADE, "DELETE": Kind.SPENT}.get(event.action)
        if isinstance(event, TransactionEvent) and event.action == "DELETE":
            return None  # goods and document belong together no longer
        return known

    def _dispositions(self, event: AnyEvent) -> None:
        """Refuse a disposition that the vocabulary does not have: it could mean that goods are not to be relied on."""
        lasting = event.persistentDisposition
        told = [("disposition", event.disposition or "")]
        for name, words in (("set", lasting.set), ("unset", lasting.unset)) if lasting else ():
            told += [(f"persistentDisposition/{name}/{number}", each) for number, each in enumerate(words)]
        for field, text in told:
            found = word(text, "disp")
            if found and found not in DISPOSITIONS and not isinstance(event, AssociationEvent):
                self._refuse(
                    "TERM-UNKNOWN",
                    field,
                    "it is no disposition of the vocabulary",
                    "a disposition of CBV 2.0",
                    found,
                )

    def _aggregated(self, event: AggregationEvent, kind: Kind | None) -> Iterator[Telling]:
        parent = event.parentID or ""
        container = self._container(parent, "parentID") if parent else ""
        if event.action == "OBSERVE":
            whole = [parent] if parent and not (event.childEPCs or event.childQuantityList) else []
            yield from self._goods(event, kind, [*whole, *event.childEPCs], event.childQuantityList, "child")
            return
        if not container:
            if not parent:
                self._refuse(
                    "FIELD-MISSING", "parentID", "it is not said into what goods were put", "a key", "nothing"
                )
            return
        packed = Kind.PACKED if event.action == "ADD" else Kind.UNPACKED
        children = list(
            self._goods(event, packed, event.childEPCs, event.childQuantityList, "child", container)
        )
        if not children and not self.refused and event.action == "ADD":
            self._refuse(
                "FIELD-MISSING", "childEPCs", "it is not said what was put into it", "goods", "nothing"
            )
        yield from children or [Telling(packed, container=container)]

    def _container(self, text: str, field: str) -> str:
        key = values.named(self, key_of, text, field, self._line)
        if key is not None and not key.thing:
            self._refuse("ELEMENT-FORM", field, "it names no single thing", "a key of one thing", text)
        return "" if key is None else key.thing

    def _goods(
        self,
        event: AnyEvent,
        kind: Kind | None,
        things: Sequence[str],
        amounts: Sequence[QuantityElement],
        side: str = "",
        container: str = "",
    ) -> Iterator[Telling]:
        """What is told of each thing and amount, and that it is unfit where it is."""
        place, origin = ("", "") if container else self._places(event, kind)
        if origin and kind is Kind.STORED:
            kind = Kind.MOVED
        lot = self._lot(event)
        unfit = self._unfit(event) and kind not in _LEAVES and not container
        listed = {"": ("epcList", "quantityList"), "child": ("childEPCs", "childQuantityList")}
        thing_list, amount_list = listed.get(side, (f"{side}EPCList", f"{side}QuantityList"))
        found = [self._thing(text, f"{thing_list}/{number}", lot) for number, text in enumerate(things)]
        found += [
            self._amount(each, f"{amount_list}/{number}", lot, needed=unfit or kind not in (None, *_LOOKS))
            for number, each in enumerate(amounts)
        ]
        if _numbers_units(event, kind):
            found = [each for each in found if each is None or not each[0].thing.startswith(CONTAINERS)]
        silent = not (place or container or self.refused)
        if silent and (kind is not None or unfit) and found:
            self._refuse(
                "PLACE-MISSING", "bizLocation", "it is not said where the goods are", "a place", "nothing"
            )
        self._about |= {(key.item, key.thing, key.lot) for key, _, _ in filter(None, found)}
        for said in [*([kind] if kind is not None else []), *([Kind.DAMAGED] if unfit else [])]:
            for key, quantity, unit in filter(None, found):
                yield Telling(said, place, key.item, key.thing, key.lot, quantity, unit, origin, container)

    def _thing(self, text: str, field: str, lot: str) -> tuple[Key, Fraction | None, str] | None:
        key = values.named(self, key_of, text, field, self._line)
        if key is None:
            return None
        if not key.thing:
            self._refuse(
                "ELEMENT-FORM", field, "it names no single thing", "a key with a serial number", text
            )
            return None
        if key.thing.startswith(CONTAINERS):
            return key, None, ""
        return Key(key.item, key.lot or lot, key.thing), Fraction(1), PIECE

    def _amount(
        self, element: QuantityElement, field: str, lot: str, *, needed: bool
    ) -> tuple[Key, Fraction | None, str] | None:
        key = values.named(self, key_of, element.epcClass, f"{field}/epcClass", self._line)
        if key is None:
            return None
        if key.place or (key.thing and key.item):
            self._refuse(
                "ELEMENT-FORM", f"{field}/epcClass", "it names no class of goods", "a class", element.epcClass
            )
            return None
        if element.quantity is None and needed:
            self._refuse("FIELD-MISSING", f"{field}/quantity", "the amount is missing", "a number", "nothing")
            return None
        exact = None if element.quantity is None else Fraction(element.quantity)
        quantity = values.not_negative(self, exact, f"{field}/quantity", self._line)
        unit = PIECE if element.uom is None else values.unit(self, element.uom, f"{field}/uom", self._line)
        return Key(key.item or key.thing, key.lot or lot), quantity, unit

    def _lot(self, event: AnyEvent) -> str:
        """The batch number that goods were given when they came into being."""
        for name, value in getattr(event, "ilmd", {}).items():
            if name.replace("#", ":").replace("/", ":").rpartition(":")[2] == "lotNumber":
                if isinstance(value, str) and value:
                    return self.name(value, f"ilmd/{name}", self._line)
                self._refuse("ELEMENT-FORM", f"ilmd/{name}", "it is no text", "a lot number", _seen(value))
        return ""

    def _unfit(self, event: AnyEvent) -> bool:
        told = [
            event.disposition or "",
            *(event.persistentDisposition.set if event.persistentDisposition else []),
        ]
        return any(word(each, "disp") in UNFIT for each in told)

    def _places(self, event: AnyEvent, kind: Kind | None) -> tuple[str, str]:
        """Where goods are after the event, or were before they left; and where they were moved from."""
        read_point = self._place(event.readPoint, "readPoint/id")
        location = self._place(event.bizLocation, "bizLocation/id")
        whence = self._site([(each.type, each.source) for each in event.sourceList], "sourceList")
        whither = self._site(
            [(each.type, each.destination) for each in event.destinationList], "destinationList"
        )
        if kind in _LEAVES:
            return read_point or whence or location, ""
        return location or whither or read_point, whence if kind is Kind.STORED else ""

    def _place(self, element: Any, field: str) -> str:
        return (
            (values.named(self, place_of, element.id, field, self._line) or "") if element is not None else ""
        )

    def _site(self, listed: Sequence[tuple[str, str]], field: str) -> str:
        for number, (kind, value) in enumerate(listed):
            if word(kind, "sdt") == "location":
                return values.named(self, place_of, value, f"{field}/{number}", self._line) or ""
        return ""

    def _sensors(self, event: AnyEvent) -> Iterator[Telling]:
        """What sensors say; of the goods of the event where these are one lot or thing."""
        reports = [report for element in event.sensorElementList for report in element.sensorReport]
        if not reports:
            return
        place, _ = self._places(event, None)
        item, thing, lot = next(iter(self._about)) if len(self._about) == 1 else ("", "", "")
        for report in reports:
            yield Telling(Kind.SENSOR, place, item, thing, lot, sensor=_sensor(report))


def _numbers_units(event: AnyEvent, kind: Kind | None) -> bool:
    """Whether logistic units only get a number or lose it: what is in them is made and spent by its own events."""
    named = kind is Kind.SPENT and word(event.bizStep or "", "bizstep") != "destroying"
    return isinstance(event, ObjectEvent) and (kind is Kind.MADE or named)


def _sensor(report: SensorReport) -> SensorValue:
    def exact(value: Any) -> Fraction | None:
        return None if value is None else Fraction(value)

    text = report.stringValue or report.uriValue or report.hexBinaryValue or ""
    if report.booleanValue is not None:
        text = str(report.booleanValue).lower()
    kind = (report.type or report.exception or "").rpartition(":")[2].rpartition("/")[2]
    return SensorValue(
        kind, exact(report.value), report.uom or "", exact(report.minValue), exact(report.maxValue),
        (report.exception or "").rpartition(":")[2].rpartition("/")[2], text,
    )  # fmt: skip
