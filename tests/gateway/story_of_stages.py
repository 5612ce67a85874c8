"""The story's chapter of stages: agreed, drawn, sold under, opened further, agreed anew."""

from __future__ import annotations

from tests.contracts import stages_table
from tests.contracts.instructions import Instruction
from tests.contracts.stages_table import CARRIED, FIRST, SOLD, SPECIAL_ACCOUNT
from tests.house.cast import CLEARING, LENDER, TIER_1
from tests.house.house import PAYOUT, REPAYMENT, House, collection_account

FACILITY = 33
LOAN = TIER_1.number << 32 | 331
PLEDGED = 40_000_000


def tell(house: House) -> dict[str, int]:
    """The first stage is used and half repaid by sales; platform and bank open the second."""
    assert house.open_facility(FACILITY, TIER_1, stages_table.LIMIT) == "None"
    assert house.lock(house.live_root(330, PLEDGED, TIER_1), TIER_1, FACILITY) == "None"
    _do(house, stages_table.agreeing(house, facility=FACILITY))
    assert house.draw(LOAN, TIER_1, FACILITY, FIRST) == "None"
    assert house.fact(PAYOUT, LOAN, FIRST, CLEARING, SPECIAL_ACCOUNT) == "None"
    assert house.fact(REPAYMENT, LOAN, SOLD, LENDER, collection_account(FACILITY)) == "None"
    _do(house, stages_table.opening(house, CARRIED, facility=FACILITY, openedBefore=FIRST))
    _do(house, stages_table.agreeing(house, facility=FACILITY, version=2))
    return {"staged_facility": FACILITY, "staged_loan": LOAN}


def _do(house: House, instruction: Instruction) -> None:
    reason = instruction.carry(house)
    assert reason == "None", f"{instruction.function}: {reason}"
