"""Stock follows from the set of what keepers told: any order, any repetition, split over any files, it is the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.rulebook import shipped
from gateway.domain.rules import find
from gateway.domain.stock import Difference, ErrorDeclaration, Event, Kind, SensorValue, Telling
from gateway.domain.stock_comparison import LotOnLedger, compare
from gateway.domain.stock_feeds import FeedTerms, Heartbeat, drawable, heartbeat
from gateway.domain.stock_fold import Held, Position, Stock, differences_of, fold
from gateway.domain.stock_rules import STOCK_RULES

KEEPER = 501
SHED, YARD = "414/4012345000023", "414/4012345000030"
ITEM, LOT = "01/04012345123456", "L-1"
FULL = f"{ITEM}/10/{LOT}"
START = datetime(2026, 11, 2, 8, tzinfo=timezone(timedelta(hours=8)))
CAR = "vin/LSVAA49J132047371"
PALLET, OUTER = "00/340123450000000018", "00/340123450000000025"
TERMS = FeedTerms(**find(shipped().pack, "GI-55-feed").parameters)


def told(kind: Kind, quantity: int | str | Fraction = 0, place: str = SHED, **more: object) -> Telling:
    given = {"item": ITEM, "lot": LOT, "unit": "KGM", "quantity": Fraction(quantity)}
    return Telling(kind, place, **{**given, **more})  # type: ignore[arg-type]


def thing(kind: Kind, name: str = CAR, place: str = SHED, **more: object) -> Telling:
    return Telling(kind, place, thing=name, quantity=Fraction(1), unit="C62", **more)  # type: ignore[arg-type]


def event(hour: float, *tellings: Telling, name: str = "", **more: object) -> Event:
    at = START + timedelta(hours=hour)
    return Event(KEEPER, name, at, tellings, **more)  # type: ignore[arg-type]


def at(stock: Stock, lot: str = FULL, place: str = SHED, unit: str = "KGM") -> Held:
    return stock.positions[Position(KEEPER, place, lot, unit)]


def rules(stock: Stock) -> list[str]:
    return sorted(each.rule for each in differences_of(stock))


# ── what each kind does ─────────────────────────────────────────────────────────────────────────────────────


def test_goods_come_are_looked_at_and_go() -> None:
    stock = fold(
        [
            event(0, told(Kind.RECEIVED, "100.5")),
            event(1, told(Kind.INSPECTED, "100.5")),
            event(2, told(Kind.STORED, "100.5", f"{SHED}/254/RACK-7")),
            event(9, told(Kind.SHIPPED, "40", f"{SHED}/254/DOCK-2")),
        ]
    )
    held = at(stock)
    assert (held.quantity, held.received, held.shipped) == (Fraction("60.5"), Fraction("100.5"), 40)
    assert held.last_event == START + timedelta(hours=9)
    assert list(stock.positions) == [Position(KEEPER, SHED, FULL, "KGM")]
    assert rules(stock) == []


def test_moved_goods_leave_one_place_for_another() -> None:
    stock = fold([event(0, told(Kind.RECEIVED, 100)), event(1, told(Kind.MOVED, 30, YARD, origin=SHED))])
    assert (at(stock).quantity, at(stock, place=YARD).quantity) == (70, 30)


def test_goods_are_made_of_others_and_used_up() -> None:
    other = f"{ITEM}/10/L-2"
    stock = fold(
        [event(0, told(Kind.RECEIVED, 100)), event(1, told(Kind.SPENT, 60), told(Kind.MADE, 55, lot="L-2"))]
    )
    assert (at(stock).quantity, at(stock, other).quantity) == (40, 55)


def test_a_count_stands_beside_the_books_until_they_are_put_right() -> None:
    """COUNT-DIFFERS: books of 100, counted 95; what comes and goes afterwards counts from the count."""
    events = [
        event(0, told(Kind.RECEIVED, 100)),
        event(5, told(Kind.COUNTED, 95)),
        event(6, told(Kind.SHIPPED, 10)),
    ]
    stock = fold(events)
    assert (at(stock).book, at(stock).counted, at(stock).quantity) == (90, 85, 85)
    assert rules(stock) == ["COUNT-DIFFERS"]
    right = fold([*events, event(7, told(Kind.ADJUSTED, -5))])
    assert (at(right).book, at(right).counted) == (85, 85)
    assert rules(right) == []


def test_who_only_tells_counts_has_no_books_to_differ_from() -> None:
    stock = fold([event(0, told(Kind.COUNTED, 100)), event(24, told(Kind.COUNTED, 70))])
    assert (at(stock).quantity, at(stock).book, rules(stock)) == (70, 70, [])


def test_lines_of_one_count_add_up_and_two_counts_of_one_moment_contradict_each_other() -> None:
    whole = event(0, told(Kind.COUNTED, 40), told(Kind.COUNTED, 60), name="C-1")
    assert at(fold([whole])).quantity == 100
    stock = fold([whole, event(0, told(Kind.COUNTED, 98), name="C-2")])
    assert (at(stock).quantity, rules(stock)) == (98, ["COUNT-CONTRADICTS"])


def test_more_left_than_came() -> None:
    stock = fold([event(0, told(Kind.RECEIVED, 10)), event(1, told(Kind.SHIPPED, 11))])
    assert rules(stock) == ["STOCK-NEGATIVE"]


def test_what_is_stored_must_have_come() -> None:
    assert rules(fold([event(0, told(Kind.STORED, 10))])) == ["STORED-OVER"]


def test_damage_lowers_what_is_relied_on_and_not_what_lies_there() -> None:
    stock = fold(
        [event(0, told(Kind.RECEIVED, 100)), event(1, told(Kind.DAMAGED, 8)), event(2, told(Kind.DAMAGED, 2))]
    )
    assert (at(stock).quantity, at(stock).sound) == (100, 90)
    count = event(3, told(Kind.COUNTED, 100), told(Kind.DAMAGED, 4))
    again = fold([event(0, told(Kind.RECEIVED, 100)), event(1, told(Kind.DAMAGED, 8)), count])
    assert at(again).sound == 96


def test_an_alarm_of_a_sensor_is_told_and_other_readings_are_not() -> None:
    quiet = SensorValue("Temperature", Fraction(4), "CEL")
    loud = replace(quiet, exception="ALARM_CONDITION", value=Fraction("19.5"))
    events = [event(hour, told(Kind.SENSOR, sensor=each)) for hour, each in enumerate((quiet, loud))]
    (found,) = differences_of(fold(events))
    assert (found.rule, found.found, found.lot) == ("SENSOR-ALARM", "ALARM_CONDITION", FULL)
    assert "19.5" in found.message


def test_stock_as_it_stood_before_a_moment_knows_nothing_of_what_came_later() -> None:
    events = [event(0, told(Kind.RECEIVED, 100)), event(9, told(Kind.SHIPPED, 40))]
    stood = [at(fold(events, START + timedelta(hours=hour))).quantity for hour in (9, 10)]
    assert stood == [100, 60]
    # What is told in two ways counts in neither, whichever of them would have been before.
    twice = [event(0, told(Kind.RECEIVED, 100), name="E-1"), event(9, told(Kind.RECEIVED, 90), name="E-1")]
    assert rules(fold(twice, START + timedelta(hours=1))) == ["EVENT-DIFFERS"]


# ── single things and logistic units ────────────────────────────────────────────────────────────────────────


def test_a_single_thing_is_in_one_place_however_often_that_is_told() -> None:
    stock = fold(
        [
            event(0, thing(Kind.RECEIVED)), event(1, thing(Kind.RECEIVED)),
            event(2, thing(Kind.STORED, place=YARD)), event(3, thing(Kind.STORED, place=YARD)),
        ]
    )  # fmt: skip
    assert at(stock, CAR, YARD, "C62").quantity == 1
    assert at(stock, CAR, SHED, "C62").quantity == 0
    gone = fold(
        [event(0, thing(Kind.RECEIVED)), event(1, thing(Kind.SHIPPED)), event(2, thing(Kind.SHIPPED))]
    )
    assert (at(gone, CAR, SHED, "C62").quantity, rules(gone)) == (0, [])
    back = fold(
        [event(0, thing(Kind.RECEIVED)), event(1, thing(Kind.SHIPPED)), event(2, thing(Kind.UNSHIPPED))]
    )
    assert (at(back, CAR, SHED, "C62").quantity, at(back, CAR, SHED, "C62").shipped) == (1, 0)


def test_damage_goes_with_the_thing() -> None:
    events = [
        event(0, thing(Kind.RECEIVED)),
        event(1, thing(Kind.DAMAGED)),
        event(2, thing(Kind.STORED, place=YARD)),
    ]
    stock = fold(events)
    assert (at(stock, CAR, SHED, "C62").damaged, at(stock, CAR, YARD, "C62").sound) == (0, 0)


def test_a_things_lot_is_known_whichever_event_tells_it() -> None:
    serial = f"{ITEM}/21/7"
    events = [
        event(0, thing(Kind.RECEIVED, serial, item=ITEM)),
        event(1, thing(Kind.INSPECTED, serial, item=ITEM, lot=LOT)),
    ]
    assert at(fold(events), FULL, unit="C62").quantity == 1
    third = event(2, thing(Kind.INSPECTED, serial, item=ITEM, lot="L-2"))
    assert rules(fold([*events, third])) == ["LOT-CONTRADICTS"]


def packed(hour: float, container: str, *parts: Telling) -> Event:
    return event(hour, *(replace(each, kind=Kind.PACKED, place="", container=container) for each in parts))


def test_what_is_in_a_logistic_unit_comes_and_goes_with_it() -> None:
    events = [
        packed(0, PALLET, told(Kind.PACKED, 40), thing(Kind.PACKED)),
        packed(0.5, OUTER, Telling(Kind.PACKED, thing=PALLET)),
        event(1, Telling(Kind.RECEIVED, SHED, thing=OUTER)),
    ]
    stock = fold(events)
    assert (at(stock).quantity, at(stock, CAR, SHED, "C62").quantity, rules(stock)) == (40, 1, [])
    left = [
        event(2, Telling(Kind.UNPACKED, thing=PALLET, container=OUTER)),
        event(
            3, Telling(Kind.UNPACKED, item=ITEM, lot=LOT, quantity=Fraction(15), unit="KGM", container=PALLET)
        ),
        event(4, Telling(Kind.SHIPPED, SHED, thing=PALLET)),
    ]
    stock = fold([*events, *left])
    assert (at(stock).quantity, at(stock, CAR, SHED, "C62").quantity) == (15, 0)
    emptied = event(3.5, Telling(Kind.UNPACKED, container=PALLET))
    assert at(fold([*events, *left, emptied])).quantity == 40


def test_a_logistic_unit_with_unknown_contents_is_told_and_never_guessed() -> None:
    stock = fold([event(1, Telling(Kind.SHIPPED, SHED, thing=PALLET))])
    assert (rules(stock), dict(stock.positions)) == (["CONTENTS-UNKNOWN"], {})


def test_a_crate_that_left_full_and_is_packed_again_has_what_was_packed_then() -> None:
    crate = "8003/040123451111185"
    out = Telling(Kind.SHIPPED, SHED, thing=crate)
    events = [
        event(0, told(Kind.RECEIVED, 100)),
        packed(1, crate, told(Kind.PACKED, 40)), event(2, out),
        packed(3, crate, told(Kind.PACKED, 25)), event(4, out),
    ]  # fmt: skip
    assert (at(fold(events)).quantity, rules(fold(events))) == (35, [])
    back = event(2.5, Telling(Kind.RECEIVED, SHED, thing=crate))
    assert (at(fold([*events[:3], back])).quantity, rules(fold([*events[:3], back]))) == (
        60,
        ["CONTENTS-UNKNOWN"],
    )
    kept = event(2.5, Telling(Kind.UNSHIPPED, SHED, thing=crate))
    assert at(fold([*events[:3], kept])).quantity == 100


def test_a_unit_that_is_in_itself_ends() -> None:
    loop = [
        packed(0, PALLET, Telling(Kind.PACKED, thing=OUTER)),
        packed(0, OUTER, Telling(Kind.PACKED, thing=PALLET)),
    ]
    assert rules(fold([*loop, event(1, Telling(Kind.SHIPPED, SHED, thing=PALLET))])) == ["CONTENTS-UNKNOWN"]


def test_packed_twice_a_unit_put_into_another_is_out_of_the_first() -> None:
    """PACKED-TWICE: 40 kg on a pallet that is told to be in two others leave once, with the one it was put in last."""
    first, second = "00/340123450000000032", "00/340123450000000049"
    events = [
        event(0, told(Kind.RECEIVED, 100)),
        packed(1, PALLET, told(Kind.PACKED, 40)),
        packed(2, first, Telling(Kind.PACKED, thing=PALLET)),
        packed(3, second, Telling(Kind.PACKED, thing=PALLET)),
        event(4, Telling(Kind.SHIPPED, SHED, thing=second)),
        event(5, Telling(Kind.SHIPPED, SHED, thing=first)),
    ]
    stock = fold(events)
    assert at(stock).quantity == 60
    (twice,) = (each for each in differences_of(stock) if each.rule == "PACKED-TWICE")
    assert (twice.subject, twice.expected, twice.found) == (PALLET, first, second)
    out = event(2.5, Telling(Kind.UNPACKED, thing=PALLET, container=first))
    assert "PACKED-TWICE" not in rules(fold([*events, out]))
    left = event(2.5, Telling(Kind.SHIPPED, SHED, thing=first))
    assert "PACKED-TWICE" not in rules(fold([*events, left]))


def test_units_that_share_what_is_in_them_are_opened_once_however_many_and_deep() -> None:
    """Two units on each of 60 levels, each told to hold both of the next one: one by one that is 2 to the 60 ways."""
    levels = [[f"00/{level}/{side}" for side in "ab"] for level in range(60)]
    nested = [
        packed(1, outer, *(Telling(Kind.PACKED, thing=inner) for inner in inside))
        for above, inside in pairwise(levels)
        for outer in above
    ]
    filled = [packed(1, unit, told(Kind.PACKED, 10)) for unit in levels[-1]]
    left = event(2, *(Telling(Kind.SHIPPED, SHED, thing=unit) for unit in levels[0]))
    assert at(fold([event(0, told(Kind.RECEIVED, 100)), *nested, *filled, left])).quantity == 80
    chain = [packed(1, f"00/{deep}", Telling(Kind.PACKED, thing=f"00/{deep + 1}")) for deep in range(3000)]
    last = packed(1, "00/3000", told(Kind.PACKED, 10))
    left = event(2, Telling(Kind.SHIPPED, SHED, thing="00/0"))
    assert at(fold([event(0, told(Kind.RECEIVED, 100)), *chain, last, left])).quantity == 90


# ── identity ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_that_is_taken_back_never_was() -> None:
    wrong = event(0, told(Kind.RECEIVED, 1000), name="E-1")
    back = replace(wrong, error=ErrorDeclaration(START, "incorrect_data", ("E-2",)))
    assert rules(fold([wrong, back])) == ["CORRECTION-MISSING"]
    right = event(0, told(Kind.RECEIVED, 100), name="E-2")
    for events in ([wrong, back, right], [right, back], [back, right, wrong]):
        assert (at(fold(events)).quantity, rules(fold(events))) == (100, [])


def test_one_identity_with_two_contents_counts_in_neither_until_it_is_taken_back() -> None:
    one, other = (event(1, told(Kind.SHIPPED, amount), name="E-1") for amount in (10, 20))
    base = event(0, told(Kind.RECEIVED, 100))
    stock = fold([base, one, other])
    assert (at(stock).quantity, at(stock).contested, rules(stock)) == (100, True, ["EVENT-DIFFERS"])
    back = replace(one, error=ErrorDeclaration(START))
    right = event(1, told(Kind.SHIPPED, 20), name="E-3")
    stock = fold([base, one, other, back, right])
    assert (at(stock).quantity, at(stock).contested, rules(stock)) == (80, False, [])


def test_what_is_no_content_does_not_tell_events_apart() -> None:
    one = event(0, told(Kind.RECEIVED, 5))
    again = replace(one, recorded=START, file="other.json", sha256="ab", position="/9")
    assert at(fold([one, again])).quantity == 5
    assert one.name.startswith("sha256:")
    utc = replace(one, at=one.at.astimezone(UTC))
    assert (utc.name, at(fold([one, utc])).quantity) == (one.name, 5)
    assert fold([utc]) == fold([one])


def test_an_event_is_the_same_with_a_number_and_without_one() -> None:
    """Pushed without a number, and given one by the repository from which it is synced later."""
    pushed = event(0, told(Kind.RECEIVED, 1000))
    numbered = replace(pushed, id="E-1", recorded=START)
    for events in ([pushed, numbered], [numbered, pushed], [pushed, numbered, pushed]):
        assert (at(fold(events)).quantity, rules(fold(events))) == (1000, [])
    other = replace(pushed, id="E-2")
    assert at(fold([numbered, other])).quantity == 2000  # the keeper says that they are two
    assert at(fold([pushed, numbered, other])).quantity == 2000
    back = replace(numbered, error=ErrorDeclaration(START))
    assert dict(fold([pushed, back]).positions) == {}
    assert (
        at(fold([pushed, numbered, other, replace(pushed, error=ErrorDeclaration(START))])).quantity == 1000
    )
    # Under its number it is told otherwise as well, and counts in no form: nor without the number.
    otherwise = event(0, told(Kind.RECEIVED, 900), name="E-1")
    stock = fold([event(1, told(Kind.SHIPPED, 10)), pushed, numbered, otherwise])
    assert (at(stock).quantity, "EVENT-DIFFERS" in rules(stock)) == (-10, True)


def test_keepers_do_not_speak_for_one_another() -> None:
    mine = event(0, told(Kind.RECEIVED, 5), name="E-1")
    foreign = replace(mine, keeper=502, error=ErrorDeclaration(START))
    assert at(fold([mine, foreign])).quantity == 5


# ── confluence ──────────────────────────────────────────────────────────────────────────────────────────────

PLACES = st.sampled_from([SHED, YARD, f"{SHED}/254/D-1", ""])
AMOUNTS = st.integers(0, 50).map(lambda number: Fraction(number, 4))
LOTS = st.sampled_from(["L-1", "L-2", ""])
MOVES = st.sampled_from([kind for kind in Kind if kind not in (Kind.PACKED, Kind.UNPACKED, Kind.SENSOR)])


@st.composite
def tellings(draw: st.DrawFn) -> Telling:
    form = draw(st.integers(0, 4))
    place, kind = draw(PLACES), draw(MOVES)
    if form == 0:
        return thing(
            kind, draw(st.sampled_from([CAR, f"{ITEM}/21/1", PALLET, OUTER])), place, origin=draw(PLACES)
        )
    if form == 1:
        inside = draw(st.sampled_from([CAR, OUTER, PALLET, ""]))
        pack = draw(st.sampled_from([Kind.PACKED, Kind.UNPACKED]))
        if inside:
            return Telling(pack, thing=inside, container=draw(st.sampled_from([PALLET, OUTER])))
        return told(pack, draw(AMOUNTS), "", container=PALLET)
    return told(kind, draw(AMOUNTS), place, lot=draw(LOTS), origin=draw(PLACES))


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Events of few moments, some with numbers of their own, some told in two ways, some taken back."""
    found = []
    for _ in range(draw(st.integers(1, 12))):
        name = draw(st.sampled_from(["", "", "E-1", "E-2", "E-3"]))
        parts = draw(st.lists(tellings(), min_size=1, max_size=3))
        each = event(draw(st.integers(0, 5)), *parts, name=name)
        if draw(st.integers(0, 6)) == 0:
            each = replace(each, error=ErrorDeclaration(START, corrected_by=("E-2",)))
        found.append(each)
    return found


@given(histories(), st.data())
def test_any_order_any_repetition_any_files_the_stock_is_the_same(
    told: list[Event], data: st.DataObject
) -> None:
    expected = fold(told)
    copies = [
        replace(
            each, file=f"{number}.json", sha256=f"{number:064}", position=f"/{number}", recorded=START,
            at=each.at.astimezone(data.draw(st.sampled_from([UTC, START.tzinfo]))),
            tellings=tuple(data.draw(st.permutations(each.tellings))),
        )
        for number, each in enumerate(data.draw(st.lists(st.sampled_from(told), max_size=10)))
    ]  # fmt: skip
    shuffled = data.draw(st.permutations([*told, *copies]))
    assert fold(shuffled) == expected
    assert list(differences_of(fold(shuffled))) == list(differences_of(expected))


@given(histories(), histories())
def test_each_keeper_is_folded_by_itself(mine: list[Event], others: list[Event]) -> None:
    foreign = [replace(each, keeper=502) for each in others]
    both = fold([*mine, *foreign])
    alone = fold(mine)
    assert {
        place: held for place, held in both.positions.items() if place.keeper == KEEPER
    } == alone.positions


@given(st.lists(st.tuples(st.sampled_from([Kind.RECEIVED, Kind.SHIPPED]), AMOUNTS), max_size=20))
def test_books_are_what_came_less_what_went(moves: list[tuple[Kind, Fraction]]) -> None:
    events = [event(number, told(kind, amount)) for number, (kind, amount) in enumerate(moves)]
    came = sum((amount if kind is Kind.RECEIVED else -amount for kind, amount in moves), Fraction(0))
    assert sum((held.quantity for held in fold(events).positions.values()), Fraction(0)) == came


# ── against the ledger ──────────────────────────────────────────────────────────────────────────────────────


def receipts(live: int, delivered: int = 0, **more: object) -> dict[str, LotOnLedger]:
    return {FULL: LotOnLedger(live, delivered, **{"lost": 0, "unit": "KGM", **more})}  # type: ignore[arg-type]


def compared(lots: dict[str, LotOnLedger], *events: Event) -> list[Difference]:
    return list(compare(KEEPER, fold(events), lots))


RECEIVED, LEFT = event(0, told(Kind.RECEIVED, 100)), event(1, told(Kind.SHIPPED, 30))


@pytest.mark.parametrize(
    ("lots", "events", "wanted"),
    [
        (receipts(70, 30), [RECEIVED, LEFT], []),
        (receipts(7000, 3000, unit="kg", decimals=2), [RECEIVED, LEFT], []),
        (receipts(100), [RECEIVED, LEFT], [("STOCK-SHORT", "100", "70"), ("SHIPPED-DIFFERS", "0", "30")]),
        (receipts(60, 30), [RECEIVED, LEFT], [("STOCK-OVER", "60", "70"), ("RECEIVED-DIFFERS", "90", "100")]),
        (receipts(100, shortfall=5, lost=5), [RECEIVED, event(1, told(Kind.COUNTED, 95))],
         [("RECEIPTS-SHORT", "100", "95")]),
        (receipts(95, lost=5), [RECEIVED, event(1, told(Kind.COUNTED, 95))], []),
        (receipts(100, lost=5), [RECEIVED, event(1, told(Kind.COUNTED, 95))],
         [("STOCK-SHORT", "100", "95"), ("RECEIVED-DIFFERS", "105", "100")]),
        (receipts(70, 30), [RECEIVED, LEFT, event(2, told(Kind.SHIPPED, 9)), event(3, told(Kind.UNSHIPPED, 9))], []),
        (receipts(70), [event(0, told(Kind.COUNTED, 70))], []),
        (receipts(100), [RECEIVED, event(1, told(Kind.DAMAGED, 5))], [("STOCK-DAMAGED", "100", "95")]),
        (receipts(100, unit="TNE"), [RECEIVED],
         [("UNIT-DIFFERS", "TNE", "KGM"), ("LOT-UNTOLD", "100", "nothing")]),
        (receipts(100), [], [("LOT-UNTOLD", "100", "nothing")]),
        (receipts(0, 100), [], []),
        ({}, [RECEIVED], [("LOT-UNKNOWN", "a receipt", "100")]),
        ({}, [RECEIVED, event(1, told(Kind.SHIPPED, 100))], []),
        (receipts(1), [event(0, told(Kind.COUNTED, "1.5"))],
         [("STOCK-OVER", "1", "1.5"), ("QUANTITY-PRECISION", "0 decimals", "1.5")]),
    ],
)  # fmt: skip
def test_gi_55_stock_told_against_what_receipts_stand_for(
    lots: dict[str, LotOnLedger], events: list[Event], wanted: list[tuple[str, str, str]]
) -> None:
    found = compared(lots, *events)
    assert [(each.rule, each.expected, each.found) for each in found] == wanted
    assert all(each.rule in STOCK_RULES and each.message for each in found)


def test_a_lot_is_compared_over_all_places_of_its_keeper_and_no_other() -> None:
    elsewhere = event(1, told(Kind.MOVED, 30, YARD, origin=SHED))
    foreign = replace(RECEIVED, keeper=502)
    assert compared(receipts(100), RECEIVED, elsewhere, foreign) == []


# ── heartbeat ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("days", "rhythm", "state", "percent"),
    [
        (0, None, "fresh", 100), (1, None, "fresh", 100), (2, None, "late", 90), (3, None, "late", 90),
        (4, None, "stale", 50), (7, None, "stale", 50), (8, None, "silent", 0), (400, None, "silent", 0),
        (7, 7, "fresh", 100), (8, 7, "late", 90), (10, 7, "stale", 50), (14, 7, "silent", 0),
    ],
)  # fmt: skip
def test_gi_55_feed_a_feed_that_stays_away_lowers_what_may_be_drawn(
    days: int, rhythm: int | None, state: str, percent: int
) -> None:
    found = heartbeat(20_000, 20_000 + days, TERMS, rhythm)
    assert (found.state, found.percent) == (state, percent)
    assert drawable(999, found) == 999 * percent // 100


def test_gi_55_feed_who_never_spoke_is_silent() -> None:
    assert heartbeat(None, 20_000, TERMS) == Heartbeat("silent", None, 0, 0)


@given(st.integers(0, 400), st.integers(1, 31), st.integers(0, 10**15))
def test_gi_55_feed_silence_never_raises_what_may_be_drawn(days: int, rhythm: int, minor: int) -> None:
    today, tomorrow = (drawable(minor, heartbeat(0, day, TERMS, rhythm)) for day in (days, days + 1))
    assert 0 <= tomorrow <= today <= minor
