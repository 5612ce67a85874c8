"""Days and months of the ledger against date arithmetic that counts them another way."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from gateway.domain import calendar
from tests.house.cast import CORE, TIER_1
from tests.house.house import House

SHANGHAI = timezone(timedelta(hours=8))
DATES = 100_000
SEED = 20_260_921


def months_later(start: date, months: int) -> date:
    """Walk month by month, from first to first; then as far into the month as it goes."""
    first = start.replace(day=1)
    for _ in range(months):
        first = (first + timedelta(days=31)).replace(day=1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    return min(first + timedelta(days=start.day - 1), next_first - timedelta(days=1))


def test_months_are_calendar_months_clipped_to_month_end_over_100_000_dates() -> None:
    rng = random.Random(SEED)
    for _ in range(DATES):
        day, months = rng.randrange(0, 65_000), rng.randrange(0, 13)
        assert calendar.date_of(calendar.add_months(day, months)) == months_later(
            calendar.date_of(day), months
        )


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2027-01-31", 1, "2027-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2027-03-31", 1, "2027-04-30"),
        ("2099-12-31", 12, "2100-12-31"),
        ("2100-01-31", 1, "2100-02-28"),
    ],
)
def test_month_ends(start: str, months: int, end: str) -> None:
    assert calendar.iso(calendar.add_months(calendar.day_of_iso(start), months)) == end


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    rng = random.Random(SEED)
    for _ in range(10_000):
        at = rng.randrange(0, 4_102_444_800)
        assert calendar.date_of(calendar.day_of(at)) == datetime.fromtimestamp(at, SHANGHAI).date()
    day = calendar.day_of_iso("2038-01-19")
    assert calendar.day_of(calendar.first_second(day)) == day
    assert calendar.day_of(calendar.first_second(day) - 1) == day - 1
    assert datetime.fromtimestamp(calendar.first_second(day), UTC).isoformat() == "2038-01-18T16:00:00+00:00"


def test_a_date_the_ledger_cannot_hold_is_refused() -> None:
    assert calendar.iso(calendar.LAST_DAY) == "2149-06-06"
    for text in ("1969-12-31", "2149-06-07"):
        with pytest.raises(ValueError, match="no day of the ledger"):
            calendar.day_of_iso(text)


def test_the_contracts_cap_a_tenor_on_the_same_day() -> None:
    """The longest tenor of 12 months passes, and one day more does not, from the ends of months on."""
    for text in ("2027-01-31", "2027-02-28", "2027-08-31", "2028-02-29"):
        house = House(calendar.first_second(calendar.day_of_iso(text)) + 43_200)
        cap = calendar.add_months(house.machine.day(), 12)
        assert house.live_root(1, 1_000_000, TIER_1, dueDay=cap) > 0
        late = CORE.number << 32 | 2
        assert house.attest(b"\2" * 32, 1_000_000, TIER_1, CORE) == "None"
        over = {"dueDay": cap + 1, "nullifiers": [b"\2" * 32]}
        assert house.issue(late, CORE, TIER_1, 1_000_000, **over) == "TenorAboveCap"
