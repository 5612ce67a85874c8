"""How far a facility's stages are, as a lender is shown it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from gateway.adapters.ledger.chain import facts_after
from gateway.cli import app
from gateway.db.queries import Accounts
from gateway.db.tables import facilities
from tests.contracts.stages_table import SPECIAL_ACCOUNT
from tests.gateway.http.conftest import Caller
from tests.gateway.story_of_stages import FACILITY
from tests.house.cast import CLEARING, EVIDENCE, TIER_1

STAGES = f"/facilities/{FACILITY}/stages"


@pytest.fixture(scope="module")
def steps(caller: Caller) -> list[int]:
    """The blocks in which the facility's stages changed: agreed, sold under, opened."""
    with caller.gateway.view() as unit:
        facts = facts_after(unit.connection, caller.told.book)
        return [
            fact.block_number
            for fact in facts
            if fact.event == "StagesChanged" and fact.args["facility"] == FACILITY
        ]


def bounds(found: dict[str, Any]) -> dict[str, str]:
    return {name: amount for name, amount in found.items() if name.startswith("by_")}


def test_what_was_agreed_is_shown_with_the_special_account_and_the_second_key(caller: Caller) -> None:
    terms = caller.get(STAGES)["terms"]
    assert (terms["approver"], terms["special_bank"]) == (EVIDENCE.number, CLEARING.number)
    assert terms["special_account"] == "0x" + SPECIAL_ACCOUNT.hex()
    assert (terms["first"], terms["step_bps"], terms["release_bps"], terms["version"]) == (
        "100000.00", 15_000, 12_000, 2,
    )  # fmt: skip


def test_the_least_bound_says_what_may_be_drawn(caller: Caller) -> None:
    found = caller.get(STAGES)
    assert (found["opened"], found["used"], found["sales"]) == ("175000.00", "50000.00", "50000.00")
    assert bounds(found["drawing"]) == {
        "by_stage": "125000.00", "by_sales": "125000.00", "by_limit": "950000.00", "by_collateral": "270000.00",
    }  # fmt: skip
    assert (found["drawing"]["drawable"], found["drawing"]["why"]) == ("125000.00", None)


def test_before_both_keys_opened_it_the_next_stage_is_what_holds_a_draw(
    caller: Caller, steps: list[int]
) -> None:
    agreed, sold, _ = steps
    before = caller.get(STAGES, as_of=str(agreed))
    assert (before["opened"], before["may_be_opened"]) == ("100000.00", "100000.00")
    after = caller.get(STAGES, as_of=str(sold))
    assert (after["opened"], after["may_be_opened"]) == ("100000.00", "175000.00")
    assert (after["drawing"]["by_stage"], after["drawing"]["by_sales"]) == ("50000.00", "125000.00")
    assert after["drawing"]["drawable"] == "50000.00"


def test_a_drawn_stage_says_that_the_next_one_is_not_open(caller: Caller, steps: list[int]) -> None:
    used = caller.get(STAGES, as_of=str(steps[1] - 1))
    assert (used["used"], used["drawing"]["drawable"]) == ("100000.00", "0.00")
    assert used["drawing"]["why"] == "The next stage has not been opened."


def test_what_sales_cash_has_earned_is_shown_and_goods_that_are_not_there_are_not_released(
    caller: Caller,
) -> None:
    releasing = caller.get(STAGES)["releasing"]
    assert (releasing["by_sales"], releasing["releasable"]) == ("60000.00", "0.00")
    assert releasing["why"] == "No goods are pledged."


def test_a_facility_without_stages_has_none_to_show(caller: Caller) -> None:
    caller.refused(caller.http.get("/facilities/31/stages"), 404, "STAGES_MISSING")
    caller.refused(caller.http.get("/facilities/4000000/stages"), 404, "FACILITY_UNKNOWN")


def test_stages_are_said_at_a_terminal(caller: Caller, steps: list[int]) -> None:
    block = str(steps[1] - 1)
    words = ["--url", str(caller.http.base_url), "stages", str(FACILITY), "--as-of", block]
    ended = CliRunner().invoke(app, words)
    said = " ".join(ended.output.split())
    assert ended.exit_code == 0, ended.output
    assert "opened 100000.00 CNY, used 100000.00, sales 0.00" in said
    assert "nothing may be drawn: The next stage has not been opened." in said
    shown = CliRunner().invoke(app, [*words, "--json"])
    assert json.loads(shown.output) == caller.get(STAGES, as_of=block)


def test_a_pay_out_is_ordered_to_the_special_account_and_of_other_facilities_to_the_borrowers(
    caller: Caller,
) -> None:
    body = {
        "bank": CLEARING.number, "bic": "QSCLCNSH", "account": "6222-SPECIAL-33", "owner": TIER_1.number,
        "commitment": "0x" + SPECIAL_ACCOUNT.hex(), "owner_name": "Baoding Hengtong Parts Co.", "currency": "CNY",
        "purpose": f"special-{FACILITY}",
    }  # fmt: skip
    assert caller.post("/accounts", body).status_code == 201
    with caller.gateway.view() as unit:
        rows = unit.connection.execute(select(facilities)).mappings()
        paying = {row["facility"]: Accounts(unit.connection).paying_out(row, row["borrower"]) for row in rows}
    special = paying.pop(FACILITY)
    assert special is not None
    assert (special.number, special.owner) == ("6222-SPECIAL-33", TIER_1.number)
    assert special not in paying.values()
