"""The lists of a day: what is in them, how they tie, and that files say the same as the interface."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from gateway.adapters.ledger.chain import blocks, facts_after
from gateway.adapters.ledger.words import MARK
from gateway.domain.calendar import day_of, day_of_iso, iso
from gateway.domain.margin_records import MarginState
from gateway.ids import format_id
from tests.contracts import margin_table as margin
from tests.gateway.http.conftest import Caller
from tests.house.cast import KEEPER, TIER_1

LISTS = (
    "due", "due-by-debtor", "overdue", "unconfirmed", "held", "differences", "interest", "goods", "keepers",
    "goods-clocks", "certificates",
)  # fmt: skip


def lists_of(caller: Caller, day: int) -> dict[str, Any]:
    found: dict[str, Any] = caller.get(f"/day-ends/{iso(day)}")
    assert [each["name"] for each in found["lists"]] == list(LISTS)
    assert all(each["agrees"] for each in found["ties"]), found["ties"]
    return {each["name"]: each for each in found["lists"]}


def due_day(caller: Caller, root: int) -> int:
    return day_of_iso(caller.get(f"/receivables/{format_id(root)}")["due"])


def test_what_falls_due_is_listed_five_business_days_ahead_and_no_earlier(caller: Caller) -> None:
    root = caller.told.story.ids["root"]
    due = due_day(caller, root)

    def listed(day: int) -> list[dict[str, Any]]:
        return [row for row in lists_of(caller, day)["due"]["rows"] if row["receivable"] == format_id(root)]

    (row,) = listed(due)
    assert (row["open"], row["currency"], row["due"]) == ("1000000.00", "CNY", iso(due))
    # Five business days are a week where no holiday is near: from the seventh day before on, not from the eighth.
    days = [ahead for ahead in range(1, 12) if listed(due - ahead)]
    assert days == list(range(1, days[-1] + 1))
    assert 5 <= days[-1] <= 9
    assert listed(due + 1) == []


@pytest.mark.parametrize(("days", "grade"), [(1, "special mention"), (0, None)])
def test_class_a_loan_past_its_due_day_is_listed_with_its_days_and_class(
    caller: Caller, days: int, grade: str | None
) -> None:
    loan = caller.told.story.ids["loan"]
    found = caller.get(f"/loans/{format_id(loan)}")
    day = day_of_iso(found["due"]) + days
    if day > caller.told.story.house.machine.day():
        pytest.fail("the story goes on past the loan's due day")
    rows = [row for row in lists_of(caller, day)["overdue"]["rows"] if row["id"] == format_id(loan)]
    assert [(row["class"], row["days"]) for row in rows] == ([(grade, days)] if grade else [])


def test_interest_accrues_to_the_day_and_not_beyond(caller: Caller) -> None:
    """D16: 90,000.00 at 7.2 % for ten days is 180.00, first day counted, last not."""
    loan = caller.told.story.ids["loan"]
    paid_out = next(
        row
        for row in caller.rows("/movements", "movements", 100)
        if row["kind"] == 1 and row["subject"] == str(loan)
    )
    start = day_of_iso(paid_out["value_day"])
    for days, expected in ((0, "0.00"), (1, "18.00"), (9, "162.00")):
        (row,) = [
            each
            for each in lists_of(caller, start + days)["interest"]["rows"]
            if each["loan"] == format_id(loan)
        ]
        assert (row["principal"], row["interest_accrued"], row["interest_paid"]) == (
            "90000.00",
            expected,
            "0.00",
        )


def test_cn77_19_each_days_certificates_are_told_once_and_add_up(caller: Caller) -> None:
    acts: dict[str, set[str]] = {}
    seen: set[tuple[int, int, int, str]] = set()
    with caller.gateway.view() as unit:
        days = sorted({day_of(time) for time in unit.connection.execute(select(blocks.c.time)).scalars()})
    for day in days:
        for row in lists_of(caller, day)["certificates"]["rows"]:
            key = (row["block"], row["log"], row["row"], row["act"])
            assert key not in seen
            seen.add(key)
            acts.setdefault(row["act"], set()).add(row["certificate"])
    ids = {name: format_id(number) for name, number in caller.told.story.ids.items() if name != "list"}
    assert {ids["root"], ids["assigned"], ids["from_list"]} <= acts["issued"]
    assert {ids["second"], ids["third"], ids["pledged"]} <= acts["split"]
    assert {ids["second"], ids["third"], ids["assigned"]} <= acts["transferred"]
    assert ids["merged"] not in acts["transferred"]
    assert ids["pledged"] in acts["financed"]
    assert {ids["root"], ids["early"]} <= acts["settled"]
    assert ids["declined"] not in acts["issued"]


def test_gi_55_feed_goods_are_listed_lot_by_lot_and_keepers_by_how_late_their_word_is(caller: Caller) -> None:
    found = lists_of(caller, caller.told.story.house.machine.day())
    pool = format_id(caller.told.story.ids["pool"])
    (row,) = [row for row in found["goods"]["rows"] if row["lot"] == pool]
    assert {name: row[name] for name in ("unit", "receipts", "in_store", "told", "lendable", "rules")} == {
        "unit": "KGM", "receipts": "800", "in_store": "796", "told": "", "lendable": "0",
        "rules": "LOT-UNTOLD, RECEIPTS-SHORT",
    }  # fmt: skip
    assert row["cuts"] == (
        "RECEIPTS-SHORT 4: receipts stand for 800 KGM, and 796 are in store; "
        "LOT-UNTOLD 796: the keeper tells nothing of the lot in its unit"
    )
    (keeper,) = found["keepers"]["rows"]
    assert {name: keeper[name] for name in ("keeper", "state", "last_day", "due_day", "lots")} == {
        "keeper": KEEPER.number, "state": "silent", "last_day": "", "due_day": "", "lots": 6,
    }  # fmt: skip


def test_files_say_what_the_interface_says(caller: Caller) -> None:
    day = iso(due_day(caller, caller.told.story.ids["root"]))
    document = caller.get(f"/day-ends/{day}")
    for each in document["lists"]:
        answer = caller.http.get(f"/day-ends/{day}/{each['name']}.csv")
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
        assert rows == [
            each["columns"],
            *([str(row[name]) for name in each["columns"]] for row in each["rows"]),
        ]
    book = caller.http.get(f"/day-ends/{day}/day-end.xlsx").content
    assert book == caller.http.get(f"/day-ends/{day}/day-end.xlsx").content
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheets = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        texts = {
            node.text
            for node in ElementTree.fromstring(archive.read("xl/sharedStrings.xml")).iter()
            if node.text
        }
    names = [node.attrib["name"] for node in sheets.iter() if node.tag.endswith("}sheet")]
    assert names == ["totals", "ties", *LISTS]
    due = next(each for each in document["lists"] if each["name"] == "due")
    assert {str(row["open"]) for row in due["rows"]} | {
        str(total["open"]) for total in due["totals"]
    } <= texts
    caller.refused(caller.http.get(f"/day-ends/{day}/other.csv"), 404, "FILE-UNKNOWN")
    caller.refused(caller.http.get("/day-ends/2149-01-01"), 422, "DAY-AHEAD")


def clocks_at(caller: Caller, event: str, state: MarginState) -> list[dict[str, Any]]:
    """What runs out on goods, as the ledger stood right after its mark first came to have a state."""
    with caller.gateway.view() as unit:
        block = next(
            fact.block_number
            for fact in facts_after(unit.connection, caller.told.book)
            if fact.event == event and MARK.unpack(fact.args["mark"])["state"] == state
        )
    found = caller.get(f"/facilities/{margin.FACILITY}/goods", as_of=str(block))
    rows: list[dict[str, Any]] = lists_of(caller, day_of_iso(found["day"]))["goods-clocks"]["rows"]
    return [each for each in rows if each["facility"] == margin.FACILITY]


def test_cc_433_a_call_is_listed_with_its_day_and_what_meets_it_in_cash_and_in_goods(caller: Caller) -> None:
    (call,) = [
        each for each in clocks_at(caller, "MarkChanged", MarginState.CALLED) if each["kind"] == "margin call"
    ]
    # 350,000.00 are owed on 350,000.00, of which seven tenths may be.
    assert (call["cash"], call["goods_value"], call["currency"]) == ("105000.00", "150000.00", "CNY")
    assert (call["state"], call["days_left"], call["party"], call["rule"]) == (
        "open",
        2,
        TIER_1.number,
        "CC-433",
    )


def test_a_call_that_is_over_is_listed_no_longer(caller: Caller) -> None:
    today = day_of_iso(caller.get(f"/facilities/{margin.FACILITY}/goods")["day"])
    rows = lists_of(caller, today)["goods-clocks"]["rows"]
    assert [
        each for each in rows if (each["kind"], each["facility"]) == ("margin call", margin.FACILITY)
    ] == []
