"""Three books made from one list of movements, so that they agree, and ways to spoil them one movement at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from gateway.domain.settlement import FactKind
from gateway.services.payments import end_to_end_id
from gateway.services.reconciliation.books import (
    Books,
    Given,
    KnownAccount,
    Line,
    Ordered,
    Place,
    Recorded,
)

FIRST = 20_600
BANK = "QSCLCNSH"
OTHER_BANK = "HXLDCNBJ"
PARTIES = {BANK: 12, OTHER_BANK: 11}
OUTSIDE: Place = ("ELSECNBJ", "900")
OPENING = 1_000_000


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved: a credit is a title's line arriving, a debit was ordered through the gateway."""

    number: int
    place: Place
    day: int
    amount: int
    credit: bool

    @property
    def reference(self) -> str:
        return f"E{self.number:05}"

    @property
    def entry(self) -> bytes:
        return sha256(self.reference.encode()).digest()

    @property
    def end_to_end(self) -> str:
        return end_to_end_id(FactKind.CREDITED if self.credit else FactKind.RECEIVED, self.number, 0)

    def line(self, document: str) -> Line:
        return Line(
            *self.place, self.reference, self.entry, self.credit, self.amount, "CNY", self.day, self.day,
            self.end_to_end, False, document,
        )  # fmt: skip

    def notice(self) -> Line:
        return replace(self.line(f"message N{self.number}"), booking_day=None)

    def fact(self) -> Recorded:
        return Recorded(
            f"0x{self.number:064x}", int(FactKind.CREDITED), self.number, *self.place, "CNY", self.entry, self.amount,
            self.day,
        )  # fmt: skip

    def order(self) -> Ordered:
        return Ordered(self.end_to_end, self.place, OUTSIDE, self.amount, "CNY", self.day)


def account(place: Place) -> KnownAccount:
    return KnownAccount(*place, PARTIES[place[0]], 201, "CNY", "bound")


def statements(
    places: Iterable[Place], days: Sequence[int], lines: Iterable[Line], *, opening: int = OPENING
) -> list[Given]:
    """A statement of each account and day; every balance follows from the one before."""
    told = list(lines)
    found = []
    for place in places:
        balance = opening
        for day in days:
            mine = tuple(line for line in told if line.place == place and line.booking_day == day)
            closing = balance + sum(line.signed for line in mine)
            found.append(given(place, day, balance, closing, mine))
            balance = closing
    return found


def given(
    place: Place,
    day: int,
    opening: int,
    closing: int,
    lines: tuple[Line, ...],
    *,
    sequence: int | None = None,
) -> Given:
    name = f"S-{place[1]}-{day}"
    digest = sha256(repr((name, opening, closing, lines)).encode()).hexdigest()
    number = day - FIRST + 1 if sequence is None else sequence
    return Given(name, *place, "CNY", name, number, day, day, opening, closing, digest, lines)


def books(
    places: Sequence[Place], day: int, stated: Sequence[Given], *, recorded: Sequence[Recorded] = (),
    notified: Sequence[Line] = (), orders: Sequence[Ordered] = (),
) -> Books:  # fmt: skip
    return Books(
        day=day,
        accounts={place: account(place) for place in places},
        scope=frozenset(places),
        statements=stated,
        carried=(),
        stated={},
        recorded=recorded,
        elsewhere=(),
        notified=notified,
        orders=orders,
        whole=True,
    )
