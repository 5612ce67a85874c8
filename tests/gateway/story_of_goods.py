"""The story's chapter of goods: every kind of fact about a receipt, at least once."""

from __future__ import annotations

from tests.contracts import goods_table
from tests.contracts.instructions import Instruction, Slot
from tests.house.cast import KEEPER, TIER_1, TIER_2
from tests.house.house import EVIDENCE_HASH, House

POOL = KEEPER.number << 32 | 101
DEPOSIT = KEEPER.number << 32 | 102
SINGLE = KEEPER.number << 32 | 103
LOST = KEEPER.number << 32 | 104
FRESH = KEEPER.number << 32 | 105
PART, REST = TIER_1.number << 32 | 901, TIER_1.number << 32 | 902


def tell(house: House) -> dict[str, int]:
    """A pool with two receipts, a lot that is split, endorsed, charged and handed over, and one lost on paper."""
    _do(house, goods_table.store(house, POOL, 600, pooled=True))
    _do(house, goods_table.store(house, POOL, 400, receipt=DEPOSIT, pooled=True))
    _do(house, goods_table.count_of(house, 995, goods_table.keeper(), lot=POOL))
    _do(house, goods_table.store(house, SINGLE, 1_000))
    parting = {
        "title": SINGLE, "sequence": 0, "part": PART, "quantity": 300, "rest": REST, "to": TIER_1.number,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    _do(house, Instruction("splitReceipt", parting, (goods_table.holder(300), goods_table.keeper()), ""))
    passing = {
        "title": PART, "sequence": 0, "to": TIER_2.number, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    acquirer = Slot("acquirer", TIER_2["maker"], "TITLE", 300)
    _do(house, Instruction("endorse", passing, (goods_table.holder(300), acquirer, goods_table.keeper()), ""))
    charge = {
        "title": DEPOSIT, "currency": 156, "amount": 7_500, "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    _do(house, Instruction("chargeStorage", charge, (goods_table.keeper(),), ""))
    leaving = {
        "title": POOL, "sequence": 0, "quantity": 200, "delivered": 199, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    _do(house, Instruction("handOver", leaving, (goods_table.holder(200), goods_table.keeper()), ""))
    _do(house, goods_table.store(house, LOST, 50))
    medium = {
        "title": LOST,
        "sequence": 0,
        "paper": True,
        "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }
    both = goods_table.holder(50), goods_table.keeper()
    _do(house, Instruction("changeMedium", medium, both, ""))
    again = {
        "title": LOST, "sequence": 1, "replacement": FRESH, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    _do(house, Instruction("replace", again, both, ""))
    return {"pool": POOL, "deposit": DEPOSIT, "single": SINGLE, "part": PART, "rest": REST, "fresh": FRESH}


def _do(house: House, instruction: Instruction) -> None:
    reason = instruction.carry(house)
    assert reason == "None", f"{instruction.function}: {reason}"
