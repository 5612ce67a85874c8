"""Business days of China, and the day on which banks can pay (decision 16)."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.rulebook import shipped
from gateway.domain.business_days import (
    BusinessCalendar,
    NoBusinessDay,
    grace_days,
    payment_day,
)
from gateway.domain.calendar import LAST_DAY, day_of_date, day_of_iso, iso
from tests.bench import calendars

CHINA = shipped().pack.calendar
KNOWN = [date(2025, 1, 1) + timedelta(days=place) for place in range(730)]
LEDGER_DAYS = st.integers(0, LAST_DAY - 31)


def test_every_day_of_the_known_years_is_what_another_calendar_says() -> None:
    wrong = [
        day for day in KNOWN if CHINA.is_business_day(day_of_date(day)) != chinese_calendar.is_workday(day)
    ]
    assert wrong == []
    assert CHINA.years == {2025, 2026}


@pytest.mark.parametrize(
    ("due", "paid", "grace", "provisional"),
    [
        ("2026-02-13", "2026-02-13", 0, False),  # Friday before the festival
        ("2026-02-14", "2026-02-14", 0, False),  # a Saturday worked in place of a holiday
        ("2026-02-15", "2026-02-24", 9, False),  # first day of the festival
        ("2026-02-23", "2026-02-24", 1, False),  # its last day
        ("2026-02-24", "2026-02-24", 0, False),
        ("2026-02-28", "2026-02-28", 0, False),  # a month's end on a worked Saturday
        ("2025-01-31", "2025-02-05", 5, False),  # a month's end inside the festival
        ("2025-10-01", "2025-10-09", 8, False),
        ("2025-12-31", "2025-12-31", 0, False),
        ("2026-01-01", "2026-01-04", 3, False),  # over the new year to a worked Sunday
        ("2028-02-29", "2028-02-29", 0, True),  # a leap day of a year nobody has published
        ("2028-12-30", "2029-01-01", 2, True),  # weekends only: New Year's Day counts as business
        ("2026-12-31", "2026-12-31", 0, False),
        ("2027-01-02", "2027-01-04", 2, True),
    ],
)
def test_payment_day(due: str, paid: str, grace: int, provisional: bool) -> None:
    found = payment_day(CHINA, day_of_iso(due))
    assert (iso(found.due_day), iso(found.day), found.provisional) == (due, paid, provisional)
    assert found.grace_days == grace_days(CHINA, day_of_iso(due)) == grace


def test_a_way_into_an_unknown_year_is_provisional() -> None:
    only_2025 = BusinessCalendar(
        frozenset({2025}), frozenset(range(day_of_iso("2025-12-31"), day_of_iso("2026-01-01")))
    )
    assert payment_day(only_2025, day_of_iso("2025-12-31")).provisional
    assert not payment_day(only_2025, day_of_iso("2025-12-30")).provisional


@given(LEDGER_DAYS)
def test_the_payment_day_is_the_first_business_day_from_the_due_day_on(due: int) -> None:
    found = payment_day(CHINA, due)
    assert found.due_day == due <= found.day
    assert CHINA.is_business_day(found.day)
    assert not any(CHINA.is_business_day(day) for day in range(due, found.day))


@given(LEDGER_DAYS, LEDGER_DAYS)
def test_who_is_due_later_is_never_paid_earlier(one: int, other: int) -> None:
    first, second = sorted((one, other))
    assert payment_day(CHINA, first).day <= payment_day(CHINA, second).day


@given(LEDGER_DAYS)
def test_paying_on_the_payment_day_needs_no_further_grace(due: int) -> None:
    assert grace_days(CHINA, payment_day(CHINA, due).day) == 0


def test_rows_without_a_business_day_are_named_and_not_searched_for_ever() -> None:
    closed = BusinessCalendar(frozenset({1970}), frozenset(range(365)))
    with pytest.raises(NoBusinessDay, match="1970-01-05"):
        payment_day(closed, 4)
    with pytest.raises(NoBusinessDay, match="2149-06-06"):
        payment_day(BusinessCalendar(holidays=frozenset({LAST_DAY})), LAST_DAY)


def test_a_slice_of_the_bench_finds_nothing_wrong() -> None:
    found = calendars.run(20_260_921, quick=True, say=print)
    assert (found["valid"], found["violations"]) == (6 * calendars.QUICK, 0)
