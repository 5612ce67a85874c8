"""From a valuation to the ledger: the act made of it, tried before it is signed, and what became of it (CC-433)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gateway.cli import app
from gateway.domain.calendar import date_of
from gateway.ids import format_id
from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT
from tests.databases import SQLITE, Databases
from tests.gateway.risk.conftest import Desk, desk_on, pledged_goods
from tests.gateway.sinks import courier, sink, subscribed, told, until
from tests.house.cast import EVIDENCE, INSPECTOR, LENDER, THIRD_BANK

MODEL = {"name": "spot close", "version": "2.1"}


def day(desk: Desk, after: int = 0) -> str:
    return (date_of(desk.ledger.house.machine.day()) + timedelta(days=after)).isoformat()


def register(desk: Desk, version: str = "2.1") -> int:
    """The lender registers a version; the number by which the ledger is to bear it."""
    fields = {"model": MODEL["name"], "version": version, "first": day(desk), "last": day(desk, 300)}
    kept = desk.by_lender("valuation model", fields)
    places = desk.get("/declarations")["declarations"]
    return 1 + [each["declaration"] for each in places].index(kept["declaration"])


def value(desk: Desk, price: str = "700.00", **changes: Any) -> dict[str, Any]:
    """What is taken in of an appraiser; the ledger has 500.00 a kilogram, without a haircut."""
    document = {
        "lot": format_id(LOT), "appraiser": INSPECTOR.number,
        "price": {"amount": price, "currency": "CNY", "unit": "KGM"}, "haircut_bps": 3_000, "model": MODEL,
        "valued": day(desk), "valid_until": day(desk, 31), "source": "0x" + "5a" * 32, **changes,
    }  # fmt: skip
    answer = desk.post("/valuations", document)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def prepared(desk: Desk, valuation: dict[str, Any], facility: int = margin.FACILITY) -> Any:
    return desk.http.get(f"/valuations/{valuation['evidence']}/act", params={"facility": facility})


def latest(desk: Desk) -> Any:
    (lot,) = desk.get(f"/facilities/{margin.FACILITY}/goods")["lots"]
    return lot["latest"]


def shown(desk: Desk, valuation: dict[str, Any]) -> dict[str, Any]:
    rows = desk.get("/valuations")["valuations"]
    found: dict[str, Any] = next(each for each in rows if each["evidence"] == valuation["evidence"])
    return found


def test_the_act_has_the_rate_the_days_the_models_number_and_the_documents_hash(goods_desk: Desk) -> None:
    number = register(goods_desk)
    register(goods_desk, "2.2")
    valuation = value(goods_desk)
    answer = prepared(goods_desk, valuation)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    message = found["typed_data"]["message"]
    # 700.00 less 30 % are 490.00 a kilogram; a million kilograms count for 490,000,000.00.
    assert (int(message["rateBefore"]), int(message["rate"])) == (50_000_000_000, 49_000_000_000)
    assert (message["model"], message["evidence"]) == (number, valuation["evidence"])
    today = goods_desk.ledger.house.machine.day()
    # Thirty-one days were valued, and thirty were agreed.
    assert (message["valuedDay"], message["validUntil"]) == (today, today + 30)
    assert (found["signer"], found["function"]) == (INSPECTOR.number, "appraise")
    assert valuation["models"] == [{"lender": LENDER.number, "number": number}]


def test_what_is_not_on_the_ledger_is_shown_with_its_difference_and_what_is_says_so(
    databases: Databases, tmp_path: Path
) -> None:
    with pledged_goods(tmp_path) as ledger, desk_on(databases, SQLITE, ledger, "appraised") as desk:
        register(desk)
        assert latest(desk) is None
        valuation = value(desk)
        assert (latest(desk)["on_ledger"], latest(desk)["difference"]) == (False, "-1000000000")
        assert shown(desk, valuation)["facilities"] == []
        message = prepared(desk, valuation).json()["typed_data"]["message"]
        act = margin.appraise(
            ledger.house, rate=int(message["rate"]), validUntil=message["validUntil"], model=message["model"],
            evidence=bytes.fromhex(valuation["evidence"][2:]),
        )  # fmt: skip
        assert act.carry(ledger.house) == "None"
        desk.mine()
        assert (latest(desk)["on_ledger"], latest(desk)["difference"]) == (True, "0")
        assert shown(desk, valuation)["facilities"] == [margin.FACILITY]


def test_cc_433_a_rise_above_what_was_agreed_is_refused_with_the_highest_rate(goods_desk: Desk) -> None:
    register(goods_desk)
    problem = goods_desk.refused(prepared(goods_desk, value(goods_desk, "714.30")), 409, "VALUATION-ACT")
    # 500.01 a kilogram: on the day of the last valuation nothing may be added to 500.00.
    assert (problem["reason"], problem["rate"], problem["highest"]) == (
        "RISE_TOO_STEEP", "50001000000", "50000000000",
    )  # fmt: skip
    assert "500 basis points a day were agreed" in problem["title"]


def test_only_an_appraiser_that_was_agreed_values_goods_for_a_facility(goods_desk: Desk) -> None:
    register(goods_desk)
    problem = goods_desk.refused(
        prepared(goods_desk, value(goods_desk, appraiser=THIRD_BANK.number)), 409, "VALUATION-ACT"
    )
    assert problem["reason"] == "WRONG_PARTY"
    assert f"{THIRD_BANK.number} values nothing under facility {margin.FACILITY}" in problem["title"]
    assert f"{EVIDENCE.number} and {INSPECTOR.number} were agreed" in problem["title"]


def test_a_valuation_that_another_has_overtaken_is_not_brought_to_the_ledger(goods_desk: Desk) -> None:
    register(goods_desk)
    first, second = value(goods_desk), value(goods_desk, "600.00", appraiser=EVIDENCE.number)
    problem = goods_desk.refused(prepared(goods_desk, first), 409, "VALUATION-SUPERSEDED")
    assert problem["newer"] == second["evidence"]
    assert prepared(goods_desk, second).status_code == 200


def test_nothing_else_is_taken_for_a_valuation_or_for_a_facility_of_goods(goods_desk: Desk) -> None:
    register(goods_desk)
    valuation = value(goods_desk)
    unknown = {"evidence": "0x" + "77" * 32}
    goods_desk.refused(prepared(goods_desk, unknown), 404, "VALUATION-UNKNOWN")
    goods_desk.refused(prepared(goods_desk, valuation, 4_000), 404, "FACILITY_UNKNOWN")


def test_the_act_is_written_at_a_terminal_for_its_appraiser_to_sign(goods_desk: Desk, tmp_path: Path) -> None:
    register(goods_desk)
    valuation, file = value(goods_desk), tmp_path / "act.json"
    words = ["--url", str(goods_desk.http.base_url), "valuations", "act", valuation["evidence"]]
    ended = CliRunner().invoke(app, [*words, "--facility", str(margin.FACILITY), "--out", str(file)])
    assert ended.exit_code == 0, ended.output
    assert "appraise, to be signed by appraiser" in " ".join(ended.output.split())
    assert valuation["evidence"] in file.read_text()
    refused = CliRunner().invoke(app, [*words, "--facility", "4000", "--out", str(file)])
    assert refused.exit_code != 0
    assert "FACILITY_UNKNOWN" in refused.output


def test_a_valuation_is_told_to_who_subscribed_with_its_price_and_what_of_it_counts(goods_desk: Desk) -> None:
    register(goods_desk)
    with sink() as lender, courier(goods_desk.gateway):
        subscribed(goods_desk.http, lender, "valuation.taken")
        taken = value(goods_desk)
        until(lambda: len(lender.got) == 1)
    (data,) = told(lender, "valuation.taken")
    assert data == {name: taken[name] for name in data}
    assert {"evidence", "lot", "price", "rate", "lending_rate", "valid_until"} <= set(data)
    assert (data["price"], data["appraiser"]) == ("700.00", INSPECTOR.number)
