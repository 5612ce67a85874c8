"""What services need to take in and show a keeper's word: a file as it was read, and the book of what was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from gateway.domain.stock import Event
from gateway.domain.stock_feeds import RefusedFeed
from gateway.domain.trade_rules import Effect, Finding

AHEAD_MOST = timedelta(days=1)
"""How much later than its file came an event may be: clocks go wrong, and who tells a day means its end."""


class FeedStatus(StrEnum):
    """How a file ended. With several events it is `exception` as soon as one is refused; the others are used."""

    USED = "used"
    EXCEPTION = "exception"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Fields:
    """What a format calls an event's number and its time."""

    event: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class FeedRead:
    """One file of a keeper as it was read: its events that may be used, and what was found. `said` is when the file
    says that it was made, None where it cannot be told."""

    keeper: int
    file: str
    sha256: str
    form: str
    status: FeedStatus
    said: datetime | None
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]
    fields: Fields = Fields()

    def received(self, moment: int) -> FeedRead:
        """What of it may be used of a file that came at a moment (seconds since 1970): nobody has seen an event later
        than `AHEAD_MOST` after it, and it is refused (TIME-AHEAD). What takes an event back is used whenever it was."""
        latest = datetime.fromtimestamp(moment, UTC) + AHEAD_MOST
        ahead = [event for event in self.events if event.at > latest and event.error is None]
        if not ahead:
            return self
        refused = [
            Finding(self.file, event.id, event.position, "TIME-AHEAD", self.fields.time,
                    f"{self.fields.time} is later than the file came", f"at most {latest.isoformat()}",
                    event.at.isoformat())
            for event in ahead
        ]  # fmt: skip
        used = tuple(event for event in self.events if event.at <= latest or event.error is not None)
        return replace(self, status=FeedStatus.EXCEPTION, events=used, findings=(*self.findings, *refused))

    @property
    def refused(self) -> tuple[Finding, ...]:
        """What keeps the file, or an event of it, from being used."""
        return tuple(each for each in self.findings if each.effect is Effect.REFUSE)


@dataclass(frozen=True, slots=True)
class Signature:
    """How a message was signed: its id, the address it was sent to, the signed headers (JSON), the key (32 bytes)."""

    message: str
    address: str
    headers: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Feed:
    """What is kept of a file: when it came and what was answered then."""

    keeper: int
    sha256: str
    file: str
    form: str
    status: FeedStatus
    said_at: int | None
    received_at: int
    answer: str
    message: str


class StockBook(Protocol):
    """What keepers told, within one database transaction."""

    def wait_for_turn(self) -> None:
        """Keep others from adding to what this keeper told until the transaction ends."""
        ...

    def feed(self, keeper: int, sha256: str) -> Feed | None:
        """A file of this content, if it came before."""
        ...

    def feed_of_message(self, keeper: int, message: str) -> Feed | None:
        """The file that came in this message, for the first time or again, if it did."""
        ...

    def add_message(self, feed: Feed, name: str, now: int, signature: Signature) -> None:
        """Keep a message that brings a known file once more, under a name of its own, and how it was signed."""
        ...

    def add(self, feed: Feed, content: bytes, events: Sequence[Event], signature: Signature | None) -> None:
        """Keep a file and what of it is not known yet."""
        ...

    def named(self, keeper: int, names: Sequence[str]) -> Sequence[Event]:
        """Every event that is known by one of these names, in each of the ways it was told."""
        ...

    def of_moments(self, keeper: int, moments: Sequence[datetime]) -> Sequence[Event]:
        """Every event of one of these moments, in each of the ways it was told."""
        ...

    def events(self, keeper: int | None = None) -> Sequence[Event]:
        """Every event, in each of the ways it was told; of one keeper or of all."""
        ...

    def refused(self, keeper: int | None = None, until: int | None = None) -> Sequence[RefusedFeed]:
        """Files that were not used whole and are not put right by others that came after them (before a moment, where
        one is given), of one keeper or of all, in the order in which they came."""
        ...

    def last_words(self, until: int | None = None) -> Mapping[int, int]:
        """When each keeper spoke last (before a moment, where one is given), by its own files that were used whole and
        not after they came: seconds since 1970."""
        ...
