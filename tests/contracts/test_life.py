"""One receivable from invoice to settled money, on the real contracts."""

from __future__ import annotations

from tests.house.cast import CLEARING, CORE, LENDER, TIER_1, TIER_2, TIER_3
from tests.house.house import (
    COLLECTED,
    CREDITED,
    PAYOUT,
    RECEIVED,
    REPAYMENT,
    House,
    account_of,
    collection_account,
)


def test_a_receivable_reaches_its_holders_and_its_lender() -> None:
    house = House()
    root = house.live_root(1, 100_000_000, TIER_1)
    second, third = 201 << 32 | 1, 202 << 32 | 1
    assert house.split(root, TIER_1, TIER_2, second, 40_000_000) == "None"
    assert house.split(second, TIER_2, TIER_3, third, 15_000_000) == "None"

    assert house.open_facility(7, TIER_1, 100_000_000) == "None"
    assert house.lock(root, TIER_1, 7) == "None"
    loan = TIER_1.number << 32 | 1
    assert house.draw(loan, TIER_1, 7, 48_000_000) == "None"
    assert house.fact(PAYOUT, loan, 48_000_000, CLEARING, account_of(TIER_1)) == "None"
    house.machine.pass_days(10)
    interest = 48_000_000 * 72_000 * 10 // 360_000_000
    assert house.fact(REPAYMENT, loan, 8_000_000 + interest, LENDER, collection_account(7)) == "None"
    assert house.loan(loan)["principal"] == 40_000_000

    house.machine.pass_days(80)
    assert house.fact(RECEIVED, root, 100_000_000, CLEARING, b"\7" * 32) == "None"
    assert house.distribute(root, {root: 60_000_000, second: 25_000_000, third: 15_000_000}) == "None"
    owed = sum(house.machine.view("Credit", "owedOn", loan, house.machine.day()))
    assert (
        house.fact(COLLECTED, root, 60_000_000, LENDER, collection_account(7), loan=loan, unlock=[root])
        == "None"
    )
    assert house.fact(CREDITED, second, 25_000_000, CLEARING, account_of(TIER_2)) == "None"
    assert house.fact(CREDITED, third, 15_000_000, CLEARING, account_of(TIER_3)) == "None"

    assert house.loan(loan)["phase"] == 3
    assert house.title(root)["lock"] == 0
    cash = house.machine.view("Settlement", "cashOf", root)
    assert cash >> 112 & (1 << 48) - 1 == 60_000_000 - owed
    assert house.machine.view("Evidence", "limitOf", CORE.number, 156) & (1 << 48) - 1 == 0
