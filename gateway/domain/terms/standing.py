"""How a loan stands on a day: what accrues, what is overdue, and since when (decision 16)."""

from __future__ import annotations

from gateway.domain import interest
from gateway.domain.records import Accrual, Loan, LoanPhase
from gateway.domain.terms import free_days, schedules


def principal_days(loan: Loan, start: int, end: int) -> int:
    """Fen-days of what is owed now, from `start` on and before `end`, days free of interest left out."""
    free = free_days.until(loan, loan.start_day)
    return loan.principal * interest.weigh(loan.basis, max(start, free), end)


def overdue_days(loan: Loan, each: int, start: int, end: int) -> int:
    """Fen-days of overdue principal, from `start` on and before `end`: what the schedule wants repaid, its days of
    grace gone, and is not. `each` is the accrual's instalment.
    """
    total, late = 0, 0
    for row in schedules.instalments(loan, loan.start_day, each):
        edge = row.day + loan.grace_days
        if edge >= end:
            break
        if edge > start:
            total += late * interest.weigh(loan.basis, start, edge)
            start = edge
        late = max(0, loan.principal - row.balance)
    return total + late * interest.weigh(loan.basis, start, end)


def overdue_since(loan: Loan, accrual: Accrual, day: int) -> int:
    """The due day of the oldest instalment before `day` of which principal, or interest accrued up to it, is
    unpaid; 0 for none, and for a loan on which nothing is outstanding.
    """
    if loan.phase not in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF):
        return 0
    for row in schedules.instalments(loan, loan.start_day, accrual.instalment):
        if row.day >= day:
            return 0
        if loan.principal > row.balance or _interest_up_to(loan, accrual, row.day) > accrual.interest_paid:
            return row.day
    return 0


def is_late(loan: Loan, accrual: Accrual, day: int) -> bool:
    """Whether an instalment is unpaid on `day`, its days of grace gone."""
    since = overdue_since(loan, accrual, day)
    return since > 0 and day > since + loan.grace_days


def _interest_up_to(loan: Loan, accrual: Accrual, day: int) -> int:
    """Interest accrued up to a due day, penalty left out. Principal changes only when all interest is paid, so
    back to the day on which it last was, it was what it is now; before that this is more than what accrued, but
    no more than what was paid.
    """
    if day > loan.accrued_day:
        days = accrual.principal_days + principal_days(loan, loan.accrued_day, day)
    else:
        days = accrual.principal_days - principal_days(loan, day, loan.accrued_day)
    days = max(days, schedules.least_days(loan, loan.start_day))
    return interest.payable(days, 0, loan.rate, 0, loan.basis)
