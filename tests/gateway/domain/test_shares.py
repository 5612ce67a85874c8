"""Amounts in parts by basis points: they make the whole to the minor unit, and nobody falls behind (S17)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.funders import is_whole
from gateway.domain.shares import WHOLE_BPS, cut_by_shares, cut_each


@st.composite
def tables(draw: st.DrawFn) -> list[int]:
    """Shares that make the whole."""
    cuts = draw(st.sets(st.integers(1, WHOLE_BPS - 1), max_size=9))
    return [end - start for start, end in pairwise((0, *sorted(cuts), WHOLE_BPS))]


@given(st.integers(0, 2**48 - 1), tables())
def test_parts_make_the_whole_and_stay_within_one_unit(amount: int, bps: list[int]) -> None:
    parts = cut_by_shares(amount, bps)
    assert sum(parts) == amount
    for part, share in zip(parts, bps, strict=True):
        assert abs(part * WHOLE_BPS - amount * share) < WHOLE_BPS


@given(st.lists(st.integers(0, 10**6), max_size=12), tables())
def test_every_repayment_is_handed_out_whole(amounts: list[int], bps: list[int]) -> None:
    rows = cut_each(amounts, bps)
    assert [sum(row) for row in rows] == amounts
    assert all(part >= 0 for row in rows for part in row)


def test_odd_fen_go_round() -> None:
    """Three equal funders, three payments of one fen: each gets one."""
    assert cut_each([1, 1, 1], [3_334, 3_333, 3_333]) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_thirds_of_a_million() -> None:
    """Basis points 5,000 / 3,000 / 2,000 of 1,000,000.01: the odd fen goes to who lost half of it."""
    assert cut_by_shares(100_000_001, [5_000, 3_000, 2_000]) == [50_000_001, 30_000_000, 20_000_000]


@pytest.mark.parametrize("bps", [[], [9_999], [10_001], [10_000, 0], [10_001, -1]], ids=str)
def test_a_table_that_is_not_the_whole_is_refused(bps: list[int]) -> None:
    with pytest.raises(ValueError, match="10,000"):
        cut_by_shares(1, bps)
    assert not is_whole(range(1, len(bps) + 1), bps)
