"""The same debtor fails on two receivables: one was sold with recourse, one without (CC-766, CC-767, decision 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.demo import people
from gateway.demo.payable import Payable
from gateway.demo.stories.deal import PURCHASE, RECOURSE, Deal
from gateway.demo.stories.plot import Chapter, Play, Plot
from gateway.demo.story import LENDER
from gateway.domain.interest import payable

BUYER = 14
PAID_EACH_MINOR = 20_000_000
PRICE_BPS, WHOLE_BPS = 8_000, 10_000
RATE_PPM, PENALTY_BPS = 72_000, 5_000
CLASS_DAYS = (1, 91)
"""Days after the due day on which the loan's class changes first (CLASS)."""
RECOURSE_DAYS = 100


class DefaultAndRecourse:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        self._with, self._without = sorted(play.story.payables, key=lambda each: each.due)[:2]
        bank, currency = play.story.stage.firms[LENDER], self._with.proposal["currency"]
        buyer = people.factor(BUYER, "Jiangyu Factoring Co.", play.story.stage.keys)
        seller = self._with.supplier
        self._recourse = Deal(play, bank, seller, 2_001, currency, RECOURSE, RATE_PPM, PENALTY_BPS)
        self._purchase = Deal(play, buyer, seller, 2_002, currency, PURCHASE, 0, 0)
        self._loan = 0
        self._lent_on = 0

    def chapters(self) -> Sequence[Chapter]:
        return (
            ("Confirmation: the core's maker and checker promise, tier 1 accepts", self._story.confirm),
            ("Tier 1 sells one receivable with recourse and one without", self._sell),
            ("Both fall due; the debtor pays a part of each and then nothing", self._default),
            ("Days pass: the classes of what stands open", self._classes),
            (
                "With recourse, the seller pays and has its receivable back; without, the buyer bears it",
                self._call,
            ),
        )

    def _sell(self) -> None:
        self._story.money.stops_payout = lambda _: None
        self._story.admit(self._purchase.lender)
        self._purchase.bind_lender()
        for deal, each in ((self._recourse, self._with), (self._purchase, self._without)):
            deal.open(each.due + RECOURSE_DAYS)
            deal.lock(each.root, each.amount)
            price = each.amount * PRICE_BPS // WHOLE_BPS
            number = deal.draw(price, each.due, title=each.root)
            self._loan = self._loan or number
        self._story.money.pump()
        self._lent_on = self._story.stage.day
        titles = self._titles()
        for deal, each in ((self._recourse, self._with), (self._purchase, self._without)):
            how = (
                "with recourse: a loan to the seller"
                if deal is self._recourse
                else "without recourse: a price"
            )
            holder = self._play.name(titles[each.root]["holder"])
            told = self._play.money(each.amount * PRICE_BPS // WHOLE_BPS, deal.currency)
            self._play.say(f"{told} arrived, {how}; in the same act the title is {holder}'s")

    def _titles(self) -> dict[int, dict[str, Any]]:
        self._story.desk.settle_index()
        return self._story.titles()

    def _default(self) -> None:
        for each in (self._with, self._without):
            self._story.stage.go_to(each.due)
            self._play.finance.settle()
        self._story.money.concede("ROOT-", "the debtor does not pay the rest")
        for each in (self._with, self._without):
            title = self._titles()[each.root]
            came = self._play.money(self._paid(each), self._recourse.currency)
            self._play.say(f"certificate {title['title']}: {came} of {each.proposal['amount']} came")

    def _paid(self, each: Payable) -> int:
        """What the clearing bank distributed of a receivable, in minor units."""
        return self._play.minor(self._play.row("/receivables", "id", str(each.root))["distributed"])

    def _classes(self) -> None:
        for days in (*CLASS_DAYS, RECOURSE_DAYS):
            self._story.stage.go_to(max(self._story.stage.day, self._with.due + days))
            loan = self._play.loan(self._loan)
            late = self._story.stage.day - self._with.due
            self._play.say(
                f"day {late} after its due day: the loan is {loan['class']}, principal {loan['principal']}"
            )

    def _call(self) -> None:
        currency, loan = self._recourse.currency, self._play.loan(self._loan)
        principal = self._play.minor(loan["principal"])
        owed = principal + self._interest(principal)
        seller = self._with.supplier
        payer = self._story.money.account(seller.number, currency, "bound", 0)
        payee = self._story.money.account(LENDER, currency, "collection", self._recourse.facility)
        self._story.money.repay(self._loan, payer, payee, owed)
        self._story.money.pump()
        loan, titles = self._play.loan(self._loan), self._titles()
        self._play.say(
            f"recourse on {seller.name}, the seller that the funding names, and on nobody else: it pays "
            f"{self._play.money(owed, currency)}; the loan is {loan['phase']}, interest paid {loan['interest_paid']}"
        )
        back = titles[self._with.root]["holder"]
        self._play.say(f"the first title is {self._play.name(back)}'s again: its claim on the debtor")
        self._play.loses(
            seller.number, self._with.amount - self._paid(self._with), currency,
            "sold with recourse, it took the receivable back; what the debtor owes on it is its own claim now",
        )  # fmt: skip
        price = self._without.amount * PRICE_BPS // WHOLE_BPS
        self._play.loses(
            BUYER, price - self._paid(self._without), currency,
            "bought without recourse: of the price it paid, the debtor's part payment is all that came back",
        )  # fmt: skip

    def _interest(self, principal: int) -> int:
        """Of the loan to this day, less what the collected money paid: fen-days before and after the due day."""
        drawn = self._with.amount * PRICE_BPS // WHOLE_BPS
        until_due, after = self._with.due - self._lent_on, self._story.stage.day - self._with.due
        days = drawn * until_due + principal * after
        whole = payable(days, principal * after, RATE_PPM, PENALTY_BPS, 0)
        return whole - self._play.minor(self._play.loan(self._loan)["interest_paid"])


PLOT = Plot(
    "default-and-recourse",
    "a debtor fails on two receivables, one sold with recourse and one without: who pays, who loses",
    {
        "as_of": "2026-03-16",
        "files": ["po-2026-0117/*", "po-2026-0131/*"],
        "banks": [
            {
                "bank": "clearing",
                "action": "short",
                "payment": "due",
                "next": 2,
                "amount_minor": PAID_EACH_MINOR,
            },
            {"bank": "clearing", "action": "reject", "payment": "due", "reason": "AM04"},
        ],
    },
    lambda play: DefaultAndRecourse(play).chapters(),
    payables=2,
)
