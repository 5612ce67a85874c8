"""What storage comes to by a tariff: a worked example, and what holds of all tariffs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendar import day_of_iso
from gateway.domain.storage_fees import Tariff, periods_begun, storage_fee

COPPER = Tariff(rate=Fraction(60), per=Fraction(1_000), days=1, free_days=2)
"""0.60 a tonne and day, two days free; kilograms."""
WEEKLY = replace(COPPER, days=7, free_days=0)
STORED = Fraction("1250.500")
FIRST = day_of_iso("2027-01-04")

fractions = st.fractions(min_value=Fraction(1, 10**6), max_value=10**9, max_denominator=10**6)
tariffs = st.builds(Tariff, fractions, fractions, st.integers(1, 400), st.integers(0, 400))
quantities = st.fractions(min_value=0, max_value=10**9, max_denominator=10**6)
days = st.integers(0, 2_000)


def exact(tariff: Tariff, quantity: Fraction, since: int, day: int) -> Fraction:
    return tariff.rate * quantity / tariff.per * periods_begun(tariff, 0, since, day)


def test_ten_days_of_which_two_are_free() -> None:
    """4th to 13th January: 8 days × 1,250.500 kg × 0.60 per 1,000 kg = 6.0024, which is 6.00."""
    assert storage_fee(COPPER, STORED, FIRST, FIRST, FIRST + 9) == 600
    assert storage_fee(COPPER, STORED, FIRST, FIRST, FIRST + 1) == 0
    # The day goods come in counts: gone the same day, one day is owed.
    assert storage_fee(replace(COPPER, free_days=0), STORED, FIRST, FIRST, FIRST) == 75


@pytest.mark.parametrize(("last", "weeks"), [(0, 1), (6, 1), (7, 2), (13, 2), (14, 3)])
def test_a_week_begun_counts_whole(last: int, weeks: int) -> None:
    assert storage_fee(WEEKLY, Fraction(1_000), FIRST, FIRST, FIRST + last) == weeks * 60


def test_a_week_that_was_paid_for_is_not_charged_again() -> None:
    """Paid to the third day of the first week: the next is owed when the second week begins."""
    assert storage_fee(WEEKLY, Fraction(1_000), FIRST, FIRST + 3, FIRST + 6) == 0
    assert storage_fee(WEEKLY, Fraction(1_000), FIRST, FIRST + 3, FIRST + 7) == 60


@pytest.mark.parametrize(("kilograms", "minor"), [("8.333", 0), ("8.334", 1), ("25", 2), ("24.999", 1)])
def test_a_sum_is_rounded_half_up_once(kilograms: str, minor: int) -> None:
    """0.60 per 1,000 kg is 0.06 fen a kilogram: 8.333… kg are half a fen."""
    assert storage_fee(WEEKLY, Fraction(kilograms), FIRST, FIRST, FIRST) == minor


@given(tariffs, quantities, st.lists(days, min_size=3, max_size=3).map(sorted))
def test_days_add_up_and_only_the_rounding_differs(
    tariff: Tariff, quantity: Fraction, points: list[int]
) -> None:
    since, middle, day = points
    assert exact(tariff, quantity, since, middle) + exact(tariff, quantity, middle + 1, day) == exact(
        tariff, quantity, since, day
    )
    apart = storage_fee(tariff, quantity, 0, since, middle) + storage_fee(
        tariff, quantity, 0, middle + 1, day
    )
    assert abs(apart - storage_fee(tariff, quantity, 0, since, day)) <= 1


@given(tariffs, quantities, days, days)
def test_it_is_within_half_a_minor_unit_and_never_below_nothing(
    tariff: Tariff, quantity: Fraction, since: int, day: int
) -> None:
    found = storage_fee(tariff, quantity, 0, since, day)
    assert found >= 0
    assert Fraction(-1, 2) < found - exact(tariff, quantity, since, day) <= Fraction(1, 2)


@given(tariffs, quantities, quantities, days, days, st.integers(0, 500))
def test_more_days_or_more_goods_never_cost_less(
    tariff: Tariff, quantity: Fraction, more: Fraction, since: int, day: int, longer: int
) -> None:
    found = storage_fee(tariff, quantity, 0, since, day)
    assert storage_fee(tariff, quantity, 0, since, day + longer) >= found
    assert storage_fee(tariff, quantity + more, 0, since, day) >= found
    assert storage_fee(tariff, quantity, 0, since + longer, day) <= found


@given(tariffs, quantities, days, days)
def test_free_days_cost_nothing_and_a_day_after_them_does(
    tariff: Tariff, quantity: Fraction, since: int, day: int
) -> None:
    assert storage_fee(tariff, quantity, 0, since, min(day, tariff.free_days - 1)) == 0
    assert periods_begun(tariff, 0, 0, tariff.free_days) == 1


@given(tariffs, days)
def test_periods_are_days_over_the_tariffs_rounded_up(tariff: Tariff, length: int) -> None:
    last = tariff.free_days + length - 1
    assert periods_begun(tariff, 0, 0, last) == -(-length // tariff.days)
