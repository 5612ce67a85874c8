"""The guide to risk lists every kind of declaration with its fields, and the ladder's figures as they are."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.adapters.rulebook import shipped
from gateway.cli_loans import TermsWord
from gateway.domain.ladder import LADDER
from gateway.domain.ladder import Terms as Thresholds
from gateway.domain.records import Terms
from gateway.domain.rules import find
from gateway.domain.terms import agreement
from gateway.risk.ladders import step_name
from gateway.services.declaration_kinds import KINDS

GUIDES = Path(__file__).resolve().parents[3] / "docs/guides"
GUIDE = (GUIDES / "risk.md").read_text()
COMMON = {"document", "note"}


def test_every_kind_of_declaration_is_described_with_its_fields() -> None:
    rows = re.findall(r"^\| `([a-z ]+)` \| [^|]+ \| ([^|]+) \|$", GUIDE, re.MULTILINE)
    written = {
        name: {each.split(" ")[0] for each in re.sub(r"\(.*?\)", "", fields).strip().split(", ")}
        for name, fields in rows
    }
    told = {name: {field.name for field in kind.fields} - COMMON for name, kind in KINDS.items()}
    told.pop("choice of lender")  # made among the offers, with `choose`
    assert {name: written.get(name) for name in told} == told


def test_the_ladder_is_described_with_its_figures() -> None:
    """S25-ladder: the guide says the days and coverages that the shipped rule has."""
    rows = dict(
        re.findall(r"^\| `([a-z ]+)` \| ([^|]*(?:overdue|owed|unanswered)[^|]*) \|", GUIDE, re.MULTILINE)
    )
    terms = Thresholds(**find(shipped().pack, "S25-ladder").parameters)
    assert set(rows) >= {step_name(rung.step) for rung in LADDER}
    days = {
        "warn": terms.warn_days, "block new": terms.block_days, "margin call": terms.call_days,
        "accelerate": terms.accelerate_days, "dispose": terms.dispose_days,
    }  # fmt: skip
    for name, figure in days.items():
        assert re.search(rf"\b{figure} days? overdue", rows[name]), name
    assert f"{terms.answer_days} days" in rows["accelerate"]
    assert f"{terms.notice_days} days ago" in rows["dispose"]
    assert f"{terms.warn_coverage_bps // 100} %" in rows["warn"]
    assert f"{terms.calm_coverage_bps // 100} %" in GUIDE
    assert f"{terms.cured_coverage_bps // 100} %" in GUIDE
    assert "`S25-ladder`" in GUIDE
    assert f"no sooner than {terms.calm_days} days" in GUIDE


def test_every_kind_of_terms_is_described_where_it_is_chosen_and_where_it_is_agreed() -> None:
    chosen = (GUIDES / "supplier.md").read_text()
    words = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| [^|]+ \|$", chosen, re.MULTILINE)
    assert words == ["--terms", *TermsWord]
    told = "bullet is paid in one sum and has no count (count; DEC-16)"
    assert told in chosen.replace("\n", " ")
    agreed = (GUIDES / "bank.md").read_text()
    codes = ", ".join(f"{int(each)} {agreement.terms_name(each)}" for each in Terms)
    assert f"| `terms` | {codes} |" in agreed
    assert f"instalments (1 to {agreement.MOST_INSTALMENTS})" in agreed
