"""What keepers' words do not bear out is not drawn on: the gateway's own rule, before it carries an act (GI-55)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import pytest

from gateway.adapters.warehouses import read_feed
from gateway.db.stock import StockBook
from gateway.domain.calendar import iso
from gateway.domain.stock import Event, Kind, Telling
from gateway.ids import format_id
from gateway.ports.stock import Feed, FeedStatus
from gateway.services.stock import take_in
from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT, store
from tests.databases import SQLITE, Databases
from tests.gateway.risk.conftest import Desk, desk_on, pledged_goods
from tests.gateway.risk.test_offers import TERMS
from tests.house.cast import CLEARING, CORE, KEEPER, TIER_1
from tests.house.house import PAYOUT, account_of

OTHER = LOT + 1
SHANGHAI = timezone(timedelta(hours=8))


def tell(goods_desk: Desk, days_ago: int, kilograms: int = 1_000) -> None:
    """The keeper counts what is in store, so many days before the ledger's today."""
    day = iso(goods_desk.ledger.house.machine.day() - days_ago)
    at = datetime.fromisoformat(f"{day}T08:00:00").replace(tzinfo=SHANGHAI)
    send(
        goods_desk,
        f"W-{day},counted,{at.isoformat()},4012345000023,{format_id(LOT)},{kilograms},KGM",
        at.isoformat(),
    )


def send(goods_desk: Desk, row: str, came: str, status: str = "used") -> None:
    """The keeper's file of one row, and when it came."""
    content = f"event,kind,time,gln,lot,quantity,unit\n{row}\n".encode()
    with goods_desk.gateway.unit() as unit:
        read = read_feed(content, f"{came}.csv", KEEPER.number)
        moment = int(datetime.fromisoformat(came).timestamp())
        answer = take_in(StockBook(unit.connection), read, content, moment)
    assert (answer["status"], answer["used"]) == (status, int(status == "used")), answer


def test_gi_55_nothing_is_drawn_on_goods_of_whose_keeper_nobody_has_heard(goods_desk: Desk) -> None:
    problem = goods_desk.refused(goods_desk.draw(margin.FACILITY, TIER_1, 1, 1), 422, "GI-55-feed")
    assert problem["title"] == (
        f"more than keepers' words bear out: keeper {KEEPER.number} of lot {format_id(LOT)} missed its heartbeat: the "
        "keeper never sent a word; 0.00 CNY may be drawn, not 0.01"
    )
    assert (problem["drawable"], problem["keepers"], problem["lots"]) == (
        "0.00", [KEEPER.number], [format_id(LOT)],
    )  # fmt: skip
    (item,) = goods_desk.draw(margin.FACILITY, TIER_1, 1, 1, dry_run="true").json()["items"]
    assert (item["would"], item["rule"]) == ("be refused", "GI-55-feed")


@pytest.mark.parametrize(("days_ago", "percent"), [(2, 90), (4, 50), (8, 0)])
def test_gi_55_a_missed_heartbeat_lowers_what_may_be_drawn_and_the_refusal_names_it(
    goods_desk: Desk, days_ago: int, percent: int
) -> None:
    tell(goods_desk, days_ago)
    most = 50_000_000 * percent // 100 * 7 // 10
    problem = goods_desk.refused(goods_desk.draw(margin.FACILITY, TIER_1, 1, most + 1), 422, "GI-55-feed")
    assert f"keeper {KEEPER.number} of lot {format_id(LOT)} missed its heartbeat" in problem["title"]
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


def test_a_shipment_that_is_told_again_with_another_amount_raises_nothing(goods_desk: Desk) -> None:
    tell(goods_desk, 2)
    day = iso(goods_desk.ledger.house.machine.day() - 1)
    for kilograms, drawable in ((400, "210000.00"), (401, "0.00")):
        row = f"S-1,shipped,{day}T08:00:00+08:00,4012345000023,{format_id(LOT)},{kilograms},KGM"
        send(goods_desk, row, f"{day}T09:00:00+08:00")
        drawing = goods_desk.get(f"/facilities/{margin.FACILITY}/goods")["drawing"]
        assert (drawing["by_ledger"], drawing["by_keepers"]) == ("350000.00", drawable)
    goods_desk.refused(goods_desk.draw(margin.FACILITY, TIER_1, 1, 1), 422, "EVENT-DIFFERS")


def test_a_file_of_which_a_shipment_is_refused_lowers_what_may_be_drawn_until_it_is_sent_again(
    goods_desk: Desk,
) -> None:
    day = iso(goods_desk.ledger.house.machine.day())
    tell(goods_desk, 0)
    broken = f"S-1,shipped,{day},4012345000023,{format_id(LOT)},900,KGM"
    send(goods_desk, broken, f"{day}T09:00:00+08:00", "exception")
    problem = goods_desk.refused(
        goods_desk.draw(margin.FACILITY, TIER_1, 1, 31_500_001), 422, "FEED-EXCEPTION"
    )
    assert (problem["drawable"], "TIME-FORM row 2 time" in problem["title"]) == ("315000.00", True)
    send(goods_desk, broken.replace(day, f"{day}T07:00:00+08:00"), f"{day}T10:00:00+08:00")
    assert goods_desk.draw(margin.FACILITY, TIER_1, 1, 31_500_001).status_code == 202


def test_what_has_not_happened_by_the_block_and_by_the_last_word_is_not_drawn_on(goods_desk: Desk) -> None:
    day = iso(goods_desk.ledger.house.machine.day())
    at = datetime.fromisoformat(f"{day}T09:00:00+08:00")
    told = Telling(
        Kind.RECEIVED, "414/4012345000023", lot=format_id(LOT), quantity=Fraction(1_000), unit="KGM"
    )
    event = Event(KEEPER.number, "R-1", at + timedelta(hours=23), (told,))
    came = int(at.timestamp())
    # As it may be kept from a time when nobody asked an event's day on intake.
    feed = Feed(KEEPER.number, "ab" * 32, "a.csv", "made", FeedStatus.USED, came, came, "{}", "")
    with goods_desk.gateway.unit() as unit:
        StockBook(unit.connection).add(feed, b"", [event], None)
    goods_desk.refused(goods_desk.draw(margin.FACILITY, TIER_1, 1, 1), 422, "LOT-UNTOLD")


def test_gi_55_the_draw_that_a_silent_keeper_stopped_goes_through_as_it_was_signed_once_its_word_came(
    goods_desk: Desk,
) -> None:
    tell(goods_desk, 4)
    goods_desk.refused(goods_desk.draw(margin.FACILITY, TIER_1, 1, 35_000_000), 422, "GI-55-feed")
    tell(goods_desk, 0)
    (item,) = goods_desk.draw(margin.FACILITY, TIER_1, 1, 35_000_000, dry_run="true").json()["items"]
    assert item["would"] == "be done"
    assert goods_desk.draw(margin.FACILITY, TIER_1, 1, 35_000_000).status_code == 202


@pytest.fixture
def second_lot(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    """Another lot is valued for the facility, and not pledged yet."""
    with pledged_goods(tmp_path) as ledger:
        assert store(ledger.house, OTHER).carry(ledger.house) == "None"
        assert margin.appraise(ledger.house, OTHER).carry(ledger.house) == "None"
        with desk_on(databases, SQLITE, ledger, "second lot") as found:
            yield found


def test_gi_55_count_a_cycle_count_that_stays_away_lowers_what_may_be_drawn_though_words_come(
    second_lot: Desk,
) -> None:
    second_lot.gateway.settings.count_rhythm_days = {KEEPER.number: 7}
    tell(second_lot, 0)
    counted = iso(second_lot.ledger.house.machine.day())
    second_lot.ledger.house.machine.pass_days(8)
    second_lot.mine()
    day = iso(second_lot.ledger.house.machine.day())
    send(
        second_lot,
        f"I-1,inspected,{day}T08:00:00+08:00,4012345000023,{format_id(LOT)},,",
        f"{day}T08:00:00+08:00",
    )
    problem = second_lot.refused(second_lot.draw(margin.FACILITY, TIER_1, 1, 31_500_001), 422, "GI-55-count")
    assert problem["drawable"] == "315000.00"
    assert f"nobody says to have counted the lot since {counted}, which is 1 day late" in problem["title"]
    tell(second_lot, 0)
    assert second_lot.draw(margin.FACILITY, TIER_1, 1, 31_500_001).status_code == 202


def test_gi_55_a_missed_heartbeat_keeps_nobody_from_pledging_more(second_lot: Desk) -> None:
    second_lot.refused(second_lot.draw(margin.FACILITY, TIER_1, 1, 1), 422, "GI-55-feed")
    more = margin.pledging(second_lot.ledger.house, OTHER)
    signers = {slot.part: slot.who for slot in more.slots}
    assert second_lot.act("pledgeGoods", "PledgeGoods", more.message, signers).status_code == 202


def test_cc_433_an_old_valuation_is_why_nothing_is_drawn_before_any_keepers_word(second_lot: Desk) -> None:
    asked = f"/facilities/{margin.FACILITY}/protections"
    assert "missed its heartbeat" in second_lot.get(asked)["draws_blocked"]
    second_lot.ledger.house.machine.pass_days(31)
    second_lot.mine()
    stale = second_lot.get(f"/facilities/{margin.FACILITY}/goods")["drawing"]["blocked"]
    assert (stale["rule"], second_lot.get(asked)["draws_blocked"]) == ("CC-433", stale["sentence"])


@pytest.fixture
def lent_desk(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    """All that may be lent on the goods is; the borrower holds a certificate for 200,000.00 besides."""
    with pledged_goods(tmp_path) as ledger:
        house = ledger.house
        assert house.draw(margin.LOAN, TIER_1, margin.FACILITY, margin.DRAWN) == "None"
        assert house.fact(PAYOUT, margin.LOAN, margin.DRAWN, CLEARING, account_of(TIER_1)) == "None"
        house.live_root(1, 20_000_000, TIER_1, dueDay=house.machine.day() + 60)
        with desk_on(databases, SQLITE, ledger, "lent on goods") as found:
            yield found


def chosen(desk: Desk) -> list[str]:
    """What the only offer for the certificate asks to be signed."""
    listed = desk.get("/offers-of-finance", title=str(CORE.number << 32 | 1))
    (row,) = listed["offers"]
    fields = row["choice"]["fields"]
    body = {
        "title": fields["title"], "comparison": listed["comparison"], "document": fields["document"],
        "signatures": desk.signed("choice of lender", fields, TIER_1["maker"]),
    }  # fmt: skip
    answer = desk.post(f"/offers-of-finance/{row['offer']}/choose", body)
    assert answer.status_code == 201, answer.text
    return [act["function"] for act in answer.json()["acts"]]


def test_gi_55_an_offer_goes_to_a_facility_on_goods_only_while_their_keepers_word_leaves_room(
    lent_desk: Desk,
) -> None:
    """140,000.00 on the certificate: beside goods that nobody tells of it would only fill their gap."""
    lent_desk.by_lender("offer of finance", {**TERMS, "advanceBps": "7000"})
    assert chosen(lent_desk) == ["open", "lock", "draw"]
    tell(lent_desk, 2)
    assert chosen(lent_desk) == ["open", "lock", "draw"]
    tell(lent_desk, 0)
    assert chosen(lent_desk) == ["lock", "draw"]
