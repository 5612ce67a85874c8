"""One certificate carried two financings: the second lender, or the second draw, paid for nothing."""

from __future__ import annotations

import pytest

from tests.contracts import table
from tests.contracts.instructions import Instruction, refused, stored
from tests.contracts.table import FACILITY, LOAN, ROOT
from tests.house.cast import CLEARING, LENDER, TIER_1
from tests.house.house import PAYOUT, House, account_of

AMOUNT = 100_000_000
PRICE = 30_000_000


def agree(house: House, form: int) -> None:
    root = house.live_root(1, AMOUNT, TIER_1)
    for number in (FACILITY, 8):
        assert house.open_facility(number, TIER_1, AMOUNT, form=form) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    assert draw(house, LOAN, FACILITY) == "None"


def draw(house: House, loan: int, facility: int) -> str:
    return house.draw(loan, TIER_1, facility, PRICE, title=ROOT, rate=0, dueDay=house.machine.day() + 90)


@pytest.mark.parametrize("paid", [False, True], ids=["reserved", "paid out"])
@pytest.mark.parametrize("form", [1, 2], ids=["purchase", "recourse"])
def test_no_second_draw_buys_it(house: House, form: int, paid: bool) -> None:
    agree(house, form)
    if paid:
        assert house.fact(PAYOUT, LOAN, PRICE, CLEARING, account_of(TIER_1)) == "None"
    before = stored(house)
    again = "TitleSold" if not (paid and form == 1) else "CollateralShort"
    assert draw(house, LOAN + 1, FACILITY) == again
    assert draw(house, LOAN + 1, 8) == "CollateralShort"
    assert house.lock(ROOT, TIER_1, 8) in ("TitleLocked", "WrongParty", "DifferentHolder")
    assert stored(house) == before


@pytest.mark.parametrize("form", [1, 2], ids=["purchase", "recourse"])
def test_it_is_neither_released_nor_divided_while_it_is_sold(house: House, form: int) -> None:
    """Released, it could secure another facility; divided, the buyer would get less than it pays for."""
    agree(house, form)
    other = house.live_root(2, AMOUNT, TIER_1)
    assert house.lock(other, TIER_1, FACILITY) == "None"
    act = {
        "facility": FACILITY, "titles": [ROOT], "nonce": 1, "expiresAt": house.expiry(), "evidence": b"\1" * 32,
    }  # fmt: skip
    slots = table.release(House()).slots
    refused(house, Instruction("release", act, slots, "", {"loans": [LOAN]}), "TitleSold")
    act = {
        "title": ROOT, "child": LENDER.number << 32 | 1, "quantity": 1_000, "facility": FACILITY,
        "expiresAt": house.expiry(),
    }  # fmt: skip
    refused(house, Instruction("carve", act, table.carve(House()).slots, ""), "TitleSold")
    freeze = table.freeze_of(house, ROOT)
    part = freeze.changed(child=freeze.slots[0].party.number << 32 | 9, quantity=1_000)
    refused(house, part, "TitleSold")
    assert freeze.carry(house) == "None"
