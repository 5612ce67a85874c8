"""A machine on lease: its maker is paid, the lessor owns it until the last rental, and then it is the lessee's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.demo import people
from gateway.demo.desk import Act, ActRefused
from gateway.demo.stage import CLEARING_BIC, expect
from gateway.demo.stories.deal import LEASE, Deal, bind
from gateway.demo.stories.plot import Chapter, Play, Plot
from gateway.demo.stories.yard import Yard
from gateway.demo.story import ENDOWMENT, LENDER, hash_of
from gateway.domain.calendar import add_months, day_of_iso, iso
from gateway.domain.records import Terms
from gateway.ids import format_id

SUPERVISOR, INSPECTOR, APPRAISER, MAKER, LESSEE = 33, 22, 23, 402, 403
MACHINE, KILOGRAMS = "JM-CNC-0007", 12_000
"""The supervision company's number of it, and its weight."""
PRICE, RENTALS, NOTICE_DAYS = 60_000_000, 3, 5


class Lease:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        self._currency = play.story.payables[0].proposal["currency"]
        stage, keys = play.story.stage, play.story.stage.keys
        self._lessor = stage.firms[LENDER]
        self._maker = people.enterprise(MAKER, "Shenyang Machine Tools", keys)
        self._lessee = people.enterprise(LESSEE, "Baoding Precision Parts", keys)
        self._appraiser = people.surveyor(APPRAISER, "Jianhua Appraisal Co.", "appraiser", keys)
        supervisor = people.keeper(SUPERVISOR, "Haitong Supervision", "supervision company", keys)
        inspector = people.surveyor(INSPECTOR, "Zhongyuan Inspection Co.", "inspector", keys)
        self._deal = Deal(play, self._lessor, self._lessee, 3_003, self._currency, form=LEASE)
        self._yard = Yard(play, supervisor, supervisor, inspector, (self._appraiser, inspector), self._deal)
        self._machine = self._loan = 0

    def chapters(self) -> Sequence[Chapter]:
        return (
            ("Confirmation: the core's maker and checker promise, tier 1 accepts", self._story.confirm),
            ("The machine: received, inspected by another, a receipt that its maker holds", self._receive),
            (
                "The lease: maker, lessee, lessor and supervision company sign; registered, then drawn",
                self._lease,
            ),
            ("While it runs: the lessor owns the machine, and can do nothing else with it", self._hold),
            ("Rentals: with the last of them the machine is the lessee's", self._pay),
            ("The receivable is paid", self._play.finance.mature),
        )

    def _receive(self) -> None:
        self._story.admit(*self._yard.firms, self._maker, self._lessee)
        for firm in (self._maker, self._lessee):
            account = self._story.money.open(CLEARING_BIC, firm, self._currency, "bound", ENDOWMENT)
            bind(self._play, firm, account, ("maker", "checker"))
        self._machine = self._yard.store(MACHINE, "machining centre", KILOGRAMS, self._maker)
        self._tell_holder("the machine is in the charge of the supervision company")

    def _tell_holder(self, says: str) -> None:
        shown = self._yard.receipt(self._machine)
        self._play.say(f"{says}: receipt {shown['receipt']} is held by {self._play.name(shown['holder'])}")

    # ── agreed and drawn ────────────────────────────────────────────────────────────────────────────────────

    def _lease(self) -> None:
        desk, day = self._story.desk, self._story.stage.day
        self._deal.open(day + 90)
        message = {
            "title": self._machine, "sequence": 0, "quantity": KILOGRAMS, "facility": self._deal.facility,
            "price": PRICE, "seller": MAKER, "appraiser": APPRAISER, "noticeDays": NOTICE_DAYS,
            "expiresAt": desk.expiry(), "evidence": hash_of(b"lease contract"),
        }  # fmt: skip
        parts = {
            "holder": self._maker["maker"], "lessee": self._lessee["maker"], "lender": self._lessor["credit-maker"],
            "keeper": self._yard.keeper["keeper"],
        }  # fmt: skip
        desk.do(Act("leaseGoods", message, parts))
        self._play.say(f"all four agree a lease at {self._told(PRICE)}: {self._said()}")
        self._play.refused(
            "a draw that nobody registered", lambda: self._draw(registration="0x" + bytes(32).hex())
        )
        self._loan = self._draw()
        self._tell_holder("drawn, and not paid yet")
        self._story.money.pump()
        self._tell_holder(f"{self._told(PRICE)} came to {self._maker.name}")

    def _draw(self, **changes: Any) -> int:
        due = add_months(self._story.stage.day, RENTALS)
        terms = {"terms": int(Terms.EQUAL_INSTALMENTS), "count": RENTALS, **changes}
        return self._deal.draw(PRICE, due, title=self._machine, **terms)

    def _said(self) -> str:
        """What the chain answers of the machine's receipt."""
        self._story.desk.settle_index()
        verdict = expect(self._story.stage.gateway.get(f"/verify/{format_id(self._machine)}"))
        if not verdict["authentic"]:
            raise ActRefused(f"the receipt is not authentic: {verdict['sentence']}")
        return str(verdict["sentence"])

    # ── running ─────────────────────────────────────────────────────────────────────────────────────────────

    def _hold(self) -> None:
        self._play.say(f"the chain is asked: {self._said()}")
        self._play.refused("its maker's withdrawal", self._withdraw)
        self._play.refused("its end, while nothing is overdue,", self._end)

    def _withdraw(self) -> None:
        message = {"title": self._machine, "sequence": 0, "expiresAt": self._story.desk.expiry()}
        parts = {"holder": self._maker["maker"], "keeper": self._yard.keeper["keeper"]}
        self._story.desk.do(Act("withdrawLease", message, parts))

    def _end(self) -> None:
        message = {
            "loan": self._loan, "value": PRICE, "expiresAt": self._story.desk.expiry(),
            "evidence": hash_of(b"valuation"),
        }  # fmt: skip
        parts = {
            "maker": self._lessor["credit-maker"], "checker": self._lessor["credit-checker"],
            "appraiser": self._appraiser["surveyor"],
        }  # fmt: skip
        self._story.desk.do(Act("endLease", message, parts))

    # ── paid ────────────────────────────────────────────────────────────────────────────────────────────────

    def _pay(self) -> None:
        for number in range(1, RENTALS + 1):
            due = self._schedule()["instalments"][number - 1]["due"]
            self._story.stage.go_to(day_of_iso(due))
            asked = self._schedule()
            amount = asked["settles" if number == RENTALS else "due"]["total"]
            self._deal.repay(self._loan, self._lessee, self._play.minor(amount))
            self._tell_holder(f"rental {number} of {RENTALS}, {amount} {self._currency}, is paid on {due}")
        loan = self._play.loan(self._loan)
        self._play.say(f"the lease is {loan['phase']}, interest paid {loan['interest_paid']}: {self._said()}")

    def _schedule(self) -> dict[str, Any]:
        self._story.desk.settle_index()
        path = f"/loans/{format_id(self._loan)}/schedule"
        day = iso(self._story.stage.day)
        found: dict[str, Any] = expect(self._story.stage.gateway.get(path, params={"day": day}))
        return found

    def _told(self, minor: int) -> str:
        return self._play.money(minor, self._currency)


PLOT = Plot(
    "lease",
    "a machine is leased: its maker is paid, the lessor owns it until the last rental, and then it is the lessee's",
    {"as_of": "2026-02-12", "files": ["po-2026-0117/*"]},
    lambda play: Lease(play).chapters(),
)
