"""What runs out on goods, day by day: from which day a row is on the list of a day, what it says, and when it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.calendar import day_of_iso, iso
from gateway.ids import format_id
from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT, QUANTITY, holder, keeper, store
from tests.contracts.instructions import Instruction, Slot
from tests.contracts.margin_table import DRAWN, FACILITY, LOAN, PRICE, RATE
from tests.databases import Databases
from tests.gateway.risk.conftest import Desk, desk_on, pledged_goods
from tests.gateway.risk.test_appraisals import prepared, register, value
from tests.gateway.storage import test_endorsements as endorsements
from tests.house.cast import CLEARING, KEEPER, LENDER, TIER_1, TIER_2, TIER_3
from tests.house.house import EVIDENCE_HASH, PAYOUT, REPAYMENT, House, account_of, collection_account

OTHER_LOT = LOT + 1
OTHER_FACILITY = FACILITY + 1
RELEASE_DAYS = 2


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, databases: Databases, database_kind: str, tmp_path: Path
) -> Iterator[Desk]:
    """A desk before a ledger of its own, on which goods secure a facility since today."""
    with (
        pledged_goods(tmp_path) as ledger,
        desk_on(databases, database_kind, ledger, f"clocks {request.node.name}") as found,
    ):
        yield found


def listed(desk: Desk, kind: str, day: int, facility: int = FACILITY) -> list[dict[str, Any]]:
    """The rows of one kind on a day's list."""
    lists = {each["name"]: each["rows"] for each in desk.get(f"/day-ends/{iso(day)}")["lists"]}
    return [row for row in lists["goods-clocks"] if (row["kind"], row["facility"]) == (kind, facility)]


def listed_today(desk: Desk, kind: str, facility: int = FACILITY) -> list[dict[str, Any]]:
    desk.mine()
    return listed(desk, kind, desk.ledger.house.machine.day(), facility)


def says(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def carry(instruction: Instruction, house: House) -> None:
    assert instruction.carry(house) == "None", instruction.function


def lend(house: House) -> None:
    """As much as there may be on the goods."""
    assert house.draw(LOAN, TIER_1, FACILITY, DRAWN, dueDay=house.machine.day() + 90) == "None"
    assert house.fact(PAYOUT, LOAN, DRAWN, CLEARING, account_of(TIER_1)) == "None"


# ── Valuations ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_cc_433_a_valuation_is_listed_from_five_days_before_its_last_and_stale_the_day_after(
    desk: Desk,
) -> None:
    house = desk.ledger.house
    last = house.machine.day() + 30
    assert listed_today(desk, "valuation") == []
    house.machine.go_to_day(last)
    assert says(listed_today(desk, "valuation"), "subject", "party", "rule", "last_day") == [
        (format_id(LOT), LENDER.number, "CC-433", iso(last))
    ]
    # What the list calls good may still be lent on, as far as its keeper's word goes; what it calls stale not.
    drawing = f"/facilities/{FACILITY}/goods"
    assert desk.get(drawing)["drawing"]["blocked"]["rule"] == "GI-55-feed"
    house.machine.go_to_day(last + 1)
    desk.mine()
    assert desk.get(drawing)["drawing"]["blocked"]["rule"] == "CC-433"
    # A day that is gone by is listed as it was.
    days = {
        ahead: says(listed(desk, "valuation", last - ahead), "state", "days_left") for ahead in (6, 5, 0, -1)
    }
    assert days == {6: [], 5: [("good", 5)], 0: [("good", 0)], -1: [("stale", -1)]}
    carry(margin.appraise(house), house)
    assert listed_today(desk, "valuation") == []


def test_a_newer_valuation_is_listed_until_it_is_on_the_ledger_and_an_older_one_never(desk: Desk) -> None:
    house = desk.ledger.house
    register(desk)
    valuation = value(desk)
    assert says(listed_today(desk, "valuation"), "state", "subject", "days_left") == [
        ("good, a newer one is not on the ledger", format_id(LOT), 30)
    ]
    message = prepared(desk, valuation).json()["typed_data"]["message"]
    brought = margin.appraise(
        house, rate=int(message["rate"]), validUntil=message["validUntil"], model=message["model"],
        evidence=bytes.fromhex(valuation["evidence"][2:]),
    )  # fmt: skip
    carry(brought, house)
    assert listed_today(desk, "valuation") == []
    house.machine.pass_days(1)
    # The appraiser values anew on the ledger itself: what the gateway keeps is older now, not newer.
    carry(margin.appraise(house, rate=RATE * 9 // 10), house)
    assert listed_today(desk, "valuation") == []


def test_goods_that_are_free_have_no_valuation_to_watch(desk: Desk) -> None:
    house = desk.ledger.house
    carry(margin.releasing(house, LOT, quantity=QUANTITY, value=QUANTITY * 50_000), house)
    house.machine.pass_days(31)
    assert listed_today(desk, "valuation") == []


# ── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_storage_that_ends_is_listed_five_days_before_and_from_its_last_day_a_receipt_no_more_passes_on(
    desk: Desk,
) -> None:
    house = desk.ledger.house
    free = KEEPER.number << 32 | 9
    carry(store(house, free), house)
    last = house.machine.day() + 180
    house.machine.go_to_day(last - 1)
    row = ("subject", "party", "rule", "state", "last_day", "days_left")
    assert says(listed_today(desk, "storage"), *row) == [
        (format_id(LOT), LENDER.number, "DEC-9", "open", iso(last), 1)
    ]
    assert [len(listed(desk, "storage", last - ahead)) for ahead in (6, 5)] == [0, 1]
    passing = {
        "title": free, "sequence": 0, "to": TIER_2.number, "expiresAt": house.expiry() + 86_400,
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    acquirer = Slot("acquirer", TIER_2["maker"], "TITLE", QUANTITY)
    house.machine.go_to_day(last)
    assert Instruction("endorse", passing, (holder(), acquirer, keeper()), "").carry(house) == "PastDue"
    ended = ("goods are only taken out", 0)
    assert says(listed_today(desk, "storage"), "state", "days_left") == [ended]
    carry(margin.releasing(house, LOT, quantity=QUANTITY, value=QUANTITY * 50_000), house)
    assert listed_today(desk, "storage") == []


# ── Sales in enforcement ────────────────────────────────────────────────────────────────────────────────────────


def test_cc_436_a_sale_is_listed_with_what_is_still_to_come_of_its_price(desk: Desk) -> None:
    house = desk.ledger.house
    lend(house)
    carry(margin.appraise(house, rate=RATE * 7 // 10), house)
    carry(margin.call_margin(house), house)
    house.machine.pass_days(3)
    carry(margin.enforcing(house), house)
    house.machine.pass_days(1)
    assert listed_today(desk, "sale") == []
    carry(margin.selling(house), house)
    pay_by = house.machine.day() + 10
    row = ("subject", "party", "last_day", "state", "days_left", "cash", "currency")
    sold = format_id(LOT)
    assert says(listed_today(desk, "sale"), *row) == [
        (sold, TIER_2.number, iso(pay_by), "open", 10, "400000.00", "CNY")
    ]
    assert margin.collected(house, PRICE // 4) == "None"
    house.machine.pass_days(10)
    assert says(listed_today(desk, "sale"), "state", "days_left", "cash") == [("open", 0, "300000.00")]
    house.machine.pass_days(1)
    assert says(listed_today(desk, "sale"), "state", "days_left", "cash") == [("unpaid", -1, "300000.00")]
    # Sold anew: what the first buyer paid is nothing of what the second one owes.
    again = margin.selling(house, price=PRICE // 5, buyer=TIER_3.number)
    again = again.signed_by(again.slots[-1], TIER_3["maker"])
    carry(again, house)
    assert says(listed_today(desk, "sale"), "party", "state", "cash") == [(TIER_3.number, "open", "80000.00")]
    assert margin.collected(house, PRICE // 5 - 1) == "None"
    assert says(listed_today(desk, "sale"), "cash") == [("0.01",)]
    assert margin.collected(house, 1) == "None"
    assert listed_today(desk, "sale") == []
    # The day on which the first buyer was late is listed as it was.
    assert says(listed(desk, "sale", pay_by), "party", "state", "cash") == [
        (TIER_2.number, "open", "300000.00")
    ]


# ── Goods on which nothing is owed ──────────────────────────────────────────────────────────────────────────────


def unlocking(house: House, facility: int, lot: int) -> Instruction:
    act = {
        "facility": facility, "lot": lot, "quantity": QUANTITY, "titles": [lot], "nonce": house.nonce(),
        "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction("unlockGoods", act, (holder(), keeper()), "")


def test_cc_436_goods_on_which_nothing_is_owed_are_listed_with_the_day_they_are_freed_by_their_holder(
    desk: Desk,
) -> None:
    house = desk.ledger.house
    lend(house)
    assert listed_today(desk, "release") == []
    account = collection_account(FACILITY)
    assert house.fact(REPAYMENT, LOAN, DRAWN, LENDER, account) == "None"
    paid = house.machine.day()
    row = ("subject", "party", "state", "last_day", "days_left")
    free, waits = iso(paid + RELEASE_DAYS), "the lender is to let them go"
    assert says(listed_today(desk, "release"), *row) == [("1 lots", LENDER.number, waits, free, RELEASE_DAYS)]
    house.machine.pass_days(RELEASE_DAYS - 1)
    assert says(listed_today(desk, "release"), "state", "days_left") == [(waits, 1)]
    assert unlocking(house, FACILITY, LOT).carry(house) == "ReleaseClockRunning"
    house.machine.pass_days(1)
    assert says(listed_today(desk, "release"), "state", "days_left") == [
        ("holder and keeper may free them", 0)
    ]
    carry(unlocking(house, FACILITY, LOT), house)
    assert listed_today(desk, "release") == []


def test_a_facility_that_ends_with_its_debt_frees_goods_on_the_day_it_is_paid(desk: Desk) -> None:
    house = desk.ledger.house
    assert house.open_facility(OTHER_FACILITY, TIER_1, margin.LIMIT, advanceBps=7_000) == "None"
    carry(store(house, OTHER_LOT), house)
    carry(margin.agree_goods(house, facility=OTHER_FACILITY), house)
    carry(margin.appraise(house, OTHER_LOT, facility=OTHER_FACILITY), house)
    carry(margin.pledging(house, OTHER_LOT, facility=OTHER_FACILITY, rate=RATE), house)
    assert house.draw(LOAN, TIER_1, OTHER_FACILITY, DRAWN) == "None"
    assert house.fact(PAYOUT, LOAN, DRAWN, CLEARING, account_of(TIER_1)) == "None"
    assert listed_today(desk, "release", OTHER_FACILITY) == []
    assert house.fact(REPAYMENT, LOAN, DRAWN, LENDER, collection_account(OTHER_FACILITY)) == "None"
    paid = house.machine.day()
    assert says(listed_today(desk, "release", OTHER_FACILITY), "state", "last_day", "days_left") == [
        ("holder and keeper may free them", iso(paid), 0)
    ]
    carry(unlocking(house, OTHER_FACILITY, OTHER_LOT), house)
    assert listed_today(desk, "release", OTHER_FACILITY) == []


# ── Keepers' answers ────────────────────────────────────────────────────────────────────────────────────────────


def test_cc_910_answer_an_endorsement_is_listed_from_the_day_the_keeper_is_asked_and_stays_when_it_is_silent(
    desk: Desk,
) -> None:
    house = desk.ledger.house
    receipt, answered, refused = (endorsements.stored(desk) for _ in range(3))
    offered, ours, theirs = (
        endorsements.prepared(desk, each, acquirer_days=3) for each in (receipt, answered, refused)
    )
    endorsements.signed(desk, offered, endorsements.HOLDER)
    assert listed_today(desk, "endorsement", 0) == []
    house.machine.pass_days(1)
    desk.mine()
    asked = house.machine.day()
    found = endorsements.signed(desk, offered, endorsements.ACQUIRER)
    for message in (ours, theirs):
        found_too = endorsements.signed(desk, message, endorsements.HOLDER, endorsements.ACQUIRER)
    last = day_of_iso(found["answer_by"])
    assert last - asked >= 5
    assert len(listed_today(desk, "endorsement", 0)) == 3
    endorsements.signed(desk, ours, endorsements.KEEPS)
    assert endorsements.refusal(desk, found_too["endorsement"]).status_code == 201
    row = ("subject", "party", "rule", "state", "last_day", "days_left")
    waits = (receipt, KEEPER.number, "CC-910-answer", "asked", iso(last), last - asked)
    assert says(listed_today(desk, "endorsement", 0), *row) == [waits]
    # Nobody waited for the keeper before it was asked.
    assert listed(desk, "endorsement", asked - 1, 0) == []
    house.machine.go_to_day(last)
    assert says(listed_today(desk, "endorsement", 0), "state", "days_left") == [("asked", 0)]
    house.machine.go_to_day(last + 1)
    assert says(listed_today(desk, "endorsement", 0), "state", "days_left") == [("overdue", -1)]
