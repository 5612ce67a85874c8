"""One order of an order-to-cash: confirmed, financed, reduced by what does not come, converted into receivables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from gateway.demo.orders import Ordered
from gateway.demo.payable import Payable
from gateway.demo.people import Signer
from gateway.demo.stories.deal import Deal
from gateway.demo.stories.ordered import OrderRefused, attest_order, new_root, prepared, sign
from gateway.demo.stories.plot import Play, Unlawful
from gateway.demo.story import CLEARING, LENDER
from gateway.domain.calendar import day_of_iso, iso
from gateway.domain.trade import DocumentKind, decimal_text
from gateway.ids import format_id

ADVANCE_BPS, WHOLE_BPS = 8_000, 10_000
DRAWN_BPS = 7_500
"""What the lender lends at most of what secures it, and what is drawn of the order: basis points."""
GRACE_DAYS, LATE_PPM = 10, 500
"""Days after the due day until which the advance runs; late interest, parts per million a day."""
_LESS = {
    "AMENDED-DOWN": "will not come, as the seller answered later",
    "SHORT-DELIVERY": "did not come",
    "CREDITED": "was credited",
    "LAST-DAY": "was not received and invoiced by its last day",
}
"""Reasons of the gateway why less comes of an order."""


class OneOrder:
    """An order between its buyer and its seller, the facility that it secures, and what came of it so far.

    Attributes:
        invoices: payables among the documents that are for this order, oldest first.
        paid_for: those that became receivables.
    """

    def __init__(self, play: Play, ordered: Ordered, invoices: Sequence[Payable], facility: int) -> None:
        self._play = play
        self._story = play.story
        self._ordered = ordered
        self.buyer, self.seller, self.match = ordered.buyer, ordered.seller, ordered.match
        self.invoices = sorted(invoices, key=self.invoiced_on)
        self.paid_for: list[Payable] = []
        self._currency = ordered.match.currency
        self._deal = Deal(play, play.story.stage.firms[LENDER], self.seller, facility, self._currency)
        self._root = self._loan = self._confirmed = self._end = 0

    # ── its documents ───────────────────────────────────────────────────────────────────────────────────────

    @property
    def number(self) -> str:
        """As its document spells it."""
        return self._ordered.number

    @property
    def shipped_on(self) -> int | None:
        """The day of its last despatch advice, if there is one."""
        sent = self._story.labels(DocumentKind.DESPATCH_ADVICE, [self._ordered.label])
        return max(map(self._story.written, sent), default=None)

    @property
    def received_on(self) -> int | None:
        """The day of its last receipt advice, if there is one."""
        return max((self._story.written(each.label) for each in self.match.receipts), default=None)

    @property
    def credited_on(self) -> int:
        """The day of the last credit note on an invoice of it; 0 where there is none."""
        notes = [each for part in self.match.parts for each in part.result.chain.credit_notes]
        return max((self._story.written(each.label) for each in notes), default=0)

    def invoiced_on(self, payable: Payable) -> int:
        """The day on which an invoice was written."""
        return day_of_iso(self._story.match_of(payable)["issued"])

    @property
    def last_paper(self) -> int:
        """The day on which the last document of it was written; the story's first day at least."""
        days = [self._story.stage.day, self.shipped_on or 0, self.received_on or 0, self.credited_on]
        return max([*days, *map(self.invoiced_on, self.invoices)])

    # ── confirmed, and financed ─────────────────────────────────────────────────────────────────────────────

    def confirm(self, last_day: int) -> None:
        """Its number is attested, good for what was agreed; buyer's maker and checker and the seller confirm it."""
        self._root = new_root(self._story, self.buyer)
        asked = {
            "act": "confirm", "document": self._ordered.label, "order": format_id(self._root),
            "last_day": iso(last_day),
            "nullifier": attest_order(self._story, self._ordered, self.number, self.match.agreed),
        }  # fmt: skip
        act = self._sign("/orders/prepare", asked)
        self._confirmed = self._play.minor(act["amount"])
        self._end = max([last_day, *(each.due for each in self.invoices)]) + GRACE_DAYS
        self._play.say(
            f"{self.buyer.name} ordered {self.number} for {self._told(self._confirmed)}, to come by {iso(last_day)}; "
            f"{self.seller.name} confirms"
        )

    def advance(self) -> None:
        """The order secures a facility of its own, and the seller draws on it."""
        self._deal.open(self._end, advance_bps=ADVANCE_BPS)
        self._deal.secure(self._root, self._confirmed)
        self._loan = self._deal.draw(self._confirmed * DRAWN_BPS // WHOLE_BPS, self._end)
        self._story.money.pump()
        self.stand("the advance is paid out")

    # ── less comes ──────────────────────────────────────────────────────────────────────────────────────────

    def receive(self) -> None:
        """What the documents say by today will not come secures nothing any more: what it carried is prepaid first."""
        if self.received_on is None:
            self.say("no receipt advice is here: nothing of it was received, whatever was sent")
        elif self.match.received >= self._confirmed:
            self.stand("all of it came")
        elif not self.reduce():
            self.stand(
                f"{self._told(self.match.received)} of it came, and nothing says yet that the rest will not"
            )

    def reduce(self) -> bool:
        """Take off the order what documents written by today, and its last day, say will not come of it; whether
        there was any. What is financed is prepaid as far as it would be above the advance rate.
        """
        asked: dict[str, Any] = {"act": "reduce"}
        try:
            act = prepared(self._story, self._path, asked)
        except OrderRefused as refusal:
            if refusal.rule == "ORDER-COMPLETE":
                return False
            raise
        why = [each for each in act["why"] if self._is_known(each)]
        less = sum(self._play.minor(each["amount"]) for each in why)
        if not less:
            return False
        if less != self._play.minor(act["amount"]):
            act = prepared(self._story, self._path, {**asked, "amount": self._text(less)})
        over = self._over(act)
        more = f", and {self._told(over)} is to be prepaid" if over else ""
        told = ", ".join(f"{each['amount']} {self._currency} of it {_LESS[each['rule']]}" for each in why)
        self.say(f"{told}: so much less secures the advance{more}")
        self._prepay(over)
        sign(self._story, act, self._people())
        self.stand("the order is reduced")
        if over and self._cover()[0]:
            self._play.refused(f"{self.number}: a further draw", lambda: self._deal.draw(100, self._end))
        return True

    def _is_known(self, reason: Mapping[str, Any]) -> bool:
        """Whether the documents of a reason were written by today."""
        return all(self._story.written(label) <= self._story.stage.day for label in reason["documents"])

    def _prepay(self, over: int) -> None:
        """Interest is taken first, so the borrower pays that with it."""
        if not over:
            return
        loan = self._play.loan(self._loan)
        owed = self._play.minor(self._deal.calls(self._loan)["owed"])
        interest = owed - self._play.minor(loan["principal"])
        self._deal.repay(self._loan, self.seller, over + interest)
        self.stand("the seller prepays it, and the interest so far")

    @property
    def left(self) -> int:
        """What may still come of it, minor units."""
        return self._play.minor(self._play.row("/orders", "id", str(self._root))["left"])

    # ── invoiced ────────────────────────────────────────────────────────────────────────────────────────────

    def convert(self, payable: Payable) -> None:
        """What was received of an invoice, and is to be paid, becomes a receivable."""
        root = new_root(self._story, self.buyer)
        if payable.nullifier:  # attested before, for another order that it is for
            payable.root = root
        else:
            self._story.attest_for(payable, root)
        match = self._story.match_of(payable)
        if self._play.minor(match["invoiced"]) > self._play.minor(match["received"]):
            whole = match["invoiced"]
            self._play.refused(
                f"{self.number}: the whole invoice", lambda: self._converted_at(payable, whole)
            )
        act = self._converted_at(payable, None)
        less = self._play.minor(act["taken"]) - self._play.minor(act["amount"])
        over = self._over(act)
        if less:
            more = f", so {self._told(over)} is to be prepaid first" if over else ""
            self.say(f"{self._told(less)} of it {self._why_less(match, less)}{more}")
        self._prepay(over)
        sign(self._story, act, self._people())
        amount = self._play.minor(act["amount"])
        promised = {**payable.proposal, "amount": act["amount"], "amount_minor": amount}
        done = replace(payable, proposal=promised, facility=self._deal.facility, loan=self._loan)
        self.paid_for.append(done)
        self._story.payables.append(done)
        self.stand(
            f"{self._told(amount)} of the order is a receivable now, under the same lock, due {iso(payable.due)}"
        )

    def _why_less(self, match: Mapping[str, Any], less: int) -> str:
        known = {"was paid before": match["prepaid"], "was credited": match["credited"]}
        found = {why: self._play.minor(amount) for why, amount in known.items() if amount.strip("0.")}
        cheaper = ["is invoiced at less"] if sum(found.values()) < less else []
        return " or ".join([*found, *cheaper])

    def _converted_at(self, payable: Payable, amount: str | None) -> dict[str, Any]:
        """The act by which so much, or all that was received and is to be paid, becomes a receivable."""
        asked = {
            "act": "convert", "invoice": payable.proposal["key"], "nullifier": payable.nullifier,
            "receivable": format_id(payable.root), "clearing_bank": CLEARING, "late_ppm": LATE_PPM,
            "amount": amount,
        }  # fmt: skip
        return prepared(self._story, self._path, asked)

    # ── paid ────────────────────────────────────────────────────────────────────────────────────────────────

    def settled(self) -> bool:
        """Tell what was paid for it; whether the advance is."""
        loan, due = self._play.loan(self._loan), sum(each.amount for each in self.paid_for)
        settled = bool(loan["phase"] == "settled")
        paid = f"{'paid' if settled else 'was to pay'} {self._told(due)} for what it received"
        told = f"{self.buyer.name} {paid if due else 'owes nothing'}"
        self.say(
            f"{told}; the advance is {loan['phase']}, interest paid {loan['interest_paid']} {self._currency}"
        )
        return settled

    # ── signing, and telling ────────────────────────────────────────────────────────────────────────────────

    @property
    def _path(self) -> str:
        return f"/orders/{self._root}/prepare"

    def _sign(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """An act that the gateway makes of the documents, signed by whom it names."""
        act = prepared(self._story, path, asked)
        sign(self._story, act, self._people())
        return act

    def _people(self) -> dict[int, Mapping[str, Signer]]:
        """Who signs each part of an act, by party."""
        buyer, seller = self.buyer, self.seller
        return {
            buyer.number: {"maker": buyer["maker"], "checker": buyer["checker"], "debtor": buyer["checker"]},
            seller.number: {"seller": seller["maker"]},
            LENDER: {"lender": self._deal.lender["credit-maker"]},
        }

    def _over(self, act: Mapping[str, Any]) -> int:
        return sum(self._play.minor(each["amount"]) for each in act["prepay"])

    def _cover(self) -> tuple[int, int]:
        facility = self._play.row("/facilities", "facility", self._deal.facility)
        return self._play.minor(facility["collateral_face"]), self._play.minor(facility["used"])

    def stand(self, told: str) -> None:
        """What is financed against what secures it. Raises Unlawful above the advance rate."""
        face, used = self._cover()
        if used * WHOLE_BPS > face * ADVANCE_BPS:
            raise Unlawful(f"{used} is financed on {face}: more than the advance rate")
        if not face:
            self.say(f"{told}: nothing is financed, and nothing secures it")
            return
        self.say(
            f"{told}: {self._told(used)} financed on {self._told(face)}, {Decimal(used) / face:.2%} of at most "
            f"{Decimal(ADVANCE_BPS) / WHOLE_BPS:.0%}"
        )

    def say(self, told: str) -> None:
        """One line, with the order's number."""
        self._play.say(f"{self.number}: {told}")

    def _told(self, minor: int) -> str:
        return self._play.money(minor, self._currency)

    def _text(self, minor: int) -> str:
        return decimal_text(minor, self.match.exponent)
