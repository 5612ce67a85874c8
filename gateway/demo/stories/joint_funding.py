"""Three lenders fund one receivable by basis points; return and loss follow the shares to the fen (S17)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.demo import people
from gateway.demo.stories.deal import Deal
from gateway.demo.stories.plot import Chapter, Play, Plot
from gateway.demo.story import LENDER
from gateway.domain.lists import shares

LENDERS = ((LENDER, "", 5_000), (14, "Jiangyu Factoring Co.", 3_000), (15, "Heshun Factoring Co.", 2_000))
"""Party, name of a new one, and its share in basis points."""
WHOLE_BPS = 10_000
ADVANCE_BPS = 8_000
FIRST_FACILITY = 2_001
DRAWN_BPS = 7_000
GRACE_DAYS = 10
DEBTOR_PAYS_MINOR = 40_000_000


class JointFunding:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        self._payable = play.story.payables[0]
        self._deals: list[Deal] = []
        self._parts: dict[int, int] = {}
        self._loans: dict[int, int] = {}

    def chapters(self) -> Sequence[Chapter]:
        return (
            ("Confirmation: the core's maker and checker promise, tier 1 accepts", self._story.confirm),
            ("Three lenders take one receivable, each a part by its share", self._fund),
            ("Maturity: the debtor pays a part only, and each lender gets its share of it", self._mature),
            ("The rest does not come: each lender bears its own share of the loss", self._lose),
        )

    def _fund(self) -> None:
        payable, currency = self._payable, self._payable.proposal["currency"]
        parts = shares({place: bps for place, (_, _, bps) in enumerate(LENDERS)}, payable.amount, WHOLE_BPS)
        for place, (number, name, bps) in enumerate(LENDERS):
            if name:
                self._story.admit(people.factor(number, name, self._story.stage.keys))
            lender = self._story.stage.firms[number]
            deal = Deal(self._play, lender, payable.supplier, FIRST_FACILITY + place, currency)
            deal.open(payable.due + GRACE_DAYS, advance_bps=ADVANCE_BPS)
            # The last part is what the others left of the title itself.
            last = place == len(LENDERS) - 1
            child = 0 if last else payable.supplier.number << 32 | self._story.desk.number()
            deal.lock(payable.root, parts[place], child=child, sequence=place)
            self._deals.append(deal)
            self._parts[number] = parts[place]
            told = self._play.money(parts[place], currency)
            self._play.say(f"{lender.name} takes {bps / 100:g} % of it: {told}")
        # Each lender asked the chain before it took its part; the pay-outs follow in one go.
        self._story.money.stops_payout = lambda _: None
        # Nothing is drawn before every lock stands: funded as a whole or not at all.
        for deal, part in zip(self._deals, self._parts.values(), strict=True):
            self._loans[deal.lender.number] = deal.draw(part * DRAWN_BPS // WHOLE_BPS, payable.due)
        self._story.money.pump()
        for deal in self._deals:
            loan = self._play.loan(self._loans[deal.lender.number])
            self._play.say(f"{deal.lender.name} has paid out {loan['drawn']} {loan['currency']}")

    def _mature(self) -> None:
        self._story.stage.go_to(self._payable.due)
        self._play.finance.settle()
        for deal in self._deals:
            loan = self._play.loan(self._loans[deal.lender.number])
            told = f"principal {loan['principal']} left, interest paid {loan['interest_paid']} {loan['currency']}"
            self._play.say(f"{deal.lender.name}: {told}")

    def _lose(self) -> None:
        self._story.stage.go_to(self._payable.due + GRACE_DAYS)
        self._story.money.pump()
        self._story.money.concede("ROOT-", "the debtor does not pay the rest")
        for deal in self._deals:
            number = self._loans[deal.lender.number]
            principal = self._play.minor(self._play.loan(number)["principal"])
            if not principal:
                continue
            deal.write_off(number)
            share = f"{self._parts[deal.lender.number]} of {self._payable.amount} minor units"
            why = f"its part of the receivable ({share}) was not paid in full; each lender bears its own"
            self._play.loses(deal.lender.number, principal, deal.currency, why)


PLOT = Plot(
    "joint-funding",
    "three lenders fund one receivable by shares; the debtor pays a part, and each bears its share of the loss",
    {
        "as_of": "2026-02-12",
        "files": ["po-2026-0117/*"],
        "banks": [
            {
                "bank": "clearing",
                "action": "short",
                "payment": "due",
                "next": 1,
                "amount_minor": DEBTOR_PAYS_MINOR,
            },
            {"bank": "clearing", "action": "reject", "payment": "due", "reason": "AM04"},
        ],
    },
    lambda play: JointFunding(play).chapters(),
)
