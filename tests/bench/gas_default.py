"""Gas of a default: what was lent is overdue, costs come on top, a guarantor and a reserve pay, and are reimbursed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.house.cast import CLEARING, CORE, GUARANTOR, LENDER, TIER_1
from tests.house.house import (
    EVIDENCE_HASH,
    PAYOUT,
    PROTECTED,
    REIMBURSED,
    REPAYMENT,
    account_of,
    collection_account,
)

if TYPE_CHECKING:
    from tests.bench.gas import Desk, Spent

LENT = 50_000_000


def default_waterfall(desk: Desk) -> tuple[Spent, str]:
    """Eight transactions, from the costs of enforcement to the last reimbursement; and the reason a reserve is refused
    with that is called before the guarantor.
    """
    house = desk.house
    root = desk.roots(1)[0]
    facility = desk.serial + 3_000_000
    loan = TIER_1.number << 32 | facility
    guarantee, reserve = GUARANTOR.number << 32 | facility, CORE.number << 32 | 0xE0000000 | facility
    assert house.open_facility(facility, TIER_1, 10**12) == "None"
    assert house.protect(guarantee, facility, 1, LENT // 2) == "None"
    assert house.protect(reserve, facility, 3, LENT, floor=1, target=LENT) == "None"
    assert house.attest_reserve(reserve, LENT) == "None"
    assert house.lock(root, TIER_1, facility) == "None"
    assert house.draw(loan, TIER_1, facility, LENT) == "None"
    assert house.fact(PAYOUT, loan, LENT, CLEARING, account_of(TIER_1)) == "None"
    house.machine.pass_days(91)
    everyone = sorted((guarantee, reserve))
    twin = house.call_protection(reserve, loan, 1, everyone, [root])
    costs = {
        "loan": loan, "amount": LENT // 100, "costsBefore": 0, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    house.must("addCosts", costs, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])
    gas = desk.spent()
    owed = LENT // 100 + sum(house.machine.view("Credit", "owedOn", loan, house.machine.day()))
    account = collection_account(facility)
    paid = {guarantee: LENT // 2, reserve: owed - LENT // 2}
    for number, amount in paid.items():
        assert house.call_protection(number, loan, amount, everyone, [root]) == "None"
        gas += desk.spent()
        assert house.fact(PROTECTED, number, amount, LENDER, account, loan=loan) == "None"
        gas += desk.spent()
    assert house.fact(REPAYMENT, loan, owed, LENDER, account) == "None"
    gas += desk.spent()
    for number, party in ((guarantee, GUARANTOR), (reserve, CORE)):
        assert house.fact(REIMBURSED, number, paid[number], CLEARING, account_of(party), loan=loan) == "None"
        gas += desk.spent()
    return gas, twin
