"""Who stands behind a facility, what is in reserves, who would bear a loss: now, and before anybody was called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from chainsvc.backends.process import Node
from gateway.adapters.ledger.acts import Domain
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.cli import app
from gateway.domain.reasons import Reason, explain
from gateway.ids import format_id
from gateway.projections.rebuild import follow
from gateway.settings import Settings
from tests.gateway.conftest import Told
from tests.gateway.http.conftest import Caller
from tests.gateway.serving import serving
from tests.house.machine import CHAIN_ID

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


@pytest.fixture
def enforcing(told: Told, story_node: Node, database: Engine) -> Iterator[Caller]:
    """A gateway that has read the story up to the call, when nobody had been called yet."""
    head = told.chain.block()
    assert head is not None
    indexer = told.chain.indexer(confirmations=head.number - told.story.ids["overdue_block"])
    while not follow(database, indexer, told.book).caught_up:
        pass
    domain = Domain(CHAIN_ID, told.book["Ledger"].address)
    gateway = Gateway(Settings(rpc_url=story_node.url), database, told.chain, domain, 0)
    with serving(create_app(gateway)) as http:
        yield Caller(http, gateway, told)


def test_whom_the_lender_may_call_is_told_with_the_rule_that_forbids_the_others(caller: Caller) -> None:
    """CC-392, CC-692: the guarantor up to its cap, the reserve after it; and nobody once nothing is owed."""
    ids, loan = caller.told.story.ids, format_id(caller.told.story.ids["protected_loan"])
    then = caller.get(f"/loans/{loan}/calls", as_of=ids["overdue_block"])
    guarantee, reserve = then["calls"]
    assert (guarantee["callable"], guarantee["called_before"], guarantee["rule"]) == (
        "10000.00",
        "0.00",
        None,
    )
    assert (reserve["callable"], reserve["rule"]) == ("0.00", explain(Reason.ORDER_OF_CALL).rule_id)
    assert then["others"] == [str(each) for each in sorted((ids["guarantee"], ids["reserve"]))]
    assert (then["costs_added"], then["costs_due"], then["kept"]) == ("100.00", "100.00", "0.00")
    now = caller.get(f"/loans/{loan}/calls")
    assert {each["rule"] for each in now["calls"]} == {explain(Reason.LOAN_NOT_OUTSTANDING).rule_id}
    assert [each["claim"] for each in now["calls"]] == ["0.00", reserve_claim(now)]
    caller.refused(caller.http.get("/loans/1-77/calls"), 404, "LOAN_UNKNOWN")


def reserve_claim(found: dict[str, Any]) -> str:
    """What the reserve paid and did not get back."""
    row = found["calls"][1]
    return str(Decimal(row["paid"]) - Decimal(row["reimbursed"]))


def test_a_call_is_prepared_with_everything_that_the_contract_counts(
    enforcing: Caller, tmp_path: Path
) -> None:
    """What the terminal writes for the lender's two people is the act that the story's lender signed."""
    ids = enforcing.told.story.ids
    loan, guarantee = format_id(ids["protected_loan"]), format_id(ids["guarantee"])
    out = str(tmp_path / "call.json")
    typed(enforcing, "call", loan, guarantee, "--out", out)
    act = json.loads(Path(out).read_text())
    message = act["typed_data"]["message"]
    assert (int(message["amount"]), int(message["calledBefore"])) == (1_000_000, 0)
    (title,) = act["parts"]["titles"]
    assert enforcing.get(f"/titles/{title}")["lock"] == FACILITY
    assert act["parts"]["others"] == [str(each) for each in sorted((ids["guarantee"], ids["reserve"]))]
    refused = ended(enforcing, "call", loan, format_id(ids["reserve"]), "--out", out)
    assert refused.exit_code == 1
    assert "Somebody else comes first" in refused.output
    typed(enforcing, "costs", loan, "--amount", "5.00", "--out", out)
    message = json.loads(Path(out).read_text())["typed_data"]["message"]
    assert (int(message["amount"]), int(message["costsBefore"])) == (500, 10_000)


def typed(caller: Caller, *words: str) -> Any:
    answer = ended(caller, *words)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)


def ended(caller: Caller, *words: str) -> Result:
    return CliRunner().invoke(app, ["--url", str(caller.http.base_url), *words, "--json"])


def test_the_same_at_a_terminal(caller: Caller, told: Told) -> None:
    loan, block = format_id(told.story.ids["protected_loan"]), str(told.story.ids["overdue_block"])
    assert typed(caller, "protections", str(FACILITY)) == caller.get(f"/facilities/{FACILITY}/protections")
    assert typed(caller, "reserves") == caller.get("/reserves", limit=1000)
    assert typed(caller, "calls", loan) == caller.get(f"/loans/{loan}/calls")
    assert typed(caller, "loss", loan, "--as-of", block) == caller.get(f"/loans/{loan}/loss", as_of=block)
    shown = CliRunner().invoke(app, ["--url", str(caller.http.base_url), "loss", loan, "--as-of", block])
    assert "CC-692" in shown.output
    assert "together" in shown.output
