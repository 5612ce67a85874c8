"""Dealers buy with a lender's money that never passes through their hands: a maker's dealer, and that one's dealer."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.demo import people
from gateway.demo.desk import ActRefused
from gateway.demo.stage import CLEARING_BIC
from gateway.demo.stories.deal import Deal
from gateway.demo.stories.plot import Chapter, Play, Plot, Unlawful
from gateway.demo.stories.yard import Yard
from gateway.demo.story import ENDOWMENT, LENDER

KEEPER, AGENT, INSPECTOR, APPRAISER, APPROVER = 31, 32, 22, 23, 24
MAKER, WHOLESALER, RETAILER = 405, 406, 407
LOT, STOCK, FIRST_PART, SECOND_PART = "JM-WP-0112", 12_000, 4_000, 2_500
"""Kilograms in store, and what goes on to the second dealer: first for its cash, then for its loan."""
PRICE, HAIRCUT_BPS, ADVANCE_BPS = 5_600, 1_000, 7_000
CASH_CARRIES_BPS = 10_000
LENT, CASH, LENT_ON = 40_000_000, 20_160_000, 14_000_000
"""Minor units: lent to the first dealer, paid in cash by the second, lent to the second."""
LOAN_DAYS = 90


class Procurement:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        self._currency = play.story.payables[0].proposal["currency"]
        stage, keys = play.story.stage, play.story.stage.keys
        self._maker = people.enterprise(MAKER, "Jinzhou Water Pumps", keys)
        self._wholesaler = people.enterprise(WHOLESALER, "Tianjin Pump Wholesale", keys)
        self._retailer = people.enterprise(RETAILER, "Cangzhou Pump Retail", keys)
        self._approver = people.surveyor(APPROVER, "Platform Merchant Review", "approver of stages", keys)
        lender = stage.firms[LENDER]
        self._deals = (
            Deal(play, lender, self._wholesaler, 6_001, self._currency),
            Deal(play, lender, self._retailer, 6_002, self._currency),
        )
        inspector = people.surveyor(INSPECTOR, "Zhongyuan Inspection Co.", "inspector and appraiser", keys)
        warehouse = people.keeper(KEEPER, "Jinmen Bonded Warehouse", "keeper of the goods", keys)
        agent = people.keeper(AGENT, "Haitong Collateral Control", "control agent of the lender", keys)
        appraisers = (people.surveyor(APPRAISER, "Jianhua Appraisal Co.", "appraiser", keys), inspector)
        self._yard, self._next_yard = (
            Yard(play, warehouse, agent, inspector, appraisers, deal) for deal in self._deals
        )
        self._receipt = self._rest = self._passed = self._loan = self._next_loan = 0

    def chapters(self) -> Sequence[Chapter]:
        return (
            ("Confirmation: the core's maker and checker promise, tier 1 accepts", self._story.confirm),
            ("Two facilities: what each dealer borrows goes straight to whom it buys from", self._agree),
            ("The first dealer buys: the goods secure its loan, and their maker is paid", self._buy),
            (
                "Its own dealer pays for a part in cash: that part goes free, and on to it",
                self._pass_for_cash,
            ),
            (
                "The second dealer buys more on what it has: the first is paid, and repays",
                self._pass_for_loan,
            ),
            ("Both repay, and what is left is theirs", self._settle),
            ("The receivable is paid", self._play.finance.mature),
        )

    def _agree(self) -> None:
        firms = (self._maker, self._wholesaler, self._retailer)
        self._story.admit(*self._yard.firms, self._approver, *firms)
        accounts = {
            firm.number: self._story.money.open(CLEARING_BIC, firm, self._currency, "bound", ENDOWMENT)
            for firm in firms
        }
        sellers = (self._maker, self._wholesaler)
        limits = (LENT, LENT_ON)
        for deal, yard, seller, first in zip(
            self._deals, (self._yard, self._next_yard), sellers, limits, strict=True
        ):
            deal.open(self._story.stage.day + LOAN_DAYS, advance_bps=ADVANCE_BPS)
            yard.agree()
            special = accounts[seller.number]
            deal.agree_stages(self._approver, special, first, CASH_CARRIES_BPS, CASH_CARRIES_BPS)
            self._play.say(
                f"{deal.borrower.name} may use {self._told(first)}, paid out to {seller.name} alone, whose goods it "
                "buys"
            )

    def _buy(self) -> None:
        self._receipt = self._yard.store(LOT, "water pumps", STOCK, self._wholesaler)
        rate = self._yard.appraise(self._receipt, PRICE, HAIRCUT_BPS)
        self._yard.pledge(self._receipt, self._receipt, STOCK, rate)
        self._loan = self._deals[0].draw(LENT, self._story.stage.day + LOAN_DAYS)
        self._story.money.pump()
        self._deals[0].tell(
            f"{self._told(LENT)} came to {self._maker.name}, for {STOCK} KGM of {self._wholesaler.name}'s"
        )

    # ── on to the next dealer ───────────────────────────────────────────────────────────────────────────────

    def _pass_for_cash(self) -> None:
        self._later(10)
        part, self._rest = self._deals[0].new_part(), self._deals[0].new_part()
        self._yard.carve(self._receipt, part, FIRST_PART, self._rest)
        shown = self._yard.release(self._receipt, [part], FIRST_PART, [self._loan])
        if shown["state"] == "final":
            raise Unlawful("goods went free before anybody had paid for them")
        self._play.say(
            f"{FIRST_PART} KGM before they are paid for are refused: {shown['sentence']} ({shown['rule']})"
        )
        self._deals[0].repay(self._loan, self._retailer, CASH)
        self._free(part, FIRST_PART)
        self._passed = part
        self._deals[0].tell(f"{self._retailer.name} paid {self._told(CASH)} and holds {FIRST_PART} KGM, free")

    def _pass_for_loan(self) -> None:
        self._later(10)
        rate = self._next_yard.appraise(self._receipt, PRICE, HAIRCUT_BPS)
        self._next_yard.pledge(self._passed, self._receipt, FIRST_PART, rate)
        self._next_loan = self._deals[1].draw(LENT_ON, self._story.stage.day + LOAN_DAYS - 30)
        self._story.money.pump()
        self._deals[1].tell(
            f"{self._told(LENT_ON)} came to {self._wholesaler.name}, which {self._retailer.name} buys from"
        )
        self._deals[0].repay(self._loan, self._wholesaler, LENT_ON)
        part, left = self._deals[0].new_part(), self._deals[0].new_part()
        self._yard.carve(self._rest, part, SECOND_PART, left)
        self._rest = left
        self._free(part, SECOND_PART)
        self._yard.hand_over(part, LOT, self._retailer, SECOND_PART)
        self._deals[0].tell(
            f"{self._wholesaler.name} repaid with it, and {SECOND_PART} KGM more went to {self._retailer.name}",
        )

    def _free(self, part: int, kilograms: int) -> None:
        """What was paid for goes free, and with holder's, acquirer's and keeper's signatures to the second dealer."""
        shown = self._yard.release(self._receipt, [part], kilograms, [self._loan])
        if shown["state"] != "final":
            raise ActRefused(f"{kilograms} KGM are not released: {shown['sentence']} ({shown['rule']})")
        self._yard.endorse(part, self._wholesaler, self._retailer)

    def _later(self, days: int) -> None:
        """So much later, on a day on which the keeper counts."""
        self._story.stage.go_to(self._story.stage.day + days)
        self._yard.tell("counted", LOT, STOCK)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────

    def _settle(self) -> None:
        self._story.stage.go_to(self._story.stage.day + 20)
        for deal, yard, loan, receipt, kilograms in (
            (self._deals[1], self._next_yard, self._next_loan, self._passed, FIRST_PART),
            (self._deals[0], self._yard, self._loan, self._rest, STOCK - FIRST_PART - SECOND_PART),
        ):
            deal.repay(loan, deal.borrower, self._play.minor(deal.calls(loan)["owed"]))
            yard.unlock(self._receipt, receipt, kilograms)
            yard.hand_over(receipt, LOT, deal.borrower, kilograms)
            shown = self._play.loan(loan)
            self._play.say(
                f"{deal.borrower.name}'s loan is {shown['phase']}, interest paid {shown['interest_paid']} "
                f"{self._currency}; its {kilograms} KGM are free and leave the warehouse"
            )

    def _told(self, minor: int) -> str:
        return self._play.money(minor, self._currency)


PLOT = Plot(
    "procurement",
    "a maker's dealer, and that one's dealer, buy with a lender's money paid to sellers alone; goods go free as paid",
    {"as_of": "2026-02-12", "files": ["po-2026-0117/*"]},
    lambda play: Procurement(play).chapters(),
)
