"""Lots and warehouse receipts over HTTP: which goods lie where, how much is left, whose they are."""

from __future__ import annotations

from decimal import Decimal

from gateway.ids import format_id
from tests.gateway.http.conftest import Caller
from tests.house.cast import INSPECTOR, KEEPER, TIER_1, TIER_2


def test_a_short_pool_says_what_is_missing_and_what_each_receipt_gets(caller: Caller) -> None:
    pool = format_id(caller.told.story.ids["pool"])
    lot = caller.get(f"/lots/{pool}")
    assert (lot["kind"], lot["phase"], lot["keeper"], lot["inspector"]) == (
        "pool", "live", KEEPER.number, INSPECTOR.number,
    )  # fmt: skip
    assert (lot["received"], lot["lost"], lot["delivered"]) == ("1000", "5", "199")
    assert (lot["receipts"], lot["in_store"], lot["shortfall"]) == ("800", "796", "4")
    receipts = caller.get("/warehouse-receipts", lot=pool)["warehouse_receipts"]
    assert sum(Decimal(each["quantity"]) for each in receipts) == Decimal(lot["receipts"])
    assert sum(Decimal(each["share"]) for each in receipts) <= Decimal(lot["in_store"])
    assert {(each["quantity"], each["share"]) for each in receipts} == {("400", "398")}
    assert {each["unit"] for each in receipts} == {lot["unit"]} == {"KGM"}


def test_a_lien_is_shown_with_its_receipt(caller: Caller) -> None:
    found = caller.get(f"/warehouse-receipts/{format_id(caller.told.story.ids['deposit'])}")
    assert (found["lien"], found["lien_currency"], found["status"]) == ("75.00", "CNY", "live")
    assert (found["deliverable"], found["share"]) == ("0", "398")  # nothing leaves before its storage is paid
    other = caller.get(f"/warehouse-receipts/{format_id(caller.told.story.ids['rest'])}")
    assert (other["lien"], other["lien_currency"]) == (None, None)


def test_a_split_receipt_is_cancelled_and_its_parts_say_where_they_come_from(caller: Caller) -> None:
    ids = caller.told.story.ids
    old = caller.get(f"/warehouse-receipts/{format_id(ids['single'])}")
    assert (old["status"], old["quantity"], old["deliverable"]) == ("cancelled", "0", "0")
    part, rest = (caller.get(f"/warehouse-receipts/{format_id(ids[name])}") for name in ("part", "rest"))
    assert {part["parent"], rest["parent"]} == {old["receipt"]}
    assert (part["holder"], part["quantity"]) == (TIER_2.number, "300")
    assert (rest["holder"], rest["quantity"]) == (TIER_1.number, "700")


def test_receipts_of_one_holder_and_lots_of_one_keeper_are_listed(caller: Caller) -> None:
    held = caller.rows("/warehouse-receipts", "warehouse_receipts", 2, holder=TIER_2.number)
    ids = caller.told.story.ids
    assert {each["receipt"] for each in held} == {format_id(ids[name]) for name in ("part", "sold")}
    lots = {each["lot"] for each in caller.rows("/lots", "lots", 1, keeper=KEEPER.number)}
    assert lots >= {format_id(ids[name]) for name in ("pool", "single", "pledged_lot")}
    assert len(lots) == 6
    assert caller.rows("/lots", "lots", 1, keeper=TIER_1.number) == []


def test_certificates_and_receipts_are_not_taken_for_each_other(caller: Caller) -> None:
    ids = caller.told.story.ids
    pool, root = format_id(ids["pool"]), format_id(ids["root"])
    titles = {each["title"] for each in caller.rows("/titles", "titles", 100)}
    assert pool not in titles
    caller.refused(caller.http.get(f"/titles/{pool}"), 404, "UNKNOWN_TITLE")
    caller.refused(caller.http.get(f"/receivables/{pool}"), 404, "UNKNOWN_ROOT")
    caller.refused(caller.http.get(f"/warehouse-receipts/{root}"), 404, "UNKNOWN_TITLE")
    caller.refused(caller.http.get(f"/lots/{root}"), 404, "UNKNOWN_ROOT")
