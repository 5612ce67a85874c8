"""Facility and loan: drawn, paid out or not, repaid early, in part, late; locks that end; claims written off."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.adapters.ledger.words import FILLED
from tests.contracts import table
from tests.contracts.instructions import Instruction, Slot, refused, stored
from tests.contracts.table import AMOUNT, FACILITY, LOAN, ROOT
from tests.house.cast import CLEARING, LENDER, TIER_1, TIER_2
from tests.house.house import (
    COLLECTED,
    PAYOUT,
    RECEIVED,
    REJECTED,
    REPAYMENT,
    SURPLUS,
    House,
    account_of,
    collection_account,
)
from tests.house.machine import STRANGER

MILLION = 100_000_000


def lend(house: House, amount: int = MILLION, **terms: Any) -> None:
    """1,000,000.00 at 7.2 % for thirty days, paid out today."""
    root = house.live_root(1, 2 * MILLION, TIER_1)
    closes = terms.pop("closesWithDebt", True)
    assert house.open_facility(FACILITY, TIER_1, 2 * MILLION, closesWithDebt=closes) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, amount, **terms) == "None"
    assert house.fact(PAYOUT, LOAN, amount, CLEARING, account_of(TIER_1)) == "None"


def repay(house: House, amount: int, **changes: Any) -> str:
    return house.fact(REPAYMENT, LOAN, amount, LENDER, collection_account(FACILITY), **changes)


def owed(house: House, days_ahead: int = 0) -> tuple[int, int]:
    found: tuple[int, int] = house.machine.view("Credit", "owedOn", LOAN, house.machine.day() + days_ahead)
    return found


def unlocking(house: House) -> Instruction:
    act = {"facility": FACILITY, "titles": [ROOT], "nonce": house.nonce(), "expiresAt": house.expiry()}
    return Instruction("unlock", act, (table.title_slot("holder", TIER_1["maker"]),), "")


# ── Interest ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_check_of_the_rule_book(house: House) -> None:
    """1,000,000.00 at 7.2 %: 6,000.00 in 30 days; 2,000.00 in 10; +50 % on 10 overdue days is 3,000.00."""
    lend(house)
    assert owed(house, 30) == (600_000, MILLION)
    assert owed(house, 10) == (200_000, MILLION)
    assert owed(house, 40) == (600_000 + 300_000, MILLION)
    assert owed(house, 0) == (0, MILLION)


def test_a_year_of_365_days(house: House) -> None:
    lend(house, basis=1, dueDay=house.machine.day() + 365)
    assert owed(house, 365) == (7_200_000, MILLION)


@pytest.mark.parametrize(("days", "interest"), [(0, 100_000), (5, 100_000), (6, 120_000)])
def test_minimum_days_are_paid_for(house: House, days: int, interest: int) -> None:
    lend(house, minimumDays=5)
    assert owed(house, days) == (interest, MILLION)


def test_a_part_repayment_pays_interest_first_and_the_last_clears_the_dust(house: House) -> None:
    lend(house, 33_333_333)
    paid = 0
    for days, amount in ((7, 1_000_000), (6, 10_000_000), (10, 3)):
        house.machine.pass_days(days)
        assert repay(house, amount) == "None"
        repaid = next(event for event in house.machine.events if event.name == "Repaid")
        filled = FILLED.unpack(repaid.args["filled"])
        assert filled["interest"] + filled["principal"] == amount
        paid += filled["interest"]
    house.machine.pass_days(7)
    interest, principal = owed(house)
    assert repay(house, interest + principal + 1) == "ExcessAmount"
    assert repay(house, interest + principal, unlock=[ROOT]) == "None"
    # Σ principal × days: 33,333,333 × 7, then less what each repayment took off.
    first = 33_333_333 - (1_000_000 - _rounded(33_333_333 * 7))
    second = first - (10_000_000 - (_rounded(33_333_333 * 7 + first * 6) - _rounded(33_333_333 * 7)))
    total = _rounded(33_333_333 * 7 + first * 6 + second * 17)
    assert paid + interest == total
    assert (house.loan(LOAN)["phase"], house.facility(FACILITY)["used"], house.title(ROOT)["lock"]) == (
        3,
        0,
        0,
    )


def _rounded(fen_days: int) -> int:
    """7.2 % a year of 360 days, half-up."""
    return (fen_days * 72_000 + 180_000_000) // 360_000_000


def test_a_small_payment_only_lowers_the_interest(house: House) -> None:
    lend(house)
    house.machine.pass_days(10)
    assert repay(house, 150_000) == "None"
    assert owed(house) == (50_000, MILLION)
    assert house.facility(FACILITY)["used"] == MILLION


def test_repayment_counts_from_its_value_day(house: House) -> None:
    lend(house)
    house.machine.pass_days(10)
    assert repay(house, MILLION, valueDay=house.machine.day() - 3) == "None"
    assert house.loan(LOAN)["principal"] == 140_000
    before = stored(house)
    assert repay(house, 1_000, valueDay=house.machine.day() - 4) == "ValueDayOutOfRange"
    assert repay(house, 1_000, valueDay=house.machine.day() + 1) == "ValueDayOutOfRange"
    assert stored(house) == before


# ── Paid out, or not ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_drawn_is_reserved_until_it_is_paid_out(house: House) -> None:
    assert table.draw(house).carry(house) == "None"
    assert (house.loan(LOAN)["phase"], house.facility(FACILITY)["used"]) == (1, 40_000_000)
    assert owed(house) == (0, 0)
    assert repay(house, 1) == "ExcessAmount"


@pytest.mark.parametrize("way", ["void", "rejected"])
def test_a_draw_that_is_not_paid_out_gives_its_reservation_back(house: House, way: str) -> None:
    if way == "void":
        assert table.void(house).carry(house) == "None"
    else:
        assert table.draw(house).carry(house) == "None"
        assert house.fact(REJECTED, LOAN, 1, LENDER, bytes(32)) == "AmountDiffers"
        assert house.fact(REJECTED, LOAN, 40_000_000, CLEARING, account_of(TIER_1)) == "None"
    assert (house.loan(LOAN)["phase"], house.facility(FACILITY)["used"]) == (4, 0)
    assert house.draw(LOAN, TIER_1, FACILITY, 40_000_000) == "LoanTaken"
    assert house.draw(LOAN + 1, TIER_1, FACILITY, 40_000_000) == "None"


def test_a_lender_cannot_attest_its_own_payout_alone(house: House) -> None:
    instruction = table.record_own_payout(house)
    alone = Instruction("record", instruction.message, instruction.slots[:1], "")
    refused(house, alone, "SignatureInvalid")
    assert instruction.carry(house) == "None"
    assert house.loan(LOAN)["phase"] == 2


@pytest.mark.parametrize(("days", "reason"), [(-1, "FacilityEnded"), (0, "None")])
def test_a_facility_lends_until_its_end_day(house: House, days: int, reason: str) -> None:
    instruction = table.open_facility(house)
    end = house.machine.day() + days
    refused_or_done(house, instruction.changed(endDay=end), reason)


def test_after_its_end_day_a_facility_neither_locks_nor_lends(house: House) -> None:
    root = house.live_root(1, AMOUNT, TIER_1)
    assert table.open_facility(house).changed(endDay=house.machine.day() + 1).carry(house) == "None"
    assert house.split(root, TIER_1, TIER_1, table.CHILD, 1_000_000) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    house.machine.pass_days(2)
    assert house.lock(table.CHILD, TIER_1, FACILITY) == "FacilityEnded"
    assert house.draw(LOAN, TIER_1, FACILITY, 1_000) == "FacilityEnded"


def test_after_its_end_day_more_may_still_be_pledged_for_what_is_owed(house: House) -> None:
    root = house.live_root(1, AMOUNT, TIER_1)
    assert table.open_facility(house).changed(endDay=house.machine.day() + 1).carry(house) == "None"
    assert house.split(root, TIER_1, TIER_1, table.CHILD, 1_000_000) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, 1_000) == "None"
    house.machine.pass_days(2)
    assert house.lock(table.CHILD, TIER_1, FACILITY) == "None"
    assert house.facility(FACILITY)["face"] == AMOUNT
    assert house.draw(LOAN + 1, TIER_1, FACILITY, 1_000) == "FacilityEnded"


def refused_or_done(house: House, instruction: Instruction, reason: str) -> None:
    if reason == "None":
        assert instruction.carry(house) == "None"
    else:
        refused(house, instruction, reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"facility": 0}, "TermsOutOfRange"),
        ({"lender": TIER_1.number}, "TermsOutOfRange"),
        ({"advanceBps": 0}, "TermsOutOfRange"),
        ({"advanceBps": 10_001}, "TermsOutOfRange"),
        ({"limit": 0}, "TermsOutOfRange"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(map(str, value)),
)
def test_terms_out_of_range(house: House, changes: dict[str, int], reason: str) -> None:
    refused(house, table.open_facility(house).changed(**changes), reason)


def test_limit_and_collateral_bound_what_is_used(house: House) -> None:
    """900,000.00 locked at 80 % is 720,000.00: loans together never use a fen more."""
    assert table.lock(house).carry(house) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, 71_000_000) == "None"
    assert house.draw(LOAN + 1, TIER_1, FACILITY, 1_000_001) == "CollateralShort"
    assert house.draw(LOAN + 1, TIER_1, FACILITY, 1_000_000) == "None"
    assert house.facility(FACILITY)["used"] == 72_000_000


def test_only_the_borrowers_titles_secure_its_facility(house: House) -> None:
    assert table.lock(house).carry(house) == "None"
    other = house.live_root(2, AMOUNT, TIER_1)
    assert house.assign(other, TIER_1, TIER_2) == "None"
    assert house.lock(other, TIER_2, FACILITY) == "DifferentHolder"


def test_locking_a_part_carves_it_first(house: House) -> None:
    instruction = table.lock(house).changed(child=table.CHILD, quantity=30_000_000)
    assert instruction.carry(house) == "None"
    assert [house.title(title)["lock"] for title in (ROOT, table.CHILD)] == [0, FACILITY]
    assert [house.title(title)["quantity"] for title in (ROOT, table.CHILD)] == [60_000_000, 30_000_000]
    assert house.facility(FACILITY)["face"] == 30_000_000


# ── Locks end ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_where_the_lender_agreed_the_lock_ends_with_the_debt(house: House) -> None:
    """The fact that pays the last fen unlocks what it names; for the rest anyone may ask."""
    lend(house)
    assert repay(house, MILLION) == "None"
    assert house.title(ROOT)["lock"] == FACILITY
    unsigned = {"facility": FACILITY, "titles": [ROOT], "nonce": 0, "expiresAt": 0}
    assert Instruction("unlock", unsigned, (), "").carry(house, sender=STRANGER) == "None"
    assert house.title(ROOT)["lock"] == 0


@pytest.mark.parametrize(("days", "reason"), [(1, "ReleaseClockRunning"), (2, "None")])
def test_else_the_holder_unlocks_once_the_release_clock_has_run(house: House, days: int, reason: str) -> None:
    lend(house, closesWithDebt=False)
    refused(house, unlocking(house), "DebtOutstanding")
    assert repay(house, MILLION, unlock=[ROOT]) == "None"
    assert house.title(ROOT)["lock"] == FACILITY
    house.machine.pass_days(days)
    refused_or_done(house, unlocking(house), reason)


def test_a_reserved_loan_keeps_the_lock(house: House) -> None:
    """No undrawn commitment: what is reserved may still be paid out."""
    lend(house)
    assert house.draw(LOAN + 1, TIER_1, FACILITY, 1_000) == "None"
    assert repay(house, MILLION, unlock=[ROOT]) == "None"
    house.machine.pass_days(5)
    refused(house, unlocking(house), "DebtOutstanding")


def test_a_lender_that_never_lends_keeps_nothing(house: House) -> None:
    assert table.unlock(house).carry(house) == "None"
    assert house.title(ROOT)["lock"] == 0


def test_unlocking_touches_only_that_facility(house: House) -> None:
    assert table.lock(house).carry(house) == "None"
    other = house.live_root(2, AMOUNT, TIER_1)
    assert house.open_facility(8, TIER_1, AMOUNT) == "None"
    assert house.lock(other, TIER_1, 8) == "None"
    house.machine.pass_days(2)
    act = {"facility": FACILITY, "titles": [other, ROOT, ROOT, 5], "nonce": 1, "expiresAt": house.expiry()}
    house.must("unlock", act, holder=TIER_1["maker"])
    assert (house.title(ROOT)["lock"], house.title(other)["lock"]) == (0, 8)
    assert house.facility(FACILITY)["face"] == 0
    assert house.facility(8)["face"] == AMOUNT


# ── Written off, recovered ──────────────────────────────────────────────────────────────────────────────────────


def test_a_loan_is_written_off_after_its_due_day_and_recovered_later(house: House) -> None:
    lend(house)
    act = {"loan": LOAN, "expiresAt": house.machine.now + 10**8, "evidence": b"\1" * 32}
    slots = (
        Slot("maker", LENDER["credit_maker"], ""),
        Slot("checker", LENDER["credit_checker"], ""),
    )
    order = Instruction("writeOff", act, slots, "")
    house.machine.pass_days(30)
    refused(house, order, "NotYetDue")
    house.machine.pass_days(1)
    assert order.carry(house) == "None"
    assert (house.loan(LOAN)["phase"], house.facility(FACILITY)["used"]) == (5, 0)
    assert house.title(ROOT)["lock"] == FACILITY
    house.machine.pass_days(10)
    interest, principal = owed(house)
    assert (interest, principal) == (820_000 + 110_000, MILLION)  # 41 days, 11 of them overdue
    assert repay(house, interest + principal - 1) == "None"
    refused(house, unlocking(house), "DebtOutstanding")
    assert repay(house, 1, unlock=[ROOT]) == "None"
    assert (house.loan(LOAN)["phase"], house.facility(FACILITY)["used"], house.title(ROOT)["lock"]) == (
        3,
        0,
        0,
    )


def test_collected_money_repays_its_own_facility_and_the_rest_is_the_holders(house: House) -> None:
    lend(house, dueDay=house.machine.day() + 100)
    assert house.open_facility(8, TIER_1, AMOUNT) == "None"
    house.machine.pass_days(90)
    assert house.fact(RECEIVED, ROOT, 2 * MILLION, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(ROOT, {ROOT: 2 * MILLION}) == "None"
    account = collection_account(FACILITY)
    before = stored(house)
    for loan, to, reason in (
        (0, account, "LoanUnknown"),
        (LOAN + 1, account, "WrongLock"),
        (LOAN, b"\3" * 32, "AccountDiffers"),
    ):
        assert house.fact(COLLECTED, ROOT, 2 * MILLION, LENDER, to, loan=loan) == reason
    assert house.fact(COLLECTED, ROOT, 2 * MILLION + 1, LENDER, account, loan=LOAN) == "ExcessAmount"
    assert stored(house) == before
    assert house.fact(COLLECTED, ROOT, 2 * MILLION, LENDER, account, loan=LOAN) == "None"
    surplus = 2 * MILLION - MILLION - 1_800_000
    assert house.machine.view("Settlement", "cashOf", ROOT) >> 112 & (1 << 48) - 1 == surplus
    assert house.fact(SURPLUS, ROOT, surplus + 1, CLEARING, account_of(TIER_1)) == "ExcessAmount"
    assert house.fact(SURPLUS, ROOT, surplus, CLEARING, account_of(TIER_1)) == "None"
    assert house.machine.view("Settlement", "cashOf", ROOT) >> 112 & (1 << 48) - 1 == 0
