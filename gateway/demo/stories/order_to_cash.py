"""An order is financed, less comes than was ordered, and only what came becomes a receivable, and money."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from gateway.demo.desk import Act, ActRefused
from gateway.demo.stories.deal import Deal
from gateway.demo.stories.ordered import confirm_order
from gateway.demo.stories.plot import Chapter, Play, Plot
from gateway.demo.story import CLEARING, LENDER, hash_of
from gateway.domain.calendar import day_of_iso, iso
from gateway.money import number_of

ADVANCE_BPS, WHOLE_BPS = 8_000, 10_000
DRAWN_BPS = 7_500
"""What the lender lends at most of what secures it, and what is drawn of the order: basis points."""
SHIPPED, RECEIVED, INVOICED, LAST_DAY = (
    day_of_iso(day) for day in ("2026-02-24", "2026-02-26", "2026-03-02", "2026-03-31")
)
ORDER = "PO-2026-0123"
GRACE_DAYS = 10


class OrderToCash:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        self._payable = play.story.payables[0]
        self._currency = self._payable.proposal["currency"]
        self._seller, self._buyer = self._payable.supplier, self._payable.debtor
        self._deal = Deal(play, play.story.stage.firms[LENDER], self._seller, 4_001, self._currency)
        match = play.story.match_of(self._payable)
        self._ordered = play.minor(match["invoiced"])
        self._received = self._payable.amount
        self._order = self._sequence = self._loan = 0

    def chapters(self) -> Sequence[Chapter]:
        return (
            (
                "The order is confirmed: its number attested, buyer's maker and checker, and the seller",
                self._confirm,
            ),
            ("An advance against the order", self._advance),
            ("Shipped: despatch is no receipt, and nothing changes", self._shipped),
            ("Received: less than was ordered, so less secures the advance", self._receive),
            (
                "Invoiced: what was received becomes a receivable in one act, whatever the invoice says",
                self._convert,
            ),
            ("Maturity: the buyer pays, the advance is repaid, the rest is the seller's", self._mature),
        )

    # ── the order ───────────────────────────────────────────────────────────────────────────────────────────

    def _confirm(self) -> None:
        self._order = confirm_order(self._story, self._payable, ORDER, self._ordered, LAST_DAY)
        self._play.say(
            f"{self._buyer.name} ordered for {self._told(self._ordered)}, to come by {iso(LAST_DAY)}; "
            f"{self._seller.name} confirms"
        )

    def _buyers(self) -> dict[str, object]:
        return {"maker": self._buyer["maker"], "checker": self._buyer["checker"]}

    def _advance(self) -> None:
        desk = self._story.desk
        self._deal.open(self._payable.due + GRACE_DAYS, advance_bps=ADVANCE_BPS)
        message = {
            "title": self._order, "sequence": 0, "facility": self._deal.facility, "child": 0,
            "quantity": self._ordered, "expiresAt": desk.expiry(), "evidence": hash_of(b"pledge of the order"),
        }  # fmt: skip
        parts = {"holder": self._seller["maker"], "lender": self._deal.lender["credit-maker"]}
        desk.do(Act("lock", message, parts))
        self._sequence = 1
        self._loan = self._deal.draw(self._ordered * DRAWN_BPS // WHOLE_BPS, self._payable.due + GRACE_DAYS)
        self._story.money.pump()
        self._stand("the advance is paid out")

    def _shipped(self) -> None:
        self._story.stage.go_to(SHIPPED)
        self._stand("the despatch advice says that 100 pieces are on their way; nobody signs anything")

    # ── what came ───────────────────────────────────────────────────────────────────────────────────────────

    def _receive(self) -> None:
        desk, stage = self._story.desk, self._story.stage
        stage.go_to(RECEIVED)
        short = self._ordered - self._received
        message = {
            "title": self._order, "sequence": self._sequence, "quantity": short, "expiresAt": desk.expiry(),
            "evidence": hash_of(b"receipt advice"),
        }  # fmt: skip
        parts = {"debtor": self._buyer["checker"], "seller": self._seller["maker"]}
        desk.do(Act("reduceOrder", message, parts))
        self._sequence += 1
        face, used = self._cover()
        over = used - face * ADVANCE_BPS // WHOLE_BPS
        self._play.say(
            f"10 of 100 pieces did not come: {self._told(short)} less secures the advance, "
            f"and {self._told(over)} is to be prepaid"
        )
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
        self._story.stage.go_to(INVOICED)
        if not self._story.attest([self._payable]):
            raise ActRefused("the evidence service does not attest the invoice")
        self._play.refused("the whole invoice", lambda: self._converting(self._ordered))
        self._converting(self._received)
        self._payable.facility, self._payable.loan = self._deal.facility, self._loan
        self._stand(
            f"{self._told(self._received)} of the order is a receivable now, under the same lock, due "
            f"{iso(self._payable.due)}"
        )

    def _converting(self, amount: int) -> None:
        desk, each = self._story.desk, self._payable
        receivable = {
            "root": each.root, "payee": self._seller.number, "clearingBank": CLEARING,
            "currency": number_of(self._currency), "dueDay": each.due, "terms": 500, "quantity": amount,
            "nullifiers": [each.nullifier], "amounts": [amount], "evidence": hash_of(b"invoice and receipt advice"),
        }  # fmt: skip
        message = {
            "title": self._order, "sequence": self._sequence, "taken": amount, "receivable": receivable,
            "expiresAt": desk.expiry(), "evidence": hash_of(b"receipt advice"),
        }  # fmt: skip
        parts = {
            **self._buyers(), "seller": self._seller["maker"], "lender": self._deal.lender["credit-maker"]
        }  # fmt: skip
        desk.do(Act("convert", message, parts))

    def _mature(self) -> None:
        self._play.finance.mature()
        loan = self._play.loan(self._loan)
        self._play.say(
            f"{self._buyer.name} paid {self._told(self._received)} for what it received; the advance is "
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
