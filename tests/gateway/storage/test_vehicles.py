"""Vehicles by their numbers: one receipt to a car, whoever keeps it, and a certificate that belongs to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy import select, update

from gateway.db.own_vehicles import vehicles
from gateway.domain.calendar import day_of_iso, iso
from gateway.risk.vehicles import vehicle_discrepancies
from gateway.services.vehicle_numbers import read_vin
from tests.gateway.risk.conftest import Desk
from tests.gateway.storage.test_requests import asked, carried, inspected, weighed
from tests.gateway.storage.vehicles import (
    COMMON,
    IMPORTED,
    SECOND_VIN,
    VIN,
    certificate,
    listed,
    naming,
    row,
    single,
)
from tests.house.cast import CONTROL_AGENT


@pytest.fixture(autouse=True)
def named(desk: Desk, tmp_path: Path) -> Iterator[None]:
    with naming(desk, tmp_path / "evidence"):
        yield


def kept(desk: Desk) -> list[str]:
    with desk.gateway.view() as unit:
        return list(unit.connection.execute(select(vehicles.c.vin).order_by(vehicles.c.place)).scalars())


def taken(desk: Desk, *rows: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    answer = desk.post("/vehicles", listed(*rows, **changes))
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()["vehicles"]
    return found


# ── One number, one form ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("told", [VIN.lower(), f" {VIN[:3]} {VIN[3:]} ", "ＬＳＶ" + VIN[3:]])
def test_a_vehicle_is_the_same_however_its_number_is_spelled(told: str) -> None:
    assert read_vin(told) == VIN


@pytest.mark.parametrize(
    "wrong",
    ["LSVAA49J13204737O", "LSVAA49J1320473I1", "LSVAA49J1320473Q1", VIN[:-1], VIN + "1", "", "LSVAA49J232047371",
     "1M8GDM9A1KP042788"],
)  # fmt: skip
def test_what_is_no_number_or_has_another_check_digit_is_refused(wrong: str) -> None:
    """GB 16735: the ninth sign of a number from China, and from North America, is a check digit."""
    with pytest.raises(ValueError, match=r"number|check digit"):
        read_vin(wrong)


def test_a_maker_from_where_no_check_digit_is_asked_for_may_put_anything_there() -> None:
    assert read_vin(IMPORTED) == IMPORTED


# ── One car, one receipt ────────────────────────────────────────────────────────────────────────────────────


def test_two_keepers_cannot_both_have_a_receipt_for_one_car(desk: Desk) -> None:
    """GI-59: the number on the ledger is the same whoever keeps the car, and however it is spelled."""
    (first,) = taken(desk, row())
    other = row(VIN.lower(), CONTROL_AGENT)
    (second,) = taken(desk, other, keeper=CONTROL_AGENT)
    assert first["message"]["number"] == second["message"]["number"]
    carried(desk, first["message"])
    found = desk.refused(
        desk.post("/vehicles", listed(row(VIN, CONTROL_AGENT), keeper=CONTROL_AGENT)), 422, "GI-59"
    )
    assert found["errors"][0]["field"] == "vehicles.0"
    again = desk.refused(desk.post("/storage", single()), 422, "GI-59")
    assert again["lot"] == first["receipt"]


def test_the_number_on_the_ledger_is_keyed_and_nobody_without_the_key_can_find_the_vehicle(
    desk: Desk,
) -> None:
    (made,) = taken(desk, row(SECOND_VIN))
    guesses = (SECOND_VIN, f"vin/{SECOND_VIN}", f"VIN\x1f{SECOND_VIN}")
    assert made["message"]["number"] not in ["0x" + sha256(each.encode()).hexdigest() for each in guesses]
    told = json.dumps([desk.get("/vehicles"), desk.get("/lots"), desk.get("/declarations")])
    assert SECOND_VIN not in told
    assert SECOND_VIN[-6:] in told
    assert [each["vin"] for each in desk.get("/vehicles", vin=SECOND_VIN.lower())["vehicles"]] == ["…042788"]


def test_without_the_evidence_service_no_vehicle_is_taken_in(desk: Desk) -> None:
    desk.gateway.settings.evidence_token = "another's"
    desk.refused(desk.post("/vehicles", listed(row())), 503, "EVIDENCE-UNREACHABLE")
    desk.gateway.settings.evidence_url = ""
    desk.refused(desk.post("/storage", single()), 503, "EVIDENCE-UNREACHABLE")
    assert kept(desk) == []


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"lot": VIN}, "VEHICLE-LOT", "document.lot"),
        ({"lot": f"vin/{VIN[:-1]}2"}, "VEHICLE-NUMBER", "document.lot"),
        ({"lot": f"vin/{SECOND_VIN}"}, "CERTIFICATE-DIFFERS", "document.certificate.vin"),
        ({"certificate": certificate(SECOND_VIN)}, "CERTIFICATE-DIFFERS", "document.certificate.vin"),
        ({"certificate": certificate(VIN[:-1])}, "VEHICLE-NUMBER", "document.certificate.vin"),
    ],
)
def test_a_car_whose_certificate_is_another_cars_gets_no_receipt(
    desk: Desk, changes: dict[str, Any], rule: str, field: str
) -> None:
    found = desk.refused(desk.post("/storage", single(**changes)), 422, rule)
    assert (found["field"], kept(desk)) == (field, [])
    assert found["document"].startswith("WDA")


def test_a_car_is_one_piece_and_a_lot_of_its_own(desk: Desk) -> None:
    goods = single()["document"]["goods"]
    desk.refused(desk.post("/storage", single(goods={**goods, "quantity": "2"})), 422, "VEHICLE-LOT")
    desk.refused(desk.post("/storage", single(goods={**goods, "unit": "KGM"})), 422, "VEHICLE-LOT")
    desk.refused(desk.post("/storage", {**single(), "pooled": True}), 422, "VEHICLE-LOT")
    hidden = single(lot=VIN)
    del hidden["document"]["certificate"]
    desk.refused(desk.post("/storage", hidden), 422, "VEHICLE-LOT")


# ── The certificate ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_is_evidence_of_its_certificate(desk: Desk) -> None:
    body = single()
    answer = desk.post("/storage", body)
    assert answer.status_code == 201, answer.text
    document = {**body["document"], "price": None}
    assert answer.json()["evidence"] == "0x" + sha256(rfc8785.dumps(document)).hexdigest()
    (shown,) = desk.get("/vehicles")["vehicles"]
    assert shown["certificate"] == "0x" + sha256(rfc8785.dumps(certificate())).hexdigest()


@pytest.mark.parametrize(
    "other",
    [certificate(number="WDA999"), certificate(model="another"), certificate(SECOND_VIN, number="WDA047371")],
)
def test_a_car_has_one_certificate_and_a_certificate_one_car(desk: Desk, other: dict[str, Any]) -> None:
    taken(desk, row())
    found = desk.refused(
        desk.post("/vehicles", listed(row(other["vin"], certificate=other))), 409, "CERTIFICATE-TWICE"
    )
    assert found["errors"][0]["document"] == other["number"]
    assert kept(desk) == [VIN]


def test_a_storage_request_names_the_certificate_that_the_receipt_is_for(desk: Desk) -> None:
    """CC-908: what was asked to be stored is this car; another one's certificate is none of it."""
    (planned,) = desk.post("/vehicles", listed(row()), dry_run="true").json()["vehicles"]
    assert kept(desk) == []
    common = {"goods": "car", "unit": "C62", "quantity": "1"}
    right = asked(desk, document=planned["certificate"], **common)
    wrong = asked(desk, document="0x" + "12" * 32, **common)
    for request in (right, wrong):
        weighed(desk, request, gross="", tare="", quantity="1")
        inspected(desk, request, quality="new, as certified", quantity="1")
    found = desk.refused(desk.post("/vehicles", listed(row(request=wrong))), 422, "STORAGE-DIFFERS")
    assert found["field"] == "vehicles.0.certificate"
    (made,) = taken(desk, row(request=right))
    carried(desk, made["message"])
    assert desk.get(f"/storage-requests/{right}")["stage"] == "in store"


# ── Many at once ────────────────────────────────────────────────────────────────────────────────────────────


def test_cars_of_a_list_have_the_tariff_that_is_said_for_all(desk: Desk) -> None:
    car, tariff = row(), {"rate": "8.00", "currency": "CNY", "free_days": 1}
    wrong = desk.refused(
        desk.post("/vehicles", listed(car, document={**COMMON, "tariff": {**tariff, "days": 0}})), 422, "BODY-INVALID"
    )  # fmt: skip
    assert [each["field"] for each in wrong["errors"]] == ["body.document.tariff.days"]
    answer = desk.post("/vehicles", listed(car, document={**COMMON, "tariff": tariff}))
    assert answer.status_code == 201, answer.text
    (made,) = answer.json()["vehicles"]
    carried(desk, made["message"])
    last = iso(day_of_iso(COMMON["period"]["first"]) + 9)
    found = desk.get(f"/warehouse-receipts/{made['receipt']}/storage-fee", day=last)
    assert (found["evidence"], found["periods"], found["amount"]) == (made["evidence"], 9, "72.00")


def test_of_a_list_all_are_taken_in_or_none(desk: Desk) -> None:
    wrong = [
        row(), row("LSVAA49J232047371"), row(SECOND_VIN, certificate=certificate(IMPORTED)), row(IMPORTED),
    ]  # fmt: skip
    found = desk.refused(desk.post("/vehicles", listed(*wrong)), 422, "VEHICLE-NUMBER")
    assert [(each["field"], each["rule"]) for each in found["errors"]] == [
        ("vehicles.1.vin", "VEHICLE-NUMBER"), ("vehicles.2.certificate.vin", "CERTIFICATE-DIFFERS"),
    ]  # fmt: skip
    assert "2 of 4" in found["title"]
    twice = desk.refused(desk.post("/vehicles", listed(row(), row(IMPORTED), row())), 422, "GI-59")
    assert [each["field"] for each in twice["errors"]] == ["vehicles.2.vin"]
    assert kept(desk) == []
    assert [each["vin"] for each in taken(desk, row(), row(IMPORTED))] == ["…047371", "…386752"]
    assert kept(desk) == [VIN, IMPORTED]


def test_the_doctor_names_a_vehicle_that_was_altered(desk: Desk) -> None:
    taken(desk, row(), row(IMPORTED))
    with desk.gateway.engine.connect() as connection:
        assert list(vehicle_discrepancies(connection)) == []
        connection.execute(update(vehicles).where(vehicles.c.vin == VIN).values(vin=SECOND_VIN))
        found = {each.element for each in vehicle_discrepancies(connection)}
        connection.rollback()
    assert found == {"link", "vin"}
