"""Interest, exact until it is payable (decision 16).

What accrues is principal × days (fen-days), an integer. A rate turns it into money only when a sum becomes
payable, with one rounding, half-up. First day counted, last not. Rates are parts per million a year.
"""

from __future__ import annotations

PER_MILLION = 1_000_000
PER_TEN_THOUSAND = 10_000

BASIS_360 = 0
BASIS_ACTUAL_365 = 1


def days_a_year(basis: int) -> int:
    """Days of the interest year for a loan's basis code."""
    return 360 if basis == BASIS_360 else 365


def payable(principal_days: int, overdue_days: int, rate: int, penalty_bps: int, basis: int) -> int:
    """Interest in minor units, rounded half-up once.

    Args:
        principal_days: fen-days from the value day on, overdue days among them. overdue_days: fen-days after
        the due day, which bear the penalty as well. rate: parts per million a year, 0 … 16,777,215.
        penalty_bps: added to the rate on overdue days, in basis points of the rate (5,000 = half as much
        again). basis: 0 for 360 days a year, 1 for 365.
    """
    numerator = principal_days * rate * PER_TEN_THOUSAND + overdue_days * rate * penalty_bps
    denominator = PER_MILLION * PER_TEN_THOUSAND * days_a_year(basis)
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
