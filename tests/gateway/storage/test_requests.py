"""Goods are to be stored: weighed, inspected, and given a receipt for what was found (CC-908, CC-909)."""

from __future__ import annotations

import json
import re
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from gateway.adapters.ledger import acts
from gateway.cli import app
from gateway.db.own_storage import requested_receipts
from gateway.domain.calendar import day_of_iso, iso
from gateway.ids import format_id
from gateway.risk.storage_requests import storage_discrepancies
from gateway.services.json_acts import read_message
from tests.contracts.instructions import Instruction, Slot
from tests.gateway.http.test_storage import DOCUMENT
from tests.gateway.risk.conftest import Desk
from tests.house.cast import CORE, INSPECTOR, KEEPER, TIER_1, TIER_2, Party

SERIALS = count(7_001)
NONE = "0x" + "77" * 32


def request_fields(desk: Desk, **changes: str) -> dict[str, str]:
    return {
        "depositor": str(TIER_1.number), "keeper": str(KEEPER.number), "place": DOCUMENT["place"],
        "goods": "copper cathode", "unit": "KGM", "quantity": "1300", "reference": f"DN-{next(SERIALS)}",
        "last": iso(day_of_iso(desk.today) + 10), **changes,
    }  # fmt: skip


def asked(desk: Desk, **changes: str) -> str:
    """The name of a new request of the first tier's."""
    made = desk.declare("storage request", request_fields(desk, **changes), TIER_1["maker"])
    return str(made["declaration"])


def weighing(request: str, **changes: str) -> dict[str, str]:
    figures = {"gross": "1310.500", "tare": "60", "quantity": "1250.500"}
    return {"request": request, "keeper": str(KEEPER.number), **figures, **changes}


def inspection(request: str, **changes: str) -> dict[str, str]:
    found = {"quality": DOCUMENT["goods"]["quality"], "quantity": "1250.500"}
    return {"request": request, "inspector": str(INSPECTOR.number), **found, **changes}


def weighed(desk: Desk, request: str, **changes: str) -> None:
    desk.declare("weighing", weighing(request, **changes), KEEPER["keeper"])


def inspected(desk: Desk, request: str, **changes: str) -> None:
    desk.declare("inspection", inspection(request, **changes), INSPECTOR["inspector"])


def receipt_body(request: str, quantity: str = "1250.500", **changes: Any) -> dict[str, Any]:
    serial = next(SERIALS)
    document = {
        **DOCUMENT, "lot": f"L-{serial}", "goods": {**DOCUMENT["goods"], "quantity": quantity},
    }  # fmt: skip
    return {
        "document": document, "keeper": KEEPER.number, "depositor": TIER_1.number, "inspector": INSPECTOR.number,
        "receipt": format_id(KEEPER.number << 32 | serial), "decimals": 3, "request": request, **changes,
    }  # fmt: skip


def carried(desk: Desk, message: dict[str, Any]) -> None:
    """The receipt's act, signed by three and done on the ledger."""
    house = desk.ledger.house
    act = read_message(acts.act_types()["Store"], "Store", {**message, "expiresAt": house.expiry()})
    slots = (
        Slot("depositor", TIER_1["maker"], "TITLE"), Slot("keeper", KEEPER["keeper"], "KEEP"),
        Slot("inspector", INSPECTOR["inspector"], "ATTEST"),
    )  # fmt: skip
    assert Instruction("store", act, slots, "").carry(house) == "None"
    desk.mine()


def shown(desk: Desk, request: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.get(f"/storage-requests/{request}")
    return found


def refused(
    desk: Desk, name: str, fields: dict[str, str], by: Party, status: int, field: str
) -> dict[str, Any]:
    """A step that is not taken: the refusal, which names field, rule and request; nothing is kept."""
    before = desk.get("/declarations")
    rule = "STORAGE-STEP" if status == 409 else "DECLARATION-FIELD"
    body = {"kind": name, "fields": {"document": NONE, **fields}}
    found = desk.refused(desk.post("/declarations/prepare", body), status, rule)
    if status == 409:  # what can be signed is refused signed too
        person = next(iter(by.people.values()))
        assert desk.refused(desk.try_declare(name, fields, person), status, rule)["title"] == found["title"]
    assert (found["field"], desk.get("/declarations")) == (f"fields.{field}", before)
    return found


# ── The way of goods ────────────────────────────────────────────────────────────────────────────────────────


def test_goods_get_a_receipt_for_what_was_weighed_and_inspected(desk: Desk) -> None:
    """CC-908: 1,300 kg are asked for, 1,250.5 weighed, 1,248 found: the receipt is for 1,248."""
    request = asked(desk)
    assert shown(desk, request)["stage"] == "requested"
    weighed(desk, request)
    row = shown(desk, request)
    assert (row["stage"], row["weighing"]["difference"], row["entitled"]) == ("received", "-49.500", None)
    inspected(desk, request, quantity="1248")
    row = shown(desk, request)
    assert (row["stage"], row["inspection"]["difference"], row["entitled"]) == ("inspected", "-2.500", "1248")
    for wrong in ("1300", "1250.500", "1247"):
        found = desk.refused(desk.post("/storage", receipt_body(request, wrong)), 422, "STORAGE-DIFFERS")
        assert (found["field"], found["keeps"], found["document"], found["expected"]) == (
            "document.goods.quantity", "CC-909", request, "1248",
        )  # fmt: skip
    body = receipt_body(request, "1248.000")
    answer = desk.post("/storage", body)
    assert answer.status_code == 201, answer.text
    assert shown(desk, request)["stage"] == "inspected"
    carried(desk, answer.json()["message"])
    row = shown(desk, request)
    assert (row["stage"], row["receipt"]) == ("in store", body["receipt"])
    assert desk.get(f"/warehouse-receipts/{body['receipt']}")["quantity"] == "1248.000"
    again = desk.refused(desk.post("/storage", body), 409, "STORAGE-STEP")
    assert (again["keeps"], again["document"]) == ("CC-908", request)
    refused(
        desk, "withdrawal", {"declaration": request, "recorder": str(TIER_1.number)}, TIER_1, 409, "request"
    )


def test_the_keepers_figure_counts_where_the_inspector_found_more(desk: Desk) -> None:
    """CC-909: of two figures the smaller."""
    request = asked(desk)
    weighed(desk, request)
    inspected(desk, request, quantity="1260")
    assert shown(desk, request)["entitled"] == "1250.500"


def test_one_request_has_one_receipt(desk: Desk) -> None:
    """GI-59: a second id for the same goods is not prepared; the same one may be, until the ledger has it."""
    request = asked(desk)
    weighed(desk, request)
    inspected(desk, request)
    body = receipt_body(request)
    assert desk.post("/storage", body).status_code == 201
    assert desk.post("/storage", body).status_code == 201
    other = desk.refused(desk.post("/storage", receipt_body(request)), 409, "STORAGE-STEP")
    assert (other["field"], other["keeps"], other["expected"]) == ("receipt", "GI-59", body["receipt"])
    second = asked(desk)
    weighed(desk, second)
    inspected(desk, second)
    taken = desk.refused(desk.post("/storage", {**body, "request": second}), 409, "STORAGE-STEP")
    assert (taken["field"], taken["keeps"], taken["document"]) == ("receipt", "GI-59", request)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"depositor": TIER_2.number}, "depositor"), ({"inspector": CORE.number}, "inspector"),
        ({"keeper": CORE.number}, "keeper"),
    ],
)  # fmt: skip
def test_a_receipt_names_those_who_took_part(desk: Desk, change: dict[str, int], field: str) -> None:
    request = asked(desk)
    weighed(desk, request)
    inspected(desk, request)
    found = desk.refused(desk.post("/storage", receipt_body(request, **change)), 422, "STORAGE-DIFFERS")
    assert (found["field"], found["document"]) == (field, request)


def test_the_receipt_is_for_the_goods_of_the_request(desk: Desk) -> None:
    request = asked(desk, unit="TNE", place="elsewhere")
    weighed(desk, request)
    inspected(desk, request)
    found = desk.refused(desk.post("/storage", receipt_body(request)), 422, "STORAGE-DIFFERS")
    assert (found["field"], found["keeps"]) == ("document.place", "CC-909")


# ── Steps out of order, twice, too late ─────────────────────────────────────────────────────────────────────


def test_steps_out_of_order_are_refused(desk: Desk) -> None:
    request = asked(desk)
    found = refused(desk, "inspection", inspection(request), INSPECTOR, 409, "request")
    assert (found["keeps"], found["document"]) == ("CC-908", request)
    desk.refused(desk.post("/storage", receipt_body(request)), 409, "STORAGE-STEP")
    weighed(desk, request)
    desk.refused(desk.post("/storage", receipt_body(request)), 409, "STORAGE-STEP")


def test_no_step_is_taken_twice(desk: Desk) -> None:
    """A second figure, better for somebody, does not replace the first; the same again changes nothing."""
    request = asked(desk)
    weighed(desk, request)
    weighed(desk, request)
    refused(desk, "weighing", weighing(request, gross="1400", quantity="1340"), KEEPER, 409, "request")
    inspected(desk, request)
    refused(desk, "inspection", inspection(request, quantity="1300"), INSPECTOR, 409, "request")
    assert shown(desk, request)["entitled"] == "1250.500"


def test_the_last_day_counts_and_the_day_after_is_late(desk: Desk) -> None:
    last = day_of_iso(desk.today) + 2
    in_time, late = asked(desk, last=iso(last)), asked(desk, last=iso(last))
    desk.ledger.house.machine.go_to_day(last)
    desk.mine()
    weighed(desk, in_time)
    inspected(desk, in_time)
    weighed(desk, late)
    desk.ledger.house.machine.go_to_day(last + 1)
    desk.mine()
    assert [shown(desk, each)["stage"] for each in (in_time, late)] == ["inspected", "lapsed"]
    found = refused(desk, "inspection", inspection(late), INSPECTOR, 409, "request")
    assert iso(last) in found["title"]
    assert desk.post("/storage", receipt_body(in_time)).status_code == 201
    refused(desk, "storage request", request_fields(desk, last=iso(last)), TIER_1, 422, "last")


def test_a_refusal_has_a_reason_and_ends_the_request(desk: Desk) -> None:
    request = asked(desk)
    fields = {"request": request, "keeper": str(KEEPER.number)}
    refused(desk, "storage refusal", fields, KEEPER, 422, "reason")
    desk.declare("storage refusal", {**fields, "reason": "bundles are wet"}, KEEPER["keeper"])
    row = shown(desk, request)
    assert (row["stage"], row["refusal"]["reason"]) == ("refused", "bundles are wet")
    refused(desk, "weighing", weighing(request), KEEPER, 409, "request")


def test_a_depositor_withdraws_and_nobody_else(desk: Desk) -> None:
    request = asked(desk)
    weighed(desk, request)
    other = {"declaration": request, "recorder": str(TIER_2.number)}
    refused(desk, "withdrawal", other, TIER_2, 422, "recorder")
    desk.declare("withdrawal", {"declaration": request, "recorder": str(TIER_1.number)}, TIER_1["maker"])
    assert shown(desk, request)["stage"] == "withdrawn"
    refused(desk, "inspection", inspection(request), INSPECTOR, 409, "request")
    refused(
        desk, "storage refusal", {"request": request, "keeper": str(KEEPER.number), "reason": "wet"}, KEEPER, 409,
        "request",
    )  # fmt: skip


# ── Who may say what ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("party", [KEEPER, TIER_1])
def test_the_inspector_is_of_neither_side(desk: Desk, party: Party) -> None:
    """CC-909, as the ledger's NOT_INDEPENDENT: neither keeper nor depositor, nor of the group of one."""
    request = asked(desk)
    weighed(desk, request)
    fields = inspection(request, inspector=str(party.number))
    found = refused(desk, "inspection", fields, party, 422, "inspector")
    assert (found["keeps"], found["document"]) == ("CC-909", request)


def test_only_the_keeper_that_was_asked_weighs(desk: Desk) -> None:
    request = asked(desk)
    found = refused(desk, "weighing", weighing(request, keeper=str(CORE.number)), CORE, 422, "keeper")
    assert (found["keeps"], found["document"]) == ("CC-908", request)
    answer = desk.try_declare("weighing", weighing(request), TIER_1["maker"])
    desk.refused(answer, 422, "DECLARATION-SIGNERS")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"gross": "1310.500", "tare": ""}, "gross"), ({"tare": "61"}, "quantity"), ({"quantity": "1,250"}, "quantity"),
        ({"gross": "", "tare": "", "quantity": "0"}, "quantity"),
    ],
)  # fmt: skip
def test_a_weighing_that_does_not_add_up(desk: Desk, changes: dict[str, str], field: str) -> None:
    refused(desk, "weighing", weighing(asked(desk), **changes), KEEPER, 422, field)


def test_goods_that_are_counted_have_no_tare(desk: Desk) -> None:
    request = asked(desk, unit="C62", quantity="25")
    weighed(desk, request, gross="", tare="", quantity="24")
    row = shown(desk, request)["weighing"]
    assert (row["gross"], row["tare"], row["difference"]) == (None, None, "-1")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"keeper": str(CORE.number)}, "keeper"), ({"quantity": "0"}, "quantity"), ({"unit": "kilo"}, "unit"),
        ({"last": "2026-09-01"}, "last"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_met(desk: Desk, changes: dict[str, str], field: str) -> None:
    refused(desk, "storage request", request_fields(desk, **changes), TIER_1, 422, field)


def test_steps_follow_a_request_and_nothing_else(desk: Desk) -> None:
    refused(desk, "weighing", weighing(NONE), KEEPER, 422, "request")
    desk.refused(desk.post("/storage", receipt_body(NONE)), 404, "DECLARATION-UNKNOWN")
    desk.refused(desk.http.get(f"/storage-requests/{NONE}"), 404, "DECLARATION-UNKNOWN")


# ── Kept, listed, typed ─────────────────────────────────────────────────────────────────────────────────────


def test_the_doctor_sees_a_receipt_bound_to_another_request(desk: Desk) -> None:
    request = asked(desk)
    weighed(desk, request)
    inspected(desk, request)
    assert desk.post("/storage", receipt_body(request)).status_code == 201
    with desk.gateway.engine.begin() as connection:
        assert list(storage_discrepancies(connection)) == []
        connection.execute(update(requested_receipts).values(request=bytes.fromhex(NONE[2:])))
        assert [each.element for each in storage_discrepancies(connection)] == ["link"]


def test_requests_are_listed_by_keeper_and_depositor(desk: Desk) -> None:
    first, second = asked(desk), asked(desk)
    for params in ({}, {"keeper": KEEPER.number}, {"depositor": TIER_1.number}):
        rows = desk.get("/storage-requests", **params)["storage_requests"]
        assert [each["request"] for each in rows] == [first, second]
    assert desk.get("/storage-requests", keeper=CORE.number)["storage_requests"] == []


def test_the_guides_example_files_are_declared_as_they_are(desk: Desk) -> None:
    """But for the request's name, its reference and its last day, which whoever types them has."""
    guide = (Path(__file__).resolve().parents[3] / "docs/guides/warehouse.md").read_text()
    told = [
        json.loads(each) for each in re.findall(r"^```json\n(\{\"(?:dep|req).*?)^```$", guide, re.M | re.S)
    ]
    request, weighed_, inspected_, refused_ = told
    last = iso(day_of_iso(desk.today) + 10)
    steps = (
        ("storage refusal", refused_, KEEPER["keeper"], "refused"),
        ("weighing", weighed_, KEEPER["keeper"], "received"),
        ("inspection", inspected_, INSPECTOR["inspector"], "inspected"),
    )  # fmt: skip
    name = ""
    for kind, fields, who, stage in steps:
        if kind != "inspection":
            name = desk.declare(
                "storage request", {**request, "last": last, "reference": kind}, TIER_1["maker"]
            )["declaration"]
        desk.declare(kind, {**fields, "request": name}, who)
        assert shown(desk, name)["stage"] == stage


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"document": ""}, "the field is empty: 32 bytes in hexadecimal are expected"),
        ({"document": "0x12"}, "32 bytes in hexadecimal are expected"),
        ({}, "the field is missing"),
    ],
)
def test_a_document_that_is_empty_is_not_called_missing(desk: Desk, told: dict[str, str], said: str) -> None:
    body = {"kind": "storage request", "fields": {**request_fields(desk), **told}}
    found = desk.refused(desk.post("/declarations/prepare", body), 422, "DECLARATION-FIELD")
    assert (found["field"], found["title"]) == ("fields.document", said)


def test_the_way_of_goods_at_a_terminal(desk: Desk, tmp_path: Path) -> None:
    def typed(*words: str, status: int = 0) -> Any:
        ended = CliRunner().invoke(app, ["--url", str(desk.http.base_url), *words, "--json"])
        assert ended.exit_code == status, ended.output
        return json.loads(ended.output)

    def written(name: str, content: Any) -> str:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def key(party: Party, person: str) -> str:
        return written(f"{party.number}.key", party[person].key.hex())

    common = {"document": NONE}
    path = written("request.json", {**request_fields(desk), **common})
    request = typed("declare", "storage request", "--fields", path, "--key", key(TIER_1, "maker"))[
        "declaration"
    ]
    path = written("weighing.json", {**weighing(request), **common})
    typed("declare", "weighing", "--fields", path, "--key", key(KEEPER, "keeper"))
    path = written("inspection.json", {**inspection(request), **common})
    typed("declare", "inspection", "--fields", path, "--key", key(INSPECTOR, "inspector"))
    document = written("receipt.json", receipt_body(request)["document"])
    words = (
        "store", document, "--keeper", str(KEEPER.number), "--depositor", str(TIER_1.number), "--inspector",
        str(INSPECTOR.number), "--decimals", "3", "--request", request, "--key", f"keeper={key(KEEPER, 'keeper')}",
        "--out", str(tmp_path / "act.json"),
    )  # fmt: skip
    first = typed(*words)
    assert first["missing"] == ["depositor", "inspector"]
    assert typed(*words)["receipt"] == first["receipt"]
    rows = typed("storage-requests", "--keeper", str(KEEPER.number))["storage_requests"]
    assert [(each["stage"], each["receipt"]) for each in rows] == [("inspected", first["receipt"])]
