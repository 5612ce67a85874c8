"""The buyer had the certificate before its seller had the money, and kept it when the payment failed."""

from __future__ import annotations

import pytest

from tests.contracts.instructions import stored
from tests.contracts.table import FACILITY, LOAN, ROOT
from tests.house.cast import CLEARING, LENDER, TIER_1
from tests.house.house import PAYOUT, REJECTED, House, account_of

AMOUNT = 100_000_000
PRICE = 70_000_000


@pytest.mark.parametrize("form", [1, 2], ids=["purchase", "recourse"])
def test_only_the_attested_money_moves_the_title(house: House, form: int) -> None:
    """Another amount, another account, another bank's word, a rejection: nothing moves by any of them."""
    root = house.live_root(1, AMOUNT, TIER_1)
    assert house.open_facility(FACILITY, TIER_1, AMOUNT, form=form) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    terms = {"title": root, "rate": 0, "dueDay": house.machine.day() + 90}
    assert house.draw(LOAN, TIER_1, FACILITY, PRICE, **terms) == "None"
    before = stored(house)
    assert house.fact(PAYOUT, LOAN, PRICE - 1, CLEARING, account_of(TIER_1)) == "AmountDiffers"
    assert house.fact(PAYOUT, LOAN, PRICE, CLEARING, account_of(LENDER)) == "AccountDiffers"
    assert house.fact(PAYOUT, LOAN, PRICE, LENDER, account_of(TIER_1)) == "SignatureInvalid"
    assert stored(house) == before
    assert house.fact(REJECTED, LOAN, PRICE, LENDER, bytes(32)) == "None"
    assert house.fact(PAYOUT, LOAN, PRICE, CLEARING, account_of(TIER_1)) == "LoanNotReserved"
    assert (house.title(ROOT)["holder"], house.title(ROOT)["lock"]) == (TIER_1.number, FACILITY)
