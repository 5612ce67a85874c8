"""An endorsement on its way: its holder signs, its acquirer, and the keeper answers in time or not at all (CC-910).

Silence is no consent: a receipt moves when three signed one act, and that act dies with the last day on which the
keeper may answer. Days are ledger days (see `calendar`), times Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.business_days import BusinessCalendar, business_day_after
from gateway.domain.calendar import first_second, iso


class Stage(StrEnum):
    """Where an endorsement stands."""

    OFFERED = "offered"
    ASKED = "asked"
    COUNTERSIGNED = "countersigned"
    REFUSED = "refused"
    OVERDUE = "overdue"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Answer:
    """Until when the keeper may answer. `provisional`: a year on the way to that day has no calendar rows yet."""

    last_day: int
    provisional: bool

    @property
    def last_second(self) -> int:
        """The last at which an act that waits for the answer may live."""
        return first_second(self.last_day + 1) - 1


def answer_by(calendar: BusinessCalendar, day: int, business_days: int) -> Answer:
    """When an answer to what was asked on a day is due: the day itself does not count (CC-910-answer)."""
    last = business_day_after(calendar, day, business_days)
    return Answer(last, not all(calendar.is_known(each) for each in range(day + 1, last + 1)))


@dataclass(frozen=True, slots=True)
class Endorsement:
    """What became of an endorsement so far. `answer` is None until the acquirer has signed; `moved`: the receipt's
    sequence is no longer the one that was signed for, so the act can never be done.
    """

    expires_at: int
    answer: Answer | None = None
    countersigned: bool = False
    refused: bool = False
    moved: bool = False

    def stage(self, day: int) -> Stage:
        """Where it stands on a day."""
        if self.countersigned:
            return Stage.COUNTERSIGNED
        if self.refused:
            return Stage.REFUSED
        if self.moved:
            return Stage.WITHDRAWN
        if self.answer is not None:
            return Stage.OVERDUE if day > self.answer.last_day else Stage.ASKED
        return Stage.EXPIRED if first_second(day) > self.expires_at else Stage.OFFERED


def forbids(found: Endorsement, part: str, day: int) -> str | None:
    """Why acquirer or keeper may not sign, or the keeper not refuse, on a day; None when they may."""
    stage = found.stage(day)
    if stage is (Stage.OFFERED if part == "acquirer" else Stage.ASKED):
        return None
    if stage is Stage.OVERDUE and found.answer is not None:
        return f"the keeper had until {iso(found.answer.last_day)} to answer: the receipt does not move"
    if stage is Stage.OFFERED:
        return "the acquirer signs before the keeper is asked"
    anew = "" if stage is Stage.COUNTERSIGNED else "; the holder may offer the receipt anew"
    return f"the endorsement is {stage}: nobody signs it any more{anew}"
