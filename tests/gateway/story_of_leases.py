"""The story's chapter of leased goods: every kind of fact about them, at least once."""

from __future__ import annotations

from tests.contracts import leases_table as leases
from tests.contracts.goods_table import store
from tests.contracts.instructions import Instruction
from tests.house.cast import KEEPER
from tests.house.house import House

EQUIPMENT = KEEPER.number << 32 | 41
"""A machine that its maker has in store."""
WORTH = leases.DRAWN + 2_000_000


def tell(house: House) -> dict[str, int]:
    """Leased, paid for, not paid off, called for, and taken back for more than was owed."""
    _do(house, store(house, EQUIPMENT))
    opened = house.open_facility(
        leases.FACILITY, leases.LESSEE, leases.LIMIT, advanceBps=9_000, form=leases.FORM_LEASE
    )
    assert opened == "None", opened
    _do(house, leases.leasing(house, title=EQUIPMENT, sequence=0, noticeDays=1))
    terms = {"title": EQUIPMENT, "dueDay": house.machine.day() + 1, "terms": 0, "count": 0}
    assert leases.draw(house, **terms) == "None"
    assert leases.pay_out(house) == "None"
    house.machine.pass_days(2)
    _do(house, leases.noticing(house, fromDay=house.machine.day() + 1))
    house.machine.pass_days(1)
    _do(house, leases.ending(house, WORTH))
    return {"equipment": EQUIPMENT, "lease": leases.LOAN}


def _do(house: House, instruction: Instruction) -> None:
    reason = instruction.carry(house)
    assert reason == "None", f"{instruction.function}: {reason}"
