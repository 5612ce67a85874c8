"""Leased goods, as people are shown them: agreed, running, called for, taken back, and what the lessee is owed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.adapters.ledger.chain import facts_after
from gateway.cli import app
from gateway.ids import format_id
from tests.contracts.leases_table import DRAWN, FACILITY, LESSEE, LOAN, SELLER
from tests.gateway.http.conftest import Caller
from tests.gateway.story_of_leases import EQUIPMENT, WORTH
from tests.house.cast import EVIDENCE, LENDER

LEASES = f"/facilities/{FACILITY}/leases"


@pytest.fixture(scope="module")
def blocks(caller: Caller) -> dict[str, int]:
    """By what happened to the lease, the block in which it did."""
    found: dict[str, int] = {}
    with caller.gateway.view() as unit:
        for fact in facts_after(unit.connection, caller.told.book):
            if fact.event == "LeaseChanged":
                found["notice" if "agreed" in found else "agreed"] = fact.block_number
            elif fact.event in ("Drawn", "PaidOut") and fact.args.get("loan") == LOAN:
                found[fact.event] = fact.block_number
    return found


def lease(caller: Caller, block: int) -> dict[str, Any]:
    (found,) = caller.get(LEASES, as_of=str(block))["leases"]
    return dict(found)


@pytest.mark.parametrize(
    ("when", "state", "holder"),
    [
        ("agreed", "agreed", SELLER.number),
        ("Drawn", "drawn", SELLER.number),
        ("PaidOut", "running", LENDER.number),
        ("notice", "notice", LENDER.number),
    ],
)
def test_a_lease_is_shown_as_it_stood(
    caller: Caller, blocks: dict[str, int], when: str, state: str, holder: int
) -> None:
    found = lease(caller, blocks[when])
    assert (found["state"], found["holder"], found["seller"]) == (state, holder, SELLER.number)
    assert found["receipt"] == format_id(EQUIPMENT)
    assert found["appraiser"] == EVIDENCE.number
    assert found["loan"] == (None if when == "agreed" else format_id(LOAN))
    assert (found["noticed"] is None) == (found["ends_from"] is None) == (when != "notice")


def test_what_goods_taken_back_were_worth_beyond_the_debt_is_shown_as_owed_to_the_lessee(
    caller: Caller,
) -> None:
    found = caller.get(LEASES)
    assert found["leases"] == []
    assert (found["lessor"], found["lessee"]) == (LENDER.number, LESSEE.number)
    (end,) = found["ended"]
    parts = {
        name: int(Decimal(end[name]) * 100) for name in ("costs", "interest", "principal", "owed_to_lessee")
    }
    assert parts["principal"] == DRAWN
    assert parts["owed_to_lessee"] > 0
    assert sum(parts.values()) == int(Decimal(end["value"]) * 100) == WORTH


def test_the_loan_of_a_lease_names_who_sold_the_goods(caller: Caller) -> None:
    found = caller.get(f"/loans/{LOAN}")
    assert (found["form"], found["seller"], found["buyer"]) == ("lease", SELLER.number, LENDER.number)
    assert found["title"] == format_id(EQUIPMENT)


def test_no_lease_of_a_facility_that_is_none(caller: Caller) -> None:
    caller.refused(caller.http.get("/facilities/4000/leases"), 404, "FACILITY_UNKNOWN")


def test_the_command_line_shows_them(caller: Caller) -> None:
    words = ["--url", str(caller.http.base_url), "leases", str(FACILITY)]
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output
    assert f"is owed to lessee {LESSEE.number}" in " ".join(said.output.split())
    told = CliRunner().invoke(app, [*words, "--json"])
    assert json.loads(told.output) == caller.get(LEASES)
