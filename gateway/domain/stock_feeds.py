"""The heartbeat of a warehouse: how old a keeper's last word is, and what may still be drawn on goods it keeps (GI-55).

A creditor's supervisor controls goods that come and go only while he hears of them: a feed that stays away lowers what
may be drawn on them, the more the longer. It takes nothing back of what was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

_WHOLE, _FRESH = 100, "fresh"


@dataclass(frozen=True, slots=True)
class FeedTerms:
    """Parameters of a rule (GI-55-feed): the days from one word to the next unless agreed otherwise; the days late from
    which a feed is late, stale and silent, and the percent of the collateral's value that may then be drawn on."""

    rhythm_days: int
    late_from_days: int
    stale_from_days: int
    silent_from_days: int
    late_percent: int
    stale_percent: int
    silent_percent: int


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
    late = max(0, day - due)
    if late >= terms.silent_from_days:
        return Heartbeat("silent", last_day, late, terms.silent_percent, due)
    if late >= terms.stale_from_days:
        return Heartbeat("stale", last_day, late, terms.stale_percent, due)
    if late >= terms.late_from_days:
        return Heartbeat("late", last_day, late, terms.late_percent, due)
    return Heartbeat(_FRESH, last_day, late, _WHOLE, due)


def drawable(goods: int, found: Heartbeat) -> int:
    """What of goods may be drawn on with a keeper's word as it stands, rounded down; `goods` is a value in minor units
    or a quantity, 0 or more."""
    return goods * found.percent // _WHOLE
