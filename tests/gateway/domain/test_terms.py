"""Terms of loans against exact fractions, and the dates and figures that people check by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from gateway.domain import interest
from gateway.domain.calendar import day_of_date
from gateway.domain.records import Loan, LoanPhase, Terms
from gateway.domain.terms import agreement, schedules, standing
from tests.bench import terms

MILLION = 100_000_000
SEED = 20_261_127


def test_bytecode_and_specification_equal_exact_fractions() -> None:
    """A slice of `scripts/bench terms`; decision 16."""
    report = terms.measure(SEED, number=300, courses=25)
    assert report["differences"] == []
    assert report["valid"] == 325


def loan(**changes: object) -> Loan:
    """1,000,000.00 at 7.2 %, paid out on 31 January 2028 and due in a year."""
    agreed = {
        "facility": 7, "principal": MILLION, "drawn": MILLION, "rate": 72_000,
        "due_day": day_of_date(date(2029, 1, 31)), "penalty_bps": 5_000, "minimum_days": 0, "basis": 0,
        "phase": LoanPhase.RESERVED, "start_day": day_of_date(date(2028, 1, 31)),
    }  # fmt: skip
    return Loan(**{**agreed, **changes})  # type: ignore[arg-type]  # names of fields


def test_the_check_of_the_rule_book() -> None:
    """6,000.00 in thirty days, 2,000.00 when repaid on day 10, 3,000.00 on ten overdue days at half as much again."""
    assert interest.quote(MILLION, 72_000, 30) == 600_000
    assert interest.quote(MILLION, 72_000, 10) == 200_000
    assert interest.penalty(MILLION, 72_000, 5_000, 10) == 300_000


@pytest.mark.parametrize(
    ("due", "days"),
    [
        (date(2028, 3, 31), ["2028-01-31", "2028-02-29", "2028-03-31"]),
        (date(2027, 3, 31), ["2027-01-31", "2027-02-28", "2027-03-31"]),
        (date(2028, 2, 29), ["2027-12-29", "2028-01-29", "2028-02-29"]),
        (date(2027, 2, 28), ["2026-12-28", "2027-01-28", "2027-02-28"]),
        (date(2027, 1, 30), ["2026-11-30", "2026-12-30", "2027-01-30"]),
    ],
    ids=str,
)
def test_due_days_are_clipped_to_the_month_and_never_drift(due: date, days: list[str]) -> None:
    found = schedules.due_days(loan(terms=Terms.EQUAL_PRINCIPAL, count=3, due_day=day_of_date(due)))
    assert [date.fromordinal(date(1970, 1, 1).toordinal() + day).isoformat() for day in found] == days


def test_a_day_of_a_leap_year_weighs_less() -> None:
    """From 31 December 2027 to 2 January 2028 are one 365th and one 366th of a year."""
    start, end = day_of_date(date(2027, 12, 31)), day_of_date(date(2028, 1, 2))
    weight = Fraction(interest.weigh(2, start, end), interest.year_of(2))
    assert weight == Fraction(1, 365) + Fraction(1, 366)


@pytest.mark.parametrize("terms_", list(Terms))
def test_every_schedule_repays_what_was_drawn(terms_: Terms) -> None:
    counted = 12 if loan(terms=terms_, count=12).due_days == 12 else 0
    rows = schedules.schedule(loan(terms=terms_, count=counted), day_of_date(date(2028, 1, 31)))
    assert sum(row.principal for row in rows) == MILLION
    assert rows[-1].balance == 0


def test_twelve_equal_instalments() -> None:
    """7.2 % over 360 days by actual days of the leap year 2028: checked once against a spreadsheet's goal seek."""
    rows = schedules.schedule(loan(terms=Terms.EQUAL_INSTALMENTS, count=12), day_of_date(date(2028, 1, 31)))
    assert {row.total for row in rows[:-1]} == {rows[0].total}
    assert abs(rows[-1].total - rows[0].total) < 12
    assert rows[0].interest == MILLION * 29 * 72 // 360_000


def test_discount_keeps_the_interest_of_the_tenor() -> None:
    """CC-677, unless otherwise agreed: 366 days at 7.2 % are kept, and nothing accrues until the due day."""
    agreed = loan(terms=Terms.DISCOUNT)
    assert agreement.pay_out(agreed) == MILLION - MILLION * 366 * 72 // 360_000
    assert standing.principal_days(agreed, agreed.start_day, agreed.due_day) == 0
