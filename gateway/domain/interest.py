"""Interest, exact until it is payable (decision 16).

What accrues is principal × days (fen-days), an integer. A rate turns it into money only when a sum becomes
payable, with one rounding, half-up. First day counted, last not. Rates are parts per million a year.
"""

from __future__ import annotations

from gateway.domain.calendar import leap_year_days

PER_MILLION = 1_000_000
PER_TEN_THOUSAND = 10_000

BASIS_360 = 0
BASIS_ACTUAL_365 = 1
BASIS_ACTUAL_ACTUAL = 2

_YEARS = {BASIS_360: 360, BASIS_ACTUAL_365: 365, BASIS_ACTUAL_ACTUAL: 365 * 366}


def year_of(basis: int) -> int:
    """What a year weighs for a loan's basis code: its days, or 365 × 366 on actual/actual, where a day is the
    366th part of a leap year and the 365th part of another.
    """
    return _YEARS[basis]


def days_a_year(basis: int) -> int:
    """Days of the interest year for a basis whose years are of one length: 0 or 1."""
    return 360 if basis == BASIS_360 else 365


def weigh(basis: int, start: int, end: int) -> int:
    """What the days from `start` on and before `end` weigh: 1 each, on actual/actual 365 in a leap year and 366
    in another, so that what accrues stays one integer.
    """
    if end <= start:
        return 0
    days = end - start
    return days if basis != BASIS_ACTUAL_ACTUAL else days * 366 - leap_year_days(start, end)


def payable(principal_days: int, overdue_days: int, rate: int, penalty_bps: int, basis: int) -> int:
    """Interest in minor units, rounded half-up once.

    Args:
        principal_days: fen-days, weighed, from the value day on, overdue days among them. overdue_days:
        fen-days after the due day, which bear the penalty as well. rate: parts per million a year, 0 …
        16,777,215. penalty_bps: added to the rate on overdue days, in basis points of the rate (5,000 = half
        as much again). basis: 0 for 360 days a year, 1 for 365, 2 for actual/actual.
    """
    numerator = principal_days * rate * PER_TEN_THOUSAND + overdue_days * rate * penalty_bps
    denominator = PER_MILLION * PER_TEN_THOUSAND * year_of(basis)
    return (numerator + denominator // 2) // denominator


def quote(principal: int, rate: int, days: int, *, basis: int = BASIS_360, minimum_days: int = 0) -> int:
    """Interest of one principal (minor units) over so many days, and at least the product's minimum days."""
    return payable(principal * max(days, minimum_days), 0, rate, 0, basis)


def penalty(principal: int, rate: int, penalty_bps: int, overdue_days: int, *, basis: int = BASIS_360) -> int:
    """The whole interest of overdue days, penalty included, in minor units."""
    return payable(principal * overdue_days, principal * overdue_days, rate, penalty_bps, basis)


def late_interest_most(quantity: int, parts_per_million_a_day: int, days: int) -> int:
    """The most late interest a receivable may bear (SME-17), in minor units, half-up over the whole root.

    The contracts compare sum × 10⁶ ≤ most + 500,000, so the largest whole sum is this one.
    """
    return (quantity * parts_per_million_a_day * days + PER_MILLION // 2) // PER_MILLION
