"""Who stands behind a facility, what is in reserves, who would bear a loss: now, and before anybody was called."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from typer.testing import CliRunner

from gateway.cli import app
from gateway.ids import format_id
from tests.gateway.conftest import Told
from tests.gateway.http.conftest import Caller

FACILITY = 9


def test_protections_of_a_facility_come_in_the_order_of_loss(caller: Caller, told: Told) -> None:
    answer = caller.get(f"/facilities/{FACILITY}/protections")
    guarantee, reserve = answer["protections"]
    assert (guarantee["kind"], reserve["kind"]) == ("guarantee", "reserve")
    assert guarantee["id"] == str(told.story.ids["guarantee"])
    assert (guarantee["called"], guarantee["paid"], guarantee["reimbursed"]) == ("10000.00",) * 3
    assert "CC-700" not in answer["draws_blocked"]
    assert "claim on what is pledged" in answer["draws_blocked"]
    caller.refused(caller.http.get("/facilities/4000/protections"), 404, "FACILITY_UNKNOWN")


def test_a_reserve_shows_what_its_custodian_attested_less_what_was_paid(caller: Caller, told: Told) -> None:
    """S19: balance, floor, target, and by when it must be filled up."""
    (reserve,) = caller.get("/reserves")["reserves"]
    assert reserve["protection"] == format_id(told.story.ids["reserve"])
    assert Decimal(reserve["balance"]) == Decimal("50000.00") - Decimal(reserve["paid"])
    assert (reserve["floor"], reserve["target"], reserve["top_up_by"]) == ("1.00", "2.00", None)
    assert reserve["custodian"] == 13


def test_who_would_bear_a_loss_is_told_with_its_rules(caller: Caller, told: Told) -> None:
    """2-ledger 2.4: Σ parts = what is owed, before the calls and when all was paid."""
    loan = format_id(told.story.ids["protected_loan"])
    before = caller.get(f"/loans/{loan}/loss", as_of=told.story.ids["overdue_block"])
    assert [part["bearer"] for part in before["parts"]] == [
        "the debtor's own collateral", "guarantor", "reserve", "lender",
    ]  # fmt: skip
    assert sum(Decimal(part["amount"]) for part in before["parts"]) == Decimal(before["owed"]) > 0
    amounts = [Decimal(part["amount"]) for part in before["parts"]]
    assert amounts[:2] == [0, Decimal("10000.00")]
    assert amounts[3] == 0
    assert [part["rule"] for part in before["parts"]][:2] == ["CC-392", "CC-692"]
    now = caller.get(f"/loans/{loan}/loss")
    assert (now["owed"], {part["amount"] for part in now["parts"]}) == ("0.00", {"0.00"})
    caller.refused(caller.http.get("/loans/1-77/loss"), 404, "LOAN_UNKNOWN")


def typed(caller: Caller, *words: str) -> Any:
    ended = CliRunner().invoke(app, ["--url", str(caller.http.base_url), *words, "--json"])
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.output)


def test_the_same_at_a_terminal(caller: Caller, told: Told) -> None:
    loan, block = format_id(told.story.ids["protected_loan"]), str(told.story.ids["overdue_block"])
    assert typed(caller, "protections", str(FACILITY)) == caller.get(f"/facilities/{FACILITY}/protections")
    assert typed(caller, "reserves") == caller.get("/reserves", limit=1000)
    assert typed(caller, "loss", loan, "--as-of", block) == caller.get(f"/loans/{loan}/loss", as_of=block)
    shown = CliRunner().invoke(app, ["--url", str(caller.http.base_url), "loss", loan, "--as-of", block])
    assert "CC-692" in shown.output
    assert "together" in shown.output
