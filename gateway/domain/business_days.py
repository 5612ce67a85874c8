"""Business days of China from calendar rows (decision 16): holidays, and weekend days worked in their place.

The State Council publishes the rows of a year in the autumn before it. A year without rows is "weekends only,
provisional". The nominal due day of a receivable or loan never changes; what moves is the day on which banks can pay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.domain.calendar import LAST_DAY, date_of

_SATURDAY = 5
MOST_DAYS = 31
"""No run of days without business may be longer: rows that say so are wrong."""

_MOST_DAYS_AFTER = 60


class NoBusinessDay(ValueError):
    """No business day follows within MOST_DAYS, or before the ledger's last day."""


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Calendar rows by ledger day: `holidays` on weekdays or weekends, `worked` weekend days, and the `years` whose
    rows are known."""

    years: frozenset[int] = frozenset()
    holidays: frozenset[int] = frozenset()
    worked: frozenset[int] = frozenset()

    def is_known(self, day: int) -> bool:
        """Whether the rows of the day's year are known."""
        return date_of(day).year in self.years

    def is_business_day(self, day: int) -> bool:
        """Whether banks do business on a day; by weekends alone where its year is unknown."""
        if day in self.worked:
            return True
        return day not in self.holidays and date_of(day).weekday() < _SATURDAY


@dataclass(frozen=True, slots=True)
class PaymentDay:
    """When money due on a day can move. `provisional`: a year on the way to it has no calendar rows yet."""

    due_day: int
    day: int
    provisional: bool

    @property
    def grace_days(self) -> int:
        """Calendar days between the nominal due day and the payment day; 0 when it is a business day itself."""
        return self.day - self.due_day


def payment_day(calendar: BusinessCalendar, due_day: int) -> PaymentDay:
    """The due day itself if it is a business day, else the next one. Raises NoBusinessDay."""
    provisional = False
    for day in range(due_day, min(due_day + MOST_DAYS, LAST_DAY) + 1):
        provisional |= not calendar.is_known(day)
        if calendar.is_business_day(day):
            return PaymentDay(due_day, day, provisional)
    raise NoBusinessDay(f"no business day within {MOST_DAYS} days of {date_of(due_day).isoformat()}")


def business_day_after(calendar: BusinessCalendar, day: int, count: int) -> int:
    """The `count`-th business day after a day; within 60 days, or the last of those."""
    ahead = day
    for _ in range(_MOST_DAYS_AFTER):
        if not count:
            break
        ahead += 1
        count -= calendar.is_business_day(ahead)
    return ahead


def grace_days(calendar: BusinessCalendar, due_day: int) -> int:
    """Days after the due day on which a payment is still in time because banks were closed. Raises NoBusinessDay."""
    return payment_day(calendar, due_day).grace_days


def wrong_rows(calendar: BusinessCalendar) -> Iterator[str]:
    """What no published calendar says: a day both free and worked, a worked weekday, a day of another year."""
    for day in sorted(calendar.holidays & calendar.worked):
        yield f"{date_of(day).isoformat()} is both a holiday and worked"
    for day in sorted(calendar.worked):
        if date_of(day).weekday() < _SATURDAY:
            yield f"{date_of(day).isoformat()} is worked anyway: it is no weekend day"
    for day in sorted(calendar.holidays | calendar.worked):
        if not calendar.is_known(day):
            yield f"{date_of(day).isoformat()} is of a year without rows"
