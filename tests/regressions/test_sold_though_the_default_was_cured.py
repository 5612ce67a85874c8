"""A default notice outlived what it was given for: goods were sold for a debt that was paid up, without a latest day,
and to the group of who had said what they are worth.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT
from tests.contracts.instructions import refused
from tests.house.cast import CLEARING, EVERYONE, INSPECTOR, LENDER, TIER_1, Party, enterprise
from tests.house.house import PAYOUT, REPAYMENT, House, account_of, collection_account

FACILITY, LOAN = margin.FACILITY, margin.LOAN
OTHER = TIER_1.number << 32 | 402
LENT = 5_000_000
STANDING, ENFORCED = 0, 2


def owed(house: House, loan: int) -> int:
    return sum(house.machine.view("Credit", "owedOn", loan, house.machine.day()))


def repay(house: House, loan: int, amount: int) -> None:
    assert house.fact(REPAYMENT, loan, amount, LENDER, collection_account(FACILITY)) == "None"


def test_an_overdue_loan_that_is_paid_ends_its_notice_and_another_needs_its_own(house: House) -> None:
    margin.pledged(house)
    for loan, days in ((LOAN, 5), (OTHER, 10)):
        assert house.draw(loan, TIER_1, FACILITY, LENT, dueDay=house.machine.day() + days) == "None"
        assert house.fact(PAYOUT, loan, LENT, CLEARING, account_of(TIER_1)) == "None"
    house.machine.pass_days(6)
    assert margin.enforcing(house, loan=LOAN).carry(house) == "None"
    assert margin.mark_of(house)["loan"] == LOAN
    house.machine.pass_days(1)
    assert margin.mark_goods(house, LOT).carry(house) == "None"
    assert margin.mark_of(house)["state"] == ENFORCED
    repay(house, LOAN, owed(house, LOAN))
    refused(house, margin.selling(house), "NotEnforced")
    assert margin.mark_goods(house, LOT).carry(house) == "None"
    assert (margin.mark_of(house)["state"], margin.mark_of(house)["loan"]) == (STANDING, 0)
    house.machine.pass_days(4)
    assert margin.enforcing(house, loan=OTHER).carry(house) == "None"
    house.machine.pass_days(1)
    assert margin.selling(house).carry(house) == "None"


def test_a_call_that_ran_out_is_still_met_by_cash_before_anything_is_sold(house: House) -> None:
    assert margin.enforce(house).carry(house) == "None"
    repay(house, LOAN, owed(house, LOAN) - 100)
    house.machine.pass_days(1)
    refused(house, margin.selling(house), "NotEnforced")
    assert margin.mark_goods(house, LOT).carry(house) == "None"
    assert margin.mark_of(house)["state"] == STANDING


def test_a_buyer_has_ninety_days_at_most(house: House) -> None:
    sale = margin.sell_goods(house)
    refused(house, sale.changed(payBy=house.machine.day() + 91), "ValueDayOutOfRange")
    assert sale.changed(payBy=house.machine.day() + 90).carry(house) == "None"


@pytest.fixture(params=[INSPECTOR, TIER_1], ids=["an appraiser's", "the borrower's"])
def sister(house: House, request: pytest.FixtureRequest) -> Iterator[Party]:
    """A trading company of somebody's group."""
    found = enterprise(401, "a sister company", request.param.number)
    house.must("admit", found.admit(), offices=house.offices("Admit", found.admit(), LENDER, CLEARING))
    EVERYONE[found.number] = found
    yield found
    del EVERYONE[found.number]


def test_goods_go_to_nobody_near_who_says_what_they_are_worth_or_owes_for_them(
    house: House, sister: Party
) -> None:
    sale = margin.sell_goods(house).changed(buyer=sister.number, price=1)
    (slot,) = (each for each in sale.slots if each.part == "buyer")
    refused(house, sale.signed_by(slot, sister["maker"]), "NotIndependent")
