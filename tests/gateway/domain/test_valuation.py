"""A price becomes a lending rate to the last digit, rises no faster than it may, and comes from nobody with a stake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.rulebook import shipped
from gateway.domain.rules import find
from gateway.domain.valuation import (
    MOST_RATE,
    Circumstances,
    Model,
    Rated,
    Valuation,
    ValuationTerms,
    for_enforcement,
    lending_rate,
    objections,
    quantity_worth,
    value_of,
)

TERMS = ValuationTerms(**find(shipped().pack, "CC-433-valuation").parameters)
DAY = 20_700
APPRAISER, LENDER = 22, 11
COPPER = Valuation(
    lot=1, appraiser=APPRAISER, currency="CNY", price=Fraction(7_235_050, 1_000), haircut_bps=3_000,
    model="spot", version="2.1", day=DAY, last_day=DAY + 30, sha256="ab" * 32,
)  # fmt: skip
"""Copper at 72.3505 CNY a kilogram."""
SEEN = Circumstances(
    today=DAY, decimals=3, models=(Model(LENDER, "spot", "2.1", DAY - 10, DAY + 100),), before=None, currency="",
    group=22,
    interested=frozenset({11, 201}),
)  # fmt: skip


def test_a_price_less_its_haircut_is_a_rate_for_a_million_of_the_smallest_units() -> None:
    # 7,235.05 fen a kilogram less 30 % are 5,064.535 fen, so 5,064,535 for a million grams.
    assert COPPER.rate(3) == 5_064_535
    assert (
        value_of(1_250_500, COPPER.rate(3)) == 6_333_201
    )  # 1,250.5 kg: 63,332.01 CNY, 1.0175 fen rounded off
    assert COPPER.rate(0) == 5_064_535_000
    assert replace(COPPER, price=Fraction(1, 3), haircut_bps=0).rate(0) == 333_333


@given(
    st.fractions(0, 10**9, max_denominator=10**6), st.integers(0, 10_000), st.integers(0, 6), st.integers(0, 2**48 - 1)
)  # fmt: skip
def test_no_quantity_is_worth_more_to_a_lender_than_price_and_haircut_make_it(
    price: Fraction, haircut: int, decimals: int, quantity: int
) -> None:
    rate = replace(COPPER, price=price, haircut_bps=haircut).rate(decimals)
    exact = price * quantity / 10**decimals * (10_000 - haircut) / 10_000
    assert exact - Fraction(quantity, 1_000_000) - 1 < value_of(quantity, rate) <= exact


@given(st.integers(1, 10**15), st.integers(1, MOST_RATE))
def test_the_least_quantity_that_is_worth_so_much_is_the_least(value: int, rate: int) -> None:
    quantity = quantity_worth(value, rate)
    assert quantity is not None
    assert value_of(quantity, rate) >= value > value_of(quantity - 1, rate)
    assert (quantity_worth(value, 0), quantity_worth(0, 0), quantity_worth(-1, 5)) == (None, 0, 0)


# ── daily moves ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rate", "days", "counts"),
    [
        (1_000_000, 0, 1_000_000), (1_000_001, 0, 1_000_000), (999_999, 0, 999_999), (1, 0, 1),
        (1_050_000, 1, 1_050_000), (1_050_001, 1, 1_050_000), (2_000_000, 3, 1_150_000), (2_000_000, 20, 2_000_000),
        (2_000_001, 20, 2_000_000),
    ],
)  # fmt: skip
def test_cc_433_valuation_a_rate_falls_at_once_and_rises_by_so_much_a_day(
    rate: int, days: int, counts: int
) -> None:
    terms = replace(TERMS, rise_bps_a_day=500)
    assert lending_rate(rate, DAY + days, Rated(1_000_000, DAY), terms) == counts
    assert lending_rate(rate, DAY, None, terms) == rate


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10**12)), min_size=1, max_size=20))
def test_cc_433_valuation_no_row_of_valuations_lifts_a_rate_faster_than_one(
    moves: list[tuple[int, int]],
) -> None:
    """Many valuations in a row, several of them on one day, rise no faster than each day's part of the one before."""
    day, last = DAY, Rated(1_000_000, DAY)
    for days, rate in moves:
        day += days
        counts = lending_rate(rate, day, last, TERMS)
        assert counts <= rate
        assert counts * 10_000 <= last.rate * (10_000 + TERMS.rise_bps_a_day * days)
        last = Rated(counts, day)


# ── what is not taken ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "seen", "broken"),
    [
        ({}, {}, []),
        ({"haircut_bps": TERMS.haircut_least_bps}, {}, []),
        ({"haircut_bps": TERMS.haircut_least_bps - 1}, {}, [("VALUATION-HAIRCUT", "haircut_bps")]),
        ({"haircut_bps": 10_000}, {}, [("VALUATION-RATE", "price.amount")]),
        ({"price": Fraction(1, 10**9)}, {}, [("VALUATION-RATE", "price.amount")]),
        ({"price": Fraction(MOST_RATE), "haircut_bps": 5_000}, {}, [("VALUATION-RATE", "price.amount")]),
        ({}, {"currency": "CNY"}, []),
        ({}, {"currency": "USD"}, [("VALUATION-CURRENCY", "price.currency")]),
        ({"version": "2.2"}, {}, [("VALUATION-MODEL", "model.version")]),
        ({}, {"models": (Model(LENDER, "spot", "2.1", DAY, DAY),)}, []),
        ({}, {"models": (Model(LENDER, "spot", "2.1", DAY + 1, DAY + 9),)}, [("VALUATION-MODEL", "model.version")]),
        ({}, {"models": (Model(LENDER, "spot", "2.1", 0, DAY - 1),)}, [("VALUATION-MODEL", "model.version")]),
        ({}, {"today": DAY - 1}, [("VALUATION-DAY", "valued")]),
        ({}, {"today": DAY + 30}, []),
        ({}, {"today": DAY + 31}, [("VALUATION-DAY", "valid_until")]),
        ({"last_day": DAY + TERMS.valid_most_days}, {}, []),
        ({"last_day": DAY + TERMS.valid_most_days + 1}, {}, [("VALUATION-DAY", "valid_until")]),
        ({}, {"before": DAY}, []),
        ({}, {"before": DAY + 1}, [("VALUATION-DAY", "valued")]),
        ({}, {"interested": frozenset({22})}, [("VALUATION-APPRAISER", "appraiser")]),
        ({"version": "0", "haircut_bps": 0}, {},
         [("VALUATION-HAIRCUT", "haircut_bps"), ("VALUATION-MODEL", "model.version")]),
    ],
)  # fmt: skip
def test_cc_433_valuation_what_is_not_taken_names_rule_and_field(
    change: Mapping[str, Any], seen: Mapping[str, Any], broken: list[tuple[str, str]]
) -> None:
    found = objections(replace(COPPER, **change), replace(SEEN, **seen), TERMS)
    assert [(each.fault, each.field) for each in found] == broken
    assert all(each.sentence for each in found)


def test_a_valuation_holds_from_its_first_to_its_last_day() -> None:
    assert [COPPER.holds_on(day) for day in (DAY - 1, DAY, DAY + 30, DAY + 31)] == [False, True, True, False]


# ── enforcement ─────────────────────────────────────────────────────────────────────────────────────────────


def test_goods_are_sold_on_two_valuations_of_two_groups_that_hold_on_the_day() -> None:
    other = replace(COPPER, appraiser=23, day=DAY + 1, sha256="cd" * 32)
    sister = replace(COPPER, appraiser=24, day=DAY + 2, sha256="ef" * 32)
    groups = {22: 22, 23: 23, 24: 22}.__getitem__
    assert for_enforcement([other, COPPER], groups, DAY + 5) == (COPPER, other)
    # Of one group the newest counts, and counts once.
    assert for_enforcement([COPPER, sister, other], groups, DAY + 5) == (other, sister)
    assert for_enforcement([COPPER, sister], groups, DAY + 5) is None
    assert for_enforcement([COPPER, other], groups, DAY + 31) is None
    assert for_enforcement([COPPER, other], groups, DAY) is None
