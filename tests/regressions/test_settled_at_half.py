"""Harm: a loan counted as settled once more than half of it was repaid (seen in public lending code)."""

from __future__ import annotations

import pytest

from tests.contracts.lending import lend, owed, repay
from tests.contracts.table import FACILITY, LOAN
from tests.house.house import House

OUTSTANDING, SETTLED = 2, 3


@pytest.mark.parametrize("per_cent", [51, 99])
def test_only_the_last_fen_settles(house: House, per_cent: int) -> None:
    lend(house)
    house.machine.pass_days(10)
    whole = sum(owed(house))
    part = whole * per_cent // 100
    assert repay(house, part) == "None"
    assert (house.loan(LOAN)["phase"], house.facility(FACILITY)["used"]) == (OUTSTANDING, whole - part)
    assert repay(house, whole - part - 1) == "None"
    assert (house.loan(LOAN)["phase"], house.facility(FACILITY)["used"]) == (OUTSTANDING, 1)
    assert repay(house, 1) == "None"
    assert (house.loan(LOAN)["phase"], house.facility(FACILITY)["used"]) == (SETTLED, 0)
