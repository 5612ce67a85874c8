"""A written-off loan left no trace on its facility: when another loan was repaid, all locks ended, those of the
claim still open among them; and when the written-off loan was recovered whole, the locks never ended."""

from __future__ import annotations

from tests.contracts.table import AMOUNT, FACILITY, LOAN, ROOT, open_facility
from tests.house.cast import CLEARING, LENDER, TIER_1
from tests.house.house import COLLECTED, PAYOUT, RECEIVED, REPAYMENT, House, account_of, collection_account

SECOND = LOAN + 1


def written_off(house: House) -> None:
    """Two loans on one title; the first is given up."""
    root = house.live_root(1, AMOUNT, TIER_1)
    assert open_facility(house).changed(closesWithDebt=True).carry(house) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    for loan, days in ((LOAN, 10), (SECOND, 60)):
        due = house.machine.day() + days
        assert house.draw(loan, TIER_1, FACILITY, 20_000_000, dueDay=due) == "None"
        assert house.fact(PAYOUT, loan, 20_000_000, CLEARING, account_of(TIER_1)) == "None"
    house.machine.pass_days(11)
    act = {"loan": LOAN, "expiresAt": house.expiry(), "evidence": b"\1" * 32}
    house.must("writeOff", act, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])


def repay(house: House, loan: int) -> None:
    owed = sum(house.machine.view("Credit", "owedOn", loan, house.machine.day()))
    account = collection_account(FACILITY)
    assert house.fact(REPAYMENT, loan, owed, LENDER, account, unlock=[ROOT]) == "None"


def unlock(house: House) -> str:
    house.machine.pass_days(5)
    act = {"facility": FACILITY, "titles": [ROOT], "nonce": house.nonce(), "expiresAt": house.expiry()}
    return house.do("unlock", act, holder=TIER_1["maker"])


def test_the_lock_outlives_the_other_loan(house: House) -> None:
    written_off(house)
    repay(house, SECOND)
    assert house.title(ROOT)["lock"] == FACILITY
    assert unlock(house) == "DebtOutstanding"
    assert house.title(ROOT)["lock"] == FACILITY


def test_the_lock_ends_when_the_claim_is_recovered_whole(house: House) -> None:
    written_off(house)
    repay(house, SECOND)
    repay(house, LOAN)
    assert house.loan(LOAN)["phase"] == 3
    assert house.title(ROOT)["lock"] == 0


def test_collected_money_names_the_written_off_loan(house: House) -> None:
    written_off(house)
    repay(house, SECOND)
    house.machine.pass_days(79)
    assert house.fact(RECEIVED, ROOT, AMOUNT, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(ROOT, {ROOT: AMOUNT}) == "None"
    account = collection_account(FACILITY)
    assert house.fact(COLLECTED, ROOT, AMOUNT, LENDER, account) == "LoanUnknown"
    assert house.fact(COLLECTED, ROOT, AMOUNT, LENDER, account, loan=LOAN, unlock=[ROOT]) == "None"
    assert (house.loan(LOAN)["phase"], house.title(ROOT)["lock"]) == (3, 0)
