"""What the documents of an order say is to be done on the ledger: how much to convert, how much will not come.

Amounts are minor units at the order's price, tax included. Despatch never counts; nothing is proposed above what was
received or what is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from gateway.domain.calendar import iso
from gateway.domain.matching_model import OrderMatch, OrderPart
from gateway.domain.trade import DocumentRef, decimal_text


@dataclass(frozen=True, slots=True)
class Sums:
    """What the ledger has of an order, and its last day of delivery."""

    confirmed: int
    taken: int
    reduced: int
    last_day: int

    @property
    def left(self) -> int:
        """What may still come of it."""
        return self.confirmed - self.taken - self.reduced


@dataclass(frozen=True, slots=True)
class Conversion:
    """Of an order `taken` was received and not converted yet; at most `promised` of it is to be paid."""

    taken: int
    promised: int


def conversion(order: OrderMatch, part: OrderPart, sums: Sums) -> Conversion:
    """What one invoice makes of its order: never more than came, whatever it says."""
    came = max(0, order.received - sums.taken)
    taken = max(0, min(part.received, came, sums.left))
    return Conversion(taken, min(part.proposed, taken))


@dataclass(frozen=True, slots=True)
class Cut:
    """A reason why less will come of an order, or at another price, and how much."""

    rule: str
    amount: int
    sentence: str
    documents: tuple[DocumentRef, ...]


def cuts(order: OrderMatch | None, sums: Sums, day: int, converted: Collection[str] = ()) -> list[Cut]:
    """Why less will come of an order, as documents and calendar have it; together no more than what is left of it.

    `converted` are hashes of the files of invoices that became receivables: a credit note on one is no order's matter.
    """
    if day > sums.last_day:
        sentence = f"the last day of delivery was {iso(sums.last_day)}: nothing more becomes a receivable"
        found = [Cut("LAST-DAY", sums.left, sentence, ())]
    else:
        found = [] if order is None else _within(sums, list(_documented(order, sums, converted)))
    return [cut for cut in found if cut.amount]


def _documented(order: OrderMatch, sums: Sums, converted: Collection[str]) -> Iterator[Cut]:
    def said(amount: int) -> str:
        return f"{decimal_text(amount, order.exponent)} {order.currency}"

    less = max(0, sums.confirmed - order.agreed)
    sentence = f"{said(sums.confirmed)} was confirmed, and the order's responses leave {said(order.agreed)}"
    yield Cut("AMENDED-DOWN", less, sentence, order.responses)
    sentence = f"{said(order.missing)} of what was sent or delivered did not arrive, was short or rejected"
    yield Cut("SHORT-DELIVERY", order.missing, sentence, order.receipts)
    for part in order.parts:
        if part.result.invoice.sha256 in converted:
            continue
        back = max(0, min(part.credited, part.received - max(0, part.invoiced)))
        sentence = f"credit notes on {part.result.invoice.label} take {said(back)} off what was received"
        yield Cut("CREDITED", back, sentence, part.result.chain.credit_notes)


def _within(sums: Sums, found: list[Cut]) -> list[Cut]:
    """What was reduced before counts against the first reasons; nothing is taken off twice."""
    gone, room = sums.reduced, sums.left
    kept = []
    for cut in found:
        known = min(gone, cut.amount)
        amount = min(cut.amount - known, room)
        gone, room = gone - known, room - amount
        kept.append(Cut(cut.rule, amount, cut.sentence, cut.documents))
    return kept
