"""Harm: after a part was repaid, interest went on running on the whole amount (seen in public lending code)."""

from __future__ import annotations

from tests.contracts.lending import MILLION, lend, owed, repay
from tests.house.house import House


def test_interest_runs_on_what_is_left(house: House) -> None:
    """CC-677: half is repaid on day 10 with its 2,000.00; twenty more days cost 2,000.00 on the other half."""
    lend(house)
    house.machine.pass_days(10)
    assert repay(house, 200_000 + MILLION // 2) == "None"
    assert owed(house, 20) == (200_000, MILLION // 2)
