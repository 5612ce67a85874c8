"""What a story does with goods: they come in, secure a facility, count for less, go free, are sold, and leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.demo.desk import Act, ActRefused
from gateway.demo.people import Firm
from gateway.demo.stage import expect, listed, once
from gateway.demo.stories.deal import Deal
from gateway.demo.stories.plot import Play
from gateway.demo.story import hash_of
from gateway.domain.calendar import iso
from gateway.domain.margin_records import UNITS
from gateway.ids import format_id

WHOLE_BPS = 10_000
VALID_DAYS, CALL_DAYS, RISE_BPS = 30, 2, 500
MAINTENANCE_BPS = 8_000
PLACE = "4012345000016"
"""Where all of it lies, as a GLN."""


@dataclass(slots=True)
class Yard:
    """One warehouse with its inspector, the lender's control agent, two appraisers, and the deal that goods secure."""

    play: Play
    keeper: Firm
    agent: Firm
    inspector: Firm
    appraisers: tuple[Firm, Firm]
    deal: Deal

    @property
    def firms(self) -> tuple[Firm, ...]:
        """All that have to be admitted; an inspector may be one of the appraisers."""
        everyone = (self.keeper, self.agent, self.inspector, *self.appraisers)
        return tuple({firm.number: firm for firm in everyone}.values())

    # ── in store ────────────────────────────────────────────────────────────────────────────────────────────

    def store(self, lot: str, description: str, kilograms: int, depositor: Firm) -> int:
        """Goods come in: the document with the eight items, and the receipt that three parties sign; its number."""
        desk, day = self.play.story.desk, self.play.story.stage.day
        receipt = self.keeper.number << 32 | desk.number()
        document = {
            "lot": lot, "salt": hash_of(lot.encode()), "depositor": {"name": depositor.name, "address": "Baoding"},
            "goods": {
                "description": description, "quantity": str(kilograms), "unit": "KGM", "quality": "GB/T 1196-2017",
                "packing": "bundles", "packages": kilograms // 1_000, "marks": lot,
            },
            "loss_standard": "none", "place": PLACE,
            "period": {"first": iso(day), "last": iso(day + 300)}, "fee": "0.60 CNY a tonne and day",
            "insurance": None, "issue": {"issuer": self.keeper.name, "place": "Tianjin", "day": iso(day)},
        }  # fmt: skip
        body = {
            "document": document, "keeper": self.keeper.number, "depositor": depositor.number,
            "inspector": self.inspector.number, "receipt": format_id(receipt), "decimals": 0,
        }  # fmt: skip
        prepared = expect(self.play.story.stage.gateway.post("/storage", json=body, headers=once()))
        message = {**prepared["message"], "expiresAt": desk.expiry()}
        desk.do(Act("store", message, {
            "depositor": depositor["maker"], "keeper": self.keeper["keeper"],
            "inspector": self.inspector["surveyor"],
        }))  # fmt: skip
        self.tell("received", lot, kilograms)
        return receipt

    def tell(self, kind: str, lot: str, kilograms: int) -> None:
        """The keeper's word of the day: what came in, was counted, or left."""
        number, day = self.play.story.desk.number(), iso(self.play.story.stage.day)
        row = f"W-{number},{kind},{day}T08:00:00+08:00,{PLACE},{lot},{kilograms},KGM"
        asked: dict[str, str | int] = {"keeper": self.keeper.number, "name": f"word-{number}.csv"}
        content = f"event,kind,time,gln,lot,quantity,unit\n{row}\n".encode()
        headers = {**once(), "content-type": "application/octet-stream"}
        expect(
            self.play.story.stage.gateway.post("/stock/feeds", params=asked, content=content, headers=headers)
        )

    def receipt(self, number: int) -> dict[str, Any]:
        """A receipt as the gateway shows it."""
        self.play.story.desk.settle_index()
        found: dict[str, Any] = expect(
            self.play.story.stage.gateway.get(f"/warehouse-receipts/{format_id(number)}")
        )
        return found

    def endorse(self, number: int, holder: Firm, acquirer: Firm) -> None:
        """A receipt passes on: holder, acquirer and keeper sign."""
        message = {
            "title": number, "sequence": self._sequence(number), "to": acquirer.number,
            "expiresAt": self.play.story.desk.expiry(), "evidence": hash_of(b"contract of sale"),
        }  # fmt: skip
        self._do(
            "endorse",
            message,
            holder=holder["maker"],
            acquirer=acquirer["maker"],
            keeper=self.keeper["keeper"],
        )

    def hand_over(self, number: int, lot: str, holder: Firm, kilograms: int) -> None:
        """The keeper hands goods over for a receipt, and tells so."""
        message = {
            "title": number, "sequence": self._sequence(number), "quantity": kilograms, "delivered": kilograms,
            "expiresAt": self.play.story.desk.expiry(), "evidence": hash_of(b"delivery order"),
        }  # fmt: skip
        self._do("handOver", message, holder=holder["maker"], keeper=self.keeper["keeper"])
        self.tell("shipped", lot, kilograms)

    # ── security ────────────────────────────────────────────────────────────────────────────────────────────

    def agree(self) -> None:
        """Both sides and the control agent agree what goods count for under the facility."""
        first, second = self.appraisers
        message = {
            "facility": self.deal.facility, "controlAgent": self.agent.number, "appraiser": first.number,
            "secondAppraiser": second.number, "maintenanceBps": MAINTENANCE_BPS, "riseBps": RISE_BPS,
            "validDays": VALID_DAYS, "callDays": CALL_DAYS, "floor": 0, "version": 1,
            "expiresAt": self.play.story.desk.expiry(), "evidence": hash_of(b"agreement on goods"),
        }  # fmt: skip
        parts = {**self._lender(), "borrower": self.deal.borrower["maker"], "agent": self.agent["keeper"]}
        self._do("agreeGoods", message, **parts)

    def appraise(self, lot: int, price: int, haircut_bps: int, before: int = 0) -> int:
        """An appraiser values a lot at `price` minor units a kilogram; answers the rate that the ledger has of it."""
        rate = price * UNITS * (WHOLE_BPS - haircut_bps) // WHOLE_BPS
        day = self.play.story.stage.day
        message = {
            "facility": self.deal.facility, "lot": lot, "rateBefore": before, "rate": rate, "valuedDay": day,
            "validUntil": day + VALID_DAYS, "model": 1, "expiresAt": self.play.story.desk.expiry(),
            "evidence": hash_of(b"valuation report"),
        }  # fmt: skip
        self._do("appraise", message, appraiser=self.appraisers[0]["surveyor"])
        return rate

    def pledge(
        self, receipt: int, lot: int, kilograms: int, rate: int, ordered: tuple[int, int, int] = (0, 0, 0)
    ) -> None:
        """A receipt secures the facility: holder, lender, keeper and control agent sign; the lender asks the chain.
        `ordered`: the order's title, its sequence, and how much of it the receipt takes the place of.
        """
        verdict = expect(self.play.story.stage.gateway.get(f"/verify/{format_id(receipt)}"))
        if not verdict["authentic"]:
            raise ActRefused(
                f"{self.deal.lender.name} does not take {format_id(receipt)}: {verdict['sentence']}"
            )
        self.play.say(f"{self.deal.lender.name} asks the chain: {verdict['sentence']}")
        order, sequence, taken = ordered
        message = {
            "title": receipt, "lot": lot, "sequence": self._sequence(receipt), "quantity": kilograms,
            "facility": self.deal.facility, "rate": rate, "orderTitle": order, "orderSequence": sequence,
            "taken": taken, "expiresAt": self.play.story.desk.expiry(), "evidence": hash_of(b"pledge agreement"),
        }  # fmt: skip
        self._do(
            "pledgeGoods", message, holder=self.deal.borrower["maker"], lender=self.deal.lender["credit-maker"],
            keeper=self.keeper["keeper"], agent=self.agent["keeper"],
        )  # fmt: skip

    def call(self, until: int) -> None:
        """Two persons of the lender call for more, through a day."""
        self._do("callMargin", {**self._once(b"margin call"), "untilDay": until}, **self._lender())

    def look(self, *lots: int) -> None:
        """Anyone looks at what is pledged: a call that is met ends."""
        act = Act("markGoods", {}, {"facility": self.deal.facility, "lots": sorted(lots)})
        self.play.story.desk.do(act)

    def carve(self, receipt: int, part: int, kilograms: int, rest: int) -> None:
        """Lender and keeper have a pledged receipt cancelled: two stand for it."""
        message = {
            "facility": self.deal.facility, "title": receipt, "part": part, "quantity": kilograms, "rest": rest,
            "expiresAt": self.play.story.desk.expiry(), "evidence": hash_of(b"partial release"),
        }  # fmt: skip
        self._do(
            "carveGoods", message, lender=self.deal.lender["credit-maker"], keeper=self.keeper["keeper"]
        )  # fmt: skip

    def release(
        self, lot: int, receipts: Sequence[int], kilograms: int, loans: Sequence[int]
    ) -> Mapping[str, Any]:
        """Lender and keeper free receipts of one lot; answers what became of it."""
        message = {
            **self._once(b"release"), "lot": lot, "quantity": kilograms, "titles": list(receipts)
        }  # fmt: skip
        parts = {**self._lender(), "keeper": self.keeper["keeper"], "loans": list(loans)}
        (operation,) = self.play.story.desk.try_all([Act("releaseGoods", message, parts)])
        return operation

    # ── enforcement ─────────────────────────────────────────────────────────────────────────────────────────

    def enforce(self, loan: int, from_day: int) -> None:
        """Default notice on an overdue loan: from that day on the goods may be sold."""
        message = {**self._once(b"default notice"), "loan": loan, "fromDay": from_day}
        self._do("enforce", message, **self._lender())

    def sell(self, receipt: int, buyer: Firm, price: int, pay_by: int, person: str = "maker") -> None:
        """Two of the lender, the keeper, both appraisers and the buyer sign the sale."""
        first, second = self.appraisers
        message = {
            "facility": self.deal.facility, "title": receipt, "buyer": buyer.number, "price": price, "payBy": pay_by,
            "expiresAt": self.play.story.desk.expiry(), "evidence": hash_of(b"two valuations and the contract"),
        }  # fmt: skip
        self._do(
            "sellGoods", message, **self._lender(), keeper=self.keeper["keeper"], appraiser=first["surveyor"],
            secondAppraiser=second["surveyor"], buyer=buyer[person],
        )  # fmt: skip

    def complete(self, receipt: int) -> None:
        """The price came whole: the receipt is the buyer's."""
        self.play.story.desk.do(Act("completeSales", {}, {"titles": receipt}))

    def unlock(self, lot: int, receipt: int, kilograms: int) -> None:
        """Nothing is owed any more: holder and keeper free what is left, without the lender."""
        message = {
            "facility": self.deal.facility, "lot": lot, "quantity": kilograms, "titles": [receipt],
            "nonce": self.play.story.desk.number(), "expiresAt": self.play.story.desk.expiry(),
        }  # fmt: skip
        self._do("unlockGoods", message, holder=self.deal.borrower["maker"], keeper=self.keeper["keeper"])

    # ── signing ─────────────────────────────────────────────────────────────────────────────────────────────

    def _lender(self) -> dict[str, Any]:
        return {"maker": self.deal.lender["credit-maker"], "checker": self.deal.lender["credit-checker"]}

    def _once(self, document: bytes) -> dict[str, Any]:
        desk = self.play.story.desk
        return {
            "facility": self.deal.facility, "nonce": desk.number(), "expiresAt": desk.expiry(),
            "evidence": hash_of(document),
        }  # fmt: skip

    def _sequence(self, receipt: int) -> int:
        self.play.story.desk.settle_index()
        rows = listed(self.play.story.stage.gateway, "/warehouse-receipts")
        return int(next(each for each in rows if int(each["id"]) == receipt)["sequence"])

    def _do(self, function: str, message: Mapping[str, Any], **parts: Any) -> None:
        self.play.story.desk.do(Act(function, message, parts))
