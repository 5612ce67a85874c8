"""What keepers' words do not bear out is not drawn on: the gateway's own rule, before it carries an act (GI-55)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from gateway.adapters.warehouses import read_feed
from gateway.db.stock import StockBook
from gateway.domain.calendar import iso
from gateway.ids import format_id
from gateway.services.stock import take_in
from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT
from tests.gateway.risk.conftest import Desk
from tests.house.cast import KEEPER, TIER_1

SHANGHAI = timezone(timedelta(hours=8))


def tell(goods_desk: Desk, days_ago: int, kilograms: int = 1_000) -> None:
    """The keeper counts what is in store, so many days before the ledger's today."""
    day = iso(goods_desk.ledger.house.machine.day() - days_ago)
    at = datetime.fromisoformat(f"{day}T08:00:00").replace(tzinfo=SHANGHAI)
    row = f"W-{day},counted,{at.isoformat()},4012345000023,{format_id(LOT)},{kilograms},KGM"
    content = f"event,kind,time,gln,lot,quantity,unit\n{row}\n".encode()
    with goods_desk.gateway.unit() as unit:
        read = read_feed(content, f"{day}.csv", KEEPER.number)
        answer = take_in(StockBook(unit.connection), read, content, int(at.timestamp()))
    assert (answer["status"], answer["used"]) == ("used", 1), answer


def test_gi_55_nothing_is_drawn_on_goods_of_whose_keeper_nobody_has_heard(goods_desk: Desk) -> None:
    problem = goods_desk.refused(goods_desk.draw(margin.FACILITY, TIER_1, 1, 1), 422, "GI-55-feed")
    assert f"keeper {KEEPER.number} missed its heartbeat: the keeper never sent a word" in problem["title"]
    assert (problem["drawable"], problem["keepers"]) == ("0.00", [KEEPER.number])
    (item,) = goods_desk.draw(margin.FACILITY, TIER_1, 1, 1, dry_run="true").json()["items"]
    assert (item["would"], item["rule"]) == ("be refused", "GI-55-feed")


@pytest.mark.parametrize(("days_ago", "percent"), [(2, 90), (4, 50), (8, 0)])
def test_gi_55_a_missed_heartbeat_lowers_what_may_be_drawn_and_the_refusal_names_it(
    goods_desk: Desk, days_ago: int, percent: int
) -> None:
    tell(goods_desk, days_ago)
    most = 50_000_000 * percent // 100 * 7 // 10
    problem = goods_desk.refused(goods_desk.draw(margin.FACILITY, TIER_1, 1, most + 1), 422, "GI-55-feed")
    assert f"keeper {KEEPER.number} missed its heartbeat" in problem["title"]
    late = {2: "1 day", 4: "3 days", 8: "7 days"}[days_ago]
    assert f"the keeper's word is {late} late: {percent} percent" in problem["title"]
    assert problem["drawable"] == f"{most // 100}.00"
    if most:
        assert goods_desk.draw(margin.FACILITY, TIER_1, 1, most).status_code == 202


def test_what_is_on_the_way_counts_against_what_a_late_word_leaves(goods_desk: Desk) -> None:
    tell(goods_desk, 2)
    assert goods_desk.draw(margin.FACILITY, TIER_1, 1, 31_000_000).status_code == 202
    problem = goods_desk.refused(goods_desk.draw(margin.FACILITY, TIER_1, 2, 500_001), 422, "GI-55-feed")
    assert problem["drawable"] == "5000.00"
    assert goods_desk.draw(margin.FACILITY, TIER_1, 2, 500_000).status_code == 202


def test_a_word_in_time_cuts_nothing_and_one_that_tells_of_less_does(goods_desk: Desk) -> None:
    tell(goods_desk, 1, 999)
    problem = goods_desk.refused(goods_desk.draw(margin.FACILITY, TIER_1, 1, 35_000_000), 422, "STOCK-SHORT")
    assert "the keeper tells of 999 KGM" in problem["title"]
    tell(goods_desk, 0, 1_000)
    assert goods_desk.draw(margin.FACILITY, TIER_1, 1, 35_000_000).status_code == 202
