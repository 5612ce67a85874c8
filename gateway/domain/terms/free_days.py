"""Days that bear no interest: those of a statement, and those whose interest was kept from the pay-out."""

from __future__ import annotations

from gateway.domain.records import Loan, Terms


def until(loan: Loan, value_day: int) -> int:
    """No interest runs before this day: the value day, or later by a statement's free days, but never later than
    the due day; the due day itself at discount.
    """
    if loan.terms == Terms.DISCOUNT:
        return loan.due_day
    if loan.terms == Terms.STATEMENT:
        return min(value_day + loan.count, loan.due_day)
    return value_day
