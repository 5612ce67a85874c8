"""Where each facility stands on the stop-loss ladder, and where the facts call for it to stand (S25)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.db import tables as ledger
from gateway.domain.exposure import Dimension, Level
from gateway.domain.ladder import Move, Observed, Stand, Step, move
from gateway.risk.book import Declarations, Declared
from gateway.risk.exposures import Book
from gateway.risk.parameters import ladder as thresholds
from gateway.services.loan_rows import days_overdue

FULL_BPS = 10_000
_OUTSTANDING = 2
_SUSPENDED = 2


@dataclass(frozen=True, slots=True)
class Ladder:
    """One facility: what is seen, where it stands on the record, and where the facts call for it to stand."""

    facility: int
    observed: Observed
    stand: Stand
    recorded: str | None
    move: Move


def step_of(text: str) -> Step:
    """A step by its declared name."""
    return Step[text.upper().replace(" ", "_")]


def step_name(step: Step) -> str:
    """A step as it is declared and shown."""
    return step.name.lower().replace("_", " ")


def stand_of(own: Connection, facility: int, until: int | None = None) -> tuple[Stand, Declared | None]:
    """The rung a facility is on, by the last step recorded."""
    declared = Declarations(own).of("ladder step", str(facility), until=until)
    if not declared:
        return Stand(), None
    last = declared[-1]
    return Stand(step_of(last.fields["step"]), last.effective_day), last


def ladder_of(
    view: Connection, own: Connection, book: Book, facility: Row[Any], day: int, until: int
) -> Ladder:
    """One facility of a lender's book on a day."""
    seen = _observed(view, book, facility, day)
    stand, last = stand_of(own, facility.facility, until)
    return Ladder(
        facility.facility,
        seen,
        stand,
        None if last is None else last.declaration,
        move(seen, stand, thresholds(own, day)),
    )


def _observed(view: Connection, book: Book, facility: Row[Any], day: int) -> Observed:
    loan = ledger.loans.c
    query = select(ledger.loans).where(loan.facility == facility.facility, loan.phase == _OUTSTANDING)
    overdue = max((days_overdue(row._asdict(), day) for row in view.execute(query)), default=0)
    position = next(each for each in book.positions if each.facility == facility.facility)
    debtors = set(position.faces) or {facility.borrower}
    seen = Observed(
        day,
        overdue,
        _coverage(facility),
        any(_stopped(view, debtor, day) for debtor in sorted(debtors)),
        _suspended(view, facility.borrower),
    )
    return replace(seen, exposure=_exposure(book, debtors) if facility.used else Level.CLEAR)


def _coverage(facility: Row[Any]) -> int | None:
    """What the collateral allows to be owed, in basis points of what is used; the limit has no say in it."""
    if not facility.used:
        return None
    return int(facility.face * facility.advance_bps // facility.used)


def _exposure(book: Book, debtors: set[int]) -> Level:
    keys = {(Dimension.LENDER, book.lender)}
    for debtor in debtors:
        keys |= {(Dimension.DEBTOR, debtor), (Dimension.GROUP, book.groups.get(debtor, debtor))}
    touched = [each.level for each in book.findings() if (each.limit.dimension, each.limit.subject) in keys]
    return max(touched, default=Level.CLEAR)


def _party(view: Connection, party: int) -> Row[Any] | None:
    return view.execute(select(ledger.parties).where(ledger.parties.c.party == party)).one_or_none()


def _stopped(view: Connection, party: int, day: int) -> bool:
    row = _party(view, party)
    return row is not None and bool(row.stopped) and row.stopped_until_day >= day


def _suspended(view: Connection, party: int) -> bool:
    row = _party(view, party)
    return row is not None and row.status == _SUSPENDED
