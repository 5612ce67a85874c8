"""What lender and borrower of a story sign with each other: facility, lock, draw, and what follows when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.demo.desk import Act, ActRefused
from gateway.demo.people import Firm
from gateway.demo.stage import CLEARING_BIC, LENDER_BIC, expect
from gateway.demo.stories.plot import Play
from gateway.demo.story import CLEARING, ENDOWMENT, LENDER, LIMIT, hash_of
from gateway.ids import format_id
from gateway.money import number_of

PLEDGE, PURCHASE, RECOURSE = 0, 1, 2
"""Forms of a facility (decision 8)."""


@dataclass(slots=True)
class Deal:
    """One lender, one borrower, one facility of its own; numbers are given by whoever tells the story."""

    play: Play
    lender: Firm
    borrower: Firm
    facility: int
    currency: str
    form: int = PLEDGE
    rate_ppm: int = 72_000
    penalty_bps: int = 5_000

    def _persons(self) -> dict[str, Any]:
        return {"maker": self.lender["credit-maker"], "checker": self.lender["credit-checker"]}

    @property
    def bank(self) -> int:
        """The bank that services the collection account: the lender itself where it is one, else the clearing bank."""
        return LENDER if self.lender.number == LENDER else CLEARING

    def open(self, end_day: int, *, advance_bps: int = 10_000) -> None:
        """The facility, with a collection account of its own and money to lend from."""
        money = self.play.story.money
        bic = LENDER_BIC if self.bank == LENDER else CLEARING_BIC
        if self.lender.number != LENDER:
            money.open(bic, self.lender, self.currency, "funding", ENDOWMENT)
        account = money.open(bic, self.lender, self.currency, "collection", 0, self.facility)
        desk = self.play.story.desk
        message = {
            "facility": self.facility, "lender": self.lender.number, "borrower": self.borrower.number,
            "currency": number_of(self.currency), "advanceBps": advance_bps, "limit": LIMIT, "endDay": end_day,
            "closesWithDebt": True, "form": self.form, "entrustor": 0, "agentFeeBps": 0,
            "collectionBank": self.bank, "collectionAccount": "0x" + account.commitment.hex(),
            "expiresAt": desk.expiry(), "evidence": hash_of(b"facility agreement"),
        }  # fmt: skip
        desk.do(Act("open", message, {**self._persons(), "borrower": self.borrower["maker"]}))

    def bind_lender(self) -> None:
        """The account on which a lender that buys is paid as a holder."""
        story = self.play.story
        account = story.money.open(CLEARING_BIC, self.lender, self.currency, "bound", 0)
        message = {
            "party": self.lender.number, "currency": number_of(self.currency), "bank": CLEARING,
            "account": "0x" + account.commitment.hex(), "nonce": story.desk.number(),
            "expiresAt": story.desk.expiry(),
        }  # fmt: skip
        people = [self.lender["credit-maker"], self.lender["credit-checker"]]
        bank = story.stage.firms[CLEARING]["payments"]
        story.desk.do(Act("bindAccount", message, {"party": people, "bank": bank}))

    def lock(self, title: int, quantity: int, *, child: int = 0, sequence: int = 0) -> None:
        """The title, or a part of it under a number of its own, secures the facility; the lender asks the chain."""
        desk = self.play.story.desk
        verdict = expect(self.play.story.stage.gateway.get(f"/verify/{format_id(title)}"))
        if not verdict["authentic"]:
            raise ActRefused(f"{self.lender.name} does not take {format_id(title)}: {verdict['sentence']}")
        message = {
            "title": title, "sequence": sequence, "facility": self.facility, "child": child, "quantity": quantity,
            "expiresAt": desk.expiry(), "evidence": hash_of(b"pledge or assignment agreement"),
        }  # fmt: skip
        parts = {"holder": self.borrower["maker"], "lender": self.lender["credit-maker"]}
        desk.do(Act("lock", message, parts))

    def draw(self, amount: int, due_day: int, *, title: int = 0) -> int:
        """The loan, or the price of the title it buys; answers its number."""
        desk = self.play.story.desk
        loan = self.borrower.number << 32 | desk.number()
        message = {
            "loan": loan, "facility": self.facility, "title": title, "amount": amount, "rate": self.rate_ppm,
            "dueDay": due_day, "basis": 0, "minimumDays": 0, "penaltyBps": self.penalty_bps, "terms": 0,
            "count": 0, "graceDays": 0, "registration": hash_of(b"registry declaration"),
            "expiresAt": desk.expiry(), "evidence": hash_of(b"draw request"),
        }  # fmt: skip
        desk.do(Act("draw", message, {"borrower": self.borrower["maker"], **self._persons()}))
        return loan

    def write_off(self, loan: int) -> None:
        """Two persons take the claim off the lender's books; it is not forgiven."""
        desk = self.play.story.desk
        message = {"loan": loan, "expiresAt": desk.expiry(), "evidence": hash_of(b"credit committee")}
        desk.do(Act("writeOff", message, self._persons()))
