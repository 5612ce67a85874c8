"""Harm: a late payer settled by paying principal and plain interest; the penalty was told, and never owed."""

from __future__ import annotations

from tests.contracts.lending import MILLION, lend, owed, repay
from tests.contracts.table import LOAN
from tests.house.house import House

OUTSTANDING, SETTLED = 2, 3


def test_what_settles_a_late_loan_has_the_penalty_in_it(house: House) -> None:
    """10 overdue days at half as much again: 3,000.00, of which 1,000.00 is penalty."""
    lend(house)
    house.machine.pass_days(40)
    assert owed(house) == (900_000, MILLION)
    assert repay(house, 800_000 + MILLION) == "None"
    assert (house.loan(LOAN)["phase"], house.loan(LOAN)["principal"]) == (OUTSTANDING, 100_000)
    assert repay(house, 100_000) == "None"
    assert house.loan(LOAN)["phase"] == SETTLED
