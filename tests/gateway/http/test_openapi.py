"""The interface's own document says all of it: keys, pages, refusals; and answers are what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.openapi import SENTENCES
from tests.gateway.http.conftest import Caller

ROOT = Path(__file__).resolve().parents[3]
SAFE_POSTS = {
    "/instructions/prepare", "/declarations/prepare", "/warehouse-receipts/{receipt}/prepare",
    "/facilities/{facility}/vehicles/release", "/facilities/{facility}/vehicles/check", "/orders/prepare",
    "/orders/{order}/prepare",
}  # fmt: skip
"""They take a body and change nothing."""
PROBLEM = "application/problem+json"
READS = [
    "/parties", "/receivables", "/titles", "/facilities", "/loans", "/movements", "/documents", "/matches",
    "/proposals", "/exceptions", "/exceptions/money", "/held-money", "/payment-orders",
    "/payment-instructions", "/bank-entries", "/bank-messages", "/webhooks", "/health",
    "/rules", "/rule-packs", "/rulings", "/confirmation-requests", "/confirmation-clocks", "/split-watch",
    "/declarations", "/overdue", "/stops", "/programmes",
    "/reconciliations", "/differences", "/reserves", "/stock", "/stock/differences", "/stock/feeds",
    "/valuations", "/vehicles",
]  # fmt: skip


@pytest.fixture(scope="module")
def document(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = caller.get("/openapi.json")
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def names(operation: dict[str, Any], where: str) -> set[str]:
    return {each["name"] for each in operation.get("parameters", ()) if each["in"] == where}


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def test_it_is_of_version_3_1_and_names_every_operation(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids)) > 30
    assert all(operation.get("description") for _, _, operation in operations(document))


def test_every_write_demands_a_key(document: dict[str, Any]) -> None:
    writes = [
        (path, operation)
        for path, method, operation in operations(document)
        if method != "get" and path not in SAFE_POSTS
    ]
    assert len(writes) >= 11
    for path, operation in writes:
        keys = [each for each in operation["parameters"] if each["name"] == "Idempotency-Key"]
        assert [each["required"] for each in keys] == [True], path
        assert {"400", "409", "422"} <= set(operation["responses"]), path


def test_every_list_comes_in_pages(document: dict[str, Any]) -> None:
    lists = 0
    for path, method, operation in operations(document):
        answer = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        if (
            method != "get"
            or answer is None
            or "next" not in resolve(document, answer["schema"]).get("properties", {})
        ):
            assert names(operation, "query").isdisjoint({"limit", "cursor"}), path
            continue
        lists += 1
        assert {"limit", "cursor"} <= names(operation, "query"), path
    assert lists >= 15


def test_what_the_ledger_says_can_be_asked_of_the_past(document: dict[str, Any]) -> None:
    asked = {path for path, _, operation in operations(document) if "as_of" in names(operation, "query")}
    assert asked == {
        "/parties", "/receivables", "/receivables/{root}", "/receivables/{root}/distribution", "/titles",
        "/receivables/{root}/owed", "/titles/{title}", "/facilities", "/loans", "/loans/{loan}", "/movements",
        "/rules", "/rules/{rule}",
        "/loans/{loan}/schedule", "/facilities/{facility}/quote", "/facilities/{facility}/goods",
        "/facilities/{facility}/leases",
        "/facilities/{facility}/stages",
        "/loans/{loan}/loss", "/loans/{loan}/calls", "/loans/{loan}/funders",
        "/facilities/{facility}/protections", "/reserves",
        "/titles/{title}/claims",
        "/titles/{title}/priority", "/exposures", "/ladder", "/overdue", "/stops", "/programmes",
        "/offers-of-finance", "/parties/{party}/standing",
        "/lots", "/lots/{lot}", "/warehouse-receipts", "/warehouse-receipts/{receipt}",
        "/warehouse-receipts/{receipt}/storage-fee", "/orders", "/orders/{order}",
    }  # fmt: skip


def test_every_refusal_is_a_problem_with_its_rules(document: dict[str, Any]) -> None:
    told = set()
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            assert list(response["content"]) == [PROBLEM], (method, path, status)
            schema = response["content"][PROBLEM]["schema"]
            assert schema == {"$ref": "#/components/schemas/Refused"}
            for rule, example in response["content"][PROBLEM]["examples"].items():
                assert example["value"]["rule"] == rule
                assert example["value"]["status"] == int(status)
                told.add(rule)
    everywhere = {"NOT-FOUND", "METHOD-NOT-ALLOWED"}
    assert told | everywhere == set(SENTENCES)


def test_no_rule_that_the_code_names_is_missing() -> None:
    rule = re.compile(r'Problem\(\s*"([A-Z][A-Z_-]+)"')
    # What banks write is refused entry by entry, and shown with the entry.
    beyond = {
        "BATCH-ENTRY", "LINE-AFTER-REJECTED", "PAID-TWICE", "REFERENCE-MISSING", "RETURN",
        "VALUE-DAY-MISSING",
    }  # fmt: skip
    files = [*(ROOT / "gateway").glob("*.py"), *(ROOT / "gateway/routers").glob("*.py")]
    files += [*(ROOT / "gateway/risk").glob("*.py")]
    files += [*(ROOT / "gateway/services").glob("*.py"), *(ROOT / "gateway/db").glob("*.py")]
    files += [*(ROOT / "gateway/adapters/banks").glob("*.py")]
    found = {name for file in files for name in rule.findall(file.read_text())}
    assert found - beyond <= set(SENTENCES)


def test_examples_of_bodies_are_of_their_form(document: dict[str, Any]) -> None:
    checked = 0
    for name, schema in document["components"]["schemas"].items():
        validator = Draft202012Validator({**schema, "components": document["components"]})
        for example in schema.get("examples", ()):
            assert [error.message for error in validator.iter_errors(example)] == [], name
            checked += 1
    assert checked >= 8


@pytest.mark.parametrize("path", READS)
def test_answers_are_of_their_form(caller: Caller, document: dict[str, Any], path: str) -> None:
    answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**answer, "components": document["components"]})
    found = [
        str(error.message)
        for error in validator.iter_errors(caller.get(path, **({} if path == "/health" else {"limit": 1000})))
    ]
    assert found == []


def test_answers_to_writes_are_of_their_form(caller: Caller, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, name in (
        ("/receipts", "ReceiptBody"), ("/decisions", "DecisionBody"), ("/accounts", "AccountBody"),
        ("/rule-packs", "Amendment"), ("/rulings", "RulingBody"),
    ):  # fmt: skip
        answer = caller.post(path, schemas[name]["examples"][0])
        assert answer.status_code == 201, answer.text
        wanted = document["paths"][path]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
        validator = Draft202012Validator({**wanted, "components": document["components"]})
        assert [error.message for error in validator.iter_errors(answer.json())] == []
