"""A loan's interest recomputed in exact fractions from its terms and the days on which it was repaid (INV-6).

Written from the definition: days are cut where something changes, and each piece bears interest on what was owed in it.
Of the domain it asks only when how much principal was to be repaid.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise

from gateway.domain.calendar import date_of, day_of_date
from gateway.domain.records import Loan, Terms
from gateway.domain.terms import schedules
from gateway.domain.terms.progress import Paid


def interest_of(loan: Loan, instalment: int, paid: Sequence[Paid]) -> Fraction:
    """Interest from the value day of the pay-out to the last repayment, penalty included, in minor units, not rounded.

    `loan` is one that was paid out, `instalment` what is due each time where all are equal, `paid` the repayments that
    stand, in the order of their value days.
    """
    if not paid:
        return Fraction(0)
    end, free = paid[-1].day, _free_until(loan)
    wanted = [
        (row.day + loan.grace_days, row.principal)
        for row in schedules.instalments(loan, loan.start_day, instalment)
    ]
    cuts = {loan.start_day, end, free, *(each.day for each in paid), *(edge for edge, _ in wanted)}
    days = sorted(day for day in cuts if loan.start_day <= day <= end)
    rate, plain, penalty = Fraction(loan.rate, 1_000_000), Fraction(0), Fraction(0)
    for start, stop in pairwise(days):
        part = rate * years(loan.basis, start, stop)
        repaid = sum(each.principal for each in paid if each.day <= start)
        overdue = sum(amount for edge, amount in wanted if edge <= start) - repaid
        if start >= free:
            plain += (loan.drawn - repaid) * part
        penalty += max(0, overdue) * part * Fraction(loan.penalty_bps, 10_000)
    least = loan.drawn * rate * years(loan.basis, loan.start_day, loan.start_day + loan.minimum_days)
    return max(plain, least) + penalty


def years(basis: int, start: int, end: int) -> Fraction:
    """The part of a year between two days: over 360 (basis 0), over 365 (1), or each day over its own year's length."""
    if basis < 2:
        return Fraction(end - start, 360 if basis == 0 else 365)
    part = Fraction(0)
    for year in range(date_of(start).year, date_of(end).year + 1):
        first, after = day_of_date(date(year, 1, 1)), day_of_date(date(year + 1, 1, 1))
        part += Fraction(max(0, min(end, after) - max(start, first)), 366 if isleap(year) else 365)
    return part


def _free_until(loan: Loan) -> int:
    """The first day that bears interest."""
    if loan.terms == Terms.DISCOUNT:
        return loan.due_day
    return min(loan.start_day + loan.count, loan.due_day) if loan.terms == Terms.STATEMENT else loan.start_day
