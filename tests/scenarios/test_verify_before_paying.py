"""The lender asks the chain before it takes and before it pays, and computes the invoice shown to it anew."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.scenarios.runs import SHIPPED, Play, Run, adds_up

FORGED = {"SP26-000301": "SP26-000318", "SP26-000318": "SP26-009999"}
"""The first is shown as the second, which is another registered invoice; the second as one nobody ever registered."""


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory, play: Play) -> Run:
    folder = tmp_path_factory.mktemp("forged")
    for name in ("po-2026-0117", "po-2026-0123"):
        shutil.copytree(SHIPPED / name, folder / "documents" / name)
    shown = [{"invoice": real, "number": false} for real, false in FORGED.items()]
    return play(folder / "run", "--documents", str(folder / "documents"), scenario={"shown": shown})


def test_each_certificate_is_verified_before_it_is_taken_and_before_it_is_paid(shipped: Run) -> None:
    told = re.findall(r"lender, (before the [a-z-]+): ([\d-]+) at block (\d+): (.*)", shipped.said)
    loans = len(shipped.report["loans"])
    assert loans >= 5
    taken = {
        root: int(block)
        for when, root, block, said in told
        if when == "before the pledge" and "taken" in said
    }
    paid = {
        root: int(block) for when, root, block, said in told if "locked for us" in said and "paid out" in said
    }
    assert set(taken) == set(paid) == {title for row in shipped.report["pledges"] for title in row["titles"]}
    assert len(paid) == loans
    assert all(taken[root] < paid[root] for root in taken)


def test_a_false_invoice_number_shown_to_the_bank_stops_the_pay_out(forged: Run) -> None:
    stopped = {row["rule"]: row for row in forged.report["exceptions"] if row["rule"].startswith("INVOICE-")}
    assert set(stopped) == {"INVOICE-OTHER", "INVOICE-UNKNOWN"}
    assert "SP26-000318" in stopped["INVOICE-OTHER"]["message"]
    assert "SP26-009999" in stopped["INVOICE-UNKNOWN"]["message"]
    assert all(row["document"].startswith("LOAN-") and row["field"] == "invoice" for row in stopped.values())
    for rule in stopped:
        assert f"not paid out, {rule}" in forged.said


def test_what_was_not_paid_out_is_no_loan_and_the_holder_is_paid(forged: Run) -> None:
    assert forged.status == 0, forged.said
    adds_up(forged)
    assert {row["phase"] for row in forged.report["loans"]} == {"void"}
    assert len(forged.rows("exceptions", rule="PAYOUT-FAILED")) == 2
    assert [row for row in forged.report["payments"] if row["end_to_end"].startswith("LOAN-")] == []
    assert forged.rows("settlement", **{"as": "lender"}) == []
    assert {row["still_locked"] for row in forged.report["pledges"]} == {"0.00"}
