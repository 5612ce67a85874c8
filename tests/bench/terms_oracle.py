"""What a loan's terms come to, in exact fractions, written from the definitions (decision 16, CLASS, CC-561, CC-677).

It shares nothing with the gateway: dates are Python's own, money is `Fraction` until it is payable, days are looked
at one by one where money moved. Slow on purpose.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor

BULLET, EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, DISCOUNT, STATEMENT, INTEREST_ONLY = range(6)
IN_INSTALMENTS = (EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, INTEREST_ONLY)
MOST = 2**48 - 1
"""The largest amount the ledger can name."""


@dataclass(frozen=True, slots=True)
class Deal:
    """What was agreed, and the days of the draw and of the pay-out's value. `rate` and `penalty` are per year, the
    penalty as a part of the rate.
    """

    kind: int
    amount: int
    rate: Fraction
    due: date
    drawn: date
    paid_out: date
    basis: int
    count: int = 0
    minimum: int = 0
    penalty: Fraction = Fraction(0)
    grace: int = 0


def half_up(exact: Fraction) -> int:
    """To the minor unit, once."""
    return floor(exact + Fraction(1, 2))


def years(basis: int, start: date, end: date) -> Fraction:
    """The part of a year from one day to another: over 360, over 365, or each day over its own year's length."""
    if end <= start:
        return Fraction(0)
    if basis < 2:
        return Fraction((end - start).days, 360 if basis == 0 else 365)
    part = Fraction(0)
    for year in range(start.year, end.year + 1):
        first, last = max(start, date(year, 1, 1)), min(end, date(year + 1, 1, 1))
        if last > first:
            part += Fraction((last - first).days, 366 if isleap(year) else 365)
    return part


def due_dates(deal: Deal) -> list[date]:
    """The due day's day of the month, in each month counted back from it, clipped to the month's end."""
    dates = []
    for back in reversed(range(deal.count if deal.kind in IN_INSTALMENTS else 1)):
        months = deal.due.year * 12 + deal.due.month - 1 - back
        year, month = months // 12, months % 12 + 1
        dates.append(date(year, month, min(deal.due.day, monthrange(year, month)[1])))
    return dates


def discount(deal: Deal, start: date) -> int:
    """Interest on what was drawn up to the due day."""
    return half_up(deal.amount * deal.rate * years(deal.basis, start, deal.due))


def free_until(deal: Deal) -> date:
    """The first day that bears interest."""
    if deal.kind == DISCOUNT:
        return deal.due
    if deal.kind == STATEMENT:
        return min(deal.paid_out + timedelta(days=deal.count), deal.due)
    return deal.paid_out


def level(deal: Deal) -> int:
    """The amount A with which a balance of what was drawn, bearing interest from due day to due day and lowered by A
    on each, ends at nothing.
    """
    grown, paid = Fraction(deal.amount), Fraction(0)
    before = deal.paid_out
    for due in due_dates(deal):
        factor = 1 + deal.rate * years(deal.basis, before, due)
        grown, paid = grown * factor, paid * factor + 1
        before = due
    return min(MOST, half_up(grown / paid))


def schedule(deal: Deal) -> list[tuple[date, int, int, int]]:
    """Due day, principal, interest, and what is owed after it; nothing if the first is not after the pay-out."""
    dates = due_dates(deal)
    if dates[0] <= deal.paid_out:
        return []
    each = level(deal) if deal.kind == EQUAL_INSTALMENTS else 0
    least = deal.amount * deal.rate * _minimum(deal)
    rows, balance, exact, charged, before = [], deal.amount, Fraction(0), 0, deal.paid_out
    for place, due in enumerate(dates, 1):
        exact += balance * deal.rate * years(deal.basis, max(before, free_until(deal)), due)
        interest = half_up(max(exact, least)) - charged
        if place == len(dates):
            principal = balance
        elif deal.kind == EQUAL_PRINCIPAL:
            principal = floor(Fraction(deal.amount, deal.count))
        elif deal.kind == EQUAL_INSTALMENTS:
            principal = max(0, min(balance, each - interest))
        else:
            principal = 0
        balance, charged, before = balance - principal, charged + interest, due
        rows.append((due, principal, interest, balance))
    return rows


def _minimum(deal: Deal) -> Fraction:
    return years(deal.basis, deal.paid_out, deal.paid_out + timedelta(days=deal.minimum))


@dataclass(slots=True)
class Course:
    """A loan from its pay-out on, day by day. Principal times days is kept for common and leap years apart."""

    deal: Deal
    today: date = field(init=False)
    owed: int = field(init=False)
    principal: int = field(init=False)
    interest_paid: int = 0
    plain: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    late: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    accrued_at: dict[date, int] = field(default_factory=dict)
    rows: list[tuple[date, int, int, int]] = field(init=False)

    def __post_init__(self) -> None:
        deal = self.deal
        self.today = deal.paid_out
        self.owed = deal.amount
        if deal.kind == DISCOUNT:
            # What was handed out, and the interest of the days the money was there.
            self.owed += discount(deal, deal.paid_out) - discount(deal, deal.drawn)
        self.principal = self.owed
        self.rows = schedule(deal)
        if deal.kind == DISCOUNT:
            self.rows = [(deal.due, self.owed, 0, 0)]

    def go_to(self, day: date) -> None:
        """Let the days pass up to this one."""
        grace = timedelta(days=self.deal.grace)
        free = free_until(self.deal)
        while self.today < day:
            if any(row[0] == self.today for row in self.rows):
                self.accrued_at[self.today] = self._total(with_penalty=False)
            leap = isleap(self.today.year)
            if self.today >= free:
                self.plain[leap] += self.principal
            wanted = sum(row[1] for row in self.rows if row[0] + grace <= self.today)
            self.late[leap] += max(0, wanted - (self.owed - self.principal))
            self.today += timedelta(days=1)

    def _total(self, *, with_penalty: bool) -> int:
        deal = self.deal
        exact = max(self._of(self.plain), self.owed * deal.rate * _minimum(deal))
        return half_up(exact + (self._of(self.late) * deal.penalty if with_penalty else 0))

    def _of(self, days: dict[bool, int]) -> Fraction:
        lengths = {0: (360, 360), 1: (365, 365), 2: (365, 366)}[self.deal.basis]
        return self.deal.rate * (Fraction(days[False], lengths[0]) + Fraction(days[True], lengths[1]))

    @property
    def interest(self) -> int:
        """Due today and not paid."""
        return self._total(with_penalty=True) - self.interest_paid

    def overdue_since(self) -> date | None:
        """The oldest due day before today of which principal, or interest up to it, is not paid."""
        wanted = 0
        for due, principal, _, _ in self.rows:
            wanted += principal
            if due >= self.today:
                return None
            if wanted > self.owed - self.principal or self.accrued_at[due] > self.interest_paid:
                return due
        return None

    def pay(self, amount: int) -> None:
        """Interest first, then principal; never more than is owed."""
        to_interest = min(amount, self.interest)
        self.interest_paid += to_interest
        self.principal -= amount - to_interest


def class_of(since: date | None, today: date) -> int:
    """Normal 0, then from day 1, 91, 271 and 361 of being overdue 1 … 4."""
    days = 0 if since is None else (today - since).days
    return sum(days >= first for first in (1, 91, 271, 361))


def histories(deal: Deal, dice: Sequence[int]) -> Iterator[tuple[date, int]]:
    """Days on which somebody looks, and per cent of what is due that is then paid: early, in part, late, over several
    instalments. `dice` are numbers from 0 on.
    """
    day = deal.paid_out
    for step in range(0, len(dice) - 1, 2):
        day += timedelta(days=(0, 1, 9, 28, 30, 31, 61, 95)[dice[step] % 8])
        yield day, (0, 10, 51, 100, 100, 130, 300)[dice[step + 1] % 7]
