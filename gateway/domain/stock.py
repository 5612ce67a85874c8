"""What warehouse keepers tell of goods: events as facts, each with an identity that does not depend on its file.

Quantities are exact fractions in a unit of UN/ECE Recommendation 20; times have their zone. Names of goods and places
are those of GS1 as one path of application identifiers and values (`01/09506000134352/10/ABC`, `414/4012345000023`),
or the keeper's own words. Nothing here reads a file or a clock.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256

from gateway.domain.calendar import SHANGHAI_SECONDS

PIECE = "C62"
"""The unit of things that are counted one by one."""
CONTAINERS = ("00/", "8003/", "8004/")
"""What the names of logistic units, returnable assets and single assets begin with: goods may be in them."""
BY_CONTENT = "sha256:"
"""What the names of events without a number begin with."""


class Kind(StrEnum):
    """What is told of goods. Only what says where goods come from or go to changes stock."""

    RECEIVED = "received"
    STORED = "stored"
    INSPECTED = "inspected"
    SHIPPED = "shipped"
    UNSHIPPED = "unshipped"
    """Was told to have left, and did not."""
    COUNTED = "counted"
    MOVED = "moved"
    ADJUSTED = "adjusted"
    """The keeper's books were put right; nothing was carried."""
    DAMAGED = "damaged"
    """Lies there, and is not to be relied on: damaged, expired, recalled, stolen."""
    MADE = "made"
    """Came into being there, or out of other goods."""
    SPENT = "spent"
    """Was used up or destroyed there."""
    PACKED = "packed"
    UNPACKED = "unpacked"
    SENSOR = "sensor reading"


@dataclass(frozen=True, slots=True)
class SensorValue:
    """One value of a sensor, with the least and the most of its period where told; `exception` as the sensor names
    it: ALARM_CONDITION or ERROR_CONDITION."""

    type: str
    value: Fraction | None = None
    unit: str = ""
    least: Fraction | None = None
    most: Fraction | None = None
    exception: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing told of goods.

    `item` is the class of goods, `lot` its batch number, `thing` a single item, vehicle or logistic unit; what is not
    told is empty. `quantity` is above or equal to 0, but for ADJUSTED, where it is what the books were changed by; of a
    single thing it is 1. It is None where nothing is said of an amount. `origin` is the place that moved goods come
    from, `container` what goods were packed into or taken out of.
    """

    kind: Kind
    place: str = ""
    item: str = ""
    thing: str = ""
    lot: str = ""
    quantity: Fraction | None = None
    unit: str = ""
    origin: str = ""
    container: str = ""
    sensor: SensorValue | None = None

    @property
    def goods(self) -> str:
        """The lot by its full name: of a GTIN where one is told; goods without a lot are a lot of their own."""
        if self.lot:
            return f"{self.item}/10/{self.lot}" if self.item.startswith("01/") else self.lot
        return self.thing or self.item


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """An event is taken back: it did not happen, or not so. `corrected_by` are events told in its place."""

    declared: datetime
    reason: str = ""
    corrected_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """What a keeper tells of one moment. `id` is the keeper's own; without one the content is the identity.

    `at` is in the zone of the event. `recorded` is when the keeper's system took it down. `documents` are references
    (kind, number): order, despatch, receipt, invoice, or the kind as told. `file`, `sha256` and `position` say where it
    was read; they, the zone, `recorded` and `error` are no part of its content.
    """

    keeper: int
    id: str
    at: datetime
    tellings: tuple[Telling, ...]
    step: str = ""
    disposition: str = ""
    documents: tuple[tuple[str, str], ...] = ()
    recorded: datetime | None = None
    error: ErrorDeclaration | None = None
    file: str = ""
    sha256: str = ""
    position: str = ""

    @property
    def content(self) -> str:
        """SHA-256 (hex) of what is told, however it was spelled and in whatever order its parts stood."""
        told = [
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.step,
            self.disposition,
            sorted(self.documents),
            [_canonical(each) for each in self.in_order],
        ]
        return sha256(_json(told).encode()).hexdigest()

    @property
    def in_order(self) -> tuple[Telling, ...]:
        """Its tellings in an order that does not depend on how they stood."""
        return tuple(sorted(self.tellings, key=_canonical)) if len(self.tellings) > 1 else self.tellings

    @property
    def name(self) -> str:
        """The event's identity among those of its keeper."""
        return self.id or f"{BY_CONTENT}{self.content}"


def shown_time(at: datetime) -> str:
    """A time as differences show it: in the ledger's zone, for one event may be told in several."""
    return at.astimezone(timezone(timedelta(seconds=SHANGHAI_SECONDS))).isoformat()


def zone_of(at: datetime) -> str:
    """The zone of a time as `+08:00`. Raises ValueError for a time without one."""
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("the time has no zone")
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def site_of(place: str) -> str:
    """The place as stock is kept: a shelf or dock (extension of a GLN) is no place of its own."""
    head, extension, _ = place.partition("/254/")
    return head if extension and head.startswith("414/") else place


def _canonical(telling: Telling) -> str:
    sensor = telling.sensor
    return _json(
        [
            telling.kind, telling.place, telling.item, telling.thing, telling.lot, _number(telling.quantity),
            telling.unit, telling.origin, telling.container,
            None if sensor is None else [
                sensor.type, _number(sensor.value), sensor.unit, _number(sensor.least), _number(sensor.most),
                sensor.exception, sensor.text,
            ],
        ]
    )  # fmt: skip


def _number(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _json(told: object) -> str:
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """What a person must look at in a keeper's stock: which rule of `stock_rules`, where, and both values.

    `subject` is the event, single thing or logistic unit that it is about, empty where it is about the lot.
    """

    rule: str
    keeper: int
    lot: str = ""
    place: str = ""
    unit: str = ""
    subject: str = ""
    expected: str = ""
    found: str = ""
    message: str = ""
