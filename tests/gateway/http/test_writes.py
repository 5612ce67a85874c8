"""A write happens once: its key is needed, serves one request, and brings the same answer again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.gateway.http.conftest import Caller

RECEIPT = {
    "order": "PO-1",
    "line": "1",
    "quantity": "90",
    "unit": "EA",
    "person": "Zhou",
    "day": "2026-01-05",
}
DECISION = {"rule": "ORDER-LINE", "document": "INV-1", "person": "Qian", "reason": "agreed by telephone"}
ACCOUNT = {
    "bank": 12, "bic": "QSCLCNSH", "account": "62-1", "commitment": "0x" + "ab" * 32, "owner": 201,
    "owner_name": "A supplier", "currency": "CNY", "purpose": "bound",
}  # fmt: skip
IDENTITY = {"party": 4001, "name": "Nobody yet", "identifiers": [], "salt": "0x" + "01" * 32}
WRITES = [("/receipts", RECEIPT), ("/decisions", DECISION), ("/accounts", ACCOUNT), ("/identities", IDENTITY)]


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_a_write_without_a_key_is_refused(caller: Caller, path: str, body: dict[str, Any]) -> None:
    for headers in ({}, {"Idempotency-Key": ""}, {"Idempotency-Key": "x" * 101}):
        answer = caller.http.post(path, json=body, headers=headers)
        caller.refused(answer, 400, "IDEMPOTENCY-KEY")


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_the_same_write_again_is_answered_the_same(caller: Caller, path: str, body: dict[str, Any]) -> None:
    key = f"again {path}"
    first = caller.post(path, body, key)
    assert first.status_code == 201, first.text
    # Spelled differently, it is the same request.
    again = caller.post(path, dict(reversed(body.items())), key)
    assert (again.status_code, again.content) == (201, first.content)


def test_a_key_serves_one_request(caller: Caller) -> None:
    assert caller.post("/receipts", RECEIPT, "one").status_code == 201
    caller.refused(caller.post("/receipts", {**RECEIPT, "quantity": "91"}, "one"), 422, "IDEMPOTENCY-KEY")
    caller.refused(caller.post("/decisions", DECISION, "one"), 422, "IDEMPOTENCY-KEY")


def test_a_refused_write_leaves_its_key_free(caller: Caller) -> None:
    wrong = caller.post("/receipts", {**RECEIPT, "quantity": "many"}, "put right")
    assert caller.refused(wrong, 422, "BODY-INVALID")["errors"][0]["field"] == "body.quantity"
    assert caller.post("/receipts", RECEIPT, "put right").status_code == 201


def test_a_write_sent_many_times_at_once_happens_once(caller: Caller) -> None:
    body = {**ACCOUNT, "account": "62-2", "commitment": "0x" + "cd" * 32}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: caller.post("/accounts", body, "crowd"), range(24)))
    done = {answer.content for answer in answers if answer.status_code == 201}
    assert len(done) == 1
    for answer in answers:
        if answer.status_code != 201:
            caller.refused(answer, 409, "IDEMPOTENCY-IN-FLIGHT")
            assert answer.headers["retry-after"] == "1"
    assert caller.post("/accounts", body, "crowd").content in done


def test_an_account_has_one_commitment(caller: Caller) -> None:
    body = {**ACCOUNT, "account": "62-3", "commitment": "0x" + "01" * 32}
    assert caller.post("/accounts", body).status_code == 201
    assert caller.post("/accounts", body).status_code == 201
    caller.refused(caller.post("/accounts", {**body, "commitment": "0x" + "02" * 32}), 409, "ACCOUNT-KNOWN")


def test_an_empty_file_is_told_to_be_empty(caller: Caller) -> None:
    answer = caller.http.post("/documents?name=empty.xml", content=b"", headers={"Idempotency-Key": "empty"})
    assert (answer.status_code, answer.json()["status"]) == (201, "exception")
    assert [each["rule"] for each in answer.json()["exceptions"]] == ["FILE-EMPTY"]


def test_a_file_is_told_apart_by_its_bytes_and_its_name(caller: Caller) -> None:
    def post(name: str, content: bytes) -> Any:
        headers = {"Idempotency-Key": "a file"}
        return caller.http.post("/documents", params={"name": name}, content=content, headers=headers)

    first = post("broken.xml", b"<Invoice>\n<")
    assert first.status_code == 201
    (finding,) = first.json()["exceptions"]
    assert finding["rule"] == "XML-MALFORMED"
    assert "\n" not in finding["message"]
    assert post("broken.xml", b"<Invoice>\n<").content == first.content
    caller.refused(post("broken.xml", b"<Invoice>\n<a"), 422, "IDEMPOTENCY-KEY")
    caller.refused(post("other.xml", b"<Invoice>\n<"), 422, "IDEMPOTENCY-KEY")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/receipts", {**RECEIPT, "order": "PO\n1"}, "body.order"),
        ("/receipts", {**RECEIPT, "unit": "kilograms"}, "body.unit"),
        ("/receipts", {**RECEIPT, "day": "2026-02-30"}, "body.day"),
        ("/receipts", {**RECEIPT, "day": 0}, "body.day"),
        ("/accounts", {**ACCOUNT, "bank": 1 << 32}, "body.bank"),
        ("/accounts", {**ACCOUNT, "commitment": "0x12"}, "body.commitment"),
        ("/accounts", {**ACCOUNT, "currency": "XQX"}, "body.currency"),
        ("/accounts", {**ACCOUNT, "favour": 1}, "body.favour"),
        ("/confirmations", {"key": "k", "nullifier": "0x" + "11" * 32, "debtor": -1}, "body.debtor"),
    ],
)
def test_a_field_out_of_its_form_is_named(caller: Caller, path: str, body: Any, field: str) -> None:
    found = caller.refused(caller.post(path, body), 422, "BODY-INVALID")
    assert field in {each["field"] for each in found["errors"]}


def test_what_is_nowhere_is_refused_in_the_same_form(caller: Caller) -> None:
    caller.refused(caller.http.get("/nowhere"), 404, "NOT-FOUND")
    caller.refused(caller.http.put("/receipts", json=RECEIPT), 405, "METHOD-NOT-ALLOWED")
    other = caller.http.patch("/webhooks/x")
    caller.refused(other, 405, "METHOD-NOT-ALLOWED")
    assert other.headers["allow"] == "DELETE, GET"
