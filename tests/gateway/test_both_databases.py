"""What the two databases do differently by themselves they do alike here: order of text, bytes, sizes, days."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, insert, select
from starlette.testclient import TestClient

from chainsvc.backends.process import Node
from chainsvc.backends.rpc import Rpc
from chainsvc.book import Book
from chainsvc.deployment.deploy import Deployment, Step, record_path
from gateway.adapters.ledger.acts import Domain
from gateway.adapters.ledger.chain import Chain
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.db import own, tables
from gateway.db.lock import SecondGateway, only_gateway
from gateway.demo.processes import free_port
from gateway.settings import Settings
from tests.databases import opened
from tests.gateway.conftest import Told
from tests.house.machine import CHAIN_ID, ORDER

# As SQLite sorts; a dictionary would put a before B, ä before b and the sign before all letters.
NAMES = ["10.xml", "9.xml", "B.xml", "Z.xml", "_.xml", "a.xml", "b.xml", "ä.xml", "中.xml", "🧾.xml"]
OTHER_DAYS = ("0001-01-01", "1969-12-31", "2038-01-19", "9999-12-31")


@pytest.fixture
def gateway(database: Engine) -> Gateway:
    """A gateway whose node does not answer: nothing here asks it."""
    chain = Chain(Rpc(f"http://127.0.0.1:{free_port()}", attempts=1), Book({}, {}))
    return Gateway(Settings(), database, chain, Domain(1, "0x" + "11" * 20), 0)


@pytest.fixture
def caller(gateway: Gateway) -> Iterator[TestClient]:
    with TestClient(create_app(gateway), raise_server_exceptions=False) as client:
        yield client


def once() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def test_text_sorts_by_code_point(caller: TestClient, database: Engine) -> None:
    for name in reversed(NAMES):
        params = {"name": name}
        answer = caller.post("/documents", params=params, content=name.encode(), headers=once())
        assert answer.status_code == 201, answer.text
    found: list[str] = []
    path = "/documents?limit=3"
    while path:
        page = caller.get(path)
        found += [each["file"] for each in page.json()["documents"]]
        path = page.links.get("next", {}).get("url", "")
    assert found == NAMES
    with database.connect() as connection:
        documents = own.documents.c.name
        assert list(connection.execute(select(documents).order_by(documents)).scalars()) == NAMES
        later = select(documents).where(documents > "b.xml").order_by(documents)
        assert list(connection.execute(later).scalars()) == NAMES[7:]


def test_the_longest_and_oddest_words_are_kept_as_they_came(caller: TestClient, database: Engine) -> None:
    name = "🧾" * 150 + "'\"\\%_;--" + "中" * 142
    assert len(name) == 300
    for day in OTHER_DAYS:
        receipt = {"order": name, "line": day, "quantity": "1" * 15, "unit": "EA", "person": name, "day": day}
        assert caller.post("/receipts", json=receipt, headers=once()).json()["recorded"]["order"] == name
    words = "é" * 1_999 + "\u00a0"
    decision = {
        "rule": "A" * 40,
        "document": name,
        "person": name,
        "reason": words,
        "line": name,
        "chosen": name,
    }
    answer = caller.post("/decisions", json=decision, headers=once())
    assert (answer.status_code, answer.json()["decided"]["reason"]) == (201, words)
    account = {
        "bank": (1 << 32) - 1, "bic": "QSCLCNSHXXX", "account": "A" * 34, "commitment": "0x" + "fF" * 32,
        "owner": 1, "owner_name": name, "currency": "CNY", "purpose": "a" * 16,
    }  # fmt: skip
    assert caller.post("/accounts", json=account, headers=once()).status_code == 201
    with database.connect() as connection:
        kept = connection.execute(select(own.receipts).order_by(own.receipts.c.line)).all()
        assert [(row.order_number, row.day.isoformat()) for row in kept] == [
            (name, day) for day in OTHER_DAYS
        ]
        (row,) = connection.execute(select(own.decisions)).all()
        assert (row.rule, row.reason, row.chosen) == ("A" * 40, words, name)


@pytest.mark.parametrize(
    "path",
    [
        "/operations/%00", "/operations/a%00b", "/payment-orders/%00/pain.001?day=2026-01-05", "/webhooks/%00",
        "/webhooks/whk_1%00/deliveries", "/titles?cursor=%00", "/verify/%00", "/bank-entries?state=%00",
        "/receivables/%00", "/titles/1%00",
    ],
)  # fmt: skip
def test_a_zero_byte_is_refused_and_breaks_nothing(caller: TestClient, path: str) -> None:
    answer = caller.get(path)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("number", [0, 1, 2**31, 2**63 - 1, 2**63, 2**64 - 1])
def test_every_number_of_sixty_four_bits_comes_back(database: Engine, number: int) -> None:
    table, place = tables.nonces, 2**63 - 1
    row = {"party": 1, "nonce": number, "block_number": place, "transaction_hash": b"\x00\xff" * 16}
    with database.begin() as connection:
        connection.execute(insert(table).values(row))
        (kept,) = connection.execute(select(table).where(table.c.nonce == number)).mappings()
    assert dict(kept) == row


def test_sqlite_serves_one_gateway_and_postgresql_several(database: Engine) -> None:
    url = database.url.render_as_string(hide_password=False)
    second = pytest.raises(SecondGateway, match="another gateway serves")
    refused = second if database.dialect.name == "sqlite" else nullcontext()
    with only_gateway(database), opened(url) as other, refused, only_gateway(other):
        pass
    with only_gateway(database):
        pass


def test_a_second_gateway_on_sqlite_says_why_it_ends(
    sqlite: Engine, told: Told, story_node: Node, tmp_path: Path
) -> None:
    with Rpc(story_node.url) as rpc:
        genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
        addresses = {name: told.book[name].address for name in ORDER}
        record = Deployment(CHAIN_ID, genesis, "0x" + "11" * 20, "", addresses, [Step("house", 0, block=0)])
        record.save(record_path(rpc, tmp_path))
    environment = {
        **os.environ, "TALLYSTICK_DATABASE_URL": str(sqlite.url), "TALLYSTICK_RPC_URL": story_node.url,
        "TALLYSTICK_CHAIN_ID": str(CHAIN_ID), "TALLYSTICK_DEPLOYMENT": str(tmp_path),
    }  # fmt: skip
    with only_gateway(sqlite):
        ended = subprocess.run(
            [sys.executable, "-m", "gateway.app", str(free_port())],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.strip() == (
        f"another gateway serves {sqlite.url.database}: SQLite serves one; several need PostgreSQL"
    )
