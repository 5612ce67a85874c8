"""Orders over HTTP: what became of each, and whom it secures."""

from __future__ import annotations

from sqlalchemy import select

from gateway.db.order_tables import conversions
from gateway.ids import format_id
from tests.gateway.http.conftest import Caller
from tests.gateway.story_of_orders import FACILITY
from tests.house.cast import CORE, LENDER, TIER_1, TIER_2


def test_an_order_says_what_came_of_it_and_what_it_secures(caller: Caller) -> None:
    found = caller.get(f"/orders/{format_id(caller.told.story.ids['order'])}")
    assert (found["buyer"], found["seller"], found["currency"]) == (CORE.number, TIER_1.number, "CNY")
    assert (found["confirmed"], found["converted"], found["promised"], found["reduced"], found["left"]) == (
        "1000000.00", "900000.00", "880000.00", "100000.00", "0.00",
    )  # fmt: skip
    assert (found["status"], found["titles"], found["lock"]) == ("closed", [], None)
    assert [(each["taken"], each["promised"]) for each in found["conversions"]] == [
        ("600000.00", "580000.00"), ("300000.00", "300000.00"),
    ]  # fmt: skip
    assert found["documents"] is None


def test_an_order_as_it_was_says_what_it_secured(caller: Caller) -> None:
    ids = caller.told.story.ids
    table = conversions.c
    query = select(table.block_number).where(table.order == ids["order"]).order_by(table.receivable)
    with caller.gateway.engine.connect() as connection:
        _, second = connection.execute(query).scalars().all()
    before = caller.get(f"/orders/{ids['order']}", as_of=second - 1)
    assert (before["lock"], before["left"], before["status"]) == (FACILITY, "300000.00", "open")
    (facility,) = before["facilities"]
    assert (facility["lender"], facility["borrower"], facility["secured_by"]) == (
        LENDER.number, TIER_1.number, "300000.00",
    )  # fmt: skip


def test_orders_are_listed_by_side_and_by_whether_something_is_left(caller: Caller) -> None:
    ids = caller.told.story.ids
    both = {format_id(ids["order"]), format_id(ids["listed_order"])}
    assert {each["order"] for each in caller.rows("/orders", "orders", 1, buyer=CORE.number)} == both
    assert {each["order"] for each in caller.rows("/orders", "orders", 1, seller=TIER_1.number)} == both
    assert caller.rows("/orders", "orders", 1, seller=TIER_2.number) == []
    (still,) = caller.rows("/orders", "orders", 1, status="open")
    assert (still["order"], still["left"], still["stored"]) == (
        format_id(ids["listed_order"]),
        "30.00",
        "20.00",
    )
    assert still["taken_from"] is not None
    (title,) = still["titles"]
    assert (title["title"], title["amount"]) == (still["order"], "30.00")
    assert title["lock"] == still["lock"] == still["facilities"][0]["facility"]


def test_what_is_no_order_is_not_shown_as_one(caller: Caller) -> None:
    ids = caller.told.story.ids
    for name in ("root", "pool", "converted"):
        caller.refused(caller.http.get(f"/orders/{format_id(ids[name])}"), 404, "UNKNOWN_ROOT")
    order = format_id(ids["listed_order"])
    assert order not in {each["title"] for each in caller.rows("/titles", "titles", 100)}
    assert order not in {each["root"] for each in caller.rows("/receivables", "receivables", 100)}
    caller.refused(caller.http.get(f"/titles/{order}"), 404, "UNKNOWN_TITLE")
    caller.refused(caller.http.get("/orders/x"), 404, "ID-FORM")
