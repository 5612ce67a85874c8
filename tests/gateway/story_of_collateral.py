"""The story's chapter of goods that secure a loan: every kind of fact about them, at least once."""

from __future__ import annotations

from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT
from tests.contracts.instructions import Instruction
from tests.house.cast import CLEARING, LENDER, TIER_1
from tests.house.house import COLLECTED, SURPLUS, House, account_of, collection_account


def tell(house: House) -> dict[str, int]:
    """Valued, pledged, lent on, worth less, called for, enforced, sold to one who does not pay, and to one who does."""
    _do(house, margin.sell_goods(house))
    house.machine.pass_days(11)
    _do(house, Instruction("endSales", {}, (), "", unsigned={"list": LOT}))
    _do(house, margin.carving(house, 400))
    _do(house, margin.selling(house, margin.REST))
    account = collection_account(margin.FACILITY)
    paid = house.fact(COLLECTED, margin.REST, margin.PRICE, LENDER, account, loan=margin.LOAN)
    assert paid == "None", paid
    _do(house, Instruction("completeSales", {}, (), "", unsigned={"list": margin.REST}))
    left = margin.surplus_of(house, margin.REST)
    assert house.fact(SURPLUS, margin.REST, left, CLEARING, account_of(TIER_1)) == "None"
    part = margin.pledged_lot(house)["quantity"]
    _do(house, margin.releasing(house, margin.PART, quantity=part, value=margin.pledged_lot(house)["value"]))
    return {"pledged_lot": LOT, "goods_loan": margin.LOAN, "sold": margin.REST, "freed": margin.PART}


def _do(house: House, instruction: Instruction) -> None:
    reason = instruction.carry(house)
    assert reason == "None", f"{instruction.function}: {reason}"
