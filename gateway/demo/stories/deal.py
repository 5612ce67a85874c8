"""What lender and borrower of a story sign with each other: facility, lock, draw, and what follows when it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.demo.desk import Act, ActRefused
from gateway.demo.people import Firm
from gateway.demo.stage import CLEARING_BIC, LENDER_BIC, expect
from gateway.demo.stories.plot import Play
from gateway.demo.story import CLEARING, ENDOWMENT, LENDER, LIMIT, hash_of
from gateway.ids import format_id
from gateway.money import number_of
from gateway.services.payments import AccountRef, FactKind

PLEDGE, PURCHASE, RECOURSE, LEASE = 0, 1, 2, 3
"""Forms of a facility (decision 8)."""
GUARANTEE, CUSTODIAL = 1, 3
"""Kinds of protection: a guarantee, and a reserve that a custodian bank keeps."""


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

    def agree_stages(
        self, approver: Firm, special: AccountRef, first: int, step_bps: int, release_bps: int
    ) -> None:
        """The facility is used stage by stage, and paid out on the special account alone."""
        desk = self.play.story.desk
        message = {
            "facility": self.facility, "approver": approver.number, "specialBank": special.bank,
            "specialAccount": "0x" + special.commitment.hex(), "first": first, "stepBps": step_bps,
            "releaseBps": release_bps, "version": 1, "expiresAt": desk.expiry(),
            "evidence": hash_of(b"agreement on stages"),
        }  # fmt: skip
        parts = {**self._persons(), "borrower": self.borrower["maker"], "approver": approver["surveyor"]}
        desk.do(Act("agreeStages", message, parts))

    def repay(self, loan: int, payer: Firm, amount: int) -> None:
        """Somebody pays so much on a loan, from its own account to the facility's collection account."""
        money = self.play.story.money
        source = money.account(payer.number, self.currency, "bound", 0)
        collection = money.account(self.lender.number, self.currency, "collection", self.facility)
        money.pay(FactKind.REPAYMENT, loan, source, collection, amount)
        money.pump()

    def new_part(self) -> int:
        """A number of the lender's, for a part of what is pledged to it."""
        return self.lender.number << 32 | self.play.story.desk.number()

    def tell(self, says: str) -> None:
        """One line, with what is used of the facility beside what secures it."""
        facility = self.play.row("/facilities", "facility", self.facility)
        self.play.say(f"{says}: {facility['used']} used on {facility['collateral_face']} {self.currency}")

    def bind_lender(self) -> None:
        """The account on which a lender that buys is paid as a holder."""
        account = self.play.story.money.open(CLEARING_BIC, self.lender, self.currency, "bound", 0)
        bind(self.play, self.lender, account, ("credit-maker", "credit-checker"))

    def lock(self, title: int, quantity: int, *, child: int = 0, sequence: int = 0) -> None:
        """The title, or a part of it under a number of its own, secures the facility; the lender asks the chain."""
        verdict = expect(self.play.story.stage.gateway.get(f"/verify/{format_id(title)}"))
        if not verdict["authentic"]:
            raise ActRefused(f"{self.lender.name} does not take {format_id(title)}: {verdict['sentence']}")
        self.secure(title, quantity, child=child, sequence=sequence)

    def secure(self, title: int, quantity: int, *, child: int = 0, sequence: int = 0) -> None:
        """The same of an order, of which `verify` says nothing."""
        desk = self.play.story.desk
        message = {
            "title": title, "sequence": sequence, "facility": self.facility, "child": child, "quantity": quantity,
            "expiresAt": desk.expiry(), "evidence": hash_of(b"pledge or assignment agreement"),
        }  # fmt: skip
        parts = {"holder": self.borrower["maker"], "lender": self.lender["credit-maker"]}
        desk.do(Act("lock", message, parts))

    def draw(self, amount: int, due_day: int, *, title: int = 0, **terms: Any) -> int:
        """The loan, or the price of the title it buys or leases; answers its number. `terms` where it is no bullet."""
        desk = self.play.story.desk
        loan = self.borrower.number << 32 | desk.number()
        message = {
            "loan": loan, "facility": self.facility, "title": title, "amount": amount, "rate": self.rate_ppm,
            "dueDay": due_day, "basis": 0, "minimumDays": 0, "penaltyBps": self.penalty_bps, "terms": 0,
            "count": 0, "graceDays": 0, "registration": hash_of(b"registry declaration"),
            "expiresAt": desk.expiry(), "evidence": hash_of(b"draw request"), **terms,
        }  # fmt: skip
        desk.do(Act("draw", message, {"borrower": self.borrower["maker"], **self._persons()}))
        return loan

    def write_off(self, loan: int) -> None:
        """Two persons take the claim off the lender's books; it is not forgiven."""
        desk = self.play.story.desk
        message = {"loan": loan, "expiresAt": desk.expiry(), "evidence": hash_of(b"credit committee")}
        desk.do(Act("writeOff", message, self._persons()))

    def add_costs(self, loan: int, amount: int) -> None:
        """What enforcing an overdue loan cost, the first that was added to it."""
        desk = self.play.story.desk
        message = {
            "loan": loan, "amount": amount, "costsBefore": 0, "expiresAt": desk.expiry(),
            "evidence": hash_of(b"court fees and lawyers"),
        }  # fmt: skip
        desk.do(Act("addCosts", message, self._persons()))

    # ── who stands behind it ────────────────────────────────────────────────────────────────────────────────

    def protect(self, protector: Firm, number: int, kind: int, cap: int, **reserve: int) -> None:
        """Two persons of a protector and two of the lender agree what it stands for; a reserve's custodian agrees too.

        `reserve`: custodian, floor, target (minor units) and topUpDays.
        """
        desk = self.play.story.desk
        message = {
            "protection": number, "facility": self.facility, "kind": kind, "order": 0, "bps": 0, "cap": cap,
            "untilDay": 0, "rate": self.rate_ppm, "custodian": 0, "floor": 0, "target": 0, "topUpDays": 0,
            "expiresAt": desk.expiry(), "evidence": hash_of(b"letter of guarantee or agreement on a reserve"),
            **reserve,
        }  # fmt: skip
        parts = {**self._persons(), "first": protector["maker"], "second": protector["checker"]}
        desk.do(Act("protect", message, {**parts, **self._custodian(kind)}))

    def call(self, loan: int, place: int, amount: int = 0) -> Mapping[str, Any]:
        """Call who stands at this place in the order of loss, for `amount` or all that may be called; answers what
        became of the call, and `called`, the amount in minor units.
        """
        found = self.calls(loan)
        row = found["calls"][place]
        kind = CUSTODIAL if row["kind"] == "reserve" else 0
        asked = amount or self.play.minor(row["callable"])
        message = {
            "protection": row["id"], "loan": loan, "amount": asked,
            "calledBefore": self.play.minor(row["called_before"]), "expiresAt": self.play.story.desk.expiry(),
            "evidence": hash_of(b"letter to the protector"),
        }  # fmt: skip
        parts = {
            **self._persons(),
            **self._custodian(kind),
            "others": found["others"],
            "titles": found["titles"],
        }
        (operation,) = self.play.story.desk.try_all([Act("callProtection", message, parts)])
        return {**operation, "called": asked}

    def calls(self, loan: int) -> dict[str, Any]:
        """Whom the lender may call for a loan, as the gateway says."""
        self.play.story.desk.settle_index()
        found: dict[str, Any] = expect(self.play.story.stage.gateway.get(f"/loans/{format_id(loan)}/calls"))
        return found

    def _custodian(self, kind: int) -> dict[str, Any]:
        return {"custodian": self.play.story.stage.firms[CLEARING]["payments"]} if kind == CUSTODIAL else {}


def bind(play: Play, firm: Firm, account: AccountRef, administrators: Sequence[str]) -> None:
    """A firm's administrators and its bank name the account the firm is paid on."""
    desk, bank = play.story.desk, play.story.stage.firms[account.bank]["payments"]
    message = {
        "party": firm.number, "currency": number_of(account.currency), "bank": account.bank,
        "account": "0x" + account.commitment.hex(), "nonce": desk.number(), "expiresAt": desk.expiry(),
    }  # fmt: skip
    desk.do(Act("bindAccount", message, {"party": [firm[name] for name in administrators], "bank": bank}))
