"""Orders are financed, less comes than was ordered, and only what came becomes receivables, and money."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.demo.bank_answers import MoneyException
from gateway.demo.orders import matched_orders, why_not
from gateway.demo.stories.one_order import OneOrder
from gateway.demo.stories.plot import Chapter, NotTold, Play, Plot

FIRST_FACILITY = 4_001
DELIVERY_DAYS = 30
"""Days after the last document until which more may come, unless an invoice falls due before."""


class OrderToCash:
    """The chapters, in order. All orders go through each of them side by side."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = story = play.story
        invoices = list(story.payables)
        # What is to be paid of them is no receivable before it is received and converted.
        story.payables.clear()
        found = [
            OneOrder(
                play, each, [one for one in invoices if each.label in story.match_of(one)["orders"]],
                FIRST_FACILITY + place,
            )
            for place, each in enumerate(story.orders)
        ]  # fmt: skip
        known = {each.order.label: why_not(each) for each in matched_orders(story.stage.database_url)}
        self._not = [f"{label} goes no further: {why}" for label, why in known.items() if why]
        if not found:
            raise NotTold("; ".join(self._not) or "no order is among the documents")
        self._orders, later = _together(found)
        self._not += [f"{each.number} goes no further: its documents are of another season" for each in later]
        self._last_day = _last_day(self._orders)

    def chapters(self) -> Sequence[Chapter]:
        return (
            (
                "The order is confirmed: its number attested, buyer's maker and checker, and the seller",
                self._confirm,
            ),
            ("An advance against the order", self._advance),
            ("Shipped: despatch is no receipt, and nothing changes", self._shipped),
            ("Received: what did not come secures no advance", self._receive),
            (
                "Invoiced: what was received becomes a receivable in one act, whatever the invoice says",
                self._convert,
            ),
            ("What is left: credited, or not invoiced by the last day, it becomes no receivable", self._end),
            ("Maturity: the buyer pays, the advance is repaid, the rest is the seller's", self._mature),
        )

    def _confirm(self) -> None:
        for told in self._not:
            self._play.say(told)
        for order in self._orders:
            order.confirm(self._last_day)

    def _advance(self) -> None:
        for order in self._orders:
            order.advance()

    def _shipped(self) -> None:
        for order in sorted(self._orders, key=lambda each: each.shipped_on or 0):
            if order.shipped_on is None:
                order.say("no despatch advice is here, and none is needed: despatch is no receipt")
                continue
            self._story.stage.go_to(order.shipped_on)
            order.stand("the despatch advice says that the goods are on their way; nobody signs anything")

    def _receive(self) -> None:
        for order in sorted(self._orders, key=lambda each: each.received_on or 0):
            self._story.stage.go_to(order.received_on or 0)
            order.receive()

    def _convert(self) -> None:
        found = [(order.invoiced_on(each), order, each) for order in self._orders for each in order.invoices]
        if not found:
            self._play.say("nothing is to be paid of any invoice")
        for day, order, invoice in sorted(found, key=lambda each: each[0]):
            self._story.stage.go_to(day)
            order.convert(invoice)

    def _end(self) -> None:
        for order in sorted(self._orders, key=lambda each: each.credited_on):
            if order.credited_on and order.left:
                self._story.stage.go_to(order.credited_on)
                order.reduce()
        left = [each for each in self._orders if each.left]
        if not left:
            self._play.say("nothing is left of what was ordered")
            return
        self._story.stage.go_to(self._last_day + 1)
        for order in left:
            order.reduce()

    def _mature(self) -> None:
        self._play.finance.mature()
        for order in self._orders:
            if not order.settled():
                told = "the advance is not repaid, and nothing more is to come of the order"
                self._story.money.exceptions.append(
                    MoneyException(order.number, "ADVANCE-UNPAID", "loan", told)
                )


def _last_day(orders: Sequence[OneOrder]) -> int:
    """Of delivery: what is no receivable by then will be none, and none of them falls due before that is known."""
    last = max(each.last_paper for each in orders)
    dues = [invoice.due for each in orders for invoice in each.invoices]
    return max(last, min([last + DELIVERY_DAYS, *(due - 2 for due in dues)]))


def _together(orders: Sequence[OneOrder]) -> tuple[list[OneOrder], list[OneOrder]]:
    """The first order, and each other whose documents were all written before any invoice of them falls due: those
    that can be told side by side; and the rest.
    """
    told: list[OneOrder] = []
    later: list[OneOrder] = []
    for order in orders:
        some = [*told, order]
        dues = [invoice.due for each in some for invoice in each.invoices]
        fits = not told or not dues or max(each.last_paper for each in some) + 1 < min(dues)
        (told if fits else later).append(order)
    return told, later


PLOT = Plot(
    "order-to-cash",
    "an order is financed, less is received than was ordered, and what was received becomes a receivable and money",
    {"as_of": "2026-01-21", "files": ["po-2026-0123/*"]},
    lambda play: OrderToCash(play).chapters(),
    payables=0,
    orders=True,
    covered=True,
)
