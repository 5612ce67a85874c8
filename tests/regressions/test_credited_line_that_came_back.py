"""A payee's bank credited a line and then sent it back. The ledger refused to hold that money again, so it said that
the holder had been paid."""

from __future__ import annotations

from gateway.adapters.ledger.words import CASH
from tests.contracts.table import AMOUNT, ROOT, due
from tests.house.cast import CLEARING, TIER_1
from tests.house.house import CREDITED, RECEIVED, RETURNED, House, account_of

BACK = b"\1" * 32


def cash(house: House) -> tuple[int, int]:
    word = CASH.unpack(house.machine.view("Settlement", "cashOf", ROOT))
    return word["credited"], word["held"]


def test_it_is_held_and_can_be_paid_again(house: House) -> None:
    root = due(house)
    assert house.fact(RECEIVED, root, AMOUNT, CLEARING, BACK) == "None"
    assert house.distribute(root, {root: AMOUNT}) == "None"
    assert house.fact(CREDITED, root, AMOUNT, CLEARING, account_of(TIER_1)) == "None"
    assert house.fact(RETURNED, root, AMOUNT + 1, CLEARING, BACK) == "ExcessAmount"
    assert house.fact(RETURNED, root, AMOUNT, CLEARING, BACK) == "None"
    assert cash(house) == (0, AMOUNT)
    assert house.title(root)["flags"] & 4
    assert house.fact(RETURNED, root, 1, CLEARING, BACK) == "ExcessAmount"
    act = {"title": root, "heldBefore": AMOUNT, "amount": AMOUNT, "expiresAt": house.expiry()}
    house.must("releaseHeld", act, clearingBank=CLEARING["clearing"])
    assert house.fact(CREDITED, root, AMOUNT, CLEARING, account_of(TIER_1)) == "None"
    assert cash(house) == (AMOUNT, 0)


def test_one_line_is_never_part_of_what_was_credited_and_of_what_is_on_its_way(house: House) -> None:
    root = due(house)
    assert house.fact(RECEIVED, root, AMOUNT, CLEARING, BACK) == "None"
    assert house.distribute(root, {root: AMOUNT}) == "None"
    half = AMOUNT // 2
    assert house.fact(CREDITED, root, half, CLEARING, account_of(TIER_1)) == "None"
    assert house.fact(RETURNED, root, half + 1, CLEARING, BACK) == "ExcessAmount"
    # What is on its way comes back first, then what was credited.
    assert house.fact(RETURNED, root, half, CLEARING, BACK) == "None"
    assert cash(house) == (half, half)
    assert house.fact(RETURNED, root, half, CLEARING, BACK) == "None"
    assert cash(house) == (0, AMOUNT)
