"""A debtor fails; a guarantor and a reserve pay in its place and get back what it pays after all (CC-692, CC-700)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway.demo import people
from gateway.demo.desk import Act, ActRefused
from gateway.demo.stage import CLEARING_BIC, expect
from gateway.demo.stories.deal import CUSTODIAL, GUARANTEE, Deal, bind
from gateway.demo.stories.plot import Chapter, Play, Plot
from gateway.demo.story import CLEARING, LENDER, hash_of
from gateway.ids import format_id
from gateway.services.payments import FactKind

GUARANTOR, FUND = 16, 17
DRAWN_BPS, WHOLE_BPS = 8_000, 10_000
CAP, OWNED = 30_000_000, 50_000_000
"""What the guarantor stands for, and what it has, in minor units."""
RESERVE, FLOOR, TOP_UP_DAYS = 15_000_000, 5_000_000, 10
COSTS = 1_200_000
ENFORCED_DAYS, RECOVERED_DAYS = 31, 121
"""Days after the due day on which the lender calls, and on which the debtor pays after all."""
RECOVERED = 45_000_000
LETTER = "GUARANTEE-2026-7"
DESK = ("Chen Yu", "Wu Min")
"""What the guarantor's clerk writes on the payment, and who at the lender's bank finds out what it is."""
FIRST, SECOND = 0, 1
"""Places in the order of loss."""


class GuarantorPays:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        self._payable = play.story.payables[0]
        stage, self._currency = play.story.stage, self._payable.proposal["currency"]
        self._guarantor = people.protector(
            GUARANTOR, "Yuanda Guarantee Co.", people.GUARANTOR, "guarantor", stage.keys
        )
        self._fund = people.protector(
            FUND, "Harbour Risk Reserve Fund", people.ENTERPRISE, "owner of the risk reserve", stage.keys
        )
        self._deal = Deal(play, stage.firms[LENDER], self._payable.supplier, 2_001, self._currency)
        self._loan = 0

    def chapters(self) -> Sequence[Chapter]:
        return (
            ("Confirmation: the core's maker and checker promise, tier 1 accepts", self._story.confirm),
            (
                "A guarantor and a risk reserve stand behind the facility; tier 1 pledges and draws",
                self._lend,
            ),
            ("The due day passes and no money comes: who would bear the loss", self._overdue),
            (
                "The lender adds its costs and calls the guarantor first, whose bank pays",
                self._guarantor_pays,
            ),
            ("The reserve pays what it has; the lender writes off what nobody covers", self._reserve_pays),
            (
                "The debtor pays a part after all: the lender first, then who paid in its place",
                self._recover,
            ),
        )

    # ── standing behind the facility ────────────────────────────────────────────────────────────────────────

    def _lend(self) -> None:
        each, deal = self._payable, self._deal
        self._story.admit(self._guarantor, self._fund)
        money = self._story.money
        bound = money.open(CLEARING_BIC, self._guarantor, self._currency, "bound", OWNED)
        reserve = money.open(CLEARING_BIC, self._fund, self._currency, "reserve", RESERVE, 1)
        for firm, account in ((self._guarantor, bound), (self._fund, reserve)):
            bind(self._play, firm, account, ("maker", "checker"))
        deal.open(each.due + RECOVERED_DAYS)
        deal.protect(self._guarantor, GUARANTOR << 32 | 1, GUARANTEE, CAP)
        self._play.say(f"{self._guarantor.name} guarantees up to {self._told(CAP)}, six months long (CC-692)")
        deal.protect(
            self._fund, FUND << 32 | 1, CUSTODIAL, RESERVE,
            custodian=CLEARING, floor=FLOOR, target=RESERVE, topUpDays=TOP_UP_DAYS,
        )  # fmt: skip
        self._attest()
        deal.lock(each.root, each.amount)
        self._loan = deal.draw(each.amount * DRAWN_BPS // WHOLE_BPS, each.due)
        each.facility, each.loan = deal.facility, self._loan
        money.pump()
        self._play.say(f"the loan of {self._play.loan(self._loan)['drawn']} {self._currency} is paid out")

    def _attest(self) -> None:
        """The custodian bank says what is in the reserve, by its own books."""
        custodian, desk = self._story.stage.firms[CLEARING], self._story.desk
        message = {
            "protection": FUND << 32 | 1, "balance": RESERVE, "day": self._story.stage.day,
            "nonce": desk.number(), "expiresAt": desk.expiry(), "evidence": hash_of(b"balance of the reserve"),
        }  # fmt: skip
        desk.do(Act("attestReserve", message, {"custodian": custodian["payments"]}))
        self._play.say(f"{custodian.name} keeps the reserve and attests {self._told(RESERVE)} in it (S19)")

    # ── the loss ────────────────────────────────────────────────────────────────────────────────────────────

    def _overdue(self) -> None:
        each = self._payable
        self._story.stage.go_to(each.due)
        self._play.finance.settle()
        self._story.money.concede("ROOT-", "the debtor does not pay on its due day")
        first = self._deal.calls(self._loan)["calls"][FIRST]
        self._play.say(f"on the due day nobody is called yet: {first['why']} ({first['rule']})")
        self._story.stage.go_to(each.due + ENFORCED_DAYS)
        loan = self._play.loan(self._loan)
        self._play.say(f"{ENFORCED_DAYS} days later the loan is {loan['class']}; who would bear it:")
        found = expect(self._story.stage.gateway.get(f"/loans/{format_id(self._loan)}/loss"))
        for part in found["parts"]:
            told = f"{part['bearer']}: {part['amount']} {found['currency']}"
            self._play.say(f"  {told} ({part['rule']}: {part['why']})")

    def _guarantor_pays(self) -> None:
        self._deal.add_costs(self._loan, COSTS)
        self._play.say(f"costs of enforcement of {self._told(COSTS)} are added, to be repaid first (CC-561)")
        early = self._deal.call(self._loan, SECOND, RESERVE)
        if early["state"] == "final":
            raise ActRefused("a reserve was called before the guarantor")
        self._play.say(
            f"the reserve is not called before the guarantor: {early['sentence']} ({early['rule']})"
        )
        # Its clerk orders the payment without the reference that it was given.
        self._story.money.concede(f"PROT-{GUARANTOR << 32 | 1:x}-", "the guarantor orders it itself")
        self._pays(FIRST, self._guarantor.name, self._with_a_wrong_reference)

    def _with_a_wrong_reference(self, amount: int) -> None:
        """The money came, and names nothing: it waits until two persons say what it is."""
        money = self._story.money
        payer = money.account(GUARANTOR, self._currency, "bound", 0)
        payee = money.account(LENDER, self._currency, "collection", self._deal.facility)
        money.transfer(LETTER, payer, payee, amount)
        money.pump()
        rule, payment = money.link(LETTER, DESK, "seen with the guarantor's letter")
        self._play.say(
            f"the guarantor's clerk wrote {LETTER!r} on it: {rule}, it counts for nothing until "
            f"{' and '.join(DESK)} of the bank link it to {payment}"
        )

    def _reserve_pays(self) -> None:
        self._pays(SECOND, self._fund.name)
        found = expect(self._story.stage.gateway.get(f"/facilities/{self._deal.facility}/protections"))
        self._play.say(f"nothing new is drawn under the facility: {found['draws_blocked']}")
        owed = self._deal.calls(self._loan)["owed"]
        self._deal.write_off(self._loan)
        self._play.say(
            f"{owed} {self._currency} is owed and nobody stands for it: two persons of the lender write it off"
        )

    def _pays(self, place: int, name: str, how: Callable[[int], None] | None = None) -> None:
        """One is called, its bank pays, and the lender's bank attests the money on the collection account."""
        operation = self._deal.call(self._loan, place)
        if operation["state"] != "final":
            raise ActRefused(f"{name} is not called: {operation['sentence']} ({operation['rule']})")
        if how is not None:
            how(operation["called"])
        self._story.money.pump()
        found = self._deal.calls(self._loan)
        paid = found["calls"][place]["paid"]
        self._play.say(
            f"{name} is called for {self._told(operation['called'])} and pays {paid}: "
            f"{found['owed']} {self._currency} is left"
        )

    # ── what comes in at last ───────────────────────────────────────────────────────────────────────────────

    def _recover(self) -> None:
        each, money = self._payable, self._story.money
        self._story.stage.go_to(each.due + RECOVERED_DAYS)
        payer = money.account(each.debtor.number, self._currency, "bound", 0)
        payee = money.account(CLEARING, self._currency, "clearing", 0)
        money.pay(FactKind.RECEIVED, each.root, payer, payee, RECOVERED)
        self._play.finance.settle()
        loan, found = self._play.loan(self._loan), self._deal.calls(self._loan)
        self._play.say(
            f"{each.debtor.name} pays {self._told(RECOVERED)}; the loan that was written off is {loan['phase']}: "
            "the lender is whole"
        )
        for firm, row in zip((self._guarantor, self._fund), found["calls"], strict=True):
            self._play.say(
                f"{firm.name} paid {row['paid']} in the debtor's place and is reimbursed {row['reimbursed']} (CC-700)"
            )
        self._losses(found)
        # One day on, so that the statements of this one are closed and can be read.
        self._story.stage.go_to(self._story.stage.day + 1)
        money.pump()
        money.tell_unfinished()

    def _losses(self, found: dict[str, Any]) -> None:
        """Who bears what the debtor still owes: together it is what is open on the certificate."""
        each = self._payable
        title = self._story.titles()[each.root]
        left = each.amount - self._play.minor(title["paid"])
        self._play.say(
            f"{each.debtor.name} still owes {self._told(left)} on certificate {title['title']}; who bears it:"
        )
        for firm, row in zip((self._guarantor, self._fund), found["calls"], strict=True):
            claim = self._play.minor(row["claim"])
            why = "it paid in the debtor's place, and its claim on the certificate comes before the pledgor's (CC-700)"
            self._play.loses(firm.number, claim, self._currency, why)
            left -= claim
        owed = self._play.minor(found["owed"])
        self._play.loses(LENDER, owed, self._currency, "nobody stood for it")
        why = "it pledged the certificate and keeps what was lent on it; what the debtor owes beyond that comes last"
        self._play.loses(each.supplier.number, left - owed, self._currency, why)

    def _told(self, minor: int) -> str:
        return self._play.money(minor, self._currency)


PLOT = Plot(
    "guarantor-pays",
    "a debtor fails, a guarantor and a reserve pay in their order, and are reimbursed when it pays after all",
    {
        "as_of": "2026-02-12",
        "files": ["po-2026-0117/*"],
        "banks": [
            {"bank": "clearing", "action": "reject", "payment": "due", "next": 3, "reason": "AM04"},
        ],
    },
    lambda play: GuarantorPays(play).chapters(),
)
