"""A dealer's vehicles behind a loan: released against repayment, looked for in the yard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.cli_keys import ActFile
from gateway.domain.releases import chosen, freed_by
from gateway.ids import parse_id
from tests.contracts import margin_table as margin
from tests.contracts.goods_table import keeper
from tests.contracts.instructions import Instruction, Slot
from tests.gateway.risk.conftest import Desk, Ledger
from tests.gateway.storage.conftest import ledger_in
from tests.gateway.storage.test_custody import RATE, taking
from tests.gateway.storage.test_requests import carried
from tests.gateway.storage.vehicles import IMPORTED, SECOND_VIN, VIN, listed, naming, row
from tests.house.cast import CLEARING, CONTROL_AGENT, KEEPER, LENDER, TIER_1
from tests.house.house import PAYOUT, REPAYMENT, account_of, collection_account

FACILITY, LOAN = margin.FACILITY, margin.LOAN
VALUE, DRAWN = 10_000_000, 21_000_000
GONE = 7_000_000
"""What one car lets the dealer owe."""


@pytest.fixture
def goods_ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger for each test: a facility is agreed, and a dealer's cars come in, once."""
    with ledger_in(tmp_path / "ledger") as ledger:
        yield ledger


@pytest.fixture(autouse=True)
def named(desk: Desk, tmp_path: Path) -> Iterator[None]:
    with naming(desk, tmp_path / "evidence"):
        yield


@pytest.fixture
def cars(desk: Desk) -> list[dict[str, Any]]:
    """Three cars worth 100,000.00 each, on which all is lent that there can be."""
    house = desk.ledger.house
    assert margin.agree_goods(house).carry(house) == "None"
    answer = desk.post("/vehicles", listed(row(), row(SECOND_VIN), row(IMPORTED)))
    assert answer.status_code == 201, answer.text
    made: list[dict[str, Any]] = answer.json()["vehicles"]
    for each in made:
        carried(desk, each["message"])
        lot = parse_id(each["receipt"])
        assert margin.appraise(house, lot, RATE).carry(house) == "None"
        desk.declare("certificate custody", taking(each), CONTROL_AGENT["keeper"])
        assert margin.pledging(house, lot, 1).carry(house) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, DRAWN) == "None"
    assert house.fact(PAYOUT, LOAN, DRAWN, CLEARING, account_of(TIER_1)) == "None"
    desk.mine()
    return made


def plan(desk: Desk, repaid: str, *receipts: str) -> dict[str, Any]:
    body = {"repaid": repaid, "receipts": list(receipts), "evidence": "0x" + "33" * 32}
    answer = desk.http.post(f"/facilities/{FACILITY}/vehicles/release", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def checked(desk: Desk, *vins: str) -> dict[str, Any]:
    answer = desk.http.post(f"/facilities/{FACILITY}/vehicles/check", json={"seen": list(vins)})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def done(desk: Desk, act: dict[str, Any], *slots: Slot) -> str:
    """An act that the gateway prepared, signed and carried as it is."""
    message = act["typed_data"]["message"]
    fields = {
        each["name"]: each["type"] for each in act["typed_data"]["types"][act["typed_data"]["primaryType"]]
    }  # fmt: skip
    read = {name: _read(message[name], kind) for name, kind in fields.items()}
    unsigned = {name: [int(each) for each in value] for name, value in act["unsigned"].items()}
    outcome = Instruction(act["function"], read, slots, "", unsigned=unsigned).carry(desk.ledger.house)
    desk.mine()
    return outcome


def _read(value: Any, kind: str) -> Any:
    if kind.endswith("[]"):
        return [_read(each, kind[:-2]) for each in value]
    return bytes.fromhex(value[2:]) if kind == "bytes32" else int(value)


def test_what_goes_free_is_covered_by_the_repayment_and_what_stays_covers_the_rest() -> None:
    assert freed_by(GONE, 7_000, 0) == 0  # the repayment is not booked yet
    assert freed_by(GONE, 7_000, VALUE) == VALUE
    assert freed_by(GONE, 7_000, VALUE - 2) == VALUE - 2
    assert freed_by(GONE, 7_000, 2 * VALUE) == VALUE  # no more than was repaid
    assert chosen([6, 5, 4], 10) == [True, False, True]


def at_a_terminal(desk: Desk, cars: list[dict[str, Any]], tmp_path: Path) -> None:
    """A round that missed the second car writes the count that its keeper signs; nothing goes free unpaid."""
    (tmp_path / "seen.txt").write_text(f"{VIN}\n\n{IMPORTED}\n")
    command = ["--url", str(desk.http.base_url), "vehicles"]
    out = tmp_path / "acts"
    told = CliRunner().invoke(
        app, [*command, "check", str(FACILITY), str(tmp_path / "seen.txt"), "--out", str(out), "--json"]
    )
    assert told.exit_code == 6, told.output
    assert [each["receipt"] for each in json.loads(told.output)["missing"]] == [cars[1]["receipt"]]
    (path,) = out.iterdir()
    act = ActFile.read(path)
    assert (act.function, act.missing, act.typed_data["message"]["counted"]) == ("count", ["keeper"], 0)
    told = CliRunner().invoke(app, [*command, "release", str(FACILITY), "--repaid", "70000.00"])
    assert told.exit_code == 0, told.output
    assert "0.00 of 0.00 CNY go free" in told.output


def test_a_dealers_loan_is_repaid_car_by_car_and_a_missing_car_is_counted_as_none(
    desk: Desk, cars: list[dict[str, Any]], tmp_path: Path
) -> None:
    house = desk.ledger.house
    at_a_terminal(desk, cars, tmp_path)
    wanted = cars[1]["receipt"]
    nothing = plan(desk, "70000.00", wanted)
    assert (nothing["freed"], nothing["acts"], nothing["releasable"]) == ([], [], "0.00")
    house.machine.pass_days(1)
    paid = house.fact(REPAYMENT, LOAN, GONE + 100_000, LENDER, collection_account(FACILITY))
    assert paid == "None"
    desk.mine()
    found = plan(desk, "70000.00", wanted)
    assert [each["vin"] for each in found["freed"]] == [f"…{SECOND_VIN[-6:]}"]
    assert [each["vin"] for each in found["staying"]] == [f"…{VIN[-6:]}", f"…{IMPORTED[-6:]}"]
    assert found["hand_back"] == [
        {
            "certificate": cars[1]["certificate"], "vin": f"…{SECOND_VIN[-6:]}", "custodian": CONTROL_AGENT.number,
            "to": TIER_1.number,
        }
    ]  # fmt: skip
    assert plan(desk, "69999.99", wanted)["freed"] == []
    (act,) = found["acts"]
    slots = margin.maker(), margin.checker(VALUE), Slot("keeper", KEEPER["keeper"], "KEEP")
    assert done(desk, act, *slots) == "None"
    assert plan(desk, "70000.00")["freed"] == []  # what stays covers just what is owed

    round_ = checked(desk, VIN.lower(), SECOND_VIN, "LSVAA49J132047372")
    assert [each["vin"] for each in round_["seen"]] == [f"…{VIN[-6:]}"]
    assert [each["vin"] for each in round_["missing"]] == [f"…{IMPORTED[-6:]}"]
    assert [each["vin"] for each in round_["unknown"]] == [f"…{SECOND_VIN[-6:]}", "LSVAA49J132047372"]
    (count,) = round_["acts"]
    assert count["typed_data"]["message"]["evidence"] == round_["evidence"]
    assert done(desk, count, keeper()) == "None"
    assert checked(desk, VIN)["acts"] == []
    assert Instruction("markGoods", {}, (), "", unsigned={
        "facility": FACILITY, "lots": sorted(parse_id(cars[place]["receipt"]) for place in (0, 2)),
    }).carry(house) == "None"  # fmt: skip
    desk.mine()
    shown = desk.get(f"/facilities/{FACILITY}/goods")
    assert shown["coverage"]["state"] == "call"
    lot = next(each for each in shown["lots"] if each["vehicle"]["vin"] == f"…{IMPORTED[-6:]}")
    assert lot["value"] == "0.00"
    assert VIN not in json.dumps([shown, found, round_])


def test_a_receipt_that_does_not_secure_the_facility_is_named(desk: Desk) -> None:
    house = desk.ledger.house
    assert margin.agree_goods(house).carry(house) == "None"
    desk.mine()
    body = {"repaid": "1.00", "receipts": ["31-1"], "evidence": "0x" + "33" * 32}
    found = desk.refused(
        desk.http.post(f"/facilities/{FACILITY}/vehicles/release", json=body), 404, "UNKNOWN_TITLE"
    )
    assert found["receipt"] == "31-1"
    desk.refused(desk.http.post("/facilities/999/vehicles/check", json={"seen": []}), 404, "FACILITY_UNKNOWN")
