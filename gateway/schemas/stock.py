"""Stock that warehouse keepers tell of, over HTTP."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Day, Shown
from gateway.schemas.findings import Finding

Quantity = str
"""Exact decimal text in the position's unit; n/d where no decimal is exact."""


class Difference(Shown):
    """What a person must look at: which rule, where, both values."""

    rule: str
    keeper: int
    lot: str
    place: str
    unit: str
    subject: str = Field(description="event, single thing or logistic unit; empty: it is about the lot")
    expected: str
    found: str
    message: str


class Taken(Shown):
    """What became of a keeper's file; the same again has the first answer."""

    keeper: int
    file: str
    sha256: str
    form: str = Field(description="format that read it; empty: none")
    status: str = Field(description="used, exception or unsupported")
    said_at: str | None = Field(description="when the file says that it was made, RFC 3339")
    used: int = Field(description="events that were not known before")
    repeated: int = Field(description="events that were known, each once")
    exceptions: list[Finding] = Field(description="what is refused: the file, or an event of it")
    notes: list[Finding] = Field(description="what is told and not used, or was read as something")
    differences: list[Difference] = Field(description="events that are told otherwise than before")


class Feed(Shown):
    """A file or message of a keeper as it came."""

    keeper: int
    file: str
    sha256: str
    form: str
    status: str
    events: int = Field(description="that were used, known before or not")
    said_at: str | None
    received_at: int = Field(description="seconds since 1970")
    message: str = Field(description="id of the signed message; empty: it was uploaded")
    exceptions: list[Finding] = Field(description="what was refused: the file, or an event of it")
    notes: list[Finding] = Field(description="what is told and not used, or was read as something")
    standing: bool = Field(
        description="not used whole and not put right: what is refused is a difference (FEED-EXCEPTION)"
    )


class Feeds(Shown):
    """A page of files, as they came."""

    feeds: list[Feed]
    next: str | None


class Word(Shown):
    """How a keeper's word stands on the day asked about (GI-55-feed)."""

    state: str = Field(description="fresh, late, stale or silent")
    last_day: Day | None
    late_days: int
    drawable_percent: int = Field(description="of the goods' value that may be drawn on")


class Position(Shown):
    """What is told to lie somewhere, of one lot in one unit."""

    keeper: int
    place: str = Field(description="GLN as 414/GLN, the keeper's own name, or empty: it was not told")
    lot: str = Field(description="full name: 01/GTIN/10/LOT where there is a GTIN")
    unit: str
    quantity: Quantity = Field(description="the last count with what moved since; without a count the books")
    sound: Quantity = Field(description="of it, what is not damaged, expired, recalled or stolen")
    book: Quantity = Field(description="what movements and adjustments come to")
    counted: Quantity | None
    received: Quantity
    shipped: Quantity
    contested: bool = Field(description="an event about the lot is told in two ways and counts in neither")
    last_event: str = Field(description="RFC 3339, in the zone of the event")
    last_count: str | None
    word: Word
    differences: list[Difference]


class Positions(Shown):
    """A page of stock."""

    stock: list[Position]
    next: str | None
    day: Day


class Differences(Shown):
    """A page of differences."""

    differences: list[Difference]
    next: str | None
    day: Day


class DocumentNamed(Shown):
    """A document that an event belongs to."""

    kind: str
    number: str


class Sensor(Shown):
    """A sensor's value; what it did not tell is empty."""

    type: str
    value: str
    unit: str
    least: str
    most: str
    exception: str
    text: str


class Telling(Shown):
    """One thing told of goods, with the event that it is of."""

    event: str
    part: int = Field(description="of the event, from 1 on; 0: it tells nothing of goods")
    kind: str
    at: str = Field(description="RFC 3339, in the zone of the event")
    recorded: str | None
    place: str
    origin: str
    container: str
    lot: str
    item: str
    thing: str
    quantity: Quantity | None
    unit: str
    step: str
    disposition: str
    documents: list[DocumentNamed]
    sensor: Sensor | None
    taken_back: bool
    reason: str
    corrected_by: list[str]
    feed: str = Field(description="SHA-256 of the file that told it first")
    position: str = Field(description="in that file")


class Tellings(Shown):
    """A page of tellings, by the time of their events."""

    tellings: list[Telling]
    next: str | None
