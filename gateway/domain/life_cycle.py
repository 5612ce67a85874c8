"""Life cycles as tables, and the dated views of them (decision 2; 2.3 A, D, E).

Status is the phase of the root and the flags of the title; PLEDGED, FINANCED, SPLIT, SETTLED and OVERDUE are
views that take the day as an argument, so nothing ever has to return to an earlier state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple

from gateway.domain.ledger_state import LedgerState
from gateway.domain.protection_records import ProtectionCall
from gateway.domain.records import Accrual, Flag, Loan, LoanPhase, Money, Phase, Root, Standing, Title
from gateway.domain.terms.standing import overdue_since


class Step(NamedTuple):
    """One way on: the verb that goes it, and where it leads."""

    verb: str
    to: IntEnum


ROOT_STEPS: Mapping[Phase, tuple[Step, ...]] = {
    Phase.NONE: (Step("issue", Phase.OFFERED), Step("accept_offer", Phase.LIVE)),
    Phase.OFFERED: (
        Step("accept", Phase.LIVE),
        Step("decline", Phase.CANCELLED),
        Step("expire", Phase.CANCELLED),
    ),
    Phase.LIVE: (
        Step("distribute", Phase.CLOSED),
        Step("settle_early", Phase.CLOSED),
        Step("write_off_title", Phase.CLOSED),
    ),
    Phase.CLOSED: (),
    Phase.CANCELLED: (),
}
"""A receivable's life (2.3 A)."""

LOAN_STEPS: Mapping[LoanPhase, tuple[Step, ...]] = {
    LoanPhase.NONE: (Step("draw", LoanPhase.RESERVED),),
    LoanPhase.RESERVED: (
        Step("record", LoanPhase.OUTSTANDING),
        Step("record", LoanPhase.SOLD),
        Step("record", LoanPhase.VOID),
        Step("void", LoanPhase.VOID),
    ),
    LoanPhase.OUTSTANDING: (
        Step("record", LoanPhase.SETTLED),
        Step("write_off", LoanPhase.WRITTEN_OFF),
        Step("reverse", LoanPhase.VOID),
    ),
    LoanPhase.WRITTEN_OFF: (Step("record", LoanPhase.SETTLED),),
    LoanPhase.SOLD: (),
    LoanPhase.SETTLED: (),
    LoanPhase.VOID: (),
}
"""A loan's life (2.3 D). A written-off claim lives on until it is recovered, or for ever."""


class CallPhase(IntEnum):
    """Where a call on one protection for one loan stands."""

    NONE = 0
    CALLED = 1
    SUBROGATED = 2
    ENDED = 3


CALL_STEPS: Mapping[CallPhase, tuple[Step, ...]] = {
    CallPhase.NONE: (Step("call_protection", CallPhase.CALLED),),
    CallPhase.CALLED: (Step("record", CallPhase.SUBROGATED), Step("end_call", CallPhase.ENDED)),
    CallPhase.SUBROGATED: (
        Step("call_protection", CallPhase.CALLED),
        Step("record", CallPhase.ENDED),
        Step("waive", CallPhase.ENDED),
    ),
    CallPhase.ENDED: (Step("call_protection", CallPhase.CALLED),),
}
"""A call's life (2.3 D): called, paid and so subrogated, then recovered, given up or refused (CC-700)."""

PARTY_STEPS: Mapping[Standing, tuple[Step, ...]] = {
    Standing.NONE: (Step("admit", Standing.ADMITTED),),
    Standing.ADMITTED: (Step("suspend", Standing.SUSPENDED),),
    Standing.SUSPENDED: (Step("reinstate", Standing.ADMITTED),),
}
"""A party's life (2.3 E)."""

ROOT_ENDS = frozenset({Phase.CLOSED, Phase.CANCELLED})
CALL_ENDS = frozenset({CallPhase.NONE, CallPhase.ENDED})
LOAN_ENDS = frozenset({LoanPhase.SETTLED, LoanPhase.SOLD, LoanPhase.VOID, LoanPhase.WRITTEN_OFF})


class TitleView(StrEnum):
    """What a user is told a certificate is, on a day."""

    OFFERED = "offered"
    CANCELLED = "cancelled"
    LIVE = "live"
    PLEDGED = "pledged"
    FINANCED = "financed"
    FROZEN = "frozen"
    DUE = "due"
    PART_PAID = "part paid"
    OVERDUE = "overdue"
    SETTLED = "settled"
    MERGED = "merged"
    GIVEN_UP = "given up"


def root_view(root: Root, money: Money, day: int) -> TitleView:
    """A receivable as a whole, on a day."""
    if root.phase is Phase.OFFERED:
        return TitleView.OFFERED
    if root.phase is Phase.CANCELLED:
        return TitleView.CANCELLED
    if root.phase is Phase.CLOSED:
        return TitleView.SETTLED
    return _by_day(root, money.distributed > 0, day)


def title_view(state: LedgerState, number: int, day: int) -> TitleView:
    """A certificate on a day: what ended it first, then what holds it, then where it is in time.

    FINANCED is pledged to a facility under which something is reserved or owed. Raises KeyError for an
    unknown one.
    """
    title = state.titles[number]
    if title.flags & Flag.SETTLED:
        return TitleView.SETTLED
    if title.flags & Flag.SPENT:
        return TitleView.GIVEN_UP if title.quantity else TitleView.MERGED
    if title.frozen:
        return TitleView.FROZEN
    root = state.roots[title.root]
    if day > root.due_day and title.open:
        return TitleView.OVERDUE
    if title.lock:
        return TitleView.FINANCED if state.facilities[title.lock].used else TitleView.PLEDGED
    return _by_day(root, title.paid > 0, day)


def _by_day(root: Root, part_paid: bool, day: int) -> TitleView:
    if day > root.due_day:
        return TitleView.OVERDUE
    if part_paid:
        return TitleView.PART_PAID
    return TitleView.DUE if day == root.due_day else TitleView.LIVE


def is_split(title: Title, root_number: int, number: int) -> bool:
    """Whether a title is a part: it does not have its root's number."""
    return title.root == root_number and number != root_number


def overdue_days(due_day: int, day: int) -> int:
    """Days since the due day; 0 on the due day itself and before."""
    return max(0, day - due_day)


class LoanClass(StrEnum):
    """The five classes of a loan (CLASS: decree 1 of 2023)."""

    NORMAL = "normal"
    SPECIAL_MENTION = "special mention"
    SUBSTANDARD = "substandard"
    DOUBTFUL = "doubtful"
    LOSS = "loss"


CLASSES: tuple[tuple[int, LoanClass], ...] = (
    (361, LoanClass.LOSS),
    (271, LoanClass.DOUBTFUL),
    (91, LoanClass.SUBSTANDARD),
    (1, LoanClass.SPECIAL_MENTION),
    (0, LoanClass.NORMAL),
)
"""From how many days after the contractual due day a class begins, latest first (CLASS, first rule pack)."""


def class_on(due_day: int, day: int, classes: Sequence[tuple[int, LoanClass]] = CLASSES) -> LoanClass:
    """The class on a day of what was due on `due_day` and is still owed."""
    overdue = overdue_days(due_day, day)
    return next(name for begins, name in classes if overdue >= begins)


def loan_class(
    loan: Loan,
    day: int,
    accrual: Accrual = Accrual(),  # noqa: B008  # a frozen record
    classes: Sequence[tuple[int, LoanClass]] = CLASSES,
) -> LoanClass:
    """A loan's class on a day, counted from the contractual due day of its oldest unpaid instalment; a
    written-off loan is a loss on every day.
    """
    if loan.phase is LoanPhase.WRITTEN_OFF:
        return LoanClass.LOSS
    if loan.phase is not LoanPhase.OUTSTANDING:
        return LoanClass.NORMAL
    return class_on(overdue_since(loan, accrual, day) or day, day, classes)


class LoanView(StrEnum):
    """What a user is told a loan is, on a day."""

    AGREED = "agreed, not paid out"
    OUTSTANDING = "outstanding"
    DUE = "due"
    OVERDUE = "overdue"
    CALLED = "overdue, protection called"
    SUBROGATED = "settled by others, who recover"
    SETTLED = "settled"
    VOID = "void"
    WRITTEN_OFF = "written off"
    SOLD = "sold without recourse"


def call_phase(call: ProtectionCall) -> CallPhase:
    """Where a call stands: what is still to be paid first, then what is still to be recovered."""
    if call.unpaid:
        return CallPhase.CALLED
    if call.claim:
        return CallPhase.SUBROGATED
    return CallPhase.ENDED if call.day else CallPhase.NONE


def loan_view(
    loan: Loan,
    day: int,
    accrual: Accrual = Accrual(),  # noqa: B008  # a frozen record
    calls: Iterable[ProtectionCall] = (),
) -> LoanView:
    """A loan on a day, with what was called for it (2.3 D)."""
    phases = {call_phase(call) for call in calls}
    if loan.phase is LoanPhase.SETTLED and CallPhase.SUBROGATED in phases:
        return LoanView.SUBROGATED
    if loan.phase is LoanPhase.OUTSTANDING and CallPhase.CALLED in phases:
        return LoanView.CALLED
    ended = {
        LoanPhase.RESERVED: LoanView.AGREED,
        LoanPhase.SETTLED: LoanView.SETTLED,
        LoanPhase.VOID: LoanView.VOID,
        LoanPhase.WRITTEN_OFF: LoanView.WRITTEN_OFF,
        LoanPhase.SOLD: LoanView.SOLD,
    }
    if loan.phase in ended:
        return ended[loan.phase]
    if overdue_since(loan, accrual, day):
        return LoanView.OVERDUE
    return LoanView.DUE if overdue_since(loan, accrual, day + 1) == day else LoanView.OUTSTANDING
