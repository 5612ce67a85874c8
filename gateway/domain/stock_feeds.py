"""The heartbeat of a warehouse: how old a keeper's last word is, and what may still be drawn on goods it keeps (GI-55).

A creditor's supervisor controls goods that come and go only while he hears of them: a feed that stays away lowers what
may be drawn on them, the more the longer. It takes nothing back of what was drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from gateway.domain.calendar import day_of, iso
from gateway.domain.stock import Difference

_WHOLE, _FRESH = 100, "fresh"


@dataclass(frozen=True, slots=True)
class FeedTerms:
    """Parameters of a rule (GI-55-feed, GI-55-count): the days from one word, or count, to the next unless agreed
    otherwise; the days late from which it is late, stale and silent, and the percent of the collateral's value that may
    then be drawn on."""

    rhythm_days: int
    late_from_days: int
    stale_from_days: int
    silent_from_days: int
    late_percent: int
    stale_percent: int
    silent_percent: int


@dataclass(frozen=True, slots=True)
class Rhythms:
    """Days from one word, and from one count, to the next, of keepers with whom another than the rule's was agreed."""

    words: Mapping[int, int] = field(default_factory=dict)
    counts: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """How a keeper's word stands on a day. `last_day` is None where none ever came, and `due_day`, by which the next
    was due, with it; `late_days` counts full days after that; `percent` is what may be drawn on."""

    state: str
    last_day: int | None
    late_days: int
    percent: int
    due_day: int | None = None

    @property
    def missed(self) -> bool:
        """Whether a word that was due has not come."""
        return self.state != _FRESH


def heartbeat(last_day: int | None, day: int, terms: FeedTerms, rhythm_days: int | None = None) -> Heartbeat:
    """How stale a keeper's word is on a day. `last_day` is that of its last word, `rhythm_days` the rhythm agreed with
    this keeper, the rule's own where none was.

    The next word is due by the end of the day that the rhythm comes to: a daily feed is late from the second day on.
    Of a keeper who never said anything nothing may be drawn.
    """
    if last_day is None:
        return Heartbeat("silent", None, 0, 0)
    due = last_day + (rhythm_days or terms.rhythm_days)
    return _on_ladder(last_day, due, day, terms)


def _on_ladder(last_day: int, due: int, day: int, terms: FeedTerms) -> Heartbeat:
    late = max(0, day - due)
    if late >= terms.silent_from_days:
        return Heartbeat("silent", last_day, late, terms.silent_percent, due)
    if late >= terms.stale_from_days:
        return Heartbeat("stale", last_day, late, terms.stale_percent, due)
    if late >= terms.late_from_days:
        return Heartbeat("late", last_day, late, terms.late_percent, due)
    return Heartbeat(_FRESH, last_day, late, _WHOLE, due)


@dataclass(frozen=True, slots=True)
class Refused:
    """One thing refused of a keeper's file: the event that it is in (empty where it has no number), its place in the
    file, the rule, the field, and why."""

    event: str
    line: str
    rule: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class RefusedFeed:
    """A keeper's file that was not used whole and is not put right: `name` is the file's, `received_at` when it came
    (seconds since 1970)."""

    keeper: int
    name: str
    sha256: str
    received_at: int
    refused: tuple[Refused, ...]

    @property
    def reason(self) -> str:
        """What was refused first of it."""
        first = self.refused[0]
        where = " ".join(part for part in (first.line, first.field) if part)
        return (
            f"file {self.name} of {iso(day_of(self.received_at))} was not used whole ({first.rule} {where}".rstrip()
            + ")"
        )


def unanswered(feeds: Sequence[RefusedFeed], day: int, terms: FeedTerms) -> Heartbeat | None:
    """How one keeper's word stands on a day for its files that are not put right: as late as one that was late already
    when the oldest of them came, so that less is drawn on at once. None where all is put right."""
    first = min((day_of(each.received_at) for each in feeds), default=None)
    return None if first is None else _on_ladder(first, first - terms.late_from_days, day, terms)


_EVENTS_NAMED = 50
"""So many refused events of one file are differences of their own; the others are one together."""


def differences_of_feed(feed: RefusedFeed) -> Iterator[Difference]:
    """What is refused of a file, event by event (an event without a number by its place in the file)."""
    events = [list(found) for _, found in groupby(feed.refused, lambda each: each.event or each.line)]
    for found in events[:_EVENTS_NAMED]:
        name = found[0].event or found[0].line
        rules = ", ".join(dict.fromkeys(f"{each.rule} {each.field}".rstrip() for each in found))
        message = f"{feed.name} {found[0].line}: {found[0].message}"
        yield _not_used(feed, f"{feed.name} {name}".rstrip(), rules, message)
    if len(events) > _EVENTS_NAMED:
        more = f"{len(events) - _EVENTS_NAMED} more events"
        yield _not_used(feed, f"{feed.name}, the others", more, f"{feed.name}: {more} are refused")


def _not_used(feed: RefusedFeed, subject: str, found: str, message: str) -> Difference:
    return Difference(
        "FEED-EXCEPTION",
        feed.keeper,
        subject=subject,
        expected="sent again and used",
        found=found[:300],
        message=message[:1000],
    )


def drawable(goods: int, found: Heartbeat) -> int:
    """What of goods may be drawn on with a keeper's word as it stands, rounded down; `goods` is a value in minor units
    or a quantity, 0 or more."""
    return goods * found.percent // _WHOLE
