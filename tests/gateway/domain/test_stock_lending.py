"""What of a lot may be lent against: each cut with its rule and by how much, to the last unit the lot counts."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendar import first_second
from gateway.domain.stock_comparison import LotOnLedger, Told
from gateway.domain.stock_feeds import Heartbeat, Refused, RefusedFeed, differences_of_feed
from gateway.domain.stock_lending import lendable, not_put_right
from gateway.domain.stock_rules import STOCK_RULES
from tests.gateway.domain.test_stock import TERMS

FRESH = Heartbeat("fresh", 20_000, 0, 100)
LATE, SILENT = Heartbeat("late", 20_000, 1, 90), Heartbeat("silent", 20_000, 8, 0)


def lot(live: int = 1_000, shortfall: int = 0, decimals: int = 0) -> LotOnLedger:
    return LotOnLedger(live, 0, shortfall, "KGM", decimals, shortfall)


def told(quantity: int | str | Fraction, sound: int | str | Fraction | None = None) -> Told:
    whole = Fraction(quantity)
    return Told(whole, whole if sound is None else Fraction(sound), Fraction(0), Fraction(0), None)


@pytest.mark.parametrize(
    ("standing", "feed", "beat", "cuts"),
    [
        (lot(), told(1_000), FRESH, []),
        (lot(), told(1_200), FRESH, []),
        (lot(shortfall=5), told(995), FRESH, [("RECEIPTS-SHORT", 5)]),
        (lot(shortfall=5), told(990), FRESH, [("RECEIPTS-SHORT", 5), ("STOCK-SHORT", 5)]),
        (lot(), told(1_000, 960), FRESH, [("STOCK-DAMAGED", 40)]),
        (lot(), told(-3, 0), FRESH, [("STOCK-SHORT", 1_000)]),
        (lot(), None, FRESH, [("LOT-UNTOLD", 1_000)]),
        (lot(), told(1_000), LATE, [("GI-55-feed", 100)]),
        (lot(), told(1_000), SILENT, [("GI-55-feed", 1_000)]),
        (lot(shortfall=5), told(990, 989), LATE,
         [("RECEIPTS-SHORT", 5), ("STOCK-SHORT", 5), ("STOCK-DAMAGED", 1), ("GI-55-feed", 99)]),
        (lot(shortfall=1_000), None, Heartbeat("silent", None, 0, 0), [("RECEIPTS-SHORT", 1_000)]),
        (lot(0), None, SILENT, []),
    ],
)  # fmt: skip
def test_gi_55_feed_each_cut_names_its_rule_and_by_how_much(
    standing: LotOnLedger, feed: Told | None, beat: Heartbeat, cuts: list[tuple[str, int]]
) -> None:
    found = lendable(standing, feed, beat)
    assert [(each.rule, each.quantity) for each in found.cuts] == cuts
    assert found.quantity == standing.live - sum(quantity for _, quantity in cuts)
    assert all(each.rule in {*STOCK_RULES, "GI-55-feed"} and each.reason for each in found.cuts)


@pytest.mark.parametrize(("days", "percent"), [(0, 90), (1, 90), (2, 50), (6, 0)])
def test_gi_55_feed_a_file_that_is_not_put_right_lowers_at_once_and_the_more_the_longer(
    days: int, percent: int
) -> None:
    why = Refused("E-2", "row 3", "TIME-FORM", "time", "time is no time with a zone")
    feed = RefusedFeed(31, "a.csv", "ab", first_second(20_000), (why,))
    lapses = list(not_put_right([feed], 20_000 + days, TERMS))
    (cut,) = lendable(lot(), told(1_000), FRESH, lapses=lapses).cuts
    assert (cut.rule, cut.quantity) == ("FEED-EXCEPTION", 1_000 - 10 * percent)
    assert "file a.csv of 2024-10-04 was not used whole (TIME-FORM row 3 time)" in cut.reason
    # Beside a word that is late, the later of the two counts.
    both = lendable(lot(), told(1_000), LATE, lapses=lapses)
    assert both.quantity == 10 * min(90, percent)
    assert list(not_put_right([], 20_000, TERMS)) == []


def test_more_events_than_anybody_reads_are_one_difference_together() -> None:
    refused = tuple(Refused(f"E-{each}", f"row {each}", "TIME-FORM", "time", "no") for each in range(60))
    found = list(differences_of_feed(RefusedFeed(31, "a.csv", "ab", 0, refused)))
    assert (len(found), found[-1].found) == (51, "10 more events")
    assert {each.rule for each in found} == {"FEED-EXCEPTION"}


def test_what_is_finer_than_the_lot_counts_is_not_lent_against() -> None:
    """1,250.5 kilograms, counted to the gram; the keeper tells of two thirds of a gram less."""
    found = lendable(lot(1_250_500, decimals=3), told(Fraction("1250.5") - Fraction(2, 3_000)), FRESH)
    assert [(each.rule, each.quantity) for each in found.cuts] == [("STOCK-SHORT", 1)]


def test_every_receipt_of_a_lot_bears_the_same_part_of_a_cut() -> None:
    found = lendable(lot(shortfall=5), told(995), FRESH)
    assert (found.of(1_000), found.of(200), found.of(1), found.of(0)) == (995, 199, 0, 0)
    assert lendable(lot(0), told(0), FRESH).of(0) == 0


AMOUNTS = st.fractions(0, 2_000, max_denominator=1_000)


@given(st.integers(0, 1_000), st.integers(0, 1_000), AMOUNTS, AMOUNTS, st.integers(0, 100))
def test_no_more_is_lent_against_than_the_least_of_all_books_vouches_for(
    live: int, short: int, quantity: Fraction, damaged: Fraction, percent: int
) -> None:
    shortfall = min(live, short)
    sound = max(Fraction(0), quantity - damaged)
    found = lendable(lot(live, shortfall), told(quantity, sound), Heartbeat("late", 1, 1, percent))
    vouched = min(Fraction(live - shortfall), quantity, sound)
    assert found.quantity == floor(vouched) * percent // 100
    assert all(each.quantity > 0 for each in found.cuts)
