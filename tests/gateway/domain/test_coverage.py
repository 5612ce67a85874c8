"""What goods cover, judged by exact fractions: every amount that cures is enough, and a unit less is not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.coverage import (
    Cover,
    State,
    Thresholds,
    cash,
    drawable,
    may_release,
    state,
    substitute,
    top_up,
)
from gateway.domain.valuation import value_of

TERMS = Thresholds(11_000, 10_500, 10_000, 9_000, 5)
DAY = 20_700
OWED = 100_000_000
"""1,000,000.00 CNY."""

AMOUNTS = st.integers(0, 10**14)
STEPS = st.lists(st.integers(1, 30_000), min_size=4, max_size=4).map(
    lambda steps: Thresholds(*sorted(steps, reverse=True), 5)
)


def exactly(cover: Cover) -> Fraction:
    """Coverage as a fraction of what is owed."""
    return Fraction(cover.value or 0, cover.owed)


# ── states ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "called", "wanted"),
    [
        (110_000_000, None, State.COVERED),
        (109_999_999, None, State.WARNING),  # one fen short
        (100_000_000, None, State.WARNING),
        (99_999_999, None, State.CALL),
        (89_999_999, None, State.CALL),  # nothing is overdue that was never called for
        (89_999_999, DAY, State.OVERDUE_CALL),
        (90_000_000, DAY, State.CALL),
        (99_999_999, DAY - 4, State.CALL),
        (99_999_999, DAY - 5, State.OVERDUE_CALL),
        (104_999_999, DAY, State.CALL),  # above maintenance, and not yet cured
        (104_999_999, DAY - 5, State.OVERDUE_CALL),
        (105_000_000, DAY - 5, State.WARNING),
        (110_000_000, DAY - 5, State.COVERED),
        (None, None, State.WARNING),
        (None, DAY, State.CALL),
        (None, DAY - 5, State.OVERDUE_CALL),
    ],
)
def test_cc_433_how_a_debt_stands_on_its_goods(value: int | None, called: int | None, wanted: State) -> None:
    assert state(Cover(value, OWED), TERMS, DAY, called) is wanted
    assert state(Cover(value, 0), TERMS, DAY, called) is State.COVERED


@given(AMOUNTS, st.integers(1, 10**14), STEPS)
def test_cc_433_states_follow_exact_fractions(value: int, owed: int, terms: Thresholds) -> None:
    cover = Cover(value, owed)
    share = exactly(cover) * 10_000
    wanted = (
        State.COVERED if share >= terms.warning_bps else
        State.WARNING if share >= terms.maintenance_bps else State.CALL
    )  # fmt: skip
    assert state(cover, terms, DAY, None) is wanted
    assert cover.bps == share // 1


@pytest.mark.parametrize(
    "steps", [(10_000, 10_500, 10_000, 9_000), (11_000, 10_500, 10_000, 0), (1, 2, 3, 4)]
)
def test_thresholds_that_do_not_fall_are_refused(steps: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="fall in this order"):
        Thresholds(*steps, 5)


# ── cures ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_cc_433_a_fall_of_thirty_percent_is_cured_three_ways() -> None:
    """1,050,000.00 are owed on goods that were worth 1,500,000.00 to the lender, and lost 30 %."""
    cover = Cover(105_000_000, 105_000_000)
    assert cash(cover, TERMS) == 5_000_000
    assert top_up(cover, TERMS, 5_064_535) == 1_036_621  # 1,036.621 kg, worth 52,500.04
    assert value_of(1_036_621, 5_064_535) >= 5_250_000 > value_of(1_036_620, 5_064_535)
    assert substitute(cover, TERMS, 40_000_000) == 45_250_000
    assert top_up(cover, TERMS, 0) is None


@given(AMOUNTS, st.integers(1, 10**14), STEPS)
def test_cc_433_cash_cures_and_one_fen_less_does_not(value: int, owed: int, terms: Thresholds) -> None:
    paid = cash(Cover(value, owed), terms)
    after = Cover(value, owed - paid)
    assert not after.owed or exactly(after) * 10_000 >= terms.cured_bps
    if paid:
        assert exactly(Cover(value, owed - paid + 1)) * 10_000 < terms.cured_bps


@given(AMOUNTS, st.integers(1, 10**14), STEPS, st.integers(1, 2**64 - 1))
def test_cc_433_a_top_up_cures_and_one_unit_less_does_not(
    value: int, owed: int, terms: Thresholds, rate: int
) -> None:
    quantity = top_up(Cover(value, owed), terms, rate)
    assert quantity is not None
    assert exactly(Cover(value + value_of(quantity, rate), owed)) * 10_000 >= terms.cured_bps
    if quantity:
        less = Cover(value + value_of(quantity - 1, rate), owed)
        assert exactly(less) * 10_000 < terms.cured_bps


@given(AMOUNTS, st.integers(1, 10**14), STEPS, AMOUNTS)
def test_cc_433_new_goods_in_first_cover_what_goes_out(
    value: int, owed: int, terms: Thresholds, leaving: int
) -> None:
    assume(leaving <= value)
    coming = substitute(Cover(value, owed), terms, leaving)
    both = Cover(value + coming, owed)
    assert may_release(both, terms, leaving)
    assert exactly(Cover(value + coming - leaving, owed)) * 10_000 >= terms.cured_bps
    if coming:
        assert not may_release(Cover(value + coming - 1, owed), terms, leaving)


# ── draws and releases ──────────────────────────────────────────────────────────────────────────────────────


def test_without_a_valuation_that_holds_nothing_is_drawn_and_goods_leave_at_debt_0_only() -> None:
    assert (drawable(Cover(None, 0)), drawable(Cover(None, OWED))) == (0, 0)
    assert may_release(Cover(None, 0), TERMS, 7)
    assert not may_release(Cover(None, 1), TERMS, 0)
    assert Cover(None, OWED).bps is None


def test_no_more_is_drawn_than_the_goods_are_worth_to_the_lender() -> None:
    assert [drawable(Cover(value, OWED)) for value in (OWED - 1, OWED, OWED + 1)] == [0, 0, 1]


def test_cc_436_a_release_leaves_what_cures_a_call_and_a_fen_more_of_goods_does_not_leave() -> None:
    cover = Cover(120_000_000, OWED)
    assert may_release(cover, TERMS, 15_000_000)
    assert not may_release(cover, TERMS, 15_000_001)
    assert may_release(Cover(120_000_000, 0), TERMS, 120_000_000)
