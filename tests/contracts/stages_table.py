"""The access table's rows on the stages of a facility: see `table`. Goods worth 500,000.00 secure it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.contracts import margin_table as margin
from tests.contracts.instructions import Instruction, Slot
from tests.contracts.margin_table import FACILITY, LIMIT, LOAN
from tests.house.cast import CLEARING, EVIDENCE, LENDER, TIER_1
from tests.house.house import EVIDENCE_HASH, PAYOUT, REPAYMENT, House, collection_account, unpack

SPECIAL_ACCOUNT = b"\5" * 32
FIRST = 10_000_000
STEP_BPS, RELEASE_BPS = 15_000, 12_000
SOLD = 5_000_000
CARRIED = FIRST + SOLD * STEP_BPS // 10_000
STAGES_FIELDS = (("opened", 48), ("sales", 104), ("released", 104))


def stages_of(house: House) -> dict[str, int]:
    """How far the facility's stages are."""
    return unpack(house.machine.view("Credit", "stagesOf", FACILITY), STAGES_FIELDS)


def agreeing(house: House, approver: int = EVIDENCE.number, **changes: Any) -> Instruction:
    """A tenth of the limit at once, one and a half times what is sold beyond it, goods for 1.2 times what is sold."""
    act = {
        "facility": FACILITY, "approver": approver, "specialBank": CLEARING.number,
        "specialAccount": SPECIAL_ACCOUNT, "first": FIRST, "stepBps": STEP_BPS, "releaseBps": RELEASE_BPS,
        "version": 1, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    slots = (
        margin.maker(),
        margin.checker(LIMIT),
        Slot("borrower", TIER_1["maker"], "BORROW", LIMIT),
        Slot("approver", EVIDENCE["attestor"], "ATTEST"),
    )
    return Instruction("agreeStages", act, slots if approver else slots[:3], "ListStale")


def agree_stages(house: House) -> Instruction:
    margin.pledged(house)
    return agreeing(house)


def staged(house: House, **changes: Any) -> None:
    """Goods secure a facility that is used stage by stage."""
    margin.pledged(house)
    assert agreeing(house, **changes).carry(house) == "None"


def paid_out(house: House, amount: int, loan: int = LOAN) -> None:
    """A loan is drawn, and paid out on the special account."""
    assert house.draw(loan, TIER_1, FACILITY, amount) == "None"
    assert house.fact(PAYOUT, loan, amount, CLEARING, SPECIAL_ACCOUNT) == "None"


def sold(house: House, amount: int, loan: int = LOAN, **fact: Any) -> str:
    """So much of sales cash came in on the collection account, and repays the loan."""
    return house.fact(REPAYMENT, loan, amount, LENDER, collection_account(FACILITY), **fact)


def selling(house: House, **changes: Any) -> None:
    """The first stage is used, and a half of it came back from sales."""
    staged(house, **changes)
    paid_out(house, FIRST)
    assert sold(house, SOLD) == "None"


def opening(house: House, opened: int = CARRIED, *, alone: bool = False, **changes: Any) -> Instruction:
    """The next stage, by platform and bank; `alone`: by two persons of the bank, where no approver was named."""
    act = {
        "facility": FACILITY, "openedBefore": stages_of(house)["opened"], "opened": opened,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    second = margin.checker(opened) if alone else Slot("approver", EVIDENCE["attestor"], "ATTEST")
    first = Slot("maker", LENDER["credit_maker"], "CREDIT_MAKER", 0 if alone else opened)
    return Instruction("openStage", act, (first, second), "ListStale")


def open_stage(house: House) -> Instruction:
    selling(house)
    return opening(house)


def open_stage_alone(house: House) -> Instruction:
    selling(house, approver=0)
    return opening(house, alone=True)


ROWS: Mapping[str, Callable[[House], Instruction]] = {
    "agreeStages": agree_stages,
    "openStage": open_stage,
    "openStage by the lender alone": open_stage_alone,
}
