"""The rule pack as data: every row of the table, checked, hashed, asked by day, and changed only forwards."""

from __future__ import annotations

import json
import tomllib
from hashlib import sha256
from typing import Any

import pytest
import rfc8785

from gateway.adapters.rulebook import SHIPPED, amended, read, shipped
from gateway.adapters.rulebook.form import Amendment
from gateway.domain import rules
from gateway.domain.calendar import day_of_iso
from gateway.problems import Problem

TABLE = [
    "CN77-4", "CN77-9", "CN77-11", "CN77-13", "CN77-15", "CN77-split", "CN77-19", "SME-9", "SME-11", "SME-15",
    "SME-16", "SME-17", "CC-545", "CC-546", "CC-547", "CC-548", "CC-549", "CC-766", "CC-767", "CC-768", "GI-66",
    "CC-561", "CC-677", "CC-428", "CC-433", "CC-436", "CC-438", "CC-440", "CC-441", "CC-445", "CC-447", "CC-456",
    "CC-392", "CC-692", "CC-695", "CC-696", "CC-700", "CC-908", "CC-909", "CC-910", "GI-55", "GI-59", "MLWR",
    "MLETR", "F205", "CLASS", "P2P-0", "AML", "ESIGN", "CC-545/546", "CC-433/436", "CC-440/441/445",
    "CC-548/549", "CC-766/767", "CC-447/456", "CC-692–700", "CC-908…910",
]  # fmt: skip
SECOND_HAND = {
    "CN77-4", "CN77-9", "CN77-11", "CN77-13", "CN77-15", "CN77-split", "CN77-19", "F205", "P2P-0", "AML",
    "S25-ladder", "CC-910-answer", "GI-55-feed", "GI-55-count", "CC-433-valuation",
}  # fmt: skip
TODAY = day_of_iso("2026-11-27")


def change(effective_from: str = "2026-12-15", **more: Any) -> Amendment:
    given = {"effective_from": effective_from, "person": "Compliance Officer Lin", "because": "a test"}
    return Amendment.model_validate({**given, **more})


def row(**more: Any) -> dict[str, Any]:
    """A change of the longest tenor."""
    return {"id": "CN77-11", "parameters": {"maximum_months": 6, "review_above_months": 5}, **more}


def refused(problem: pytest.ExceptionInfo[Problem], field: str, words: str) -> None:
    assert problem.value.rule == "RULES-FORM"
    assert (problem.value.evidence["field"], words in problem.value.sentence) == (field, True), problem.value


@pytest.mark.parametrize("rule_id", TABLE)
def test_every_rule_of_the_table_is_in_the_pack(rule_id: str) -> None:
    rule = rules.find(shipped().pack, rule_id)
    assert rule.source
    assert rule.article
    assert rule.kept_by
    assert len(rule.sentence) > 30


def test_what_is_known_second_hand_is_marked() -> None:
    assert {rule.id for rule in shipped().pack.rules.values() if rule.second_hand} == SECOND_HAND


@pytest.mark.parametrize(
    ("rule_id", "parameter", "value"),
    [
        ("CN77-11", "maximum_months", 12),
        ("CN77-11", "review_above_months", 6),
        ("CN77-15", "overdue_times", 3),
        ("CN77-15", "within_months", 6),
        ("SME-9", "pay_within_days", 60),
        ("SME-16", "confirm_within_days", 30),
        ("SME-17", "default_ppm_a_day", 500),
        ("CLASS", "special_mention_from_days", 1),
        ("CLASS", "substandard_from_days", 91),
        ("CLASS", "doubtful_from_days", 271),
        ("CLASS", "loss_from_days", 361),
        ("F205", "one_debtor_percent", 50),
        ("F205", "related_percent", 40),
        ("F205", "non_performing_above_days", 90),
        ("F205", "reserve_least_percent", 1),
        ("F205", "leverage_most_times", 10),
        ("CC-692", "period_months", 6),
        ("S25-overdue", "block_days", 7),
        ("S25-coverage", "call_coverage_bps", 10_000),
        ("GI-55-feed", "rhythm_days", 1),
        ("GI-55-feed", "silent_percent", 0),
        ("GI-55-count", "rhythm_days", 31),
    ],
)
def test_parameters_of_the_law(rule_id: str, parameter: str, value: int) -> None:
    assert rules.in_force(shipped().pack, rule_id, TODAY).parameters[parameter] == value


def test_cn77_11_binds_from_its_first_day_on() -> None:
    pack = shipped().pack
    assert rules.in_force(pack, "CN77-11", day_of_iso("2025-06-15")).id == "CN77-11"
    with pytest.raises(rules.NotInForce, match="from 2025-06-15, not on 2025-06-14"):
        rules.in_force(pack, "CN77-11", day_of_iso("2025-06-14"))
    with pytest.raises(rules.UnknownRule):
        rules.find(pack, "CN77-99")


def test_the_hash_is_of_the_canonical_form_and_the_form_reads_back() -> None:
    written = shipped()
    assert sha256(written.content).hexdigest() == written.pack.sha256
    again = json.loads(written.content)
    assert rfc8785.dumps(again) == written.content
    assert read(again) == written


def test_the_hash_does_not_depend_on_the_order_of_rows() -> None:
    found = tomllib.loads(SHIPPED.read_text())
    found["rules"].reverse()
    found["calendar"].reverse()
    assert read(found) == shipped()


def test_a_later_version_hangs_on_the_one_before_and_changes_only_what_it_names() -> None:
    first = shipped().pack
    later = amended(shipped(), change(rules=[row()]), TODAY).pack
    assert (later.version, later.previous) == (2, first.sha256)
    assert later.sha256 != first.sha256
    assert {name for name, rule in later.rules.items() if rule != first.rules[name]} == {"CN77-11"}
    assert later.rules["CN77-11"].sentence == first.rules["CN77-11"].sentence
    assert later.calendar == first.calendar


def test_a_day_stands_under_the_version_effective_by_then() -> None:
    first = shipped()
    second = amended(first, change(rules=[row()]), TODAY)
    packs = [first.pack, second.pack]
    asked = [("2026-12-14", 1), ("2026-12-15", 2), ("1999-01-01", 1), ("2149-06-06", 2)]
    assert [(iso, rules.pack_on(packs, day_of_iso(iso)).version) for iso, _ in asked] == asked


def test_two_versions_of_one_day_the_later_one_counts() -> None:
    second = amended(shipped(), change(rules=[row()]), TODAY)
    third = amended(second, change(rules=[row(parameters={"maximum_months": 9})]), TODAY)
    packs = [shipped().pack, second.pack, third.pack]
    assert rules.pack_on(packs, day_of_iso("2026-12-15")).version == 3


@pytest.mark.parametrize(("day", "good"), [("2026-12-03", False), ("2026-12-04", True)])
def test_a_version_is_published_seven_days_ahead(day: str, good: bool) -> None:
    """Decision 15."""
    if good:
        assert amended(shipped(), change(day, rules=[row()]), TODAY).pack.version == 2
        return
    with pytest.raises(Problem) as problem:
        amended(shipped(), change(day, rules=[row()]), TODAY)
    refused(problem, "effective_from", "at least 7 days")


def test_versions_never_go_backwards() -> None:
    second = amended(shipped(), change("2027-03-01", rules=[row()]), TODAY)
    with pytest.raises(Problem) as problem:
        amended(second, change("2027-02-28", rules=[row()]), TODAY)
    refused(problem, "effective_from", "not before it")


def test_a_rule_of_law_changes_only_by_a_law_that_is_named() -> None:
    bare = {"id": "SME-9", "parameters": {"pay_within_days": 45}}
    with pytest.raises(Problem) as problem:
        amended(shipped(), change(rules=[bare]), TODAY)
    refused(problem, "rules.SME-9.source", "name its source")
    named = {**bare, "source": "Regulation as revised again", "article": "9"}
    later = amended(shipped(), change(rules=[named]), TODAY).pack
    assert later.rules["SME-9"].parameters["pay_within_days"] == 45


@pytest.mark.parametrize(
    ("rows", "field", "words"),
    [
        ([{"id": "CN77-11", "parameters": {"maximum_moons": 6}}], "rules.CN77-11.parameters.maximum_moons", "no such"),
        ([{"id": "CN77-11", "parameters": {"maximum_months": 6}}], "rules.CN77-11", "must rise"),
        ([{"id": "GI-55-feed", "parameters": {"stale_from_days": 1}}], "rules.GI-55-feed", "must rise"),
        ([{"id": "GI-55-feed", "parameters": {"stale_percent": 95}}], "rules.GI-55-feed", "must rise"),
        ([{"id": "GI-55-count", "parameters": {"stale_from_days": 1}}], "rules.GI-55-count", "must rise"),
        ([{"id": "CN77-11", "until": "2025-06-14"}], "rules.CN77-11", "before the first"),
        ([row(), row()], "rules.CN77-11", "twice"),
        ([{"id": "HOUSE-1", "sentence": "A new rule."}], "rules.HOUSE-1.title", "required"),
        ([{"id": "CN77-11", "also": ["SME-9"]}], "rules.SME-9", "two rules"),
    ],
)  # fmt: skip
def test_a_change_that_contradicts_itself_is_refused(rows: list[Any], field: str, words: str) -> None:
    with pytest.raises(Problem) as problem:
        amended(shipped(), change(rules=rows), TODAY)
    refused(problem, field, words)


def test_a_new_rule_comes_whole() -> None:
    new = {
        "id": "HOUSE-1", "title": "House", "source": "Rule book of the network", "article": "1", "since": "2027-01-01",
        "second_hand": False, "sentence": "Nothing is financed twice in one day.", "kept_by": ["gateway"],
        "parameters": {"most_times": 1},
    }  # fmt: skip
    later = amended(shipped(), change(rules=[new]), TODAY).pack
    assert rules.in_force(later, "HOUSE-1", day_of_iso("2027-01-01")).parameters == {"most_times": 1}


@pytest.mark.parametrize(
    ("year", "words"),
    [
        ({"year": 2027, "holidays": ["2027-01-01"], "worked": ["2027-01-01"]}, "both"),
        ({"year": 2027, "holidays": [], "worked": ["2027-01-04"]}, "no weekend day"),
        ({"year": 2027, "holidays": ["2028-01-01"]}, "year without rows"),
    ],
)
def test_calendar_rows_that_no_notice_says_are_refused(year: dict[str, Any], words: str) -> None:
    with pytest.raises(Problem) as problem:
        amended(shipped(), change(calendar=[{"source": "a test", **year}]), TODAY)
    refused(problem, "calendar", words)
