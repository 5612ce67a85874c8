"""Harm: a loan repaid on the very day it was due was charged as if it were late, or not charged for the last day."""

from __future__ import annotations

import pytest

from tests.contracts.lending import MILLION, lend, owed, repay, standing
from tests.contracts.table import LOAN
from tests.house.house import House

SETTLED = 3


@pytest.mark.parametrize(("days", "interest"), [(29, 580_000), (30, 600_000), (31, 630_000)])
def test_the_due_day_is_the_last_that_is_not_late(house: House, days: int, interest: int) -> None:
    lend(house)
    house.machine.pass_days(days)
    today = house.machine.day()
    assert owed(house) == (interest, MILLION)
    assert bool(standing(house, "overdueSince", today)) == (days > 30)
    assert repay(house, interest + MILLION) == "None"
    assert house.loan(LOAN)["phase"] == SETTLED
