"""When a core enterprise has to be stopped, and when the stop is cured (CN77-15).

Three things stop new certificates: a maturity payment of its own that is missed, a bond in default, and bills
persistently overdue, that is, three or more overdue within six months and one of them still. A stop is cured
when everything is paid. What is observed is proposed, with its facts; two offices decide. Days are those of
`calendar`, amounts minor units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.calendar import add_months

RULE = "CN77-15"


class Source(StrEnum):
    """What kind of promise was due."""

    CERTIFICATE = "certificate"
    BOND = "bond"
    BILL = "bill"


@dataclass(frozen=True, slots=True)
class Due:
    """A sum that was due, and what came of it: value days and amounts. `reference` names it to people.

    `due_day` is the last day on which money is in time: the day agreed, or the next on which banks do business.
    """

    source: Source
    reference: str
    due_day: int
    amount: int
    payments: tuple[tuple[int, int], ...] = ()

    def unpaid(self, day: int) -> int:
        """What was still owed at the end of a day."""
        return max(0, self.amount - sum(paid for value_day, paid in self.payments if value_day <= day))

    def overdue(self, day: int) -> bool:
        """Whether it is past due on a day, and not paid by then; on the due day itself it is not."""
        return day > self.due_day and self.unpaid(day) > 0

    def paid_day(self) -> int | None:
        """The day on which nothing was owed any more; None while something is."""
        left = self.amount
        for value_day, paid in sorted(self.payments):
            left -= paid
            if left <= 0:
                return value_day
        return None if left > 0 else self.due_day

    def was_overdue(self, first: int, last: int) -> bool:
        """Whether it was paid too late, or was not paid, on any day from `first` to `last`: from the day after its
        due day to the day on which it was paid.
        """
        paid = self.paid_day()
        if paid is not None and paid <= self.due_day:
            return False
        return self.due_day < last and (paid is None or paid >= first)


@dataclass(frozen=True, slots=True)
class Persistence:
    """What makes bills persistently overdue: how many of them, within how many calendar months."""

    bills: int = 3
    months: int = 6


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason to stop, with what it rests on."""

    rule: str
    sentence: str
    dues: tuple[Due, ...]


def causes(dues: Iterable[Due], day: int, terms: Persistence | None = None) -> tuple[Cause, ...]:
    """Every reason to stop a debtor on a day, empty when there is none."""
    terms = terms or Persistence()
    known = sorted(dues, key=lambda due: (due.due_day, due.source, due.reference))
    found = []
    missed = _overdue(known, Source.CERTIFICATE, day)
    if missed:
        found.append(
            Cause(RULE, "A certificate was not paid in full on its due day, and is not yet.", missed)
        )
    bonds = _overdue(known, Source.BOND, day)
    if bonds:
        found.append(Cause(RULE, "A bond is in default.", bonds))
    first = add_months(day, -terms.months)
    late = tuple(due for due in known if due.source is Source.BILL and due.was_overdue(first, day))
    if len(late) >= terms.bills and any(due.overdue(day) for due in late):
        sentence = f"{len(late)} bills were overdue within {terms.months} months, and one still is."
        found.append(Cause(RULE, sentence, late))
    return tuple(found)


def cured(dues: Iterable[Due], day: int) -> bool:
    """Whether nothing at all is overdue any more: the stop may be cured."""
    return not any(due.overdue(day) for due in dues)


def _overdue(dues: Sequence[Due], source: Source, day: int) -> tuple[Due, ...]:
    return tuple(due for due in dues if due.source is source and due.overdue(day))
