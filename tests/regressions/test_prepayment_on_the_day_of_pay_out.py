"""Harm: a loan repaid on the day of its pay-out divided by its days, or kept a debt of a day that never was."""

from __future__ import annotations

import pytest

from tests.contracts.lending import MILLION, agree, owed, pay_out, repay
from tests.contracts.table import FACILITY, LOAN
from tests.house.house import House

SETTLED = 3
BULLET, EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, DISCOUNT, STATEMENT, INTEREST_ONLY = range(6)


@pytest.mark.parametrize(
    ("terms", "count", "kept"),
    [(BULLET, 0, 0), (EQUAL_INSTALMENTS, 2, 0), (EQUAL_PRINCIPAL, 2, 0), (DISCOUNT, 0, 1_220_000),
     (STATEMENT, 21, 0), (INTEREST_ONLY, 2, 0)],
)  # fmt: skip
def test_no_day_no_interest(house: House, terms: int, count: int, kept: int) -> None:
    agree(house, terms=terms, count=count, dueDay=house.machine.day() + 61)
    assert pay_out(house, MILLION - kept) == "None"
    assert owed(house) == (0, MILLION)
    assert repay(house, MILLION) == "None"
    assert (house.loan(LOAN)["phase"], house.facility(FACILITY)["used"]) == (SETTLED, 0)
