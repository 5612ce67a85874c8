"""A dealer's cars secure a loan, each by its number and its certificate: one is sold, one is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.demo import people
from gateway.demo.stage import AnswerRefused
from gateway.demo.stories.car_yard import CarYard, StoredCar
from gateway.demo.stories.deal import Deal
from gateway.demo.stories.plot import Chapter, Play, Plot, Unlawful
from gateway.demo.stories.yard import CALL_DAYS
from gateway.demo.story import LENDER
from gateway.domain.calendar import iso

KEEPER, AGENT, OTHER_KEEPER, INSPECTOR, APPRAISER = 31, 32, 33, 22, 23
VINS = ("LSVAA49J132047371", "LSVAA49J832047402", "LSVAA49J532047518", "LSVAA49J932047635")
PRICE, HAIRCUT_BPS, ADVANCE_BPS = 12_800_000, 1_000, 7_000
"""Minor units a car; what the lender does not lend on, and what it lends of the rest."""
LENT, REPAID, CURED = 32_000_000, 8_100_000, 8_000_000
SOLD, MISSING = 1, 3
"""Places in the list: the car that is sold, and the one that nobody sees."""


class Dealer:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        payable = play.story.payables[0]
        self._currency = payable.proposal["currency"]
        self._dealer, self._due = payable.supplier, payable.due + 10
        stage, keys = play.story.stage, play.story.stage.keys
        self._deal = Deal(play, stage.firms[LENDER], self._dealer, 5_001, self._currency)
        inspector = people.surveyor(INSPECTOR, "Zhongyuan Inspection Co.", "inspector and appraiser", keys)
        self._other = people.keeper(OTHER_KEEPER, "Beigang Car Park", "another keeper", keys)
        self._yard = CarYard(
            play,
            people.keeper(KEEPER, "Jinmen Car Yard", "keeper of the cars", keys),
            people.keeper(AGENT, "Haitong Collateral Control", "control agent of the lender", keys),
            inspector,
            (people.surveyor(APPRAISER, "Jianhua Appraisal Co.", "appraiser", keys), inspector),
            self._deal,
        )
        self._cars: list[StoredCar] = []
        self._rate = self._loan = 0

    def chapters(self) -> Sequence[Chapter]:
        return (
            ("Confirmation: the core's maker and checker promise, tier 1 accepts", self._story.confirm),
            ("Cars in: a list by their numbers, one receipt to a car", self._store),
            ("Pledge: the certificates lie with the control agent first; a loan on the cars", self._lend),
            ("One is sold: repaid, released, and its certificate handed back", self._sell),
            ("A round through the yard: one is missing, counted as none, and the lender calls", self._look),
            (
                "The call is met, the rest is repaid, and the cars go free with their certificates",
                self._settle,
            ),
        )

    # ── in store ────────────────────────────────────────────────────────────────────────────────────────────

    def _store(self) -> None:
        self._story.admit(*self._yard.firms, self._other)
        self._cars = self._yard.take_in(VINS, self._dealer, self._yard.keeper)
        self._play.say(f"{len(self._cars)} cars of {self._dealer.name} stand at {self._yard.keeper.name}")
        self._story.desk.settle_index()
        twice = f"{VINS[0][:8].lower()} {VINS[0][8:]}"
        self._not_taken(
            f"the first of them once more, at {self._other.name}",
            lambda: self._yard.take_in([twice], self._dealer, self._other),
        )

    def _not_taken(self, what: str, act: Callable[[], object]) -> None:
        try:
            act()
        except AnswerRefused as refusal:
            self._play.say(f"{what}: refused, {refusal.sentence} ({refusal.rule})")
            return
        raise Unlawful(f"{what} was taken")

    # ── pledge ──────────────────────────────────────────────────────────────────────────────────────────────

    def _lend(self) -> None:
        self._deal.open(self._due + 90, advance_bps=ADVANCE_BPS)
        self._yard.agree()
        for car in self._cars:
            self._rate = self._yard.appraise(car.receipt, PRICE, HAIRCUT_BPS)
        first = self._cars[0]
        self._story.desk.settle_index()
        self._not_taken("a pledge without its certificate", lambda: self._pledge(first))
        for car in self._cars:
            self._yard.take_certificate(car, self._dealer)
            self._pledge(car)
        self._tell_cars()
        self._loan = self._deal.draw(LENT, self._due)
        self._story.money.pump()
        self._play.say(f"{self._told(LENT)} are paid out to {self._dealer.name}")

    def _pledge(self, car: StoredCar) -> None:
        self._yard.pledge(car.receipt, car.receipt, 1, self._rate)

    def _tell_cars(self) -> None:
        found = self._yard.behind()
        held = [each for each in found["lots"] if each["vehicle"]["held"] and each["quantity"] == "1"]
        cover = found["coverage"]
        self._play.say(
            f"{len(held)} cars behind the loan, their certificates with {self._yard.agent.name}: they count for "
            f"{cover['face']} {self._currency} against {cover['owed']}, {cover['state']}"
        )

    # ── sold, and missing ───────────────────────────────────────────────────────────────────────────────────

    def _sell(self) -> None:
        self._story.stage.go_to(self._story.stage.day + 5)
        car = self._cars[SOLD]
        self._deal.repay(self._loan, self._dealer, REPAID)
        told = f"{REPAID // 100}.{REPAID % 100:02d}"
        plan = self._yard.release_for(told, car)
        (freed,), (paper,) = plan["freed"], plan["hand_back"]
        self._play.say(
            f"{self._told(REPAID)} are repaid for the car {freed['vin']}: {plan['value']} of {plan['releasable']} "
            f"{self._currency} go free, and its certificate goes back to {self._play.name(paper['to'])}"
        )
        self._tell_cars()

    def _look(self) -> None:
        self._story.stage.go_to(self._story.stage.day + 5)
        left = [car for place, car in enumerate(self._cars) if place != SOLD]
        seen = [car.vin for car in left if car.vin != VINS[MISSING]]
        self._yard.count([car.vin for car in left])
        found = self._yard.look_for([*seen, VINS[SOLD]])
        (missing,) = found["missing"]
        self._play.say(
            f"{self._yard.agent.name} sees {len(found['seen'])} cars of the loan, not {missing['vin']}, and "
            f"{found['unknown'][0]['vin']}, which secures it no more; {self._yard.keeper.name} counts none on the lot"
        )
        self._yard.look(*(car.receipt for car in left))
        self._tell_cars()
        until = self._story.stage.day + CALL_DAYS
        self._yard.call(until)
        self._play.say(f"the lender calls for more, through {iso(until)} (CC-433)")

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────

    def _settle(self) -> None:
        left = [car for place, car in enumerate(self._cars) if place != SOLD]
        self._deal.repay(self._loan, self._dealer, CURED)
        self._yard.look(*(car.receipt for car in left))
        self._tell_cars()
        self._play.finance.mature()
        owed = self._play.minor(self._deal.calls(self._loan)["owed"])
        self._deal.repay(self._loan, self._dealer, owed)
        loan = self._play.loan(self._loan)
        self._play.say(f"the loan is {loan['phase']}, interest paid {loan['interest_paid']} {self._currency}")
        for car in left:
            self._yard.unlock(car.receipt, car.receipt, 1)
            self._yard.return_certificate(car.certificate, self._dealer.number)
        # One day on, so that the statement of the last repayment is closed and can be read.
        self._story.stage.go_to(self._story.stage.day + 1)
        self._story.money.pump()
        self._play.say(f"nothing is owed: {len(left)} receipts are free, and their certificates handed back")

    def _told(self, minor: int) -> str:
        return self._play.money(minor, self._currency)


PLOT = Plot(
    "dealer",
    "a dealer's cars secure a loan, each by its number and certificate: one is sold and released, one is missing",
    {"as_of": "2026-02-12", "files": ["po-2026-0117/*"]},
    lambda play: Dealer(play).chapters(),
)
