"""The form of an EPCIS 2.0 document in JSON, element by element, and the words of the Core Business Vocabulary.

Fields have the standard's own names, so that what is wrong is named as whoever wrote the file knows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_MOST_DIGITS = 30


def _number(value: object) -> object:
    """A JSON number that is exact and of a sane size; a number in quotes is none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("a number is expected")
    exact = Decimal(value)
    if (
        not exact.is_finite()
        or (exact and abs(exact.adjusted()) > _MOST_DIGITS)
        or len(exact.as_tuple().digits) > 60
    ):
        raise ValueError(f"a number has at most {_MOST_DIGITS} digits before and after the point")
    return exact


Number = Annotated[Decimal, BeforeValidator(_number)]
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
Identifier = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f]*$")]
"""Of an event: it is kept as a key."""
Action = Literal["ADD", "OBSERVE", "DELETE"]


class Element(BaseModel):
    """An element of the document; what the standard does not name there is seen by `unknown`."""

    model_config = ConfigDict(extra="allow", strict=True)


class Place(Element):
    """readPoint, bizLocation."""

    id: Text


class QuantityElement(Element):
    """An amount of a class of goods; without a unit, of pieces."""

    epcClass: Text
    quantity: Number | None = None
    uom: Text | None = None


class BizTransaction(Element):
    """A document that the event belongs to."""

    type: Text | None = None
    bizTransaction: Text


class Source(Element):
    """Whence, or from whom."""

    type: Text
    source: Text


class Destination(Element):
    """Whither, or to whom."""

    type: Text
    destination: Text


class SensorReport(Element):
    """What a sensor says. What it says beside values and their unit is not used."""

    type: Text | None = None
    exception: Text | None = None
    value: Number | None = None
    minValue: Number | None = None
    maxValue: Number | None = None
    uom: Text | None = None
    stringValue: Text | None = None
    booleanValue: bool | None = None
    time: Text | None = None
    deviceID: Text | None = None
    deviceMetadata: Text | None = None
    rawData: Text | None = None
    dataProcessingMethod: Text | None = None
    microorganism: Text | None = None
    chemicalSubstance: Text | None = None
    component: Text | None = None
    hexBinaryValue: Text | None = None
    uriValue: Text | None = None
    meanValue: Number | None = None
    sDev: Number | None = None
    percRank: Number | None = None
    percValue: Number | None = None
    coordinateReferenceSystem: Text | None = None


class SensorElement(Element):
    """Reports of sensors."""

    sensorMetadata: dict[str, Any] = {}
    sensorReport: Annotated[list[SensorReport], Field(min_length=1)]


class ErrorDeclared(Element):
    """The event is taken back."""

    declarationTime: Text
    reason: Text | None = None
    correctiveEventIDs: list[Identifier] = []


class PersistentDisposition(Element):
    """States that last until they are lifted."""

    set: list[Text] = []
    unset: list[Text] = []


class AnyEvent(Element):
    """What every kind of event has."""

    type: str
    eventTime: Text
    eventTimeZoneOffset: Text
    eventID: Identifier | None = None
    recordTime: Text | None = None
    errorDeclaration: ErrorDeclared | None = None
    bizStep: Text | None = None
    disposition: Text | None = None
    persistentDisposition: PersistentDisposition | None = None
    readPoint: Place | None = None
    bizLocation: Place | None = None
    bizTransactionList: list[BizTransaction] = []
    sourceList: list[Source] = []
    destinationList: list[Destination] = []
    sensorElementList: list[SensorElement] = []
    certificationInfo: str | list[str] | None = None


class ObjectEvent(AnyEvent):
    """Something happened to goods."""

    action: Action
    epcList: list[Text] = []
    quantityList: list[QuantityElement] = []
    ilmd: dict[str, Any] = {}


class AggregationEvent(AnyEvent):
    """Goods were put into something, or taken out of it."""

    action: Action
    parentID: Text | None = None
    childEPCs: list[Text] = []
    childQuantityList: list[QuantityElement] = []


class TransactionEvent(AnyEvent):
    """Goods and documents belong together."""

    action: Action
    bizTransactionList: Annotated[list[BizTransaction], Field(min_length=1)]
    parentID: Text | None = None
    epcList: list[Text] = []
    quantityList: list[QuantityElement] = []


class TransformationEvent(AnyEvent):
    """Goods were made out of others."""

    transformationID: Text | None = None
    inputEPCList: list[Text] = []
    inputQuantityList: list[QuantityElement] = []
    outputEPCList: list[Text] = []
    outputQuantityList: list[QuantityElement] = []
    ilmd: dict[str, Any] = {}


class AssociationEvent(AggregationEvent):
    """Things are fixed to one another."""


EVENTS: Mapping[str, type[AnyEvent]] = {
    each.__name__: each
    for each in (ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent, AssociationEvent)
}
"""The kinds of events by their names."""


class _Events(Element):
    eventList: list[dict[str, Any]]


class _Results(Element):
    queryName: str | None = None
    subscriptionID: str | None = None
    resultsBody: _Events


class _Answer(Element):
    queryResults: _Results


class Document(Element):
    """An EPCISDocument: events that a keeper sends."""

    type: Literal["EPCISDocument"]
    schemaVersion: Annotated[str, Field(pattern=r"^2\.0(\.[0-9]+)?$")]
    creationDate: Text
    epcisBody: _Events
    epcisHeader: dict[str, Any] | None = None
    sender: Text | None = None
    receiver: Text | None = None
    instanceIdentifier: Text | None = None

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its events, not read yet."""
        return self.epcisBody.eventList


class QueryDocument(Element):
    """An EPCISQueryDocument: events that a keeper's system answers."""

    type: Literal["EPCISQueryDocument"]
    schemaVersion: Annotated[str, Field(pattern=r"^2\.0(\.[0-9]+)?$")]
    creationDate: Text
    epcisBody: _Answer
    epcisHeader: dict[str, Any] | None = None

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its events, not read yet."""
        return self.epcisBody.queryResults.resultsBody.eventList


DOCUMENTS: Mapping[str, type[Document | QueryDocument]] = {
    "EPCISDocument": Document,
    "EPCISQueryDocument": QueryDocument,
}


def unknown(element: BaseModel, path: str = "") -> Iterator[str]:
    """The path of everything below an element that the standard does not name there, but for JSON-LD's own (@…)."""
    at = f"{path}/" if path else ""
    yield from (f"{at}{name}" for name in element.model_extra or {} if not name.startswith("@"))
    for name in type(element).model_fields:
        value = getattr(element, name)
        for place, each in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(each, BaseModel):
                yield from unknown(each, f"{at}{name}/{place}" if isinstance(value, list) else f"{at}{name}")


# ── vocabulary ──────────────────────────────────────────────────────────────────────────────────────────────

_WORD = re.compile(
    r"(?:urn:epcglobal:cbv:(?P<urn>bizstep|disp|btt|sdt|er):|(?:https?://(?:ref|ns)\.gs1\.org/cbv/|cbv:)"
    r"(?P<web>BizStep|Disp|BTT|SDT|ER)-)?(?P<name>[a-z][a-z_]*)",
    re.ASCII,
)
STEPS = frozenset(
    {
        "accepting", "arriving", "assembling", "collecting", "commissioning", "consigning",
        "creating_class_instance", "cycle_counting", "decommissioning", "departing", "destroying",
        "disassembling", "dispensing", "encoding", "entering_exiting", "holding", "inspecting", "installing",
        "killing", "loading", "other", "packing", "picking", "receiving", "removing", "repackaging",
        "repairing", "replacing", "reserving", "retail_selling", "sampling", "sensor_reporting", "shipping",
        "staging_outbound", "stock_taking", "stocking", "storing", "transporting", "unloading", "unpacking",
        "void_shipping",
    }
)  # fmt: skip
"""The business steps of CBV 2.0."""
DISPOSITIONS = frozenset(
    {
        "active", "available", "completeness_inferred", "completeness_verified", "conformant", "container_closed",
        "container_open", "damaged", "destroyed", "dispensed", "disposed", "encoded", "expired", "in_progress",
        "in_transit", "inactive", "mismatch_class", "mismatch_instance", "mismatch_quantity", "needs_replacement",
        "no_pedigree_match", "non_conformant", "non_sellable_other", "partially_dispensed", "recalled", "reserved",
        "retail_sold", "returned", "sellable_accessible", "sellable_not_accessible", "stolen", "unavailable",
        "unknown",
    }
)  # fmt: skip
"""The dispositions of CBV 2.0."""


def word(text: str, kind: str) -> str:
    """A term of the vocabulary, short, as URN or as web address, as its short name; another's term as it is written.

    `kind` is bizstep, disp, btt, sdt or er.
    """
    found = _WORD.fullmatch(text)
    if found is None or (found["urn"] or found["web"] or kind).lower() != kind:
        return text
    return found["name"]
