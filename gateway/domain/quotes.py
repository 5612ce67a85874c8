"""Answers before anybody signs: what a loan costs on a day, what may be drawn, what late interest may be
asked.

Every amount is in minor units. A quote reads a state and changes nothing; the contracts come to the same
figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gateway.domain import interest
from gateway.domain.credit import draws_blocked, owed_on
from gateway.domain.encumbrance import locked_open
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_values import covering, spare
from gateway.domain.reasons import Reason
from gateway.domain.records import Money, Root
from gateway.domain.stages import usable
from gateway.domain.terms import schedules
from gateway.domain.terms.accruing import accrued, penalty_paid
from gateway.domain.terms.progress import Paid, lines, overdue_principal


@dataclass(frozen=True, slots=True)
class Owed:
    """What settles a loan on a day. `penalty` is the part of `interest` that being overdue added; `costs` are those
    of enforcing it (CC-561).
    """

    interest: int
    principal: int
    penalty: int
    costs: int = 0

    @property
    def total(self) -> int:
        """The payment that settles the loan."""
        return self.costs + self.interest + self.principal


def owed(state: LedgerState, loan: int, day: int) -> Owed:
    """What settles a loan if it is paid with value on `day` (CC-677: interest for actual days). Zero for a
    loan that is not outstanding; raises KeyError for an unknown one.
    """
    word = state.loans[loan]
    to_interest, principal = owed_on(state, loan, day)
    costs = state.costs_of(loan).due
    if not to_interest:
        return Owed(to_interest, principal, 0, costs)
    accrual = accrued(state.accrual_of(loan), word, day)
    days = max(accrual.principal_days, schedules.least_days(word, word.start_day))
    plain = interest.payable(days, 0, word.rate, 0, word.basis)
    whole = interest.payable(days, accrual.overdue_days, word.rate, word.penalty_bps, word.basis)
    penalty = max(0, whole - plain - penalty_paid(state.accrual_of(loan), word))
    return Owed(to_interest, principal, min(to_interest, penalty), costs)


def due(state: LedgerState, loan: int, paid: Sequence[Paid], day: int) -> Owed:
    """What must be paid with value on `day` so that nothing of a loan is overdue: costs and interest come before
    principal (CC-561), so where principal is overdue, all interest up to the day. `paid` are the repayments that stand.
    Raises KeyError for an unknown loan.
    """
    whole, word = owed(state, loan, day), state.loans[loan]
    found = lines(word, state.accrual_of(loan), paid, day)
    principal = overdue_principal(found, day)
    if principal:
        return replace(whole, principal=principal)
    asked = sum(line.interest_open for line in found if line.due_day <= day)
    return replace(whole, interest=min(whole.interest, asked + whole.penalty), principal=0)


@dataclass(frozen=True, slots=True)
class Room:
    """What stands behind a facility and what may still be drawn under it; `blocked` is why nothing is, whatever it
    has room for.
    """

    face: int
    worth: int
    used: int
    drawable: int
    releasable: int
    blocked: Reason


def room(state: LedgerState, facility: int, today: int, cut: int = 0) -> Room:
    """Collateral, and what may be drawn or released today. Raises KeyError for an unknown facility.

    `worth` is face value at the advance rate, rounded down and never above the limit; under stages no more is
    drawable than they carry. `releasable` is the face value that may go: while anything is used what is left covers it,
    is not below a floor that was agreed, and goes against sales cash where there are stages.
    `cut` is what of the face value nobody can rely on today (`stock_lending`): the ledger does not know it, and it
    lowers only what may be drawn.
    """
    held = state.facilities[facility]
    face = held.face
    blocked = draws_blocked(state, facility, today)
    unsure = held.used and covering(state, facility, held, today)
    return Room(
        face=face,
        worth=held.allows(face),
        used=held.used,
        drawable=0 if blocked else max(0, min(usable(state, facility), held.allows(face - cut)) - held.used),
        releasable=0 if unsure else spare(state, facility, held)[0] if held.used else face,
        blocked=blocked,
    )


def prepayment(used: int, limit: int, face: int, advance_bps: int) -> int:
    """What is owed above what this face value carries: the borrower is asked to prepay it."""
    return max(0, used - min(limit, face * advance_bps // 10_000))


def covered_after(state: LedgerState, facility: int, released: Iterable[int]) -> bool:
    """Whether a facility stays covered when these titles go free (decision 14)."""
    held = state.facilities[facility]
    face = held.face - locked_open(state, facility, released)
    return not held.used or (face >= 0 and held.used <= held.allows(face))


def late_interest_most(root: Root, money: Money, value_day: int) -> int:
    """The most late interest that may still be distributed with value on a day (SME-17)."""
    days = max(0, value_day - root.due_day)
    return max(0, interest.late_interest_most(root.quantity, root.terms, days) - money.late_interest)


def still_owed(root: Root, money: Money) -> int:
    """What the debtor still has to pay on a receivable; received money counts at once."""
    return root.quantity - money.removed - money.written_off - money.received
