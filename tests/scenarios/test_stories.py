"""The stories of money that goes wrong: each tells who paid, who lost and why, and every account adds up."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from gateway.demo.stories import STORIES
from tests.scenarios.runs import Run, play

TOLD = {
    "core-stopped": [
        "is stopped by the platform and a bank (CN77-15)",
        "its third promise is refused: CN77-15",
        "the debtor's money is booked 10 days late; 3 lines distributed",
        "it confirms 1 more receivable",
        "nobody lost anything",
    ],
    "partial-then-reversed": [
        "the booking is undone, whole: outstanding 450177.08 CNY, interest paid 0.00",
        "the loan is settled: outstanding 0.00 CNY, interest paid 8103.19",
        "120 days on the whole sum, as if nothing had been repaid in between, are 8103.19 CNY",
        "nobody lost anything",
    ],
    "joint-funding": [
        "Huaxin lending bank takes 50 % of it: 321555.06 CNY",
        "Jiangyu Factoring Co. takes 30 % of it: 192933.04 CNY",
        "Heshun Factoring Co. takes 20 % of it: 128622.02 CNY",
        "each lender bears its own",
    ],
    "default-and-recourse": [
        "day 91 after its due day: the loan is substandard",
        "recourse on 申浦精密部件有限公司, the seller that the funding names, and on nobody else",
        "sold with recourse, it took the receivable back",
        "Jiangyu Factoring Co. loses",
        "bought without recourse",
    ],
}
"""What each story says in passing, by its name."""


def test_every_story_that_ships_is_played() -> None:
    assert set(TOLD) == set(STORIES)


@pytest.mark.parametrize("name", TOLD)
def test_every_account_adds_up(name: str, tmp_path: Path) -> None:
    run = play(tmp_path / name, "--scenario", name)
    assert run.status == 0, run.said
    for sentence in TOLD[name]:
        assert sentence in run.said
    assert all(row["holds"] for row in run.report["invariants"])
    assert {"SUMS", "INV-5c", "INV-6", "INV-9"} <= {row["id"] for row in run.report["invariants"]}
    for total in run.report["totals"]:
        assert _exact(total["due"]) == _exact(total["settled"]) + _exact(total["unpaid"])
    if name == "joint-funding":
        _shared_to_the_fen(run)


def _shared_to_the_fen(run: Run) -> None:
    """What the debtor paid came to each lender by its part of the receivable, within one fen."""
    paid = sum(_exact(row["amount"]) for row in run.rows("settlement"))
    whole = _exact(run.report["receivables"][0]["amount"])
    for title in run.report["titles"]:
        got = sum(_exact(row["amount"]) for row in run.rows("settlement", title=title["id"]))
        assert abs(got - _exact(title["amount"]) * paid / whole) <= Decimal("0.01")


def _exact(text: str) -> Decimal:
    return Decimal(text)
