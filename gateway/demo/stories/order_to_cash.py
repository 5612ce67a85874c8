"""An order is financed, less comes than was ordered, and only what came becomes a receivable, and money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.demo.desk import ActRefused
from gateway.demo.people import Signer
from gateway.demo.stories.deal import Deal
from gateway.demo.stories.ordered import attest_order, new_root, prepared, sign
from gateway.demo.stories.plot import Chapter, Play, Plot
from gateway.demo.story import CLEARING, LENDER
from gateway.domain.calendar import iso
from gateway.domain.trade import DocumentKind
from gateway.ids import format_id

ADVANCE_BPS, WHOLE_BPS = 8_000, 10_000
DRAWN_BPS = 7_500
"""What the lender lends at most of what secures it, and what is drawn of the order: basis points."""
DELIVERY_DAYS, GRACE_DAYS, LATE_PPM = 30, 10, 500
"""Days after the receipt until which more may come; days after the due day until which the advance runs."""


class OrderToCash:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = story = play.story
        # One order is told from end to end; what else the folder holds is imported, and goes no further.
        self._payable = next(
            (each for each in story.payables if self._is_whole(story.match_of(each))), story.payables[0]
        )
        story.payables[:] = [self._payable]
        self._currency = self._payable.proposal["currency"]
        self._seller, self._buyer = self._payable.supplier, self._payable.debtor
        self._deal = Deal(play, story.stage.firms[LENDER], self._seller, 4_001, self._currency)
        self._match = story.match_of(self._payable)
        self._ordered = self._order = self._loan = 0

    @staticmethod
    def _is_whole(match: Mapping[str, Any]) -> bool:
        return bool(match["orders"] and match["receipts"])

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
            ("Maturity: the buyer pays, the advance is repaid, the rest is the seller's", self._mature),
        )

    # ── the order ───────────────────────────────────────────────────────────────────────────────────────────

    def _confirm(self) -> None:
        if not self._is_whole(self._match):
            raise ActRefused("no invoice here has an order and a receipt advice among the documents")
        document = self._match["orders"][0]
        number = document.partition("#")[2]
        cap = self._play.minor(self._match["invoiced"])
        root = new_root(self._story, self._payable)
        last_day = self._day_of(self._match["receipts"]) + DELIVERY_DAYS
        asked = {
            "act": "confirm", "document": document, "order": format_id(root), "last_day": iso(last_day),
            "nullifier": attest_order(self._story, self._payable, number, cap),
        }  # fmt: skip
        act = self._sign("/orders/prepare", asked)
        self._order, self._ordered = root, self._play.minor(act["amount"])
        self._play.say(
            f"{self._buyer.name} ordered {number} for {self._told(self._ordered)}, to come by {iso(last_day)}; "
            f"{self._seller.name} confirms"
        )

    def _day_of(self, labels: Sequence[str]) -> int:
        """The last day on which one of these documents was written, and today at least."""
        return max([self._story.stage.day, *(self._story.written(label) for label in labels)])

    def _sign(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """An act that the gateway makes of the documents, signed by whom it names."""
        act = prepared(self._story, path, asked)
        sign(self._story, act, self._people())
        return act

    def _people(self) -> dict[int, Mapping[str, Signer]]:
        """Who signs each part of an act, by party."""
        buyer, seller = self._buyer, self._seller
        return {
            buyer.number: {"maker": buyer["maker"], "checker": buyer["checker"], "debtor": buyer["checker"]},
            seller.number: {"seller": seller["maker"]},
            LENDER: {"lender": self._deal.lender["credit-maker"]},
        }

    def _advance(self) -> None:
        self._deal.open(self._payable.due + GRACE_DAYS, advance_bps=ADVANCE_BPS)
        self._deal.secure(self._order, self._ordered)
        self._loan = self._deal.draw(self._ordered * DRAWN_BPS // WHOLE_BPS, self._payable.due + GRACE_DAYS)
        self._story.money.pump()
        self._stand("the advance is paid out")

    def _shipped(self) -> None:
        sent = self._story.labels(DocumentKind.DESPATCH_ADVICE, self._match["orders"])
        if not sent:
            self._play.say("no despatch advice is here, and none is needed: despatch is no receipt")
            return
        self._story.stage.go_to(self._day_of(sent))
        self._stand("the despatch advice says that the goods are on their way; nobody signs anything")

    # ── what came ───────────────────────────────────────────────────────────────────────────────────────────

    def _receive(self) -> None:
        self._story.stage.go_to(self._day_of(self._match["receipts"]))
        if self._play.minor(self._match["received"]) >= self._ordered:
            self._stand("all of it came")
            return
        act = self._sign(f"/orders/{self._order}/prepare", {"act": "reduce"})
        over = sum(self._play.minor(each["amount"]) for each in act["prepay"])
        self._play.say(
            f"{act['amount']} {self._currency} of it did not come: so much less secures the advance, "
            f"and {self._told(over)} is to be prepaid"
        )
        if over:
            self._play.refused("a further draw", lambda: self._deal.draw(100, self._payable.due + GRACE_DAYS))
            self._prepay(over)

    def _prepay(self, over: int) -> None:
        """Interest is taken first, so the borrower pays that with it."""
        loan = self._play.loan(self._loan)
        owed = self._play.minor(self._deal.calls(self._loan)["owed"])
        interest = owed - self._play.minor(loan["principal"])
        self._deal.repay(self._loan, self._seller, over + interest)
        self._stand("the seller prepays it, and the interest so far")

    def _convert(self) -> None:
        self._story.stage.go_to(self._day_of([self._payable.proposal["invoice"]]))
        self._story.attest_for(self._payable, new_root(self._story, self._payable))
        invoiced = self._match["invoiced"]
        if self._play.minor(invoiced) > self._play.minor(self._match["received"]):
            self._play.refused("the whole invoice", lambda: self._converted_at(invoiced))
        act = self._converted_at(None)
        over = sum(self._play.minor(each["amount"]) for each in act["prepay"])
        if over:
            less = self._told(self._ordered - self._payable.amount)
            self._play.say(
                f"{less} of it was paid or credited before, so {self._told(over)} is to be prepaid first"
            )
            self._prepay(over)
        sign(self._story, act, self._people())
        self._payable.facility, self._payable.loan = self._deal.facility, self._loan
        self._stand(
            f"{self._told(self._payable.amount)} of the order is a receivable now, under the same lock, due "
            f"{iso(self._payable.due)}"
        )

    def _converted_at(self, amount: str | None) -> dict[str, Any]:
        """The act by which so much, or all that was received and is to be paid, becomes a receivable."""
        asked = {
            "act": "convert", "invoice": self._payable.proposal["key"], "nullifier": self._payable.nullifier,
            "receivable": format_id(self._payable.root), "clearing_bank": CLEARING, "late_ppm": LATE_PPM,
            "amount": amount,
        }  # fmt: skip
        return prepared(self._story, f"/orders/{self._order}/prepare", asked)

    def _mature(self) -> None:
        self._play.finance.mature()
        loan = self._play.loan(self._loan)
        self._play.say(
            f"{self._buyer.name} paid {self._told(self._payable.amount)} for what it received; the advance is "
            f"{loan['phase']}, interest paid {loan['interest_paid']} {self._currency}"
        )

    # ── telling ─────────────────────────────────────────────────────────────────────────────────────────────

    def _cover(self) -> tuple[int, int]:
        facility = self._play.row("/facilities", "facility", self._deal.facility)
        return self._play.minor(facility["collateral_face"]), self._play.minor(facility["used"])

    def _stand(self, told: str) -> None:
        """What is financed against what secures it: never more than the advance rate, at any stage."""
        face, used = self._cover()
        rate = Decimal(used) / face
        if used * WHOLE_BPS > face * ADVANCE_BPS:
            raise RuntimeError(f"{used} is financed on {face}: more than the advance rate")
        self._play.say(
            f"{told}: {self._told(used)} financed on {self._told(face)}, {rate:.2%} of at most "
            f"{Decimal(ADVANCE_BPS) / WHOLE_BPS:.0%}"
        )

    def _told(self, minor: int) -> str:
        return self._play.money(minor, self._currency)


PLOT = Plot(
    "order-to-cash",
    "an order is financed, less is received than was ordered, and what was received becomes a receivable and money",
    {"as_of": "2026-01-21", "files": ["po-2026-0123/*"]},
    lambda play: OrderToCash(play).chapters(),
)
