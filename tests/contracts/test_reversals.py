"""A bank takes back a booking of its own (decisions 9, 10): what is still open stands as if it had never been paid;
what has closed is not revived."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from gateway.adapters.ledger.words import CASH
from tests.contracts.table import AMOUNT, FACILITY, LOAN, ROOT, due
from tests.contracts.test_credit import MILLION, lend, owed
from tests.house.cast import CLEARING, LENDER, TIER_1, Party
from tests.house.house import (
    COLLECTED,
    CREDITED,
    PAYOUT,
    RECEIVED,
    REPAYMENT,
    SURPLUS,
    House,
    account_of,
    collection_account,
)

BACK = b"\1" * 32


def entry(name: str) -> bytes:
    return sha256(name.encode()).digest()


def take_back(
    house: House, bank: Party, account: bytes, amount: int, name: str, days_ago: int = 0, **changes: Any
) -> str:
    """The bank's payments officer takes back what it booked under that name; a borrower signs beside a lender."""
    today = house.machine.day()
    borrower = changes.pop("borrower", TIER_1["maker"])
    act = {
        "bank": bank.number, "account": account, "valueDay": today - days_ago, "amount": amount, "entry": entry(name),
        "reversedDay": today, "reversalEntry": entry(f"back {name}"), "expiresAt": house.expiry(), **changes,
    }  # fmt: skip
    signers = {"bank": bank["payments"]}
    return house.do("reverse", act, **signers, **({"borrower": borrower} if borrower else {}))


def repay(house: House, amount: int, name: str) -> str:
    account = collection_account(FACILITY)
    return house.fact(REPAYMENT, LOAN, amount, LENDER, account, entry=entry(name))


@pytest.mark.parametrize("days", [0, 1, 25, 40])
def test_a_loan_stands_as_if_the_repayment_had_never_been(house: House, days: int) -> None:
    """The reversal comes on the day, a day later, before the due day, or after it (with penalty)."""
    lend(house)
    house.machine.pass_days(5)
    assert repay(house, 40_000_000, "part") == "None"
    house.machine.pass_days(days)
    assert repay(house, 1_000_000, "another") == "None"
    assert take_back(house, LENDER, collection_account(FACILITY), 1_000_000, "another") == "None"
    assert take_back(house, LENDER, collection_account(FACILITY), 40_000_000, "part", days) == "None"
    late = max(0, 5 + days - 30)
    # 200.00 a day at 7.2 % of 1,000,000.00, and half as much again on each day after the due day.
    assert owed(house) == (20_000 * (5 + days) + 10_000 * late, MILLION)
    assert house.facility(FACILITY)["used"] == MILLION


def test_each_movement_is_taken_back_once_and_never_recorded_again(house: House) -> None:
    lend(house)
    account = collection_account(FACILITY)
    assert take_back(house, LENDER, account, 1_000_000, "part") == "MovementUnknown"
    assert repay(house, 1_000_000, "part") == "None"
    assert take_back(house, LENDER, account, 999_999, "part") == "MovementUnknown"
    assert take_back(house, LENDER, account, 1_000_000, "part") == "None"
    assert take_back(house, LENDER, account, 1_000_000, "part", reversalEntry=entry("x")) == "MovementUsed"
    assert repay(house, 1_000_000, "part") == "MovementUsed"
    assert repay(house, 1_000_000, "two") == "None"
    again = {"reversalEntry": entry("back part")}
    assert take_back(house, LENDER, account, 1_000_000, "two", **again) == "MovementUsed"


def test_a_settled_loan_is_not_revived(house: House) -> None:
    """Decision 9: after closing, the reversal is a claim on the payer."""
    lend(house)
    assert repay(house, MILLION, "all") == "None"
    account = collection_account(FACILITY)
    assert take_back(house, LENDER, account, MILLION, "all") == "ReversalTooLate"
    assert owed(house) == (0, 0)
    assert house.title(ROOT)["lock"] == 0 or house.facility(FACILITY)["used"] == 0


def test_a_lender_alone_cannot_say_that_it_was_not_repaid(house: House) -> None:
    lend(house)
    assert repay(house, 1_000_000, "part") == "None"
    account = collection_account(FACILITY)
    assert take_back(house, LENDER, account, 1_000_000, "part", borrower=None) == "SignatureInvalid"
    assert owed(house)[1] == MILLION - 1_000_000
    assert take_back(house, LENDER, account, 1_000_000, "part") == "None"


def test_a_payout_taken_back_makes_the_loan_void_unless_something_was_repaid(house: House) -> None:
    root = house.live_root(1, 2 * MILLION, TIER_1)
    assert house.open_facility(FACILITY, TIER_1, 2 * MILLION) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    for number, repaid in ((LOAN, True), (LOAN + 1, False)):
        assert house.draw(number, TIER_1, FACILITY, 10_000_000) == "None"
        name = f"paid out {number}"
        account = account_of(TIER_1)
        assert house.fact(PAYOUT, number, 10_000_000, CLEARING, account, entry=entry(name)) == "None"
        if repaid:
            assert repay(house, 1, "a fen") == "None"
        answer = take_back(house, CLEARING, account, 10_000_000, name, borrower=None)
        assert answer == ("ReversalTooLate" if repaid else "None")
    assert house.loan(LOAN + 1)["phase"] == 4
    assert house.facility(FACILITY)["used"] == 10_000_000 - 1


def test_the_debtors_payment_is_taken_back_as_far_as_it_was_not_distributed(house: House) -> None:
    root = due(house)
    half = AMOUNT // 2
    for name in ("first", "second"):
        assert house.fact(RECEIVED, root, half, CLEARING, BACK, entry=entry(name)) == "None"
    assert house.distribute(root, {root: half + 1}) == "ShareWrong"
    assert take_back(house, CLEARING, BACK, half, "second", borrower=None) == "None"
    assert house.money(root)["received"] == half
    assert house.distribute(root, {root: half}) == "None"
    assert take_back(house, CLEARING, BACK, half, "first", borrower=None) == "ReversalTooLate"
    # What is missing can come again.
    assert house.fact(RECEIVED, root, half, CLEARING, BACK, entry=entry("third")) == "None"


def test_a_credit_taken_back_is_on_its_way_again_and_the_title_stays_paid(house: House) -> None:
    root = due(house)
    assert house.fact(RECEIVED, root, AMOUNT, CLEARING, BACK) == "None"
    assert house.distribute(root, {root: AMOUNT}) == "None"
    account = account_of(TIER_1)
    assert house.fact(CREDITED, root, AMOUNT, CLEARING, account, entry=entry("line")) == "None"
    assert take_back(house, CLEARING, account, AMOUNT, "line", borrower=None) == "None"
    assert CASH.unpack(house.machine.view("Settlement", "cashOf", ROOT))["credited"] == 0
    assert house.title(root)["flags"] & 4
    assert house.fact(CREDITED, root, AMOUNT, CLEARING, account, entry=entry("line again")) == "None"


def test_what_was_collected_for_a_lender_is_a_matter_for_persons(house: House) -> None:
    lend(house)
    house.machine.pass_days(90)
    assert house.fact(RECEIVED, ROOT, 2 * MILLION, CLEARING, BACK) == "None"
    assert house.distribute(ROOT, {ROOT: 2 * MILLION}) == "None"
    account = collection_account(FACILITY)
    taken = {"loan": LOAN, "entry": entry("collected")}
    assert house.fact(COLLECTED, ROOT, 2 * MILLION, LENDER, account, **taken) == "None"
    assert take_back(house, LENDER, account, 2 * MILLION, "collected", borrower=None) == "FactUnknown"
    surplus = CASH.unpack(house.machine.view("Settlement", "cashOf", ROOT))["surplus"]
    own = account_of(TIER_1)
    assert house.fact(SURPLUS, ROOT, surplus, CLEARING, own, entry=entry("surplus")) == "None"
    assert take_back(house, CLEARING, own, surplus, "surplus", borrower=None) == "FactUnknown"


@pytest.mark.parametrize(("name", "value"), [("reversedDay", -1), ("reversedDay", 1)])
def test_the_negative_entry_is_neither_before_its_movement_nor_in_the_future(
    house: House, name: str, value: int
) -> None:
    lend(house)
    house.machine.pass_days(3)
    assert repay(house, 1_000_000, "part") == "None"
    changes = {name: house.machine.day() + value}
    answer = take_back(house, LENDER, collection_account(FACILITY), 1_000_000, "part", **changes)
    assert answer == "ValueDayOutOfRange"
