"""A core enterprise misses a maturity: it is stopped, what it promised goes on, it pays, it is cured (CN77-15)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.demo.desk import Act, ActRefused, Office
from gateway.demo.payable import Payable
from gateway.demo.people import PLATFORM_NUMBER
from gateway.demo.stories.plot import Chapter, Play, Plot
from gateway.demo.story import THIRD, hash_of
from gateway.domain.calendar import day_of_iso, iso
from gateway.domain.interest import late_interest_most

PAID_ON = "2026-06-22"
STOP_DAYS = 180
LATE_PPM = 500
"""Parts per million a day that every receivable of a story bears when it is late: 0.05 % (SME-17)."""


class CoreStopped:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        by_due = sorted(play.story.payables, key=lambda each: each.due)
        self._first, self._second, self._third = by_due[0], by_due[1], by_due[-1]
        self._attested: list[Payable] = []

    def chapters(self) -> Sequence[Chapter]:
        return (
            ("The core confirms two of its invoices; the third waits", self._confirm),
            ("Its suppliers pay each other with parts", self._circulate),
            ("The first due day passes, and no money comes", self._miss),
            ("Two offices stop the core: it promises nothing new, what it promised goes on", self._stop),
            ("Ten days late the money comes", self._pay_late),
            ("The stop is cured; the third invoice is confirmed, and all is paid", self._cure),
        )

    def _confirm(self) -> None:
        self._story.confirm([self._first, self._second])
        self._attested = self._story.attest([self._third])

    def _circulate(self) -> None:
        self._story.circulate()

    def _miss(self) -> None:
        stage = self._story.stage
        for day in (self._first.due, self._first.due + 1):
            stage.go_to(day)
            self._story.money.pump()
        self._story.desk.settle_index()
        titles = [each for each in self._story.titles().values() if each["status"] == "overdue"]
        for title in titles:
            holder = self._play.name(title["holder"])
            told = f"certificate {title['title']} of {title['amount']} {title['currency']} is overdue: {holder} waits"
            self._play.say(told)

    def _offices(self) -> list[Office]:
        """Two offices of different groups, neither of which gains or loses by it (decision 5)."""
        firms = self._story.stage.firms
        return [Office(firms[PLATFORM_NUMBER]), Office(firms[THIRD])]

    def _stop(self) -> None:
        core = self._first.debtor
        message = {
            "party": core.number, "reason": hash_of(b"missed the maturity of its first receivable"),
            "endDay": self._story.stage.day + STOP_DAYS, "nonce": self._story.desk.number(),
            "expiresAt": self._story.desk.expiry(),
        }  # fmt: skip
        self._story.desk.do(Act("stop", message, {"offices": self._offices()}))
        self._play.say(f"{core.name} is stopped by the platform and a bank (CN77-15)")
        if self._story.promise(self._attested):
            raise ActRefused("a stopped core promised something new")
        refused = self._story.refusals[-1]
        self._play.say(f"its third promise is refused: {refused['rule']}: {refused['message']}")
        part = self._second.amount // 10
        child = self._second.supplier.number << 32 | self._story.desk.number()
        sequence = self._story.titles()[self._second.root]["sequence"]
        act = self._story.split(
            self._second.root, self._second.supplier, child, part, self._story.tiers[0], sequence
        )
        self._story.desk.do(act)
        told = self._play.money(part, self._second.proposal["currency"])
        self._play.say(
            f"what it promised before moves on: tier 1 pays tier 2 with {told} of the second receivable"
        )

    def _pay_late(self) -> None:
        self._story.stage.go_to(day_of_iso(PAID_ON))
        lines = self._play.finance.settle()
        days = self._story.stage.day - self._first.due
        late = late_interest_most(self._first.amount, LATE_PPM, days)
        currency = self._first.proposal["currency"]
        self._play.say(f"the debtor's money is booked {days} days late; {lines} lines distributed")
        self._play.say(
            f"late interest its creditors may ask: {self._play.money(late, currency)} (0.05 % a day, SME-17)"
        )

    def _cure(self) -> None:
        core = self._first.debtor
        message = {
            "party": core.number, "reason": hash_of(b"paid in full"), "nonce": self._story.desk.number(),
            "expiresAt": self._story.desk.expiry(),
        }  # fmt: skip
        self._story.desk.do(Act("cure", message, {"offices": self._offices()}))
        self._play.say(f"{core.name} has paid what it missed: the stop is cured")
        done = self._story.accept(self._story.promise(self._attested))
        self._story.payables += done
        self._play.say(f"it confirms {len(done)} more receivable, due {iso(self._third.due)}")
        self._play.finance.mature()


PLOT = Plot(
    "core-stopped",
    "a core enterprise misses a maturity, is stopped, pays late, and is cured",
    {
        "as_of": "2026-03-17",
        "files": ["po-2026-0117/*", "po-2026-0131/*", "po-2026-0123/*"],
        "finance": False,
        "banks": [{"bank": "clearing", "action": "delay", "payment": "due", "next": 1, "until": PAID_ON}],
    },
    lambda play: CoreStopped(play).chapters(),
    payables=3,
)
