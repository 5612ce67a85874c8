"""Goods behind a facility, as people are shown them: valued, lent on, worth less, called for, sold, and free again."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.adapters.ledger.chain import facts_after
from gateway.adapters.ledger.words import MARK
from gateway.adapters.warehouses import read_feed
from gateway.cli import app
from gateway.db.stock import StockBook
from gateway.domain.calendar import day_of_iso, iso
from gateway.domain.margin_records import MarginState
from gateway.ids import format_id
from gateway.services.stock import take_in
from tests.contracts.margin_table import FACILITY, PART, REST
from tests.gateway.http.conftest import Caller
from tests.house.cast import CONTROL_AGENT, EVIDENCE, INSPECTOR, KEEPER, TIER_2

GOODS = f"/facilities/{FACILITY}/goods"
SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def marks(caller: Caller) -> dict[str, list[int]]:
    """The blocks in which the facility's mark changed, by the state that it came to have."""
    found: dict[str, list[int]] = {}
    with caller.gateway.view() as unit:
        for fact in facts_after(unit.connection, caller.told.book):
            if fact.event == "MarkChanged":
                state = MarginState(MARK.unpack(fact.args["mark"])["state"])
                found.setdefault(state.name.lower(), []).append(fact.block_number)
    return found


def goods(caller: Caller, block: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = caller.get(GOODS, **({} if block is None else {"as_of": str(block)}))
    return found


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


def quoted(caller: Caller, block: int) -> dict[str, Any]:
    due = iso(day_of_iso(goods(caller, block)["day"]) + 30)
    asked = {"amount": "1000.00", "rate_ppm": 72_000, "due": due, "as_of": str(block)}
    found: dict[str, Any] = caller.get(f"/facilities/{FACILITY}/quote", **asked)
    return found


def blocked(caller: Caller, block: int) -> Any:
    """Why nothing is drawn, as those who ask for the protectors of the facility are told."""
    return caller.get(f"/facilities/{FACILITY}/protections", as_of=str(block))["draws_blocked"]


def told(caller: Caller, day: str, quantity: int) -> None:
    """The keeper's own file of a day: so much of the lot came in."""
    at = datetime.fromisoformat(f"{day}T08:00:00").replace(tzinfo=SHANGHAI)
    lot = format_id(caller.told.story.ids["pledged_lot"])
    row = f"W-{day},counted,{at.isoformat()},4012345000023,{lot},{quantity},KGM"
    content = f"event,kind,time,gln,lot,quantity,unit\n{row}\n".encode()
    with caller.gateway.unit() as unit:
        read = read_feed(content, f"{day}.csv", KEEPER.number)
        answer = take_in(StockBook(unit.connection), read, content, int(at.timestamp()))
    assert (answer["status"], answer["used"]) == ("used", 1), answer


# ── what is agreed, pledged and lent ────────────────────────────────────────────────────────────────────────


def test_goods_are_shown_with_what_was_agreed_of_them_and_what_they_count_for(
    caller: Caller, marks: dict[str, list[int]]
) -> None:
    found = goods(caller, marks["standing"][0])
    terms = found["terms"]
    assert (terms["control_agent"], terms["appraisers"]) == (
        CONTROL_AGENT.number, [EVIDENCE.number, INSPECTOR.number],
    )  # fmt: skip
    assert (terms["advance_bps"], terms["maintenance_bps"], terms["floor"]) == (7_000, 8_000, "0.00")
    assert (found["mark"]["state"], found["mark"]["lots"], found["mark"]["stale"]) == ("standing", 1, False)
    (lot,) = found["lots"]
    assert (lot["quantity"], lot["unit"], lot["value"]) == ("1000", "KGM", "500000.00")
    assert [each["quantity"] for each in lot["receipts"]] == ["1000"]
    assert (found["coverage"]["state"], found["coverage"]["cash"], lot["top_up"]) == ("covered", "0.00", "0")


def test_gi_55_what_a_keeper_does_not_tell_of_is_not_drawn_on_and_a_late_word_lowers_it(
    caller: Caller, marks: dict[str, list[int]]
) -> None:
    block = marks["standing"][0]
    silent, lot = goods(caller, block), format_id(caller.told.story.ids["pledged_lot"])
    assert silent["drawing"]["by_ledger"] == "350000.00"
    assert (silent["drawing"]["drawable"], silent["drawing"]["blocked"]) == (
        "0.00",
        {
            "rule": "GI-55-feed",
            "sentence": f"keeper {KEEPER.number} of lot {lot} missed its heartbeat: the keeper never sent a word",
        },
    )
    assert quoted(caller, block)["draws_blocked"] == silent["drawing"]["blocked"]
    assert blocked(caller, block) == silent["drawing"]["blocked"]["sentence"]
    assert {cut["rule"] for cut in silent["lots"][0]["cuts"]} == {"LOT-UNTOLD"}
    today = day_of_iso(silent["day"])

    told(caller, iso(today - 2), 1_000)  # a daily word, and yesterday's did not come
    late = goods(caller, block)
    assert [cut["rule"] for cut in late["lots"][0]["cuts"]] == ["GI-55-feed"]
    assert (late["drawing"]["blocked"], blocked(caller, block)) == (None, None), (
        "less may be drawn, not nothing"
    )
    assert (late["lots"][0]["relied_on"], late["lots"][0]["cut"]) == ("900", "50000.00")
    assert late["drawing"]["drawable"] == late["drawing"]["by_keepers"] == "315000.00"
    assert quoted(caller, block)["drawable"] == "315000.00"
    assert late["coverage"] == silent["coverage"], (
        "nothing is taken back of what was lent, and nothing called for"
    )

    told(caller, iso(today - 1), 1_000)
    assert goods(caller, block)["lots"][0]["cuts"] == []
    assert quoted(caller, block)["drawable"] == "350000.00"


# ── worth less ──────────────────────────────────────────────────────────────────────────────────────────────


def test_dec_14_while_a_call_stands_nothing_is_drawn_and_what_restores_coverage_is_exact(
    caller: Caller, marks: dict[str, list[int]]
) -> None:
    block = marks["called"][0]
    before, found = goods(caller, block - 1), goods(caller, block)
    # What was worth 500,000.00 is worth 350,000.00, and as much is owed: below the maintenance rate.
    assert (before["mark"]["state"], before["coverage"]["state"]) == ("standing", "call")
    assert (found["mark"]["state"], found["coverage"]["state"], found["coverage"]["bps"]) == (
        "called",
        "call",
        10_000,
    )
    assert found["mark"]["day"] == iso(day_of_iso(found["day"]) + 2)
    cash, (lot,) = minor(found["coverage"]["cash"]), found["lots"]
    owed, rate = minor(found["coverage"]["owed"]), int(lot["rate"])
    assert owed - cash <= minor(lot["value"]) * 7_000 // 10_000 < owed - cash + 1
    more = int(lot["top_up"])
    assert [owed <= (1_000 + each) * rate // 1_000_000 * 7_000 // 10_000 for each in (more - 1, more)] == [
        False,
        True,
    ]
    assert (found["drawing"]["drawable"], found["drawing"]["blocked"]["rule"]) == ("0.00", "DEC-14")
    assert quoted(caller, block)["draws_blocked"] == found["drawing"]["blocked"]
    assert blocked(caller, block) == found["drawing"]["blocked"]["sentence"]
    assert blocked(caller, marks["enforced"][0]) == found["drawing"]["blocked"]["sentence"]


def test_cc_436_a_sale_shows_its_price_what_came_of_it_and_what_is_the_pledgors(
    caller: Caller, marks: dict[str, list[int]]
) -> None:
    sold = goods(caller, marks["enforced"][1])
    assert (sold["mark"]["state"], sold["drawing"]["blocked"]["rule"]) == ("enforced", "DEC-14")
    (sale,) = sold["sales"]
    assert (sale["buyer"], sale["price"], sale["state"], sale["late"]) == (
        TIER_2.number,
        "400000.00",
        "agreed",
        False,
    )
    assert (sold["lots"][0]["quantity"], sold["lots"][0]["receipts"]) == ("0", [])

    now = goods(caller)
    unpaid, paid = sorted(now["sales"], key=lambda each: each["state"], reverse=True)
    assert (unpaid["state"], unpaid["collected"], unpaid["late"]) == ("unpaid", "0.00", False)
    assert (paid["receipt"], paid["state"], paid["collected"]) == (format_id(REST), "paid", "400000.00")
    assert now["coverage"]["owed"] == "0.00"
    assert not any(each["receipts"] for each in now["lots"]), format_id(PART)


# ── at a terminal, and where there is nothing ───────────────────────────────────────────────────────────────


def test_goods_behind_a_facility_are_said_at_a_terminal(caller: Caller, marks: dict[str, list[int]]) -> None:
    block = str(marks["called"][0])
    words = ["--url", str(caller.http.base_url), "collateral", str(FACILITY), "--as-of", block]
    ended = CliRunner().invoke(app, words)
    said = " ".join(ended.output.split())
    assert ended.exit_code == 0, ended.output
    assert "350000.00 CNY stand behind 350000.00, call" in said
    assert "restored by repaying 105000.00 CNY, or by more of a lot, as in top_up" in said
    assert "(DEC-14)" in said
    shown = CliRunner().invoke(app, [*words, "--json"])
    assert json.loads(shown.output) == goods(caller, int(block))


def test_a_facility_that_takes_no_goods_says_so_and_an_unknown_one_is_named(caller: Caller) -> None:
    caller.refused(caller.http.get("/facilities/7/goods"), 404, "GOODS_TERMS_MISSING")
    caller.refused(caller.http.get("/facilities/4000/goods"), 404, "FACILITY_UNKNOWN")
