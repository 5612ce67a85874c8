"""A pay-out could be attested with a value day before the loan was agreed, and interest ran from that day. And the
loan word was not laid out as drawn: who read it by the drawing took the penalty for the day of accrual."""

from __future__ import annotations

from tests.contracts.table import LOAN, draw
from tests.house.cast import CLEARING, TIER_1
from tests.house.house import PAYOUT, House, account_of


def test_interest_never_runs_from_before_the_draw(house: House) -> None:
    assert draw(house).changed(minimumDays=3, penaltyBps=5_000, basis=1).carry(house) == "None"
    today = house.machine.day()
    account = account_of(TIER_1)
    earlier = house.fact(PAYOUT, LOAN, 40_000_000, CLEARING, account, valueDay=today - 1)
    assert earlier == "ValueDayOutOfRange"
    house.machine.pass_days(2)
    assert house.fact(PAYOUT, LOAN, 40_000_000, CLEARING, account, valueDay=today + 1) == "None"
    assert house.loan(LOAN) == {
        "facility": 7, "principal": 40_000_000, "drawn": 40_000_000, "rate": 72_000, "dueDay": today + 30,
        "startDay": today + 1, "accruedDay": today + 1, "penaltyBps": 5_000, "minimumDays": 3, "basis": 1,
        "terms": 0, "graceDays": 0, "count": 0, "phase": 2, "flags": 0,
    }  # fmt: skip
