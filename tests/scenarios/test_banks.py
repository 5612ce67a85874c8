"""Banks that reject, delay, pay short, pay twice, return and reverse: the ledger counts what happened, once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.runs import SHIPPED, Run, adds_up, exact, play


def order(bank: str, action: str, payment: str, **more: Any) -> dict[str, Any]:
    return {"bank": bank, "action": action, "payment": payment, "next": 1, **more}


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory, two_orders: Path) -> Run:
    """What the banks do wrong here is put right by the parties, or held."""
    scenario = {
        "banks": [
            order("lender", "reject", "payout"),
            order("clearing", "short", "due", amount_minor=12_345),
            order("clearing", "reject", "due"),
            order("clearing", "return", "line", after_days=0),
            order("clearing", "unknown", "due", outcome="booked"),
            order("lender", "delay", "surplus", after_days=5),
        ],
        "early_repayment": False,
    }
    return play(tmp_path_factory.mktemp("mended"), "--documents", str(two_orders), scenario=scenario)


@pytest.fixture(scope="module")
def unmended(tmp_path_factory: pytest.TempPathFactory, two_orders: Path) -> Run:
    """What the banks do wrong here a person has to put right."""
    scenario = {
        "banks": [
            order("lender", "short", "payout", amount_minor=100),
            order("clearing", "twice", "line"),
            order("clearing", "reject", "line", next=3),
            order("clearing", "reverse", "due", after_days=1),
        ],
        "early_repayment": False,
    }
    return play(tmp_path_factory.mktemp("unmended"), "--documents", str(two_orders), scenario=scenario)


def test_what_was_mended_adds_up(mended: Run) -> None:
    assert mended.status == 0, mended.said
    adds_up(mended)
    assert [row for row in mended.report["exceptions"] if row.get("open")] == []


def test_a_rejected_pay_out_voids_the_loan_and_the_holder_is_paid(mended: Run) -> None:
    (void,) = mended.rows("loans", phase="void")
    assert (void["principal"], void["interest_paid"]) == ("0.00", "0.00")
    (told,) = mended.rows("exceptions", rule="PAYOUT-FAILED")
    assert told["document"] == void["loan"]
    assert "AG01" in told["message"]
    (pledge,) = mended.rows("pledges", facility=void["facility"])
    assert pledge["still_locked"] == "0.00"
    paid = [row for row in mended.report["settlement"] if row["title"] in pledge["titles"]]
    assert {row["payee"] for row in paid} == {pledge["borrower"]}


def test_a_debtor_whose_payment_was_short_or_rejected_pays_the_rest(mended: Run) -> None:
    received = [row for row in mended.report["payments"] if row["counted_as"] == "received"]
    assert "123.45" in {row["amount"] for row in received}
    assert {row["status"] for row in mended.report["receivables"]} == {"closed"}
    assert len(mended.rows("exceptions", rule="PAYMENT-REJECTED")) == 1


def test_a_line_that_came_back_is_held_and_revives_nothing(mended: Run) -> None:
    (held,) = mended.rows("settlement", **{"as": "held"})
    (entry,) = mended.rows("payments", bank_reference=held["bank_reference"])
    assert (entry["counted_as"], entry["amount"]) == ("returned", held["amount"])
    (title,) = mended.rows("titles", id=held["title"])
    assert (title["status"], title["holder"]) == ("settled", held["payee"])


def test_what_nobody_mended_is_said_and_ends_with_one(unmended: Run) -> None:
    assert unmended.status == 1, unmended.said
    assert "Something does not add up" in unmended.said
    assert [row for row in unmended.report["invariants"] if not row["holds"]] == []
    open_rules = {row["rule"] for row in unmended.report["exceptions"] if row.get("open")}
    assert {"PAID-TWICE", "REVERSAL"} <= open_rules


def test_a_line_paid_twice_counts_once(unmended: Run) -> None:
    (told,) = unmended.rows("exceptions", rule="PAID-TWICE")
    (second,) = unmended.rows("payments", bank_reference=told["document"])
    assert second["counted_as"] is None
    both = unmended.rows("payments", end_to_end=second["end_to_end"])
    assert len(both) == 2
    assert {row["amount"] for row in both} == {second["amount"]}
    first = next(row for row in both if row["counted_as"])
    assert len(unmended.rows("settlement", bank_reference=first["bank_reference"])) == 1
    assert unmended.rows("settlement", bank_reference=second["bank_reference"]) == []


def test_a_pay_out_that_came_short_is_no_loan(unmended: Run) -> None:
    (void,) = unmended.rows("loans", phase="void")
    (told,) = [row for row in unmended.report["exceptions"] if "AMOUNT_DIFFERS" in row["message"]]
    assert told["expected"] == f"{void['drawn']} {void['currency']}"
    assert told["open"]


def test_totals_are_what_the_banks_booked(unmended: Run) -> None:
    for total in unmended.report["totals"]:
        rows = unmended.rows("settlement", currency=total["currency"])
        assert sum((exact(row) for row in rows), Decimal(0)) == exact(total, "settled")
        assert total["equal"] == (total["due"] == total["settled"])


def test_a_scenario_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"amount_minor it pays[\s\S]*"):
        play(tmp_path, "--documents", str(SHIPPED), scenario={"banks": [order("lender", "short", "payout")]})
