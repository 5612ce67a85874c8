"""Harm: while a certificate was frozen its loan could not be in default: whoever wanted a lender to wait had it frozen
(seen in public lending code)."""

from __future__ import annotations

import pytest

from tests.contracts import table
from tests.contracts.instructions import suspend
from tests.contracts.lending import repay, standing
from tests.contracts.table import FACILITY, GUARANTEE, LOAN, ROOT
from tests.house.cast import FOREVER, GUARANTOR, LENDER, TIER_1
from tests.house.house import PROTECTED, House, collection_account

SPECIAL_MENTION, SUBSTANDARD = 1, 2
LENT = 40_000_000
WRITTEN_OFF = 5


def hold(house: House, held: str) -> None:
    """A court's order on the certificate, the core stopped, or the borrower suspended, for ninety days."""
    if held == "frozen":
        assert table.freeze_of(house, ROOT, endDay=house.machine.day() + 90).carry(house) == "None"
    elif held == "stopped":
        assert table.stop(house).changed(endDay=house.machine.day() + 90).carry(house) == "None"
    else:
        assert suspend(house, TIER_1, endDay=house.machine.day() + 90) == "None"


@pytest.mark.parametrize("held", ["frozen", "stopped", "suspended"])
def test_a_loan_is_overdue_called_for_and_given_up_whatever_is_held(house: House, held: str) -> None:
    """CLASS, decisions 14 and 17: classes count, the guarantor pays, costs are added, and two persons write off."""
    table.outstanding(house)
    due = house.loan(LOAN)["dueDay"]
    assert house.protect(GUARANTEE, FACILITY, 1, LENT) == "None"
    house.machine.go_to_day(due + 30)
    hold(house, held)
    house.machine.go_to_day(due + 91)
    today = house.machine.day()
    assert standing(house, "overdueSince", today) == due
    assert [standing(house, "classOn", due + days) for days in (1, 90, 91)] == [
        SPECIAL_MENTION, SPECIAL_MENTION, SUBSTANDARD,
    ]  # fmt: skip
    lender = {"maker": LENDER["credit_maker"], "checker": LENDER["credit_checker"]}
    costs = {"loan": LOAN, "amount": 1_000, "costsBefore": 0, "expiresAt": FOREVER, "evidence": b"\1" * 32}
    house.must("addCosts", costs, **lender)
    assert house.call_protection(GUARANTEE, LOAN, 10_000_000, [GUARANTEE], [ROOT]) == "None"
    account = collection_account(FACILITY)
    assert house.fact(PROTECTED, GUARANTEE, 10_000_000, LENDER, account, loan=LOAN) == "None"
    house.must("writeOff", {"loan": LOAN, "expiresAt": FOREVER, "evidence": b"\1" * 32}, **lender)
    assert house.loan(LOAN)["phase"] == WRITTEN_OFF
    assert GUARANTOR.number == GUARANTEE >> 32


@pytest.mark.parametrize("held", ["frozen", "stopped", "suspended"])
def test_whoever_is_held_can_still_repay(house: House, held: str) -> None:
    """Decision 14: repaying reduces risk and is never blocked."""
    table.outstanding(house)
    hold(house, held)
    house.machine.pass_days(40)
    owed = sum(house.machine.view("Credit", "owedOn", LOAN, house.machine.day()))
    assert repay(house, owed) == "None"
    assert house.facility(FACILITY)["used"] == 0
