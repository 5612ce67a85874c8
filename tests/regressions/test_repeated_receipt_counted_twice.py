"""The gateway died after it had recorded a receipt and before it had answered; the buyer's clerk sent it again, and
twice the goods had come in: a payable could be proposed above what was received."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, select
from starlette.testclient import TestClient

from chainsvc.backends.rpc import Rpc
from chainsvc.book import Book
from gateway.adapters.ledger.acts import Domain
from gateway.adapters.ledger.chain import Chain
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.db import own
from gateway.demo.processes import free_port
from gateway.settings import Settings

RECEIPT = {
    "order": "PO-1", "line": "1", "quantity": "90", "unit": "C62", "person": "Storekeeper", "day": "2026-01-05"
}  # fmt: skip
DECISION = {"rule": "ORDER-LINE", "document": "INV-1", "person": "Purchaser", "reason": "agreed by telephone"}


@pytest.fixture
def gateway(database: Engine) -> Gateway:
    """A gateway whose node does not answer: what it keeps itself it takes all the same."""
    chain = Chain(Rpc(f"http://127.0.0.1:{free_port()}", attempts=1), Book({}, {}))
    return Gateway(Settings(), database, chain, Domain(1, "0x" + "11" * 20), 0)


@pytest.fixture
def clerk(gateway: Gateway) -> Iterator[TestClient]:
    with TestClient(create_app(gateway), raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "body", "other", "table"),
    [
        ("/receipts", RECEIPT, {**RECEIPT, "quantity": "100"}, own.receipts),
        ("/decisions", DECISION, {**DECISION, "reason": "agreed by letter"}, own.decisions),
    ],
)
def test_the_same_request_again_records_nothing(
    gateway: Gateway,
    clerk: TestClient,
    path: str,
    body: dict[str, Any],
    other: dict[str, Any],
    table: Table,
) -> None:
    first, again = (clerk.post(path, json=body, headers={"Idempotency-Key": "one"}) for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    assert again.status_code == 201
    changed = clerk.post(path, json=other, headers={"Idempotency-Key": "one"})
    assert (changed.status_code, changed.json()["rule"]) == (422, "IDEMPOTENCY-KEY")
    assert clerk.post(path, json=other, headers={"Idempotency-Key": "two"}).status_code == 201
    with gateway.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 2


def test_a_silent_node_is_no_fault_of_the_caller(clerk: TestClient) -> None:
    answer = clerk.get("/health")
    assert (answer.status_code, answer.json()["rule"]) == (503, "NODE-UNREACHABLE")
    assert answer.headers["retry-after"] == "1"
