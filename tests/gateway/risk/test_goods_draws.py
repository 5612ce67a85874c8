"""What keepers' words do not bear out is not drawn on: the gateway's own rule, before it carries an act (GI-55)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from chainsvc.backends.process import start_embedded
from gateway.adapters.ledger.chain import Rpc
from gateway.adapters.warehouses import read_feed
from gateway.db.stock import StockBook
from gateway.domain.calendar import iso
from gateway.ids import format_id
from gateway.services.stock import take_in
from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT
from tests.databases import Databases
from tests.gateway.conftest import house_on
from tests.gateway.risk.conftest import Desk, Ledger, desk_on
from tests.house.cast import KEEPER, TIER_1
from tests.house.house import START
from tests.house.machine import CHAIN_ID

SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def pledged_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A thousand kilograms secure a facility for 500,000.00, of which 350,000.00 may be drawn."""
    folder = tmp_path_factory.mktemp("pledged")
    with (
        start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node,
        Rpc(node.url) as rpc,
    ):
        house = house_on(rpc)
        first = house.machine.day()
        margin.pledged(house)
        yield Ledger(node, rpc, house, first, 0, 0)


@pytest.fixture
def desk(databases: Databases, database_kind: str, pledged_ledger: Ledger) -> Iterator[Desk]:
    with desk_on(databases, database_kind, pledged_ledger, "pledged") as found:
        yield found


def tell(desk: Desk, days_ago: int, kilograms: int = 1_000) -> None:
    """The keeper counts what is in store, so many days before the ledger's today."""
    day = iso(desk.ledger.house.machine.day() - days_ago)
    at = datetime.fromisoformat(f"{day}T08:00:00").replace(tzinfo=SHANGHAI)
    row = f"W-{day},counted,{at.isoformat()},4012345000023,{format_id(LOT)},{kilograms},KGM"
    content = f"event,kind,time,gln,lot,quantity,unit\n{row}\n".encode()
    with desk.gateway.unit() as unit:
        read = read_feed(content, f"{day}.csv", KEEPER.number)
        answer = take_in(StockBook(unit.connection), read, content, int(at.timestamp()))
    assert (answer["status"], answer["used"]) == ("used", 1), answer


def test_gi_55_nothing_is_drawn_on_goods_of_whose_keeper_nobody_has_heard(desk: Desk) -> None:
    problem = desk.refused(desk.draw(margin.FACILITY, TIER_1, 1, 1), 422, "GI-55-feed")
    assert f"keeper {KEEPER.number} missed its heartbeat: the keeper never sent a word" in problem["title"]
    assert (problem["drawable"], problem["keepers"]) == ("0.00", [KEEPER.number])
    (item,) = desk.draw(margin.FACILITY, TIER_1, 1, 1, dry_run="true").json()["items"]
    assert (item["would"], item["rule"]) == ("be refused", "GI-55-feed")


@pytest.mark.parametrize(("days_ago", "percent"), [(2, 90), (4, 50), (8, 0)])
def test_gi_55_a_missed_heartbeat_lowers_what_may_be_drawn_and_the_refusal_names_it(
    desk: Desk, days_ago: int, percent: int
) -> None:
    tell(desk, days_ago)
    most = 50_000_000 * percent // 100 * 7 // 10
    problem = desk.refused(desk.draw(margin.FACILITY, TIER_1, 1, most + 1), 422, "GI-55-feed")
    assert f"keeper {KEEPER.number} missed its heartbeat" in problem["title"]
    late = {2: "1 day", 4: "3 days", 8: "7 days"}[days_ago]
    assert f"the keeper's word is {late} late: {percent} percent" in problem["title"]
    assert problem["drawable"] == f"{most // 100}.00"
    if most:
        assert desk.draw(margin.FACILITY, TIER_1, 1, most).status_code == 202


def test_what_is_on_the_way_counts_against_what_a_late_word_leaves(desk: Desk) -> None:
    tell(desk, 2)
    assert desk.draw(margin.FACILITY, TIER_1, 1, 31_000_000).status_code == 202
    problem = desk.refused(desk.draw(margin.FACILITY, TIER_1, 2, 500_001), 422, "GI-55-feed")
    assert problem["drawable"] == "5000.00"
    assert desk.draw(margin.FACILITY, TIER_1, 2, 500_000).status_code == 202


def test_a_word_in_time_cuts_nothing_and_one_that_tells_of_less_does(desk: Desk) -> None:
    tell(desk, 1, 999)
    problem = desk.refused(desk.draw(margin.FACILITY, TIER_1, 1, 35_000_000), 422, "STOCK-SHORT")
    assert "the keeper tells of 999 KGM" in problem["title"]
    tell(desk, 0, 1_000)
    assert desk.draw(margin.FACILITY, TIER_1, 1, 35_000_000).status_code == 202
