"""The rules over HTTP: explained with their version, published only forwards; decisions keep theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, update

from gateway.adapters.ledger.acts import Domain
from gateway.adapters.rulebook import shipped
from gateway.adapters.rulings import rule_discrepancies
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.db.own import rule_packs, rulings
from gateway.domain.calendar import date_of, day_of_iso, iso
from gateway.settings import Settings
from tests.gateway.conftest import Told
from tests.gateway.http.conftest import Caller
from tests.gateway.serving import serving
from tests.house.machine import CHAIN_ID

CUT = {"id": "CN77-11", "parameters": {"maximum_months": 6, "review_above_months": 5}}


@pytest.fixture
def own(told: Told, database: Engine) -> Iterator[Caller]:
    """A caller at a gateway that nobody else writes to, and that has read no block yet: its today is the clock's."""
    gateway = Gateway(Settings(), database, told.chain, Domain(CHAIN_ID, told.book["Ledger"].address), 0)
    with serving(create_app(gateway)) as http:
        yield Caller(http, gateway, told)


def publish(caller: Caller, effective_from: str, **more: Any) -> Any:
    body = {
        "effective_from": effective_from,
        "person": "Officer Lin",
        "because": "the cap was cut",
        "rules": [CUT],
    }
    return caller.post("/rule-packs", {**body, **more})


def days_ahead(caller: Caller, days: int) -> str:
    return iso(day_of_iso(caller.get("/rules")["as_of"]) + days)


def tenor(caller: Caller, as_of: str, opened: str, due: str, **params: Any) -> Any:
    case = {"rule": "CN77-11", "opened": opened, "due": due}
    body = {"subject": "the same case", "as_of": as_of, "person": "Officer Wu", "case": case}
    return caller.post("/rulings", body, **params)


def test_a_rule_is_explained_as_it_stands_on_a_day(caller: Caller) -> None:
    found = caller.get("/rules/CN77-11", as_of="2025-06-15")
    assert (found["in_force"], found["second_hand"], found["parameters"]["maximum_months"]) == (
        True,
        True,
        12,
    )
    assert found["pack"] == {
        "version": 1, "effective_from": "1970-01-01", "sha256": shipped().pack.sha256,
    }  # fmt: skip
    assert caller.get("/rules/CN77-11", as_of="2025-06-14")["in_force"] is False
    assert caller.get("/rules/CC-440/441/445") == caller.get("/rules/CC-441")


@pytest.mark.parametrize(
    ("rule", "kind", "keeps"),
    [
        ("TENOR_ABOVE_CAP", "reason", "CN77-11"), ("DEC-15", "decision", None), ("OVER-INVOICED", "document", "CN77-9"),
        ("BODY-INVALID", "gateway", None), ("RETURN", "gateway", "DEC-10"),
    ],
)  # fmt: skip
def test_what_is_not_of_law_is_explained_too(caller: Caller, rule: str, kind: str, keeps: str | None) -> None:
    found = caller.get(f"/rules/{rule}")
    assert (found["kind"], found["keeps"], found["source"]) == (kind, keeps, None)


def test_bad_questions_name_field_and_rule(caller: Caller) -> None:
    caller.refused(caller.http.get("/rules/CN77-12"), 404, "RULE-UNKNOWN")
    bad = caller.refused(caller.http.get("/rules/CN77-11?as_of=2025-02-30"), 422, "BODY-INVALID")
    assert bad["errors"][0]["field"] == "query.as_of"
    before = tenor(caller, "2025-06-14", "2025-06-14", "2025-07-14")
    caller.refused(before, 422, "RULE-NOT-IN-FORCE")
    backwards = tenor(caller, "2026-01-05", "2026-01-05", "2026-01-04")
    assert caller.refused(backwards, 422, "CASE-CONTRADICTS")["field"] == "case.due"


def test_every_rule_of_law_is_listed_in_pages(caller: Caller) -> None:
    listed = caller.rows("/rules", "rules", 7)
    assert {rule["id"] for rule in listed} == set(shipped().pack.rules)
    assert len(caller.rows("/rules", "rules", 50, kind="reason")) > 80


def test_cn77_11_the_same_case_under_two_versions_has_two_recorded_answers(own: Caller) -> None:
    """Eight months: to be reviewed under the rules of 2025-06, too long under a later cap of six."""
    cut = days_ahead(own, 7)
    opened, due = "2026-01-05", "2026-09-05"
    first = tenor(own, "2025-06-15", opened, due)
    assert publish(own, cut).status_code == 201
    second = tenor(own, cut, opened, due)
    again = tenor(own, days_ahead(own, 6), opened, due)
    answers = [each.json() for each in (first, second, again)]
    assert [each.status_code for each in (first, second, again)] == [201] * 3
    told = [(each["pack_version"], each["holds"], each["outcome"]) for each in answers]
    assert told == [(1, True, "review"), (2, False, "above the maximum"), (1, True, "review")]
    assert answers[0]["figures"]["last_due_day"] == "2027-01-05"
    assert answers[1]["figures"]["last_due_day"] == "2026-07-05"
    kept = own.get("/rulings", subject="the same case", rule="CN77-11")["rulings"]
    assert kept == answers
    assert answers[0]["inputs"] == answers[1]["inputs"] == {"opened": opened, "due": due}
    versions = {each["version"]: each["sha256"] for each in own.get("/rule-packs")["rule_packs"]}
    assert all(versions[each["pack_version"]] == each["pack_sha256"] for each in kept)


def test_a_version_says_what_it_changed_and_hangs_on_the_one_before(own: Caller) -> None:
    year = {
        "year": 2027,
        "source": "State Council, 2026",
        "holidays": ["2027-01-01/2027-01-03"],
        "worked": [],
    }
    assert own.get("/payment-days/2027-01-01")["provisional"] is True
    answer = publish(own, days_ahead(own, 30), calendar=[year])
    assert answer.status_code == 201, answer.text
    first, second = own.get("/rule-packs")["rule_packs"]
    assert (second["previous"], second["changed"]) == (first["sha256"], ["CN77-11", "calendar"])
    assert (second["person"], second["because"]) == ("Officer Lin", "the cap was cut")
    # The public calendar is a fact of its year and counts at once; due days stay what they are.
    found = own.get("/payment-days/2027-01-01")
    assert (found["due"], found["payment_day"], found["grace_days"]) == ("2027-01-01", "2027-01-04", 3)
    assert found["provisional"] is False


def test_a_refused_or_tried_publication_leaves_nothing(own: Caller) -> None:
    early = own.refused(publish(own, days_ahead(own, 6)), 422, "RULES-FORM")
    assert early["field"] == "effective_from"
    wrong = publish(own, days_ahead(own, 9), rules=[{**CUT, "parameters": {"maximum_weeks": 4}}])
    assert own.refused(wrong, 422, "RULES-FORM")["field"] == "rules.CN77-11.parameters.maximum_weeks"
    body = {"effective_from": days_ahead(own, 9), "person": "Lin", "because": "a trial", "rules": [CUT]}
    assert own.post("/rule-packs", body, dry_run=True).json()["version"] == 2
    assert tenor(own, "2026-01-05", "2026-01-05", "2026-02-05", dry_run=True).status_code == 200
    assert len(own.get("/rule-packs")["rule_packs"]) == 1
    assert own.get("/rulings")["rulings"] == []


def test_rules_altered_behind_the_gateway_are_not_applied(own: Caller) -> None:
    assert publish(own, days_ahead(own, 9)).status_code == 201
    with own.gateway.engine.begin() as connection:
        connection.execute(
            update(rule_packs)
            .where(rule_packs.c.version == 2)
            .values(effective_from=day_of_iso(days_ahead(own, 2)))
        )
    own.refused(own.http.get("/rules"), 503, "RULES-ALTERED")
    own.refused(tenor(own, "2026-01-05", "2026-01-05", "2026-02-05"), 503, "RULES-ALTERED")
    with own.gateway.view() as unit:
        assert [each.document for each in rule_discrepancies(unit.connection)] == ["rules"]


@pytest.mark.parametrize("column", ["outcome", "holds", "inputs", "pack_version", "person", "day"])
def test_a_ruling_that_was_altered_is_named(own: Caller, column: str) -> None:
    for _ in range(2):
        assert tenor(own, "2026-01-05", "2026-01-05", "2026-02-05").status_code == 201
    with own.gateway.engine.begin() as connection:
        assert list(rule_discrepancies(connection)) == []
        other = {
            "outcome": "review",
            "holds": 0,
            "inputs": "{}",
            "pack_version": 9,
            "person": "Nobody",
            "day": 1,
        }
        connection.execute(update(rulings).where(rulings.c.place == 1).values({column: other[column]}))
        found = list(rule_discrepancies(connection))
    assert ("ruling 1", "link") in {(each.document, each.element) for each in found}


def test_every_rule_that_is_ruled_on_keeps_its_answer(own: Caller) -> None:
    cases: list[tuple[dict[str, Any], bool, str]] = [
        ({"rule": "SME-9", "delivered": "2026-01-05", "due": "2026-03-06"}, True, "kept"),
        ({"rule": "SME-9", "delivered": "2026-01-05", "due": "2026-03-07"}, False, "too late"),
        ({"rule": "SME-16", "requested": "2026-08-01"}, True, "remind"),
        ({"rule": "SME-17", "agreed_ppm_a_day": 83}, False, "too low"),
        ({"rule": "SME-17"}, True, "default"),
        (
            {"rule": "SME-15", "invoiced_minor": 100, "held_back_minor": 30, "confirmed_minor": 70},
            True,
            "kept",
        ),
        ({"rule": "CN77-split", "splits_times": 50, "depth": 1}, False, "alert"),
        ({"rule": "CLASS", "due": "2025-11-26"}, False, "doubtful"),
    ]
    for case, holds, outcome in cases:
        answer = own.post("/rulings", {"subject": "all", "as_of": "2026-08-25", "case": case})
        assert answer.status_code == 201, answer.text
        assert (answer.json()["holds"], answer.json()["outcome"]) == (holds, outcome), case
    kept = own.rows("/rulings", "rulings", 3, subject="all")
    assert [each["rule"] for each in kept] == [case["rule"] for case, _, _ in cases]
    assert date_of(day_of_iso(kept[0]["as_of"])).isoformat() == "2026-08-25"
