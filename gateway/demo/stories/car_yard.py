"""What a story does with a dealer's cars, beside what it does with any goods: their numbers and their certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.demo.desk import Act
from gateway.demo.people import Firm
from gateway.demo.stage import expect, once
from gateway.demo.stories.yard import PLACE, Yard
from gateway.demo.story import hash_of
from gateway.domain.calendar import iso
from gateway.ids import format_id, parse_id


@dataclass(frozen=True, slots=True)
class StoredCar:
    """A car in the yard: its number, its receipt, the hash of its certificate."""

    vin: str
    receipt: int
    certificate: str


class CarYard(Yard):
    """A yard whose keeper stores cars, whose control agent holds their certificates."""

    __slots__ = ()

    def take_in(self, vins: Sequence[str], depositor: Firm, keeper: Firm) -> list[StoredCar]:
        """A dealer's list comes in: one receipt to a car, or none to any."""
        desk, day = self.play.story.desk, self.play.story.stage.day
        body = {
            "keeper": keeper.number, "depositor": depositor.number, "inspector": self.inspector.number,
            "document": {
                "depositor": {"name": depositor.name, "address": "Baoding"}, "quality": "new, as certified",
                "packing": "none", "loss_standard": "none", "place": PLACE,
                "period": {"first": iso(day), "last": iso(day + 300)}, "fee": "8.00 CNY a car and day",
                "insurance": None, "issue": {"issuer": keeper.name, "place": "Tianjin", "day": iso(day)},
            },
            "vehicles": [
                {
                    "vin": vin, "receipt": format_id(keeper.number << 32 | desk.number()),
                    "salt": hash_of(vin.encode()),
                    "certificate": {
                        "number": f"WDA{vin[-6:]}", "vin": vin, "manufacturer": "SAIC Volkswagen",
                        "model": "SVW71810EJ", "issued": iso(day - 30),
                    },
                }
                for vin in vins
            ],
        }  # fmt: skip
        made = expect(self.play.story.stage.gateway.post("/vehicles", json=body, headers=once()))["vehicles"]
        parts = {
            "depositor": depositor["maker"], "keeper": keeper["keeper"], "inspector": self.inspector["surveyor"]
        }  # fmt: skip
        desk.do(*(Act("store", {**each["message"], "expiresAt": desk.expiry()}, parts) for each in made))
        self.count(vins)
        return [
            StoredCar(vin, parse_id(each["receipt"]), each["certificate"])
            for vin, each in zip(vins, made, strict=True)
        ]

    def count(self, vins: Sequence[str]) -> None:
        """The keeper's word of the day: these cars are there."""
        number, day = self.play.story.desk.number(), iso(self.play.story.stage.day)
        rows = "".join(
            f"W-{number}-{place},counted,{day}T08:00:00+08:00,{PLACE},{vin}\n"
            for place, vin in enumerate(vins)
        )
        asked: dict[str, str | int] = {"keeper": self.keeper.number, "name": f"word-{number}.csv"}
        headers = {**once(), "content-type": "application/octet-stream"}
        content = f"event,kind,time,gln,vin\n{rows}".encode()
        expect(
            self.play.story.stage.gateway.post("/stock/feeds", params=asked, content=content, headers=headers)
        )

    def take_certificate(self, car: StoredCar, giver: Firm) -> None:
        """The control agent takes a certificate into custody for the facility."""
        self._declare("certificate custody", {
            "certificate": car.certificate, "facility": str(self.deal.facility), "receivedFrom": str(giver.number),
        })  # fmt: skip

    def return_certificate(self, certificate: str, receiver: int) -> None:
        """The control agent hands a certificate back."""
        self._declare("certificate return", {"certificate": certificate, "receivedBy": str(receiver)})

    def _declare(self, kind: str, fields: Mapping[str, str]) -> None:
        self.play.story.desk.settle_index()
        gateway = self.play.story.stage.gateway
        told = {"custodian": str(self.agent.number), "document": hash_of(b"hand-over protocol"), **fields}
        body = {"kind": kind, "fields": told}
        prepared = expect(gateway.post("/declarations/prepare", json=body))
        signature = self.agent["keeper"].sign(prepared["typed_data"])
        expect(gateway.post("/declarations", json={**body, "signatures": [signature]}, headers=once()))

    # ── against repayment, and in the yard ──────────────────────────────────────────────────────────────────

    def release_for(self, repaid: str, car: StoredCar) -> Mapping[str, Any]:
        """What the gateway proposes for a repayment is signed by lender and keeper, and the certificates go back."""
        self.play.story.desk.settle_index()
        body = {"repaid": repaid, "receipts": [format_id(car.receipt)], "evidence": hash_of(b"repayment")}
        path = f"/facilities/{self.deal.facility}/vehicles/release"
        plan: Mapping[str, Any] = expect(self.play.story.stage.gateway.post(path, json=body))
        parts = {**self._lender(), "keeper": self.keeper["keeper"]}
        for act in plan["acts"]:
            message = act["typed_data"]["message"]
            self.play.story.desk.do(Act(act["function"], message, {**parts, **act["unsigned"]}))
        for each in plan["hand_back"]:
            self.return_certificate(each["certificate"], each["to"])
        return plan

    def look_for(self, vins: Sequence[str]) -> Mapping[str, Any]:
        """A round through the yard that saw these cars; the keeper signs a count of none for each that is missing."""
        self.play.story.desk.settle_index()
        path = f"/facilities/{self.deal.facility}/vehicles/check"
        found: Mapping[str, Any] = expect(self.play.story.stage.gateway.post(path, json={"seen": list(vins)}))
        for act in found["acts"]:
            message = act["typed_data"]["message"]
            self.play.story.desk.do(Act(act["function"], message, {"keeper": self.keeper["keeper"]}))
        return found

    def behind(self) -> Mapping[str, Any]:
        """What the lender sees behind its facility."""
        self.play.story.desk.settle_index()
        found: Mapping[str, Any] = expect(
            self.play.story.stage.gateway.get(f"/facilities/{self.deal.facility}/goods")
        )
        return found
