"""Harm: one fen more than was owed was subtracted from nothing, and the debt became the largest number there is."""

from __future__ import annotations

import pytest

from tests.contracts.lending import MILLION, lend, owed, repay
from tests.contracts.table import LOAN
from tests.house.house import House

EQUAL_PRINCIPAL, DISCOUNT = 2, 3


@pytest.mark.parametrize("terms", [{}, {"terms": EQUAL_PRINCIPAL, "count": 2}], ids=["bullet", "instalments"])
def test_more_than_is_owed_is_refused_whole(house: House, terms: dict[str, int]) -> None:
    lend(house, dueDay=house.machine.day() + 61, **terms)
    house.machine.pass_days(10)
    whole = sum(owed(house))
    assert repay(house, whole + 1) == "ExcessAmount"
    assert repay(house, 2**48 - 1) == "ExcessAmount"
    assert owed(house) == (200_000, MILLION)
    assert repay(house, whole) == "None"
    assert repay(house, 1) == "ExcessAmount"
    assert house.loan(LOAN)["principal"] == 0
