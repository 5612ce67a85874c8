"""Interest as it accrues: fen-days brought up to a day, and what of it is payable (decision 16)."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain import interest
from gateway.domain.records import Accrual, Loan
from gateway.domain.terms import schedules, standing


def accrued(accrual: Accrual, loan: Loan, day: int) -> Accrual:
    """The accrual brought up to `day`: first day counted, last not; principal that is overdue, its days of grace
    gone, counts twice, once for the penalty.
    """
    if day <= loan.accrued_day:
        return accrual
    start = loan.accrued_day
    return replace(
        accrual,
        principal_days=accrual.principal_days + standing.principal_days(loan, start, day),
        overdue_days=accrual.overdue_days + standing.overdue_days(loan, accrual.instalment, start, day),
    )


def accrued_again(accrual: Accrual, loan: Loan, principal: int, value_day: int) -> Accrual:
    """The accrual once a principal, repaid with value on a day, is owed again, as if it had never been repaid.

    What of it was overdue meanwhile is told from the principal as it is now. Where more was repaid since, that is
    at most what it would have been: the penalty never errs against the borrower.
    """
    part = replace(loan, principal=principal)
    whole = replace(loan, principal=loan.principal + principal)
    late = [
        standing.overdue_days(each, accrual.instalment, value_day, loan.accrued_day) for each in (whole, loan)
    ]
    return replace(
        accrual,
        principal_days=accrual.principal_days + standing.principal_days(part, value_day, loan.accrued_day),
        overdue_days=accrual.overdue_days + late[0] - late[1],
    )


def interest_due(accrual: Accrual, loan: Loan) -> int:
    """Interest payable and not yet paid, never less than the minimum days on what was drawn."""
    days = max(accrual.principal_days, schedules.least_days(loan, loan.start_day))
    total = interest.payable(days, accrual.overdue_days, loan.rate, loan.penalty_bps, loan.basis)
    return total - accrual.interest_paid


def penalty_paid(accrual: Accrual, loan: Loan) -> int:
    """What of the interest paid was penalty, in minor units: what went beyond the plain interest accrued up to the day
    of the last repayment. Payments fill the plain interest first.
    """
    days = max(accrual.principal_days, schedules.least_days(loan, loan.start_day))
    return max(0, accrual.interest_paid - interest.payable(days, 0, loan.rate, 0, loan.basis))
