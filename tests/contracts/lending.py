"""One loan on the house: agreed, paid out, repaid."""

from __future__ import annotations

from typing import Any

from tests.contracts.table import FACILITY, LOAN
from tests.house.cast import CLEARING, LENDER, TIER_1
from tests.house.house import PAYOUT, REPAYMENT, House, account_of, collection_account

MILLION = 100_000_000


def agree(house: House, amount: int = MILLION, **terms: Any) -> None:
    """A loan drawn at 7.2 %, not yet paid out."""
    root = house.live_root(1, 2 * MILLION, TIER_1)
    assert house.open_facility(FACILITY, TIER_1, 2 * MILLION, closesWithDebt=True) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, amount, **terms) == "None"


def pay_out(house: House, amount: int = MILLION, **changes: Any) -> str:
    """The borrower's bank attests the pay-out."""
    return house.fact(PAYOUT, LOAN, amount, CLEARING, account_of(TIER_1), **changes)


def lend(house: House, amount: int = MILLION, **terms: Any) -> None:
    """1,000,000.00 at 7.2 % for thirty days and half as much again when overdue, paid out today."""
    agree(house, amount, **terms)
    assert pay_out(house, amount) == "None"


def repay(house: House, amount: int, **changes: Any) -> str:
    """The lender's bank attests a repayment."""
    return house.fact(REPAYMENT, LOAN, amount, LENDER, collection_account(FACILITY), **changes)


def standing(house: House, view: str, day: int) -> int:
    """What Terms says of the loan as it stands: overdueSince, classOn."""
    word, accrual = house.machine.view("Credit", "loanOf", LOAN)
    found: int = house.machine.view("Terms", view, word, accrual, day)
    return found


def owed(house: House, days_ahead: int = 0) -> tuple[int, int]:
    """Interest and principal that settle the loan so many days from now."""
    found: tuple[int, int] = house.machine.view("Credit", "owedOn", LOAN, house.machine.day() + days_ahead)
    return found
