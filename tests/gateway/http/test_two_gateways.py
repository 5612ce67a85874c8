"""Two gateways on one database answer a write as one would."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, create_engine, func, select

from gateway.adapters.ledger.acts import Domain
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.db import own
from gateway.db.engine import open_engine
from gateway.settings import Settings
from tests.gateway.conftest import Told
from tests.gateway.serving import serving
from tests.house.machine import CHAIN_ID

KEYS = 40
TIMES = 4


@pytest.fixture
def pair(database: Engine, told: Told) -> Iterator[list[httpx2.Client]]:
    url = database.url.render_as_string(hide_password=False)
    domain = Domain(CHAIN_ID, told.book["Ledger"].address)
    with ExitStack() as stack:
        clients = []
        for _ in range(2):
            engine = open_engine(url)
            stack.callback(engine.dispose)
            gateway = Gateway(Settings(), engine, told.chain, domain, 0)
            clients.append(stack.enter_context(serving(create_app(gateway))))
        yield clients


def receipt(number: int) -> dict[str, Any]:
    return {
        "order": "PO-1", "line": str(number), "quantity": "1", "unit": "EA", "person": "Zhou", "day": "2026-01-05"
    }  # fmt: skip


def test_a_key_sent_to_both_at_once_has_one_effect(pair: list[httpx2.Client], database: Engine) -> None:
    def send(call: int) -> tuple[int, httpx2.Response]:
        number = call // TIMES
        headers = {"Idempotency-Key": f"key-{number}"}
        return number, pair[call % 2].post("/receipts", json=receipt(number), headers=headers)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(KEYS * TIMES)))
    done: dict[int, set[bytes]] = {}
    for number, answer in answers:
        if answer.status_code == 201:
            done.setdefault(number, set()).add(answer.content)
        else:
            assert (answer.status_code, answer.json()["rule"]) == (409, "IDEMPOTENCY-IN-FLIGHT")
    assert {number: len(contents) for number, contents in done.items()} == dict.fromkeys(range(KEYS), 1)
    for client in pair:
        for number in range(KEYS):
            headers = {"Idempotency-Key": f"key-{number}"}
            again = client.post("/receipts", json=receipt(number), headers=headers)
            assert {again.content} == done[number]
            other = client.post("/receipts", json=receipt(number + 1), headers=headers)
            assert (other.status_code, other.json()["rule"]) == (422, "IDEMPOTENCY-KEY")
    with database.connect() as connection:
        count = select(func.count()).select_from(own.receipts)
        assert connection.execute(count).scalar_one() == KEYS


def test_what_another_gateway_is_at_work_on_is_in_flight(pair: list[httpx2.Client], database: Engine) -> None:
    if database.dialect.name != "postgresql":
        return  # SQLite has one writer: the second waits for its turn, and then answers as the first did
    other = create_engine(database.url)
    with other.begin() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended('busy', 20220))")
        busy = pair[0].post("/receipts", json=receipt(1), headers={"Idempotency-Key": "busy"})
        assert (busy.status_code, busy.json()["rule"]) == (409, "IDEMPOTENCY-IN-FLIGHT")
    other.dispose()
    assert pair[1].post("/receipts", json=receipt(1), headers={"Idempotency-Key": "busy"}).status_code == 201
