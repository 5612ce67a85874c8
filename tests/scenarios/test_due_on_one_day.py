"""Two receivables of one supplier fall due on one day: each money repays the loan that was drawn on it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.scenarios.runs import Play, adds_up, exact
from tests.scenarios.test_command_line import later, put


def test_two_titles_of_one_facility_repay_a_loan_each(tmp_path: Path, play: Play) -> None:
    documents = put(tmp_path / "documents", [*later("9101"), *later("9102", price=20_000)])
    run = play(tmp_path / "run", "--documents", str(documents), scenario={"early_repayment": False})
    assert run.status == 0, run.said
    adds_up(run)
    loans = run.report["loans"]
    assert len(loans) == 2
    assert len({row["facility"] for row in loans}) == 1
    assert {row["due"] for row in loans} == {"2026-12-11"}
    assert {row["phase"] for row in loans} == {"settled"}
    assert {row["principal"] for row in loans} == {"0.00"}
    (pledge,) = run.report["pledges"]
    lender = run.rows("settlement", **{"as": "lender"})
    assert sorted(row["title"] for row in lender) == sorted(pledge["titles"])
    # Each title's money paid its own loan with interest, and what was left of it went to its holder.
    owed = {row["loan"]: exact(row, "drawn") + exact(row, "interest_paid") for row in loans}
    assert sorted(exact(row) for row in lender) == sorted(owed.values())
    assert all(amount > Decimal(0) for amount in owed.values())
