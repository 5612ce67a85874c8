"""A merchant is financed stage by stage: on its orders, then on its stock, as far as its sales carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.demo import people
from gateway.demo.desk import Act, ActRefused
from gateway.demo.stage import CLEARING_BIC
from gateway.demo.stories.deal import Deal
from gateway.demo.stories.ordered import confirm_together, take_order
from gateway.demo.stories.plot import Chapter, NotTold, Play, Plot, Unlawful
from gateway.demo.stories.yard import Yard
from gateway.demo.story import CLEARING, ENDOWMENT, LENDER, hash_of
from gateway.domain.calendar import day_of_iso, iso
from gateway.money import number_of

KEEPER, AGENT, INSPECTOR, APPRAISER, APPROVER, SHOPPER = 31, 32, 22, 23, 24, 404
LAST_DAY = day_of_iso("2026-03-31")
OTHERS = (("PO-2026-0131", 8_400_000), ("PO-2026-0136", 6_150_000))
"""Orders that are confirmed with it, and minor units of each."""
STORED, SOLD, INVOICED = (day_of_iso(day) for day in ("2026-02-12", "2026-02-20", "2026-03-02"))
GRACE_DAYS = 10
ADVANCE_BPS, STEP_BPS, RELEASE_BPS = 7_000, 10_000, 5_000
FIRST, SECOND = 15_000_000, 29_000_000
"""What may be used in the first stage, and up to the second: minor units."""
LOT, STOCK, TRANCHE, SHOP, SHARE = "JM-MO-0031", 12_000, 3_000, 1_000, 9_000
"""Kilograms in store; what the merchant asks free, what its sales free, and what the buyer ordered."""
PRICE, HAIRCUT_BPS = 5_600, 1_000


class Merchant:
    """The chapters, in order."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._story = play.story
        self._payable = play.story.payables[0]
        self._currency = self._payable.proposal["currency"]
        self._merchant, self._buyer = self._payable.supplier, self._payable.debtor
        stage, keys = play.story.stage, play.story.stage.keys
        self._deal = Deal(play, stage.firms[LENDER], self._merchant, 4_002, self._currency)
        inspector = people.surveyor(INSPECTOR, "Zhongyuan Inspection Co.", "inspector and appraiser", keys)
        self._yard = Yard(
            play,
            people.keeper(KEEPER, "Jinmen Bonded Warehouse", "keeper of the goods", keys),
            people.keeper(AGENT, "Haitong Collateral Control", "control agent of the lender", keys),
            inspector,
            (people.surveyor(APPRAISER, "Jianhua Appraisal Co.", "appraiser", keys), inspector),
            self._deal,
        )
        self._shopper = people.enterprise(SHOPPER, "Tianjin Motor Retail", keys)
        self._approver = people.surveyor(APPROVER, "Platform Merchant Review", "approver of stages", keys)
        labels = play.story.match_of(self._payable)["orders"]
        found = next((each for each in play.story.orders if each.label in labels), None)
        if found is None:
            raise NotTold("no order that can be confirmed is behind its first invoice")
        self._document, self._ordered = found, found.match.agreed
        self._order = self._receipt = self._loan = self._rest = self._shop = 0

    def chapters(self) -> Sequence[Chapter]:
        return (
            ("Three orders are confirmed together; one secures a facility used stage by stage", self._agree),
            ("The first stage: no more than was opened, and only to the special account", self._first),
            ("What was ordered is in store: its receipt secures the loan in the order's place", self._stored),
            ("Sales cash comes in, and platform and bank open the next stage together", self._second),
            ("A tranche of the goods goes free against sales cash, and no more than that", self._tranche),
            ("The buyer takes its goods on credit: a receivable takes the receipt's place", self._convert),
            (
                "Maturity: the buyer pays, the loan is repaid, what is left of the goods goes free",
                self._mature,
            ),
        )

    # ── agreed, and the first stage ─────────────────────────────────────────────────────────────────────────

    def _agree(self) -> None:
        self._story.admit(*self._yard.firms, self._approver, self._shopper)
        self._story.money.open(CLEARING_BIC, self._shopper, self._currency, "bound", ENDOWMENT)
        self._confirm()
        self._deal.open(self._payable.due + GRACE_DAYS, advance_bps=ADVANCE_BPS)
        self._yard.agree()
        special = self._story.money.open(
            CLEARING_BIC, self._merchant, self._currency, "special", 0, self._deal.facility
        )
        self._deal.agree_stages(self._approver, special, FIRST, STEP_BPS, RELEASE_BPS)
        self._deal.secure(self._order, self._ordered)
        self._play.say(
            f"{self._buyer.name} ordered for {self._told(self._ordered)}; {self._told(FIRST)} may be used at once, the "
            f"rest as sales carry it; {self._approver.name} approves each stage"
        )

    def _confirm(self) -> None:
        ordered = ((self._document.number, self._ordered), *OTHERS)
        given = confirm_together(self._story, self._document, ordered, LAST_DAY)
        self._order = take_order(self._story, self._merchant, given[0])
        total = sum(amount for _, amount in ordered)
        self._play.say(
            f"{self._buyer.name} confirms {len(given)} orders of {self._merchant.name} under one commitment, for "
            f"{self._told(total)}; the merchant takes {self._document.number}, and of the others none secures anything"
        )

    def _first(self) -> None:
        self._play.refused("a draw above the first stage", lambda: self._draw(FIRST + 1))
        self._loan = self._draw(FIRST)
        self._story.money.pump()
        self._deal.tell("the first stage is paid out to the special account")

    def _draw(self, amount: int) -> int:
        return self._deal.draw(amount, self._payable.due + GRACE_DAYS)

    # ── from the order to stock ─────────────────────────────────────────────────────────────────────────────

    def _stored(self) -> None:
        self._story.stage.go_to(STORED)
        self._receipt = self._yard.store(LOT, "electric motors", STOCK, self._merchant)
        rate = self._yard.appraise(self._receipt, PRICE, HAIRCUT_BPS)
        self._yard.pledge(self._receipt, self._receipt, STOCK, rate, (self._order, 1, self._ordered))
        self._deal.tell(
            f"{STOCK} KGM are in store and pledged, and nothing of the order secures it beside them"
        )

    # ── sales ───────────────────────────────────────────────────────────────────────────────────────────────

    def _second(self) -> None:
        self._story.stage.go_to(SOLD)
        self._play.refused("a second stage before anything was sold", lambda: self._open("maker", "approver"))
        owed = self._play.minor(self._deal.calls(self._loan)["owed"])
        self._deal.repay(self._loan, self._shopper, owed)
        self._deal.tell(f"{self._told(owed)} of sales cash came in from the shop, and repaid the first loan")
        self._play.refused("the bank's key alone", lambda: self._open("maker", "checker"))
        self._open("maker", "approver")
        self._yard.tell("counted", LOT, STOCK)
        self._loan = self._draw(SECOND)
        self._story.money.pump()
        self._deal.tell("platform and bank opened the second stage, and it is paid out")

    def _open(self, *keys: str) -> None:
        message = {
            "facility": self._deal.facility, "openedBefore": FIRST, "opened": SECOND,
            "expiresAt": self._story.desk.expiry(), "evidence": hash_of(b"what the merchant is to buy next"),
        }  # fmt: skip
        self._do("openStage", message, **self._keys(*keys))

    def _keys(self, *parts: str) -> dict[str, Any]:
        people_of = {
            "maker": self._deal.lender["credit-maker"], "checker": self._deal.lender["credit-checker"],
            "approver": self._approver["surveyor"],
        }  # fmt: skip
        return {part: people_of[part] for part in parts}

    def _tranche(self) -> None:
        self._story.stage.go_to(SOLD + 1)
        part, self._rest = self._deal.new_part(), self._deal.new_part()
        self._yard.carve(self._receipt, part, TRANCHE, self._rest)
        shown = self._release(part, TRANCHE)
        if shown["state"] == "final":
            raise Unlawful("more was released than sales cash came in for")
        self._play.say(f"{TRANCHE} KGM for it are refused: {shown['sentence']} ({shown['rule']})")
        free, self._shop = self._deal.new_part(), self._deal.new_part()
        self._yard.carve(part, free, SHOP, self._shop)
        shown = self._release(free, SHOP)
        if shown["state"] != "final":
            raise ActRefused(f"the tranche is not released: {shown['sentence']} ({shown['rule']})")
        self._yard.hand_over(free, LOT, self._merchant, SHOP)
        self._deal.tell(f"{SHOP} KGM go free and to the merchant's shop")

    def _release(self, receipt: int, kilograms: int) -> Mapping[str, Any]:
        return self._yard.release(self._receipt, [receipt], kilograms, [self._loan])

    # ── from stock to a receivable ──────────────────────────────────────────────────────────────────────────

    def _convert(self) -> None:
        self._story.stage.go_to(INVOICED)
        each, desk = self._payable, self._story.desk
        if not self._story.attest([each]):
            raise ActRefused("the evidence service does not attest the invoice")
        receivable = {
            "root": each.root, "payee": self._merchant.number, "clearingBank": CLEARING,
            "currency": number_of(self._currency), "dueDay": each.due, "terms": 500, "quantity": each.amount,
            "nullifiers": [each.nullifier], "amounts": [each.amount], "evidence": hash_of(b"invoice and note"),
        }  # fmt: skip
        message = {
            "title": self._rest, "sequence": 0, "receivable": receivable, "expiresAt": desk.expiry(),
            "evidence": hash_of(b"contract of sale"),
        }  # fmt: skip
        parts = {
            "maker": self._buyer["maker"], "checker": self._buyer["checker"], "seller": self._merchant["maker"],
            "keeper": self._yard.keeper["keeper"], "lender": self._deal.lender["credit-maker"],
        }  # fmt: skip
        self._do("convertGoods", message, **parts)
        each.facility, each.loan = self._deal.facility, self._loan
        holder = self._play.name(self._yard.receipt(self._rest)["holder"])
        self._deal.tell(
            f"{SHARE} KGM are {holder}'s, free; {self._told(each.amount)}, due {iso(each.due)}, secure the loan in "
            "their place"
        )

    def _mature(self) -> None:
        self._play.finance.mature()
        left = TRANCHE - SHOP
        self._yard.unlock(self._receipt, self._shop, left)
        self._yard.hand_over(self._shop, LOT, self._merchant, left)
        loan = self._play.loan(self._loan)
        self._play.say(
            f"the loan is {loan['phase']}, interest paid {loan['interest_paid']} {self._currency}; the last {left} KGM "
            "go free and leave the warehouse"
        )

    # ── telling ─────────────────────────────────────────────────────────────────────────────────────────────

    def _do(self, function: str, message: Mapping[str, Any], **parts: Any) -> None:
        self._story.desk.do(Act(function, message, parts))

    def _told(self, minor: int) -> str:
        return self._play.money(minor, self._currency)


PLOT = Plot(
    "merchant",
    "a merchant is paid stage by stage by two keys, on its orders, then its stock; goods go free against sales cash",
    {"as_of": "2026-01-21", "files": ["po-2026-0123/*"]},
    lambda play: Merchant(play).chapters(),
    orders=True,
)
