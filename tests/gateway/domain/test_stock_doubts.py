"""What is doubtful of what a keeper tells never raises what may be lent against: each doubt cuts by its rule."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from gateway.adapters.rulebook import shipped
from gateway.domain.calendar import day_of
from gateway.domain.rules import find
from gateway.domain.stock import ErrorDeclaration, Event, Kind, Telling
from gateway.domain.stock_comparison import LotOnLedger, compare, doubts_of, told_of
from gateway.domain.stock_feeds import FeedTerms, Heartbeat
from gateway.domain.stock_fold import fold
from gateway.domain.stock_lending import Counting, Lendable, lendable, not_counted
from gateway.domain.stock_rules import STOCK_RULES
from tests.gateway.domain.test_stock import FULL, ITEM, KEEPER, PALLET, START, YARD, event, packed, told

COUNTS = FeedTerms(**find(shipped().pack, "GI-55-count").parameters)
RECEIPTS = LotOnLedger(1_000, 0, 0, "KGM")
CAME = event(0, told(Kind.RECEIVED, 1_000), name="E-1")
SHIPPED = event(1, told(Kind.SHIPPED, 400), name="E-2")


def lent_on(*events: Event, lot: LotOnLedger = RECEIPTS) -> Lendable:
    tellings = told_of(KEEPER, fold(events))
    doubts = doubts_of(tellings, FULL, lot.unit)
    return lendable(lot, tellings.get((FULL, lot.unit)), Heartbeat("fresh", 20_000, 0, 100), doubts)


def cuts(*events: Event) -> list[tuple[str, int]]:
    found = lent_on(*events).cuts
    assert all(each.rule in STOCK_RULES and each.reason for each in found)
    return [(each.rule, each.quantity) for each in found]


def retold(was: Event, quantity: int, name: str = "") -> Event:
    return replace(was, id=name or was.id, tellings=(replace(was.tellings[0], quantity=Fraction(quantity)),))


@pytest.mark.parametrize(
    "was",
    [SHIPPED, event(1, told(Kind.COUNTED, 600), name="E-2"), event(1, told(Kind.DAMAGED, 400), name="E-2")],
)
def test_an_event_told_in_two_ways_leaves_nothing_of_its_lot_until_it_is_taken_back(was: Event) -> None:
    assert lent_on(CAME, was).quantity == 600
    assert cuts(CAME, was, retold(was, 401)) == [("EVENT-DIFFERS", 1_000)]
    back = replace(was, error=ErrorDeclaration(START))
    assert lent_on(CAME, was, retold(was, 401), back, retold(was, 400, "E-3")).quantity <= 600


def test_an_event_that_was_taken_back_leaves_nothing_of_its_lot_until_what_is_told_in_its_place_comes() -> (
    None
):
    back = replace(SHIPPED, error=ErrorDeclaration(START, "incorrect_data", ("E-3",)))
    assert cuts(CAME, SHIPPED, back) == [("CORRECTION-MISSING", 1_000)]
    assert cuts(CAME, SHIPPED, back, retold(SHIPPED, 300, "E-3")) == [("STOCK-SHORT", 300)]


def test_a_contested_pallet_leaves_nothing_of_what_was_ever_packed_on_it() -> None:
    content = told(Kind.PACKED, 400, container=PALLET)
    left = event(2, Telling(Kind.SHIPPED, told(Kind.SHIPPED).place, thing=PALLET), name="E-4")
    emptied = event(5, Telling(Kind.UNPACKED, container=PALLET))
    otherwise = replace(left, at=event(3).at)
    assert lent_on(CAME, packed(1, PALLET, content), left, emptied).quantity == 600
    assert cuts(CAME, packed(1, PALLET, content), left, otherwise, emptied) == [("EVENT-DIFFERS", 1_000)]


OTHER = told(Kind.COUNTED, 5, lot="L-2")


def report(hour: float, *tellings: Telling) -> Event:
    return event(hour, *tellings, step="InventoryReport")


NAMED = report(1, told(Kind.COUNTED, 1_000), OTHER)


@pytest.mark.parametrize(
    ("after", "cut"),
    [
        ([], 0),
        ([report(2, OTHER)], 1_000),
        ([report(1, OTHER)], 0),
        ([report(0.5, OTHER)], 0),
        ([report(2, told(Kind.COUNTED, 5, YARD, lot="L-2"))], 0),
        ([event(2, OTHER)], 0),
        ([report(2, OTHER), event(3, told(Kind.SHIPPED, 1))], 1_000),
        ([report(2, OTHER), event(3, told(Kind.RECEIVED, 300))], 700),
        ([report(2, OTHER), event(3, told(Kind.COUNTED, 1_000))], 0),
    ],
)
def test_a_lot_that_a_later_full_report_of_its_place_does_not_name_is_untold_until_it_is_counted_again(
    after: list[Event], cut: int
) -> None:
    assert 1_000 - lent_on(NAMED, *after).quantity == cut
    found = [each.rule for each in compare(KEEPER, fold([NAMED, *after]), {FULL: RECEIPTS})]
    assert ("LOT-UNTOLD" in found, "LOT-UNTOLD" in dict(cuts(NAMED, *after))) == (cut > 0, cut > 0)


@pytest.mark.parametrize(
    ("events", "last"),
    [
        ([CAME], 0),
        ([CAME, event(24, told(Kind.COUNTED, 1_000))], 1),
        ([CAME, event(24, told(Kind.COUNTED, 1_000)), event(48, told(Kind.RECEIVED, 5, YARD))], 0),
        ([CAME, event(24, told(Kind.COUNTED, 9)), event(48, told(Kind.COUNTED, 5, YARD))], 1),
        ([event(-48, told(Kind.COUNTED, 1_000))], 0),
    ],
)
def test_gi_55_count_a_lot_is_as_old_as_the_count_of_all_places_it_lies_at_and_not_older_than_its_receipt(
    events: list[Event], last: int
) -> None:
    stored = day_of(int(START.timestamp()))
    lot = LotOnLedger(1_000, 0, 0, "KGM", seen_day=stored)
    found = told_of(KEEPER, fold(events))[FULL, "KGM"]
    for rhythm, agreed in ((31, {}), (7, {KEEPER: 7})):
        for late, percent in ((0, 100), (1, 90), (8, 50), (31, 0)):
            day = stored + last + rhythm + late
            beat = Counting(day, COUNTS, agreed).of(KEEPER, lot, found)
            assert (beat.due_day, beat.percent) == (stored + last + rhythm, percent)
            assert [(each.rule, each.beat.percent) for each in not_counted(beat)] == (
                [("GI-55-count", percent)] if late else []
            )


@pytest.mark.parametrize("kind", [Kind.SHIPPED, Kind.DAMAGED, Kind.RECEIVED])
def test_what_is_told_of_a_lot_in_another_unit_leaves_nothing_of_it_and_is_a_difference(kind: Kind) -> None:
    other = event(1, told(kind, "0.9", unit="TNE"))
    assert cuts(CAME, other) == [("UNIT-DIFFERS", 1_000)]
    found = [each.rule for each in compare(KEEPER, fold([CAME, other]), {FULL: RECEIPTS})]
    assert "UNIT-DIFFERS" in found


@pytest.mark.parametrize(
    ("also", "cut"),
    [
        ([told(Kind.SHIPPED, 400, lot="")], 400),
        ([told(Kind.DAMAGED, 400, lot="")], 400),
        ([told(Kind.RECEIVED, 300, lot=""), told(Kind.SHIPPED, 400, lot="")], 100),
        ([told(Kind.RECEIVED, 400, lot=""), told(Kind.DAMAGED, 400, lot=""), told(Kind.SHIPPED, 400, lot="")], 0),
        ([told(Kind.SHIPPED, "0.4", lot="", unit="TNE")], 1_000),
        ([Telling(Kind.SHIPPED, "", ITEM, f"{ITEM}/21/7", quantity=Fraction(1), unit="C62")], 1_000),
        ([told(Kind.SHIPPED, 400, lot="", item="01/04012345123999")], 0),
    ],
)  # fmt: skip
def test_what_left_under_an_item_without_its_lot_may_have_been_of_this_lot(
    also: list[Telling], cut: int
) -> None:
    events = [event(hour, part) for hour, part in enumerate(also, 1)]
    assert cuts(CAME, *events) == ([("STOCK-NEGATIVE", cut)] if cut else [])
