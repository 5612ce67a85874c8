"""A lender's exposures against its limits, in one currency, on a day (S25, F205)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.db import tables as ledger
from gateway.domain.exposure import (
    Dimension,
    Figures,
    Finding,
    Key,
    Limit,
    Position,
    Supervision,
    breaks,
    exposures,
    in_force,
    judged,
    reserve_short,
    supervised,
    with_draw,
)
from gateway.money import number_of
from gateway.risk.book import Declarations, Declared
from gateway.risk.facts import groups, positions
from gateway.risk.parameters import supervision
from gateway.services.loan_rows import days_overdue

_OUTSTANDING = 2


@dataclass(frozen=True, slots=True)
class Book:
    """One lender's risk in one currency: what it has lent, what it allows, and what it says of its own books."""

    lender: int
    currency: int
    positions: Sequence[Position]
    groups: Mapping[int, int]
    limits: Sequence[Limit]
    figures: Figures | None
    supervision: Supervision | None

    def used(self) -> dict[Key, int]:
        """What is at risk, by debtor, by group and in all."""
        return exposures(self.positions, self.groups)

    def findings(self) -> list[Finding]:
        """Every limit in force against what is used of it, the lender's own before those of the rule pack."""
        used = self.used()
        return judged([*self.limits, *self._supervised(used)], used)

    def broken_by(self, facility: int, amount: int) -> list[Finding]:
        """The limits that a draw would break, or break further."""
        before = self.used()
        after = exposures(with_draw(self.positions, facility, amount), self.groups)
        return breaks([*self.limits, *self._supervised(after)], before, after)

    def room_of(self, debtor: int) -> list[Finding]:
        """The lender's own limits that a debtor falls under: on itself, its group, and all that is lent."""
        keys = {
            (Dimension.DEBTOR, debtor),
            (Dimension.GROUP, self.groups.get(debtor, debtor)),
            (Dimension.LENDER, self.lender),
        }
        found = judged(self.limits, self.used())
        return [each for each in found if (each.limit.dimension, each.limit.subject) in keys]

    def full_for(self, debtor: int) -> list[Finding]:
        """Those of them on which nothing more fits."""
        return [each for each in self.room_of(debtor) if not each.headroom]

    def _supervised(self, used: Mapping[Key, int]) -> list[Limit]:
        if self.figures is None or self.supervision is None:
            return []
        own_group = self.groups.get(self.lender, self.lender)
        return supervised(self.lender, self.currency, used, own_group, self.figures, self.supervision)


def book_of(view: Connection, own: Connection, lender: int, currency: str, day: int, until: int) -> Book:
    """A lender's book on a day, with the declarations made until a block."""
    number = number_of(currency)
    declarations = Declarations(own)
    declared = declarations.of("exposure limit", str(lender), until=until)
    limits = in_force([_limit(each, number) for each in declared if each.fields["currency"] == currency], day)
    told = declarations.of("lender figures", str(lender), until=until)
    figures = [each for each in told if each.fields["currency"] == currency and each.effective_day <= day]
    return Book(
        lender, number, positions(view, lender, number), groups(view), limits,
        _figures(max(figures, key=lambda each: (each.effective_day, each.place))) if figures else None,
        supervision(own, day),
    )  # fmt: skip


def _limit(declared: Declared, currency: int) -> Limit:
    fields = declared.fields
    return Limit(
        lender=declared.party,
        dimension=Dimension(fields["dimension"]),
        subject=int(fields["subject"]),
        currency=currency,
        amount=declared.minor("amount"),
        warn_bps=int(fields["warnBps"]),
        effective_day=declared.effective_day,
        source=declared.declaration,
    )


def _figures(declared: Declared) -> Figures:
    return Figures(
        declared.minor("riskAssetsElsewhere"), declared.minor("netAssets"), declared.minor("reserve")
    )


@dataclass(frozen=True, slots=True)
class Quality:
    """What of a lender's loans is non-performing, and what its reserve lacks, in minor units (F205)."""

    outstanding: int
    nonperforming: int
    reserve_short: int | None


def quality(view: Connection, book: Book, day: int) -> Quality:
    """Of the loans that are outstanding; the reserve only where the lender has told it."""
    rule = book.supervision or Supervision()
    loan, facility = ledger.loans.c, ledger.facilities.c
    query = (
        select(ledger.loans)
        .join(ledger.facilities, loan.facility == facility.facility)
        .where(facility.lender == book.lender, facility.currency == book.currency, loan.phase == _OUTSTANDING)
    )
    rows = view.execute(query).all()
    late = sum(
        row.principal for row in rows if days_overdue(row._asdict(), day) > rule.nonperforming_after_days
    )
    total = sum(row.principal for row in rows)
    short = None if book.figures is None else reserve_short(total, book.figures, rule)
    return Quality(total, late, short)
