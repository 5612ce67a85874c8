"""Programmes: a core enterprise's promises financed by several banks, each up to its own limit (S1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.domain.calendar import day_of_iso
from gateway.domain.exposure import Dimension, Finding, Limit, exposures, with_draw
from gateway.money import number_of
from gateway.risk.book import Declarations, Declared, Head
from gateway.risk.exposures import Book
from gateway.risk.facts import groups, positions

RULE = "S1"
WARN_BPS = 9_000


@dataclass(frozen=True, slots=True)
class BankLimit:
    """What one bank lends under a programme at most, and has lent or reserved against the core's promises."""

    bank: int
    limit: int
    used: int
    first: str
    last: str
    open: bool

    @property
    def left(self) -> int:
        """What still fits."""
        return max(0, self.limit - self.used) if self.open else 0


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme on a day. `used` is that of all its banks together, in minor units."""

    number: int
    core: int
    name: str
    currency: str
    limit: int
    first: str
    last: str
    open: bool
    banks: Sequence[BankLimit]

    @property
    def used(self) -> int:
        """All of it."""
        return sum(bank.used for bank in self.banks)

    @property
    def left(self) -> int:
        """What still fits into the whole."""
        return max(0, self.limit - self.used) if self.open else 0

    def bank(self, number: int) -> BankLimit | None:
        """One bank's part."""
        return next((bank for bank in self.banks if bank.bank == number), None)


def _open(declared: Declared, day: int) -> bool:
    return day_of_iso(declared.fields["first"]) <= day <= day_of_iso(declared.fields["last"])


def programmes(view: Connection, own: Connection, head: Head, core: int | None = None) -> list[Programme]:
    """Every programme as its core enterprise and its banks declared it last, by number."""
    book = Declarations(own)
    latest = {each.subject: each for each in book.of("programme", until=head.number)}
    joined: dict[str, dict[int, Declared]] = {}
    for each in book.of("programme limit", until=head.number):
        joined.setdefault(each.subject, {})[each.party] = each
    parents = groups(view)
    return [
        _programme(view, each, joined.get(number, {}), head.day, parents)
        for number, each in sorted(latest.items(), key=lambda pair: int(pair[0]))
        if core is None or each.party == core
    ]


def _programme(
    view: Connection, declared: Declared, banks: dict[int, Declared], day: int, parents: dict[int, int]
) -> Programme:
    fields = declared.fields
    currency = number_of(fields["currency"])

    def used(bank: int) -> int:
        return exposures(positions(view, bank, currency), parents).get((Dimension.DEBTOR, declared.party), 0)

    return Programme(
        int(fields["programme"]), declared.party, fields["name"], fields["currency"], declared.minor("limit"),
        fields["first"], fields["last"], _open(declared, day),
        [
            BankLimit(
                bank, each.minor("limit"), used(bank), each.fields["first"], each.fields["last"], _open(each, day)
            )
            for bank, each in sorted(banks.items())
        ],
    )  # fmt: skip


def programme_break(
    connection: Connection, book: Book, facility: int, amount: int, head: Head
) -> list[Finding]:
    """The programme limits that a draw would break: the bank's own, and the core's over all its banks."""
    before = book.used()
    after = exposures(with_draw(book.positions, facility, amount), book.groups)
    found = []
    for each in programmes(connection, connection, head):
        key = (Dimension.DEBTOR, each.core)
        mine = each.bank(book.lender)
        grown = after.get(key, 0) - before.get(key, 0)
        if mine is None or grown <= 0 or number_of(each.currency) != book.currency:
            continue
        for limit, used in ((mine.limit, after[key]), (each.limit, each.used - mine.used + after[key])):
            if used > limit:
                found.append(Finding(_limit(book, each, limit), used))
    return found


def _limit(book: Book, programme: Programme, amount: int) -> Limit:
    return Limit(
        book.lender, Dimension.DEBTOR, programme.core, book.currency, amount, WARN_BPS, 0,
        f"programme {programme.number}", RULE,
    )  # fmt: skip
