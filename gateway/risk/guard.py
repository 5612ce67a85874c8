"""Acts that would take a lender above what its own persons allow are not carried: draws, and locks that make room for
one, and the pledge of a vehicle whose certificate the control agent does not hold. Whatever lowers a risk goes through
in every state (decision 14).

The contracts know none of these limits, nor what keepers say from day to day: a party that carries its own act is not
held by them. They keep the lender's desk from a mistake, and say which rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from gateway.adapters.ledger.desk import Desk
from gateway.db import links, own
from gateway.db import tables as ledger
from gateway.db.standing import TAKES_GOODS
from gateway.domain.exposure import Finding, with_draw
from gateway.domain.ladder import blocks
from gateway.domain.stock_feeds import Rhythms
from gateway.ids import format_id
from gateway.money import currency_codes, text
from gateway.ports import Offered
from gateway.problems import Problem
from gateway.risk.book import Head, head_of
from gateway.risk.collateral import goods_behind
from gateway.risk.custody import check_pledged
from gateway.risk.exposures import Book, book_of
from gateway.risk.facts import facility_of, title_of
from gateway.risk.flows import loop_of
from gateway.risk.ladders import stand_of, step_name
from gateway.risk.programmes import programme_break
from gateway.risk.tenor import check_tenors

_WATCHED = ("draw", "lock", "pledgeGoods")


class Guard:
    """Looks at acts before they are taken in, within the transaction that would take them."""

    def __init__(self, connection: Connection, desk: Desk, rhythms: Rhythms) -> None:
        """`rhythms` are those agreed with keepers."""
        self._connection = connection
        self._desk = desk
        self._rhythms = rhythms

    def check(self, offered: Sequence[Offered], *, keep: bool = True) -> None:
        """Raise Problem for the first act that a limit, the ladder, the closed loop or a keeper's word forbids.

        `keep`: others who would take acts against the same lender's limits wait until this transaction ends.
        """
        for problem in self.refusals(offered, keep=keep).values():
            raise problem

    def refusals(self, offered: Sequence[Offered], *, keep: bool = False) -> dict[int, Problem]:
        """By its place, why each act that is forbidden is; what is not forbidden counts for those after it."""
        books = _Books(self._connection, self._desk, keep, self._rhythms)
        found = {}
        for place, each in enumerate(offered):
            if each.function not in _WATCHED:
                continue
            message = orjson.loads(each.body)["message"]
            facility = facility_of(self._connection, int(message["facility"]))
            if facility is None:
                continue  # the ledger refuses it
            try:
                books.judge(each.function, facility, message, f"instructions.{place}")
            except Problem as problem:
                found[place] = problem
        return found


class _Books:
    """The lenders' books as they would be with all that is on the way, and with what was looked at before."""

    def __init__(self, connection: Connection, desk: Desk, keep: bool, rhythms: Rhythms) -> None:
        self._connection = connection
        self._desk = desk
        self._keep = keep
        self._rhythms = rhythms
        self._books: dict[tuple[int, int], Book | None] = {}
        self._drawn: Counter[int] = Counter()

    def judge(self, function: str, facility: Row[Any], message: Mapping[str, Any], field: str) -> None:
        """Refuse an act that is watched, or count it in."""
        if function == "draw":
            self.draw(facility, message, field)
        elif function == "lock":
            self.lock(facility, message, field)
        else:
            check_pledged(self._connection, int(message["title"]), facility.facility, field)

    def draw(self, facility: Row[Any], message: Mapping[str, Any], field: str) -> None:
        """Refuse a draw, or count it in."""
        number, amount = facility.facility, int(message["amount"])
        self._ladder(facility, "draw", field, owed=bool(facility.used))
        check_tenors(self._connection, facility, field)
        loop = loop_of(self._connection, facility, int(message["loan"]))
        if loop is not None and not loop.allows:
            raise Problem(
                "S26", "the drawdown's loop is not closed", field=field, missing=list(loop.missing),
                loan=format_id(int(message["loan"])),
            )  # fmt: skip
        self._keepers(facility, amount, field)
        book = self._book(facility)
        if book is not None:
            broken = book.broken_by(number, amount) or programme_break(
                self._connection, book, number, amount, head_of(self._connection)
            )
            if broken:
                raise _above(broken[0], field)
            self._books[facility.lender, facility.currency] = _with(book, number, amount)
        self._drawn[number] += amount

    def lock(self, facility: Row[Any], message: Mapping[str, Any], field: str) -> None:
        """Refuse a lock that makes room for a draw which no limit would allow. Where something is owed it adds
        security and goes through.
        """
        book = self._book(facility)
        owed = bool(facility.used) or (book is not None and _used(book, facility.facility) > 0)
        self._ladder(facility, "lock", field, owed=owed)
        title = title_of(self._connection, int(message["title"]))
        if owed or book is None or title is None:
            return
        full = book.full_for(title.debtor)
        if full:
            raise _above(full[0], field)

    def _keepers(self, facility: Row[Any], amount: int, field: str) -> None:
        """Refuse a draw above what keepers' words bear out (GI-55-feed); what the ledger knows by itself, it says."""
        if not facility.flags & TAKES_GOODS:
            return
        self._wait_for_turn(facility.lender)
        number, head = facility.facility, head_of(self._connection)
        behind = goods_behind(self._connection, self._connection, number, head, self._rhythms)
        if behind is None or behind.room.blocked or behind.why_cut is None:
            return
        coming = sum(each for lent, each in _on_the_way(self._desk, self._connection, head) if lent == number)
        left = max(0, behind.room.drawable - coming - self._drawn[number])
        if amount > left:
            asked, drawable = text(amount, facility.currency), text(left, facility.currency)
            currency, short = currency_codes()[facility.currency], [each for each in behind.lots if each.cut]
            raise Problem(
                behind.why_cut.rule,
                f"more than keepers' words bear out: {behind.why_cut.sentence}; {drawable} {currency} may be drawn, "
                f"not {asked}",
                field=field, facility=number, drawable=drawable, currency=currency, keeps="GI-55-feed, CC-436",
                keepers=sorted({each.keeper for each in short}), lots=[format_id(each.number) for each in short],
            )  # fmt: skip

    def _wait_for_turn(self, lender: int) -> None:
        if self._keep:
            links.wait_for_turn(self._connection, f"limits {lender}")

    def _ladder(self, facility: Row[Any], function: str, field: str, *, owed: bool) -> None:
        stand, declared = stand_of(self._connection, facility.facility)
        if declared is not None and blocks(stand.step, function, owed=owed):
            raise Problem(
                "S25",
                f"the facility stands on the rung {step_name(stand.step)!r} of the stop-loss ladder",
                field=field, facility=facility.facility, declaration=declared.declaration,
                keeps=declared.fields["rules"],
            )  # fmt: skip

    def _book(self, facility: Row[Any]) -> Book | None:
        """The lender's book; None when it has set no limits, told no figures and joined no programme."""
        key = (facility.lender, facility.currency)
        if key not in self._books:
            self._books[key] = self._open(facility)
        return self._books[key]

    def _open(self, facility: Row[Any]) -> Book | None:
        lender = facility.lender
        if not _has_set(self._connection, lender):
            return None
        self._wait_for_turn(lender)
        head = head_of(self._connection)
        code = currency_codes()[facility.currency]
        book = book_of(self._connection, self._connection, lender, code, head.day, head.number)
        mine = {each.facility for each in book.positions}
        for number, amount in _on_the_way(self._desk, self._connection, head):
            if number in mine:
                book = _with(book, number, amount)
        return book


def _has_set(connection: Connection, lender: int) -> bool:
    table = own.declarations
    kinds = ("exposure limit", "lender figures", "programme limit")
    query = select(table.c.declaration).where(table.c.party == lender, table.c.kind.in_(kinds)).limit(1)
    return connection.execute(query).first() is not None


def _on_the_way(desk: Desk, connection: Connection, head: Head) -> Iterator[tuple[int, int]]:
    """Draws that were taken in and that the ledger's tables do not show yet: facility and amount."""
    found = desk.on_the_way("draw", head.number)
    loans = ledger.loans.c.loan
    named = [int(each["message"]["loan"]) for each in found]
    known = set(connection.execute(select(loans).where(loans.in_(named))).scalars()) if named else set()
    for each in found:
        message = each["message"]
        if int(message["loan"]) not in known:
            yield int(message["facility"]), int(message["amount"])


def _with(book: Book, facility: int, amount: int) -> Book:
    return replace(book, positions=with_draw(book.positions, facility, amount))


def _used(book: Book, facility: int) -> int:
    return next((each.used for each in book.positions if each.facility == facility), 0)


def _above(finding: Finding, field: str) -> Problem:
    limit, currency = finding.limit, finding.limit.currency
    return Problem(
        "LIMIT-EXCEEDED",
        f"the lender's limit on {limit.dimension} {limit.subject} would be exceeded",
        field=field, keeps=limit.rule, lender=limit.lender, dimension=str(limit.dimension), subject=limit.subject,
        limit=text(limit.amount, currency), would_be=text(finding.used, currency),
        currency=currency_codes()[currency], declaration=limit.source,
    )  # fmt: skip
