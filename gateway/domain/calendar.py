"""Days of the ledger: Asia/Shanghai calendar days since 1970-01-01 (day 0).

China has kept UTC+8 without daylight saving since 1991, so a constant offset is exact for every day the
ledger will see. A day fits 16 bits until 2149-06-06.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from datetime import date, timedelta

SECONDS_A_DAY = 86_400
SHANGHAI_SECONDS = 28_800
LAST_DAY = 2**16 - 1

_FIRST = date(1970, 1, 1)


def day_of(timestamp: int) -> int:
    """The Shanghai day of a Unix time in seconds, 0 … 65,535."""
    return (timestamp + SHANGHAI_SECONDS) // SECONDS_A_DAY & LAST_DAY


def first_second(day: int) -> int:
    """The Unix time at which a day begins in Shanghai."""
    return day * SECONDS_A_DAY - SHANGHAI_SECONDS


def date_of(day: int) -> date:
    """The calendar date of a day."""
    return _FIRST + timedelta(days=day)


def day_of_date(when: date) -> int:
    """The day of a calendar date. Raises ValueError outside 1970-01-01 … 2149-06-06."""
    day = (when - _FIRST).days
    if not 0 <= day <= LAST_DAY:
        raise ValueError(f"{when.isoformat()} is no day of the ledger")
    return day


def iso(day: int) -> str:
    """A day as ISO 8601 writes it, YYYY-MM-DD."""
    return date_of(day).isoformat()


def day_of_iso(text: str) -> int:
    """The day of an ISO 8601 date. Raises ValueError when it is none, or outside the ledger's days."""
    return day_of_date(date.fromisoformat(text))


def add_months(day: int, months: int) -> int:
    """The same day of the month, `months` later (or earlier: below 0), clipped to that month's end (decision 16)."""
    start = date_of(day)
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return (date(year, month, min(start.day, monthrange(year, month)[1])) - _FIRST).days


def leap_year_days(start: int, end: int) -> int:
    """How many days from `start` on and before `end` are days of leap years."""
    days = 0
    for year in range(date_of(start).year, date_of(end).year + 1):
        if isleap(year):
            first = (date(year, 1, 1) - _FIRST).days
            days += max(0, min(end, first + 366) - max(start, first))
    return days
