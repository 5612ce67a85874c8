"""How a loan stands, instalment by instalment: what of each is paid, what is open, what is overdue (decision 16).

Up to the day asked about, interest is what accrued on the principal that was really owed; from then on, what will
accrue if all that is overdue is paid on that day and the rest as agreed. Interest that was paid fills the oldest
instalment first, as the ledger reads it; the penalty and what ran since the last due day stand beside the instalments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.domain import interest
from gateway.domain.records import Accrual, Loan, LoanPhase, Terms
from gateway.domain.terms import agreement, free_days, schedules, standing
from gateway.domain.terms.accruing import penalty_paid

_NO_SCHEDULE = (LoanPhase.RESERVED, LoanPhase.VOID, LoanPhase.SOLD)


@dataclass(frozen=True, slots=True)
class Paid:
    """A repayment that stands: its value day, and what of it was interest (penalty included) and principal, in minor
    units.
    """

    day: int
    interest: int
    principal: int


@dataclass(frozen=True, slots=True)
class Line:
    """One instalment as it stands on a day, in minor units; `number` counts from 1. What is open is not paid yet."""

    number: int
    due_day: int
    principal: int
    interest: int
    principal_open: int
    interest_open: int
    overdue: bool

    @property
    def total(self) -> int:
        """What is due in all."""
        return self.principal + self.interest

    @property
    def open(self) -> int:
        """What of it is not paid."""
        return self.principal_open + self.interest_open

    @property
    def paid(self) -> int:
        """What of it is paid."""
        return self.total - self.open


def paid_out(loan: Loan, value_day: int) -> tuple[Loan, Accrual]:
    """A reserved loan as it would stand if it were paid out with value on a day before its first due day."""
    principal, each = agreement.start(loan, value_day)
    started = replace(
        loan, principal=principal, drawn=principal, start_day=value_day, accrued_day=value_day,
        phase=LoanPhase.OUTSTANDING,
    )  # fmt: skip
    return started, Accrual(instalment=each)


def lines(loan: Loan, accrual: Accrual, paid: Sequence[Paid] | None, day: int) -> tuple[Line, ...]:
    """The schedule of a loan that was paid out, as it stands on a day not before its last repayment. Empty for a loan
    on which nothing was ever owed.

    `paid` are the repayments that stand, in the order of their value days. Without them (None) all that is open is the
    same, but which of the instalments before the last repayment bore how much of the interest is not told.
    """
    if loan.phase in _NO_SCHEDULE:
        return ()
    interest_paid = accrual.interest_paid if paid is None else sum(each.interest for each in paid)
    to_interest = interest_paid - penalty_paid(accrual, loan)
    least, charged = schedules.least_days(loan, loan.start_day), 0
    run = _Run(loan, day, paid or ())
    if paid is None:
        run.stand(accrual)
    found = []
    for number, row in enumerate(schedules.instalments(loan, loan.start_day, accrual.instalment), 1):
        so_far = interest.payable(max(run.until(row), least), 0, loan.rate, 0, loan.basis)
        principal_open = min(row.principal, max(0, loan.principal - row.balance))
        interest_open = min(so_far - charged, max(0, so_far - to_interest))
        late = row.day < day and (principal_open > 0 or interest_open > 0)
        found.append(
            Line(number, row.day, row.principal, so_far - charged, principal_open, interest_open, late)
        )
        charged = so_far
    return tuple(found)


def next_line(loan: Loan, accrual: Accrual, day: int) -> Line | None:
    """The first instalment from `day` on of which something is to be paid; None when nothing is."""
    if loan.phase not in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF):
        return None
    found = lines(loan, accrual, None, day)
    return next((line for line in found if line.due_day >= day and line.open), None)


class _Run:
    """Fen-days of interest from the value day to each due day, asked for in their order."""

    def __init__(self, loan: Loan, day: int, paid: Sequence[Paid] = ()) -> None:
        self._loan = loan
        self._free = free_days.until(loan, loan.start_day)
        self._paid = [each for each in paid if each.principal]
        self._today = day
        self._days, self._since, self._principal = 0, loan.start_day, loan.drawn

    def stand(self, accrual: Accrual) -> None:
        """Begin where the loan's accrual stands, its past unknown."""
        self._days, self._since = accrual.principal_days, self._loan.accrued_day
        self._principal = self._loan.principal

    def until(self, row: schedules.Instalment) -> int:
        """Up to the due day of the next instalment."""
        if row.day < self._since:
            # Before the last repayment: what was owed then is not less than what is owed now.
            return self._days - standing.principal_days(self._loan, row.day, self._since)
        while self._paid and self._paid[0].day <= row.day:
            repaid = self._paid.pop(0)
            self._pass(repaid.day)
            self._principal -= repaid.principal
        if row.day >= self._today > self._since:
            self._pass(self._today)
        if row.day >= self._today:
            # What was to be repaid before is taken as repaid today, and from now on everything on its day.
            self._principal = min(self._principal, row.balance + row.principal)
        self._pass(row.day)
        return self._days

    def _pass(self, day: int) -> None:
        self._days += self._principal * interest.weigh(self._loan.basis, max(self._since, self._free), day)
        self._since = max(self._since, day)


def overdue_principal(found: Sequence[Line], day: int) -> int:
    """Principal that the schedule wants repaid by the end of a day, and is not."""
    return sum(line.principal_open for line in found if line.due_day <= day)


def interest_kept(loan: Loan, day: int) -> int:
    """Interest kept from the pay-out of a reserved loan at discount that is paid out on a day, in minor units."""
    if loan.terms != Terms.DISCOUNT:
        return 0
    return agreement.start(loan, day)[0] - agreement.pay_out(loan)
