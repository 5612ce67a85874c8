"""A vehicle is pledged while its certificate of conformity lies with the lender's control agent, and not otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.warehouses import read_feed
from gateway.db.stock import StockBook
from gateway.ids import parse_id
from gateway.services.stock import take_in
from tests.contracts import margin_table as margin
from tests.contracts.instructions import Instruction, Slot
from tests.gateway.risk.conftest import Desk
from tests.gateway.storage.test_requests import carried
from tests.gateway.storage.vehicles import IMPORTED, VIN, listed, naming, row
from tests.house.cast import CONTROL_AGENT, EVIDENCE, KEEPER, LENDER, TIER_1, TIER_2
from tests.house.house import EVIDENCE_HASH

FACILITY = margin.FACILITY
RATE = 10_000_000 * 1_000_000


@pytest.fixture(autouse=True)
def named(desk: Desk, tmp_path: Path) -> Iterator[None]:
    with naming(desk, tmp_path / "evidence"):
        if not desk.ledger.house.machine.view("Credit", "goodsTermsOf", FACILITY):
            assert margin.agree_goods(desk.ledger.house).carry(desk.ledger.house) == "None"
        yield


@pytest.fixture
def car(desk: Desk) -> dict[str, Any]:
    """A car with a receipt, valued for the facility."""
    answer = desk.post("/vehicles", listed(row(), row(IMPORTED)))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["vehicles"][0]
    carried(desk, found["message"])
    lot = parse_id(found["receipt"])
    assert margin.appraise(desk.ledger.house, lot, RATE).carry(desk.ledger.house) == "None"
    desk.mine()
    return {**found, "lot": lot}


def taking(car: dict[str, Any], **changes: str) -> dict[str, str]:
    return {
        "certificate": car["certificate"], "custodian": str(CONTROL_AGENT.number), "facility": str(FACILITY),
        "receivedFrom": str(TIER_1.number), **changes,
    }  # fmt: skip


def returning(car: dict[str, Any], **changes: str) -> dict[str, str]:
    return {
        "certificate": car["certificate"], "custodian": str(CONTROL_AGENT.number), "receivedBy": str(TIER_1.number),
        **changes,
    }  # fmt: skip


def pledging(desk: Desk, car: dict[str, Any], **params: Any) -> Any:
    """The pledge, signed by all four and posted."""
    house = desk.ledger.house
    message = {
        "title": car["lot"], "lot": car["lot"], "orderTitle": 0, "orderSequence": 0, "taken": 0,
        "sequence": house.title(car["lot"])["sequence"], "quantity": 1, "facility": FACILITY,
        "rate": margin.pledged_lot(house, car["lot"])["rate"], "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    signers = {
        "holder": TIER_1["maker"], "lender": LENDER["credit_maker"], "keeper": KEEPER["keeper"],
        "agent": CONTROL_AGENT["keeper"],
    }  # fmt: skip
    return desk.act("pledgeGoods", "PledgeGoods", message, signers, **params)


def pledged(desk: Desk, car: dict[str, Any]) -> None:
    house = desk.ledger.house
    assert margin.pledging(house, car["lot"], 1).carry(house) == "None"
    desk.mine()


def released(desk: Desk, car: dict[str, Any]) -> None:
    house = desk.ledger.house
    act = {
        "facility": FACILITY, "lot": car["lot"], "quantity": 1, "titles": [car["lot"]], "nonce": house.nonce(),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = (margin.maker(), margin.checker(10_000_000), Slot("keeper", KEEPER["keeper"], "KEEP"))
    assert Instruction("releaseGoods", act, slots, "", unsigned={"loans": []}).carry(house) == "None"
    desk.mine()


def told(desk: Desk) -> None:
    """The keeper's own file of today: the car is there."""
    at = f"{desk.today}T08:00:00+08:00"
    content = f"kind,time,gln,vin\ncounted,{at},4012345000016,{VIN}\n".encode()
    with desk.gateway.unit() as unit:
        answer = take_in(
            StockBook(unit.connection), read_feed(content, "today.csv", KEEPER.number), content,
            int(datetime.fromisoformat(at).timestamp()),
        )  # fmt: skip
    assert answer["status"] == "used", answer


def shown(desk: Desk, car: dict[str, Any]) -> dict[str, Any]:
    lots = desk.get(f"/facilities/{FACILITY}/goods")["lots"]
    return next(each for each in lots if each["id"] == str(car["lot"]))


# ── In custody before the pledge ────────────────────────────────────────────────────────────────────────────


def test_a_vehicle_is_not_pledged_before_the_control_agent_holds_its_certificate(
    desk: Desk, car: dict[str, Any]
) -> None:
    found = desk.refused(pledging(desk, car), 422, "CERTIFICATE-CUSTODY")
    assert (found["field"], found["document"], found["receipt"], found["held_for"]) == (
        "instructions.0", car["certificate"], car["receipt"], None,
    )  # fmt: skip
    desk.declare("certificate custody", taking(car), CONTROL_AGENT["keeper"])
    assert pledging(desk, car).status_code == 202


def test_a_car_pledged_past_the_gateway_is_flagged_and_nothing_may_be_drawn_on_it(
    desk: Desk, car: dict[str, Any]
) -> None:
    pledged(desk, car)
    told(desk)
    found = shown(desk, car)
    assert found["vehicle"] == {
        "vin": "…047371", "model": "SVW71810EJ", "certificate": car["certificate"], "held": False, "custodian": None,
        "held_for": None, "declaration": None,
    }  # fmt: skip
    assert ([cut["rule"] for cut in found["cuts"]], found["relied_on"]) == (["CERTIFICATE-CUSTODY"], "0")
    made = desk.declare("certificate custody", taking(car), CONTROL_AGENT["keeper"])
    desk.mine()
    held = shown(desk, car)
    assert (held["vehicle"]["held"], held["vehicle"]["custodian"], held["vehicle"]["declaration"]) == (
        True, CONTROL_AGENT.number, made["declaration"],
    )  # fmt: skip
    assert (held["cuts"], held["relied_on"]) == ([], "1")
    assert VIN not in json.dumps(held)


def test_the_certificate_of_a_car_is_in_one_custody(desk: Desk, car: dict[str, Any]) -> None:
    desk.declare("certificate custody", taking(car), CONTROL_AGENT["keeper"])
    held, free = desk.get("/vehicles")["vehicles"]
    assert (held["certificate"], held["custodian"], held["held_for"]) == (
        car["certificate"], CONTROL_AGENT.number, FACILITY,
    )  # fmt: skip
    assert (free["custodian"], free["held_for"]) == (None, None)
    again = desk.refused(
        desk.try_declare("certificate custody", taking(car, note="again"), CONTROL_AGENT["keeper"]),
        409, "CERTIFICATE-CUSTODY",
    )  # fmt: skip
    assert (again["field"], again["facility"], again["document"]) == (
        "fields.certificate", FACILITY, car["certificate"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"certificate": "0x" + "99" * 32}, "certificate"),
        ({"custodian": str(KEEPER.number)}, "custodian"),
        ({"facility": "999"}, "facility"),
        ({"receivedFrom": str(CONTROL_AGENT.number)}, "receivedFrom"),
    ],
)
def test_only_the_facilitys_control_agent_takes_a_certificate_that_is_known(
    desk: Desk, car: dict[str, Any], changes: dict[str, str], field: str
) -> None:
    body = {"kind": "certificate custody", "fields": {"document": car["evidence"], **taking(car, **changes)}}
    found = desk.refused(desk.post("/declarations/prepare", body), 422, "DECLARATION-FIELD")
    assert found["field"] == f"fields.{field}"
    desk.refused(
        desk.try_declare("certificate custody", taking(car), EVIDENCE["attestor"]), 422, "DECLARATION-SIGNERS"
    )


# ── Handed back at release ──────────────────────────────────────────────────────────────────────────────────


def test_a_certificate_is_handed_back_after_the_release_to_who_holds_the_receipt(
    desk: Desk, car: dict[str, Any]
) -> None:
    agent = CONTROL_AGENT["keeper"]
    early = desk.refused(
        desk.try_declare("certificate return", returning(car), agent), 409, "CERTIFICATE-CUSTODY"
    )
    assert early["field"] == "fields.certificate"
    desk.declare("certificate custody", taking(car), agent)
    pledged(desk, car)
    held = desk.refused(
        desk.try_declare("certificate return", returning(car), agent), 409, "CERTIFICATE-CUSTODY"
    )
    assert held["facility"] == FACILITY
    released(desk, car)
    wrong = returning(car, receivedBy=str(TIER_2.number))
    other = desk.refused(desk.try_declare("certificate return", wrong, agent), 422, "DECLARATION-FIELD")
    assert (other["field"], other["expected"]) == ("fields.receivedBy", str(TIER_1.number))
    desk.declare("certificate return", returning(car), agent)
    desk.refused(pledging(desk, car), 422, "CERTIFICATE-CUSTODY")
    desk.declare("certificate custody", taking(car, note="once more"), agent)
    assert pledging(desk, car).status_code == 202


def test_a_receipt_whose_lot_bears_another_number_than_its_cars_is_not_pledged(desk: Desk) -> None:
    """What was stored past the gateway under an invented number hides that it is a car."""
    answer = desk.post("/vehicles", listed(row()))
    (made,) = answer.json()["vehicles"]
    carried(desk, {**made["message"], "number": "0x" + "ab" * 31 + f"{desk.ledger.house.nonce() % 256:02x}"})
    car = {**made, "lot": parse_id(made["receipt"])}
    found = desk.refused(pledging(desk, car), 422, "VEHICLE-LOT")
    assert found["receipt"] == made["receipt"]
