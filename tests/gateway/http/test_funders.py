"""S17: whose a loan's money is. Each column of the funders' parts adds up to the loan, to the minor unit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from typer.testing import CliRunner

from gateway.cli import app
from gateway.ids import format_id
from tests.gateway.conftest import Told
from tests.gateway.http.conftest import Caller
from tests.house.cast import CLEARING, LENDER, THIRD_BANK


def column(found: dict[str, Any], name: str) -> list[Decimal]:
    return [Decimal(each[name]) for each in found["funders"]]


def test_a_loan_under_a_share_table_is_its_funders_by_basis_points(caller: Caller, told: Told) -> None:
    loan = format_id(told.story.ids["shared_loan"])
    found, whole = caller.get(f"/loans/{loan}/funders"), caller.get(f"/loans/{loan}")
    parts = {each["party"]: each["bps"] for each in found["funders"]}
    assert parts == {LENDER.number: 5_000, CLEARING.number: 3_000, THIRD_BANK.number: 2_000}
    assert column(found, "lent") == [Decimal("5000.01"), Decimal("3000.00"), Decimal("2000.00")]
    assert sum(column(found, "outstanding")) == Decimal(whole["principal"]) > 0
    assert sum(column(found, "interest")) == Decimal(whole["interest_paid"]) > 0
    paid = sum(column(found, "principal_back")) + sum(column(found, "interest"))
    assert paid == Decimal("2000.06")
    for name in ("principal_back", "interest"):
        for part, bps in zip(column(found, name), parts.values(), strict=True):
            assert abs(part - sum(column(found, name)) * bps / 10_000) < Decimal("0.02")


def test_a_loan_without_a_table_is_its_lenders(caller: Caller, told: Told) -> None:
    loan = format_id(told.story.ids["loan"])
    found = caller.get(f"/loans/{loan}/funders")
    (only,) = found["funders"]
    assert (found["table"], only["party"], only["bps"]) == (None, LENDER.number, 10_000)
    assert only["outstanding"] == caller.get(f"/loans/{loan}")["principal"]


def test_what_was_written_off_is_lost_by_whoever_lent_it(caller: Caller, told: Told) -> None:
    loan = format_id(told.story.ids["written_off_loan"])
    (only,) = caller.get(f"/loans/{loan}/funders")["funders"]
    assert Decimal(only["written_off"]) > 0
    assert Decimal(only["written_off"]) + Decimal(only["principal_back"]) == Decimal(only["lent"])
    assert only["outstanding"] == "0.00"


def test_a_repayment_taken_back_is_in_nobodys_part(caller: Caller, told: Told) -> None:
    loan = format_id(told.story.ids["bought_with_loan"])
    (only,) = caller.get(f"/loans/{loan}/funders")["funders"]
    assert only["principal_back"] == "0.00"
    assert only["outstanding"] == only["lent"]


def test_the_same_at_a_terminal(caller: Caller, told: Told) -> None:
    loan = format_id(told.story.ids["shared_loan"])
    shown = CliRunner().invoke(app, ["--url", str(caller.http.base_url), "funders", loan, "--json"])
    assert json.loads(shown.output) == caller.get(f"/loans/{loan}/funders")


def test_a_loan_that_is_not_there_is_refused(caller: Caller) -> None:
    caller.refused(caller.http.get("/loans/4000-1/funders"), 404, "LOAN_UNKNOWN")
