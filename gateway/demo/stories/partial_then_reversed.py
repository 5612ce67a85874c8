"""A borrower repays a part, its bank takes that back, and the loan stands as if it had never been paid (decision 9)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.demo.stories.plot import Chapter, Play, Plot
from gateway.domain.interest import quote

REVERSED_AFTER_DAYS = 3


class PartialThenReversed:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        self._payable = play.story.payables[0]
        self._lent_on = 0

    def chapters(self) -> Sequence[Chapter]:
        return (
            ("Confirmation: the core's maker and checker promise, tier 1 accepts", self._story.confirm),
            ("Finance: tier 1 pledges the receivable and draws", self._lend),
            ("Ten days on, the borrower repays a part", self._repay),
            ("Three days later the bank takes the booking back", self._reverse),
            ("Maturity: the debtor pays, the lender is repaid whole, the rest is the holder's", self._mature),
        )

    def _lend(self) -> None:
        self._play.finance.lend()
        self._lent_on = self._story.stage.day

    def _shown(self) -> str:
        loan = self._play.loan(self._payable.loan)
        return f"outstanding {loan['principal']} {loan['currency']}, interest paid {loan['interest_paid']}"

    def _repay(self) -> None:
        self._play.finance.repay_early()
        self._play.say(f"a tenth of the receivable is repaid: {self._shown()}")

    def _reverse(self) -> None:
        self._story.stage.go_to(self._story.stage.day + REVERSED_AFTER_DAYS)
        self._story.money.pump()
        self._story.money.concede_rule("REVERSAL", "the money is back on the borrower's own account")
        self._play.say(f"the booking is undone, whole: {self._shown()}")

    def _mature(self) -> None:
        self._play.finance.mature()
        loan = self._play.loan(self._payable.loan)
        self._play.say(f"the loan is {loan['phase']}: {self._shown()}")
        days = self._payable.due - self._lent_on
        whole = quote(self._play.minor(loan["drawn"]), loan["rate_ppm"], days)
        told = self._play.money(whole, loan["currency"])
        self._play.say(f"{days} days on the whole sum, as if nothing had been repaid in between, are {told}")


PLOT = Plot(
    "partial-then-reversed",
    "a part repayment is booked, taken back by its bank, and the debt is whole again",
    {
        "as_of": "2026-02-12",
        "files": ["po-2026-0117/*"],
        "tier2_share": "0",
        "banks": [
            {
                "bank": "lender",
                "action": "reverse",
                "payment": "repayment",
                "direction": "in",
                "next": 1,
                "after_days": REVERSED_AFTER_DAYS,
            }
        ],
    },
    lambda play: PartialThenReversed(play).chapters(),
)
