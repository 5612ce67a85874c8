"""What became of each payment that was ordered: settled, rejected, pending, or unknown (INV-5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.calendar import iso
from gateway.services.reconciliation.books import Books, Difference, Line, Ordered, Place, money
from gateway.services.reconciliation.statements import Timeline

SETTLED, REJECTED, PENDING, UNKNOWN = "settled", "rejected", "pending", "unknown"
OUTCOMES = (SETTLED, REJECTED, PENDING, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Each order with its outcome, and what is wrong."""

    by_order: Mapping[str, str]
    differences: tuple[Difference, ...]


def outcomes(books: Books, found: Mapping[Place, Timeline]) -> Outcomes:
    """Follow every order given up to the day, by what the banks booked and answered.

    `unknown`: the payer's bank has stated a day from the order's on, and says nothing of it.
    """
    debits, credits = _booked(books, found)
    by_order: dict[str, str] = {}
    differences: list[Difference] = []
    for order in books.orders:
        if order.day > books.day:
            continue
        paid = debits[order.payer, order.end_to_end]
        if paid or credits[order.payee, order.end_to_end]:
            by_order[order.end_to_end] = SETTLED
            differences += _twice(order, paid)
        elif order.answer == REJECTED:
            by_order[order.end_to_end] = REJECTED
        elif order.answer == PENDING or order.payer not in found or not found[order.payer].reaches(order.day):
            by_order[order.end_to_end] = PENDING
        else:
            by_order[order.end_to_end] = UNKNOWN
            differences.append(_not_booked(order))
    return Outcomes(by_order, tuple(differences))


_Booked = Mapping[tuple[Place, str], list[Line]]


def _booked(books: Books, found: Mapping[Place, Timeline]) -> tuple[_Booked, _Booked]:
    """Entries by account and end-to-end id, each once, without those that take one back."""
    each: dict[object, Line] = {line.key: line for line in books.notified}
    for timeline in found.values():
        for number, line in enumerate(timeline.lines):
            each[line.key if line.entry else (line.place, number)] = line
    debits: dict[tuple[Place, str], list[Line]] = defaultdict(list)
    credits: dict[tuple[Place, str], list[Line]] = defaultdict(list)
    for line in each.values():
        if line.end_to_end and not line.taken_back:
            (credits if line.credit else debits)[line.place, line.end_to_end].append(line)
    return debits, credits


def _twice(order: Ordered, paid: Sequence[Line]) -> Iterator[Difference]:
    for again in paid[1:]:
        told = f"the bank paid the order {order.end_to_end} more than once"
        yield Difference(
            "ORDER-BOOKED-TWICE", *order.payer, f"{order.end_to_end} {again.reference}", again.day, order.currency,
            again.amount, order.end_to_end, "one entry", f"{again.reference} too", told,
        )  # fmt: skip


def _not_booked(order: Ordered) -> Difference:
    told = (
        f"ordered for {iso(order.day)}; the bank's statement of the day has no entry, and no rejection came"
    )
    return Difference(
        "INSTRUCTED-NOT-BOOKED", *order.payer, order.end_to_end, order.day, order.currency, order.amount,
        order.end_to_end, money(order.amount, order.currency), "none", told,
    )  # fmt: skip
