"""A receipt that was sold in enforcement was released in the place of another of its lot, and could be pledged or
passed on until its buyer's money took it from whoever held it by then.
"""

from __future__ import annotations

from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT, holder, keeper
from tests.contracts.instructions import Instruction, refused
from tests.house.cast import LENDER, TIER_1, TIER_2
from tests.house.house import REPAYMENT, House, collection_account

PART, REST, HALF, PRICE = margin.PART, margin.REST, 500, 1_000


def one_of_two_sold(house: House) -> None:
    """Two receipts of 500 each secure the facility, and the first is sold."""
    assert margin.enforce(house).carry(house) == "None"
    house.machine.pass_days(1)
    assert margin.carving(house, HALF).carry(house) == "None"
    assert margin.selling(house, title=PART, price=PRICE).carry(house) == "None"


def repaid(house: House) -> None:
    owed = sum(house.machine.view("Credit", "owedOn", margin.LOAN, house.machine.day()))
    account = collection_account(margin.FACILITY)
    assert house.fact(REPAYMENT, margin.LOAN, owed, LENDER, account) == "None"


def unlocking(house: House, title: int) -> Instruction:
    act = {
        "facility": margin.FACILITY, "lot": LOT, "quantity": HALF, "titles": [title], "nonce": house.nonce(),
        "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction("unlockGoods", act, (holder(HALF), keeper()), "")


def test_neither_lender_nor_holder_frees_it_and_its_buyer_gets_it(house: House) -> None:
    one_of_two_sold(house)
    repaid(house)
    refused(house, margin.releasing(house, PART, quantity=HALF, value=25_000_000), "WrongLock")
    house.machine.pass_days(3)
    refused(house, unlocking(house, PART), "WrongLock")
    assert unlocking(house, REST).carry(house) == "None"
    assert margin.collected(house, PRICE, title=PART, loan=0) == "None"
    assert Instruction("completeSales", {}, (), "", unsigned={"list": PART}).carry(house) == "None"
    assert [house.title(each)["holder"] for each in (PART, REST)] == [TIER_2.number, TIER_1.number]
    assert margin.pledged_lot(house)["quantity"] == 0


def test_what_is_left_can_still_be_sold(house: House) -> None:
    one_of_two_sold(house)
    refused(house, margin.releasing(house, PART, quantity=HALF, value=0), "MarginCalled")
    assert margin.selling(house, title=REST, price=PRICE).carry(house) == "None"
    assert margin.pledged_lot(house)["quantity"] == 0
