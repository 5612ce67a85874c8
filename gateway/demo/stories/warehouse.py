"""Metal in a warehouse secures a loan: its price falls, other metal takes its place, and what is left is sold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.demo import people
from gateway.demo.desk import ActRefused
from gateway.demo.stage import CLEARING_BIC, AnswerRefused
from gateway.demo.stories.deal import Deal, bind
from gateway.demo.stories.plot import Chapter, Play, Plot, Unlawful
from gateway.demo.stories.yard import CALL_DAYS, MAINTENANCE_BPS, Yard
from gateway.demo.story import ENDOWMENT, LENDER
from gateway.domain.calendar import iso

KEEPER, AGENT, INSPECTOR, APPRAISER, BUYER = 31, 32, 22, 23, 401
ALUMINIUM_LOT, ALUMINIUM = "JM-AL-0117", 100_000
"""The keeper's number of the lot, and kilograms in store."""
ALUMINIUM_PRICE, COPPER_PRICE, HAIRCUT_BPS, FALL_BPS = 2_000, 6_800, 1_000, 3_000
"""Minor units a kilogram; what the lender does not lend on, and by how much the price falls."""
ADVANCE_BPS, LOAN_DAYS = 7_000, 30
SILENT_DAYS = 2
"""For which the keeper of the goods sends no word."""
LENT = 120_000_000
REPAID = 15_000_000
COPPER_IN, FREED = 18_000, 60_000
"""Kilograms of copper that come in as a substitute, and of aluminium that go free for it."""
SOLD_FOR = 118_000_000


class Warehouse:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        self._payable = play.story.payables[0]
        self._currency = self._payable.proposal["currency"]
        stage, keys = play.story.stage, play.story.stage.keys
        self._owner = self._payable.supplier
        deal = Deal(play, stage.firms[LENDER], self._owner, 3_001, self._currency)
        inspector = people.surveyor(INSPECTOR, "Zhongyuan Inspection Co.", "inspector and appraiser", keys)
        self._yard = Yard(
            play,
            people.keeper(KEEPER, "Jinmen Bonded Warehouse", "keeper of the goods", keys),
            people.keeper(AGENT, "Haitong Collateral Control", "control agent of the lender", keys),
            inspector,
            (people.surveyor(APPRAISER, "Jianhua Appraisal Co.", "appraiser", keys), inspector),
            deal,
        )
        self._buyer = people.enterprise(BUYER, "Ningbo Nonferrous Trading", keys)
        self._deal = deal
        self._aluminium = self._copper = self._loan = self._rest = self._due = 0
        self._rate = 0

    def chapters(self) -> Sequence[Chapter]:
        return (
            ("Confirmation: the core's maker and checker promise, tier 1 accepts", self._story.confirm),
            ("Goods in: weighed, inspected by another, a receipt that three parties sign", self._store),
            (
                "Pledge: the lender's control agent and two appraisers; a loan on what the goods count for",
                self._lend,
            ),
            ("The price falls by 30 %: the lender calls, and nothing more is drawn", self._fall),
            ("Substitution: other goods come in before any go out", self._substitute),
            ("A part is repaid, and a part goes free and leaves the warehouse", self._release),
            (
                "The loan falls due unpaid: notice, two valuations, a sale, and the rest is the owner's",
                self._sell,
            ),
            ("What is left of the goods goes free, and the receivable is paid", self._settle),
        )

    # ── in store ────────────────────────────────────────────────────────────────────────────────────────────

    def _store(self) -> None:
        self._story.admit(*self._yard.firms, self._buyer)
        account = self._story.money.open(CLEARING_BIC, self._buyer, self._currency, "bound", ENDOWMENT)
        bind(self._play, self._buyer, account, ("maker", "checker"))
        self._aluminium = self._yard.store(ALUMINIUM_LOT, "aluminium ingot", ALUMINIUM, self._owner)
        self._tell_receipt(self._aluminium, "aluminium ingot")

    def _tell_receipt(self, number: int, goods: str) -> None:
        shown = self._yard.receipt(number)
        self._play.say(
            f"receipt {shown['receipt']}: {shown['quantity']} {shown['unit']} of {goods} at {self._yard.keeper.name}, "
            f"held by {self._play.name(shown['holder'])}"
        )

    # ── pledge ──────────────────────────────────────────────────────────────────────────────────────────────

    def _lend(self) -> None:
        self._due = self._story.stage.day + SILENT_DAYS + LOAN_DAYS
        self._deal.open(self._due + 90, advance_bps=ADVANCE_BPS)
        self._yard.agree()
        self._rate = self._yard.appraise(self._aluminium, ALUMINIUM_PRICE, HAIRCUT_BPS)
        self._yard.pledge(self._aluminium, self._aluminium, ALUMINIUM, self._rate)
        self._tell_cover("the goods count for")
        self._story.stage.go_to(self._story.stage.day + SILENT_DAYS)
        self._not_taken(lambda: self._deal.draw(LENT, self._due))
        self._yard.tell("counted", ALUMINIUM_LOT, ALUMINIUM)
        self._loan = self._deal.draw(LENT, self._due)
        self._story.money.pump()
        self._play.say(f"the loan of {self._told(LENT)} is paid out, due {iso(self._due)}")

    def _not_taken(self, act: Any) -> None:
        """Something that the gateway must not carry."""
        self._story.desk.settle_index()
        try:
            act()
        except AnswerRefused as refusal:
            self._play.say(f"the gateway does not carry the draw: {refusal.sentence} ({refusal.rule})")
            return
        raise Unlawful("a draw was carried above what the keeper's word bears out")

    def _tell_cover(self, says: str) -> None:
        facility = self._play.row("/facilities", "facility", self._deal.facility)
        self._play.say(f"{says} {facility['collateral_face']} {self._currency}; {facility['used']} are used")

    # ── the price falls ─────────────────────────────────────────────────────────────────────────────────────

    def _fall(self) -> None:
        self._story.stage.go_to(self._story.stage.day + 5)
        # With its keeper's word of the day, what refuses the draw below is the call.
        self._yard.tell("counted", ALUMINIUM_LOT, ALUMINIUM)
        fallen = ALUMINIUM_PRICE * (10_000 - FALL_BPS) // 10_000
        self._rate = self._yard.appraise(self._aluminium, fallen, HAIRCUT_BPS, self._rate)
        self._tell_cover(
            f"{self._yard.appraisers[0].name} values aluminium at {self._told(fallen)} a kilogram:"
        )
        until = self._story.stage.day + CALL_DAYS
        self._yard.call(until)
        self._play.say(
            f"more is owed than {MAINTENANCE_BPS // 100} % of that: the lender calls, through {iso(until)} (CC-433)"
        )
        self._story.desk.settle_index()
        self._play.refused("a further draw", lambda: self._deal.draw(100, self._due))

    def _substitute(self) -> None:
        self._copper = self._yard.store("JM-CU-0042", "copper cathode", COPPER_IN, self._owner)
        self._tell_receipt(self._copper, "copper cathode")
        rate = self._yard.appraise(self._copper, COPPER_PRICE, HAIRCUT_BPS)
        self._yard.pledge(self._copper, self._copper, COPPER_IN, rate)
        self._yard.look(self._aluminium, self._copper)
        self._tell_cover("new goods came in first, and the call is met: both count for")
        shown = self._yard.release(self._aluminium, [self._aluminium], ALUMINIUM, [self._loan])
        if shown["state"] == "final":
            raise Unlawful("more was released than what stays covers")
        self._play.say(f"all the aluminium for it is refused: {shown['sentence']} ({shown['rule']})")

    # ── part by part ────────────────────────────────────────────────────────────────────────────────────────

    def _release(self) -> None:
        self._story.stage.go_to(self._story.stage.day + 5)
        self._deal.repay(self._loan, self._owner, REPAID)
        self._tell_cover(f"{self._told(REPAID)} is repaid; what is pledged counts for")
        part = self._deal.new_part()
        self._rest = self._deal.new_part()
        self._yard.carve(self._aluminium, part, FREED, self._rest)
        shown = self._yard.release(self._aluminium, [part], FREED, [self._loan])
        if shown["state"] != "final":
            raise ActRefused(f"the part is not released: {shown['sentence']} ({shown['rule']})")
        self._tell_cover(f"lender and keeper release {FREED} KGM of aluminium; what stays counts for")
        self._yard.hand_over(part, ALUMINIUM_LOT, self._owner, FREED)
        self._play.say(f"{self._yard.keeper.name} hands them over to {self._owner.name}")

    # ── enforcement ─────────────────────────────────────────────────────────────────────────────────────────

    def _sell(self) -> None:
        stage = self._story.stage
        stage.go_to(self._due + 1)
        self._yard.enforce(self._loan, stage.day + 3)
        self._play.say(
            f"the loan is a day overdue: default notice, the goods may be sold from {iso(stage.day + 3)}"
        )
        self._play.refused("a sale on the same day", lambda: self._offer(self._buyer))
        stage.go_to(stage.day + 3)
        self._play.refused(
            "a sale to the lender itself", lambda: self._offer(stage.firms[LENDER], "credit-maker")
        )
        self._offer(self._buyer)
        self._play.say(
            f"both appraisers sign: {COPPER_IN} KGM of copper go to {self._buyer.name} for {self._told(SOLD_FOR)}"
        )
        self._story.money.pump()
        self._yard.complete(self._copper)
        loan, shown = self._play.loan(self._loan), self._yard.receipt(self._copper)
        self._play.say(
            f"the price came to the collection account; the loan is {loan['phase']}, interest paid "
            f"{loan['interest_paid']}; the receipt is held by {self._play.name(shown['holder'])}"
        )
        left = REPAID + SOLD_FOR - LENT - self._play.minor(loan["interest_paid"])
        self._play.say(
            f"what the lender did not need, {self._told(left)}, is paid to {self._owner.name} (CC-438)"
        )

    def _offer(self, buyer: people.Firm, person: str = "maker") -> None:
        self._yard.sell(self._copper, buyer, SOLD_FOR, self._story.stage.day + 10, person)

    def _settle(self) -> None:
        left = ALUMINIUM - FREED
        self._yard.unlock(self._aluminium, self._rest, left)
        self._yard.hand_over(self._rest, ALUMINIUM_LOT, self._owner, left)
        self._play.say(
            f"nothing is owed: holder and keeper free the last {left} KGM, and the keeper hands them over"
        )
        self._play.finance.mature()

    def _told(self, minor: int) -> str:
        return self._play.money(minor, self._currency)


PLOT = Plot(
    "warehouse",
    "metal secures a loan, its price falls by 30 %, other metal takes its place, and a sale repays what is left",
    {"as_of": "2026-02-12", "files": ["po-2026-0117/*"]},
    lambda play: Warehouse(play).chapters(),
)
