"""What a loan's terms say when which part is due, and what becomes of it when less, more or nothing is paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.contracts import table
from tests.contracts.instructions import refused
from tests.contracts.lending import MILLION, agree, lend, owed, pay_out, repay, standing
from tests.contracts.table import FACILITY, LOAN, ROOT
from tests.house.cast import CLEARING, FOREVER, LENDER, TIER_1
from tests.house.house import REJECTED, House, account_of

BULLET, EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, DISCOUNT, STATEMENT, INTEREST_ONLY = range(6)
NORMAL, SPECIAL_MENTION, SUBSTANDARD, DOUBTFUL, LOSS = range(5)


def schedule(house: House) -> list[tuple[int, ...]]:
    """Day, principal, interest, balance of each instalment of the loan as it was paid out."""
    word, _ = house.machine.view("Credit", "loanOf", LOAN)
    rows = house.machine.view("Terms", "schedule", word, house.loan(LOAN)["startDay"])
    return [tuple(row.values()) if isinstance(row, dict) else tuple(row) for row in rows]


def class_after(house: House, due: int, days: int) -> int:
    found: int = standing(house, "classOn", due + days)
    return found


def day_of(when: date) -> int:
    return (when - date(1970, 1, 1)).days


def date_of(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


# ── Instalments ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_instalments_fall_on_month_ends_and_leap_days(house: House) -> None:
    """Due on 31 March 2028: the month before is a leap February, and shorter months are clipped."""
    lend(house, terms=EQUAL_PRINCIPAL, count=6, dueDay=day_of(date(2028, 3, 31)))
    days = [date_of(row[0]).isoformat() for row in schedule(house)]
    assert days == ["2027-10-31", "2027-11-30", "2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]


def test_a_loan_paid_as_scheduled_costs_what_the_schedule_says(house: House) -> None:
    lend(house, terms=EQUAL_INSTALMENTS, count=12, dueDay=day_of(date(2027, 9, 30)))
    rows = schedule(house)
    for place, (day, principal, interest, balance) in enumerate(rows):
        house.machine.go_to_day(day)
        assert owed(house) == (interest, rows[place - 1][3] if place else MILLION)
        assert standing(house, "overdueSince", day) == 0
        assert repay(house, principal + interest) == "None"
        assert house.loan(LOAN)["principal"] == balance
    assert {row[1] + row[2] for row in rows[:-1]} == {rows[0][1] + rows[0][2]}
    assert (house.loan(LOAN)["phase"], house.facility(FACILITY)["used"]) == (3, 0)


def test_equal_principal_leaves_the_dust_to_the_last(house: House) -> None:
    lend(house, 100_000_001, terms=EQUAL_PRINCIPAL, count=3, dueDay=house.machine.day() + 90)
    assert [row[1] for row in schedule(house)] == [33_333_333, 33_333_333, 33_333_335]


def test_a_rate_of_nothing_divides_the_principal(house: House) -> None:
    lend(house, 1_000, terms=EQUAL_INSTALMENTS, count=7, rate=0, dueDay=house.machine.day() + 210)
    assert [row[1:3] for row in schedule(house)] == [(143, 0)] * 6 + [(142, 0)]


def test_penalty_bears_on_the_overdue_instalment_only(house: House) -> None:
    """CC-561: ten days after the first of four instalments was missed, only its principal bears the penalty."""
    today = house.machine.day()
    lend(house, terms=EQUAL_PRINCIPAL, count=4, dueDay=today + 120)
    first = schedule(house)[0][0]
    late = first + 10 - today
    plain, penalty = MILLION * late * 72 // 360_000, MILLION // 4 * 10 * 36 // 360_000
    assert owed(house, late) == (plain + penalty, MILLION)


def test_days_of_grace_bear_no_penalty_but_count_for_the_class(house: House) -> None:
    today = house.machine.day()
    lend(house, graceDays=3)
    assert owed(house, 33) == (MILLION * 33 * 72 // 360_000, MILLION)
    assert owed(house, 34) == (MILLION * 34 * 72 // 360_000 + MILLION * 36 // 360_000, MILLION)
    assert class_after(house, today + 30, 0) == NORMAL
    assert class_after(house, today + 30, 1) == SPECIAL_MENTION


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, NORMAL), (1, SPECIAL_MENTION), (90, SPECIAL_MENTION), (91, SUBSTANDARD), (270, SUBSTANDARD),
     (271, DOUBTFUL), (360, DOUBTFUL), (361, LOSS)],
)  # fmt: skip
def test_class_counts_from_the_oldest_unpaid_instalment(house: House, days: int, expected: int) -> None:
    """CLASS: 1, 91, 271, 361 days after the contractual due day, on both sides of each boundary."""
    lend(house, terms=EQUAL_PRINCIPAL, count=3, dueDay=day_of(date(2027, 1, 15)))
    (first, *_), (second, *_), _ = schedule(house)
    assert class_after(house, first, days) == expected
    house.machine.go_to_day(first)
    assert repay(house, MILLION // 3 + owed(house)[0]) == "None"
    assert class_after(house, second, days) == expected


def test_interest_missed_alone_is_overdue(house: House) -> None:
    lend(house, terms=INTEREST_ONLY, count=3, dueDay=day_of(date(2027, 1, 15)))
    rows = schedule(house)
    assert [row[1] for row in rows] == [0, 0, MILLION]
    first = rows[0][0]
    assert standing(house, "overdueSince", first + 1) == first
    house.machine.go_to_day(first + 5)
    assert repay(house, rows[0][2]) == "None"
    assert standing(house, "overdueSince", first + 6) == 0


def test_a_missed_instalment_stops_releases_and_lets_the_lender_write_off(house: House) -> None:
    order = table.release(house)
    second = house.live_root(2, table.AMOUNT, TIER_1)
    assert house.lock(second, TIER_1, FACILITY) == "None"
    terms = {"terms": EQUAL_PRINCIPAL, "count": 3, "dueDay": house.machine.day() + 90}
    assert house.draw(LOAN, TIER_1, FACILITY, 30_000_000, **terms) == "None"
    assert pay_out(house, 30_000_000) == "None"
    lender = {"maker": LENDER["credit_maker"], "checker": LENDER["credit_checker"]}
    give_up = {"loan": LOAN, "expiresAt": FOREVER, "evidence": table.EVIDENCE_HASH}
    first = schedule(house)[0][0]
    house.machine.go_to_day(first)
    assert house.do("writeOff", give_up, **lender) == "NotYetDue"
    house.machine.go_to_day(first + 1)
    overdue = replace(order.changed(expiresAt=FOREVER), unsigned={"loans": [LOAN]})
    refused(house, overdue, "PastDue")
    assert house.do("writeOff", give_up, **lender) == "None"


# ── Discount, statement, actual/actual ──────────────────────────────────────────────────────────────────────────


def test_a_discounted_loan_is_paid_out_less_its_interest_and_gives_none_back(house: House) -> None:
    agree(house, terms=DISCOUNT)
    assert pay_out(house) == "AmountDiffers"
    assert pay_out(house, MILLION - 600_000) == "None"
    assert owed(house) == owed(house, 30) == (0, MILLION)
    assert owed(house, 40) == (300_000, MILLION)
    house.machine.pass_days(10)
    assert repay(house, MILLION, unlock=[ROOT]) == "None"
    assert house.loan(LOAN)["phase"] == 3


def test_a_discounted_loan_paid_out_late_owes_no_interest_from_before(house: House) -> None:
    agree(house, terms=DISCOUNT)
    house.machine.pass_days(3)
    assert pay_out(house, MILLION - 600_000) == "None"
    # Three days at 7.2 % on what was drawn.
    assert owed(house) == (0, MILLION - 60_000)
    assert house.facility(FACILITY)["used"] == MILLION - 60_000


def test_a_rejected_pay_out_is_of_what_was_to_be_paid_out(house: House) -> None:
    agree(house, terms=DISCOUNT)
    account = account_of(TIER_1)
    assert house.fact(REJECTED, LOAN, MILLION, CLEARING, account) == "AmountDiffers"
    assert house.fact(REJECTED, LOAN, MILLION - 600_000, CLEARING, account) == "None"
    assert house.facility(FACILITY)["used"] == 0


@pytest.mark.parametrize(("days", "interest"), [(20, 0), (21, 0), (22, 20_000), (40, 19 * 20_000 + 100_000)])
def test_free_days_of_a_statement(house: House, days: int, interest: int) -> None:
    """Free day 21 costs nothing, day 22 costs one day; past the due day the penalty is as usual."""
    lend(house, terms=STATEMENT, count=21)
    assert owed(house, days) == (interest, MILLION)


def test_a_leap_years_day_is_the_366th_part(house: House) -> None:
    """Actual/actual over the turn of 2027: fifteen days are 365ths, fifteen 366ths."""
    house.machine.go_to_day(day_of(date(2027, 12, 17)))
    root = house.live_root(1, 2 * MILLION, TIER_1)
    assert house.open_facility(FACILITY, TIER_1, 2 * MILLION) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, MILLION, basis=2) == "None"
    assert pay_out(house) == "None"
    exact = MILLION * 72 * 15 * (365 + 366)
    assert owed(house, 30) == ((2 * exact + 365 * 366 * 1000) // (2 * 365 * 366 * 1000), MILLION)


# ── What cannot be agreed ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "terms",
    [
        {"terms": BULLET, "count": 1},
        {"terms": BULLET, "basis": 2, "count": 1},
        {"terms": EQUAL_INSTALMENTS, "count": 0},
        {"terms": EQUAL_PRINCIPAL, "count": 61},
        {"terms": INTEREST_ONLY, "count": 2},
        {"terms": DISCOUNT, "count": 1},
        {"terms": DISCOUNT, "minimumDays": 1},
        {"terms": DISCOUNT, "rate": 12_000_000},
        {"terms": STATEMENT, "count": 0},
        {"terms": STATEMENT, "count": 5, "minimumDays": 1},
        {"terms": 6},
        {"terms": 16},
        {"basis": 3},
        {"basis": 16},
    ],
    ids=str,
)
def test_terms_that_cannot_be_agreed(house: House, terms: dict[str, int]) -> None:
    """Two instalments within thirty days would have the first before the draw; at 1,200 % nothing is left to pay."""
    due = {"dueDay": house.machine.day() + 30}
    refused(house, table.draw(house).changed(**due, **terms), "TermsOutOfRange")


def test_no_pay_out_after_the_first_instalment(house: House) -> None:
    agree(house, terms=EQUAL_PRINCIPAL, count=2, dueDay=house.machine.day() + 40)
    house.machine.pass_days(12)
    assert pay_out(house) == "ValueDayOutOfRange"
    assert pay_out(house, valueDay=house.machine.day() - 5) == "None"
