"""Collateral could be released while a loan of the facility was overdue, as long as the face value covered the debt."""

from __future__ import annotations

from dataclasses import replace

from tests.contracts.instructions import refused
from tests.contracts.table import AMOUNT, CHILD, FACILITY, LOAN, release
from tests.house.cast import CLEARING, FOREVER, TIER_1
from tests.house.house import PAYOUT, House, account_of


def test_no_release_while_a_loan_is_overdue(house: House) -> None:
    order = release(house).changed(expiresAt=FOREVER)
    second, third = (house.live_root(serial, AMOUNT, TIER_1) for serial in (2, 3))
    for title in (second, third):
        assert house.lock(title, TIER_1, FACILITY) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, 10_000_000) == "None"
    assert house.fact(PAYOUT, LOAN, 10_000_000, CLEARING, account_of(TIER_1)) == "None"
    refused(house, order, "LoanUnknown")  # every loan of the facility must be shown
    refused(house, replace(order, unsigned={"loans": [CHILD]}), "LoanUnknown")
    shown = replace(order, unsigned={"loans": [LOAN]})
    house.machine.pass_days(30)
    assert shown.carry(house) == "None"
    house.machine.pass_days(1)
    refused(house, shown.changed(titles=[second], nonce=house.nonce()), "PastDue")
