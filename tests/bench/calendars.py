"""Days, months and business days over 100,000 dates, against computations that share nothing with the domain (R8).

Judges: `chinesecalendar` for the years it knows and weekdays by Zeller's rule for all others; months counted on the
proleptic Gregorian calendar by hand; the zone file's Asia/Shanghai for instants, a day to either side of midnight.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar

from gateway.adapters.rulebook import shipped
from gateway.domain.business_days import payment_day
from gateway.domain.calendar import LAST_DAY, add_months, date_of, day_of, first_second
from gateway.domain.rules import in_force
from gateway.domain.rulings import ClassCase, DeliveryCase, TenorCase, decide

DATES, QUICK = 100_000, 2_000
SHANGHAI = ZoneInfo("Asia/Shanghai")
EPOCH = date(1970, 1, 1).toordinal()
MARGIN = 400
"""Days before the ledger's last on which every date still has its year after it."""
SPECIAL = (
    date(2025, 1, 27), date(2026, 2, 14), date(2026, 2, 23), date(2026, 9, 20), date(2026, 10, 10), date(2026, 12, 31),
    date(2028, 2, 29), date(2038, 1, 19), date(2100, 2, 28), date(2025, 6, 15), date(2027, 1, 31), date(2032, 2, 29),
)  # fmt: skip
CLASSES = ("normal", "special mention", "substandard", "doubtful", "loss")


def run(seed: int, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Every check on every date; half of the dates lie in the years whose calendar is known or around an edge."""
    rng = random.Random(seed)
    dates = [_drawn(rng) for _ in range(QUICK if quick else DATES)]
    rows = []
    for name, check in CHECKS.items():
        wrong = [day for day in dates if not check(rng, day)]
        rows.append({"case": name, "dates": len(dates), "wrong": len(wrong)})
        if wrong:
            say(f"{name}: wrong on {date_of(wrong[0]).isoformat()}")
    violations = sum(int(row["wrong"]) for row in rows)
    return {
        "rows": rows, "valid": sum(int(row["dates"]) for row in rows), "violations": violations,
        "reached": violations == 0,
    }  # fmt: skip


def _drawn(rng: random.Random) -> int:
    kind = rng.randrange(4)
    if kind == 0:
        return date(2025, 1, 1).toordinal() - EPOCH + rng.randrange(730)
    if kind == 1:
        return rng.choice(SPECIAL).toordinal() - EPOCH + rng.randrange(-3, 4)
    if kind == 2:  # a month's last days and the next one's first
        return (
            date(rng.randrange(2025, 2140), rng.randrange(1, 13), 1).toordinal()
            - EPOCH
            + rng.randrange(-3, 2)
        )
    return rng.randrange(LAST_DAY - MARGIN)


def _is_workday(day: int) -> bool:
    when = date.fromordinal(EPOCH + day)
    if when.year in (2025, 2026):
        return bool(chinese_calendar.is_workday(when))
    month, year = (when.month, when.year) if when.month > 2 else (when.month + 12, when.year - 1)
    century, rest = divmod(year, 100)
    zeller = (when.day + 13 * (month + 1) // 5 + rest + rest // 4 + century // 4 + 5 * century) % 7
    return zeller > 1  # 0 is Saturday, 1 Sunday


def _payment_day(_: random.Random, day: int) -> bool:
    right = day
    while not _is_workday(right):
        right += 1
    found = payment_day(shipped().pack.calendar, day)
    years = {date.fromordinal(EPOCH + each).year for each in range(day, right + 1)}
    return (found.due_day, found.day, found.provisional) == (day, right, not years <= {2025, 2026})


def _later(day: int, months: int) -> int:
    """The same day of the month so many months later, by lengths of months written out."""
    when = date.fromordinal(EPOCH + day)
    year, month = when.year, when.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    return date(year, month, min(when.day, length)).toordinal() - EPOCH


def _months(rng: random.Random, day: int) -> bool:
    months = rng.randrange(13)
    return add_months(day, months) == _later(day, months)


def _instants(rng: random.Random, day: int) -> bool:
    """A second somewhere in the day, its first and last, and the same a day earlier and later."""
    if day < date(1991, 10, 1).toordinal() - EPOCH:
        day += 365 * 22  # before, China kept summer time
    midnight = datetime.combine(date.fromordinal(EPOCH + day), datetime.min.time(), SHANGHAI)
    start = int(midnight.timestamp())
    seconds = [
        start + shift for shift in (0, 86_399, rng.randrange(86_400), -1, 86_400, -86_400, 86_400 * 2 - 1)
    ]
    judged = [datetime.fromtimestamp(second, UTC).astimezone(SHANGHAI).date() for second in seconds]
    told = [date_of(day_of(second)) for second in seconds]
    return told == judged and first_second(day) == start


def _tenor(rng: random.Random, day: int) -> bool:
    opened = max(day, date(2025, 6, 15).toordinal() - EPOCH)
    months, extra = rng.choice((6, 12)), rng.randrange(-1, 2)
    due = min(_later(opened, months) + extra, LAST_DAY)
    right = (
        "kept" if due <= _later(opened, 6) else "review" if due <= _later(opened, 12) else "above the maximum"
    )
    return decide(shipped().pack, TenorCase(opened, due), opened).outcome == right


def _delivery(rng: random.Random, day: int) -> bool:
    delivered = max(day, date(2025, 6, 1).toordinal() - EPOCH)
    start = date.fromordinal(EPOCH + delivered)
    due = start + timedelta(days=rng.choice((0, 59, 60, 61, 200)))
    found = decide(shipped().pack, DeliveryCase(delivered, due.toordinal() - EPOCH), delivered)
    return found.holds == (due <= start + timedelta(days=60))


def _class(rng: random.Random, day: int) -> bool:
    due = max(day, date(2023, 7, 1).toordinal() - EPOCH)
    overdue = rng.choice((0, 1, 90, 91, 270, 271, 360, 361, rng.randrange(MARGIN)))
    on = min(due + overdue, LAST_DAY)
    boundaries = (1, 91, 271, 361)
    right = CLASSES[sum(1 for each in boundaries if on - due >= each)]
    assert in_force(shipped().pack, "CLASS", on)
    return decide(shipped().pack, ClassCase(due), on).outcome == right


CHECKS: dict[str, Callable[[random.Random, int], bool]] = {
    "payment day": _payment_day,
    "months, clipped to month end": _months,
    "instants of Shanghai, a day to either side": _instants,
    "CN77-11 tenor at six and twelve months": _tenor,
    "SME-9 sixty days from delivery": _delivery,
    "CLASS at 1, 91, 271 and 361 days": _class,
}
