"""Units have numbers of their own, and quantities read as they were meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.goods_units import quantity_text, unit_code, unit_number

CODES = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=3)


@given(CODES)
def test_a_unit_is_read_back_from_its_number(code: str) -> None:
    assert 0 < unit_number(code) < 2**16
    assert unit_code(unit_number(code)) == code


@given(st.integers(0, 2**16 - 1))
def test_no_two_units_have_one_number(number: int) -> None:
    code = unit_code(number)
    assert code == f"#{number}" or unit_number(code) == number


@pytest.mark.parametrize("code", ["", "KILO", "kg", "K M", "千"])
def test_what_is_no_unit_is_said(code: str) -> None:
    with pytest.raises(ValueError, match="is no unit"):
        unit_number(code)


@pytest.mark.parametrize(
    ("quantity", "decimals", "text"),
    [(0, 0, "0"), (1_250, 3, "1.250"), (5, 3, "0.005"), (995, 0, "995"), (2**48 - 1, 6, "281474976.710655")],
)
def test_quantities_read_as_they_were_meant(quantity: int, decimals: int, text: str) -> None:
    assert quantity_text(quantity, decimals) == text
