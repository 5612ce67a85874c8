"""Banks that reject, delay, pay short, pay twice, return and reverse: the ledger counts what happened, once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chainsvc.backends.process import start_embedded
from gateway.cli_node import examined
from gateway.demo.stage import CHAIN_ID
from tests.scenarios.runs import SHIPPED, Play, Run, adds_up, exact, settings_of


def order(bank: str, action: str, payment: str, **more: Any) -> dict[str, Any]:
    return {"bank": bank, "action": action, "payment": payment, "next": 1, **more}


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory, two_orders: Path, play: Play) -> Run:
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
def unmended(tmp_path_factory: pytest.TempPathFactory, two_orders: Path, play: Play) -> Run:
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


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory, two_orders: Path, play: Play) -> Run:
    """More that is put right by the parties: what was lost, late, short, or refused by the payee's bank."""
    scenario = {
        "banks": [
            order("lender", "unknown", "payout", outcome="lost"),
            order("clearing", "delay", "due", after_days=3),
            order("clearing", "short", "line", amount_minor=1_000),
            order("lender", "reject", "line", direction="in"),
        ],
        "early_repayment": False,
    }
    folder = tmp_path_factory.mktemp("patient")
    return play(folder, "--documents", str(two_orders), "--keep", str(folder / "kept"), scenario=scenario)


@pytest.fixture(scope="module")
def came_back(tmp_path_factory: pytest.TempPathFactory, two_orders: Path, play: Play) -> Run:
    """A payee's bank gives a line back a day after it was credited and attested."""
    scenario = {"banks": [order("clearing", "return", "line", after_days=1)], "finance": False}
    folder = tmp_path_factory.mktemp("came-back")
    return play(folder, "--documents", str(two_orders), "--keep", str(folder / "kept"), scenario=scenario)


@pytest.fixture(scope="module")
def disputed(tmp_path_factory: pytest.TempPathFactory, two_orders: Path, play: Play) -> Run:
    """More that a person has to put right: paid twice, taken back after it counted, not repaid."""
    scenario = {
        "banks": [
            order("clearing", "twice", "due"),
            order("clearing", "reject", "repayment", reason="AM04"),
            order("lender", "return", "line", direction="in", after_days=1),
            order("clearing", "reverse", "line", after_days=1),
        ],
    }
    folder = tmp_path_factory.mktemp("disputed")
    return play(folder, "--documents", str(two_orders), "--keep", str(folder / "kept"), scenario=scenario)


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


def test_a_pay_out_lost_on_the_way_is_known_from_the_statement_and_voided(patient: Run) -> None:
    assert patient.status == 0, patient.said
    adds_up(patient)
    assert [row for row in patient.report["exceptions"] if row.get("open")] == []
    (void,) = patient.rows("loans", phase="void")
    (told,) = patient.rows("exceptions", rule="PAYOUT-FAILED")
    assert (told["document"], "MS03" in told["message"]) == (void["loan"], True)


def test_a_late_payment_of_the_debtor_is_waited_for(patient: Run) -> None:
    assert {row["status"] for row in patient.report["receivables"]} == {"closed"}
    days = {row["bank_reference"][9:17] for row in patient.rows("payments", counted_as="received")}
    assert "20260615" in days, "three days after the first is due"


def test_a_line_that_came_short_is_made_good(patient: Run) -> None:
    (short,) = patient.rows("payments", amount="10.00")
    title = short["end_to_end"].rsplit("-", 1)[0]
    parts = [row for row in patient.report["payments"] if row["end_to_end"].startswith(f"{title}-")]
    assert len(parts) == 2
    assert {row["counted_as"] for row in parts} <= {"credited", "collected"}


def test_a_line_that_the_payees_bank_refuses_is_held(patient: Run) -> None:
    (held,) = patient.rows("settlement", **{"as": "held"})
    (entry,) = patient.rows("payments", bank_reference=held["bank_reference"])
    assert entry["counted_as"] == "returned"
    assert len(patient.rows("exceptions", rule="LINE-RETURNED")) == 1


def test_a_line_given_back_after_it_was_credited_is_held_and_not_paid(came_back: Run) -> None:
    assert came_back.status == 0, came_back.said
    adds_up(came_back)
    (held,) = came_back.rows("settlement", **{"as": "held"})
    (back,) = came_back.rows("payments", bank_reference=held["bank_reference"])
    assert (back["counted_as"], back["amount"]) == ("returned", held["amount"])
    (credited,) = came_back.rows("payments", end_to_end=back["end_to_end"], counted_as="credited")
    assert came_back.rows("settlement", bank_reference=credited["bank_reference"]) == []
    assert [row for row in came_back.report["exceptions"] if row.get("open")] == []


def test_what_was_taken_back_after_it_counted_needs_a_person(disputed: Run) -> None:
    assert disputed.status == 1, disputed.said
    assert [row for row in disputed.report["invariants"] if not row["holds"]] == []
    told = {row["rule"]: row for row in disputed.report["exceptions"] if row.get("open")}
    assert set(told) == {"PAID-TWICE", "PAYMENT-REJECTED", "REVERSAL", "PAYMENT-EXCESS"}


@pytest.mark.parametrize("story", ["patient", "came_back", "disputed"])
def test_the_doctor_finds_nothing_wrong_with_what_was_kept(
    story: str, request: pytest.FixtureRequest
) -> None:
    run: Run = request.getfixturevalue(story)
    kept = run.folder / "kept"
    with start_embedded(kept / "chain", chain_id=CHAIN_ID, controlled_clock=True) as node:
        _, found = examined(settings_of(run).model_copy(update={"rpc_url": node.url}))
    assert [str(each) for each in found] == []


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
    (told,) = unmended.rows("exceptions", rule="PAYMENT-DIFFERS")
    assert told["expected"] == f"{void['drawn']} {void['currency']}"
    assert told["open"]


def test_totals_are_what_the_banks_booked(unmended: Run) -> None:
    for total in unmended.report["totals"]:
        rows = unmended.rows("settlement", currency=total["currency"])
        assert sum((exact(row) for row in rows), Decimal(0)) == exact(total, "settled")
        assert total["equal"] == (total["due"] == total["settled"])


def test_a_scenario_that_cannot_be_read_is_refused(tmp_path: Path, play: Play) -> None:
    with pytest.raises(AssertionError, match=r"amount_minor it pays[\s\S]*"):
        play(tmp_path, "--documents", str(SHIPPED), scenario={"banks": [order("lender", "short", "payout")]})
