"""Schedules: when how much principal and interest is due if a loan is paid out on a day and paid as agreed.

The interest of an instalment is what the ledger's own accrual comes to if everything before was paid as agreed: the
difference of two sums that were each rounded once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.domain import interest
from gateway.domain.calendar import add_months
from gateway.domain.records import Loan, Terms
from gateway.domain.terms import equal_instalments, equal_principal, free_days


@dataclass(frozen=True, slots=True)
class Instalment:
    """So much principal and interest is due on `day`, in minor units; `balance` is still owed after it."""

    day: int
    principal: int
    interest: int
    balance: int

    @property
    def total(self) -> int:
        """What is due in all."""
        return self.principal + self.interest


def due_day(loan: Loan, number: int) -> int:
    """The due day of an instalment, counted from 1: the loan's due day counted back month by month, clipped to
    the end of shorter months.
    """
    return add_months(loan.due_day, number - loan.due_days)


def due_days(loan: Loan) -> tuple[int, ...]:
    """Every day on which something is due, the last one the loan's own."""
    return tuple(due_day(loan, number) for number in range(1, loan.due_days + 1))


def least_days(loan: Loan, value_day: int) -> int:
    """Fen-days of the minimum days on what was drawn, which are paid for at least."""
    return loan.drawn * interest.weigh(loan.basis, value_day, value_day + loan.minimum_days)


def instalment_of(loan: Loan, value_day: int) -> int:
    """What is due each time on equal instalments, paid out on `value_day`; 0 for other terms."""
    if loan.terms != Terms.EQUAL_INSTALMENTS:
        return 0
    days = (value_day, *due_days(loan))
    return equal_instalments.amount(loan.drawn, loan.rate, loan.basis, days)


def schedule(loan: Loan, value_day: int) -> tuple[Instalment, ...]:
    """The whole schedule of a loan paid out on `value_day`; empty if its first due day is not after it."""
    if due_day(loan, 1) <= value_day:
        return ()
    return tuple(instalments(loan, value_day, instalment_of(loan, value_day)))


def instalments(loan: Loan, value_day: int, each: int) -> Iterator[Instalment]:
    """The schedule, one instalment after the other; `each` as `instalment_of` says."""
    free, least = free_days.until(loan, value_day), least_days(loan, value_day)
    before, balance, days, charged = value_day, loan.drawn, 0, 0
    for number in range(1, loan.due_days + 1):
        day = due_day(loan, number)
        days += balance * interest.weigh(loan.basis, max(before, free), day)
        so_far = interest.payable(max(days, least), 0, loan.rate, 0, loan.basis)
        principal = balance if number == loan.due_days else _part(loan, each, so_far - charged, balance)
        balance -= principal
        yield Instalment(day, principal, so_far - charged, balance)
        before, charged = day, so_far


def _part(loan: Loan, each: int, to_interest: int, balance: int) -> int:
    if loan.terms == Terms.EQUAL_PRINCIPAL:
        return equal_principal.part(loan.drawn, loan.count)
    if loan.terms == Terms.EQUAL_INSTALMENTS:
        return equal_instalments.part(each, to_interest, balance)
    return 0


def scheduled_principal(loan: Loan, each: int, day: int) -> int:
    """Principal that a loan that is paid out wants repaid by the end of `day`, in minor units."""
    rows = instalments(loan, loan.start_day, each)
    return sum(row.principal for row in rows if row.day <= day)
