"""A slice of the bench `callbacks`: the door for banks, orders of messages, and what has to be refused there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, select

from chainsvc.backends.process import Node
from gateway.adapters.ledger.chain import Book, Chain, Rpc
from gateway.db import own
from tests.bench.callbacks import BAD, Door, door, refusals, sample, send_all, summary
from tests.bench.callbacks_world import MOST_REPEATS, OUTCOMES, cases
from tests.gateway.banks.wire import Line, kind_of, notice

SEED = 7


@pytest.fixture
def bank_door(database: Engine, story_node: Node) -> Iterator[Door]:
    with Rpc(story_node.url) as rpc, door(database, Chain(rpc, Book({}, {}))) as found:
        yield found


def test_one_final_state_for_each_outcome_whatever_the_order_and_number(bank_door: Door) -> None:
    came = send_all(bank_door, cases(sample(3, SEED)), random.Random(SEED))
    rows = list(summary([(came, [])]))
    assert [row["case"] for row in rows] == [f"outcome {outcome}" for outcome in OUTCOMES]
    assert [(row["cases"], row["final_states"], row["violations"]) for row in rows] == [(3, 1, 0)] * 4


def test_what_the_bank_did_not_say_so_there_and_now_is_refused(
    bank_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.bench.callbacks.BAD_OF_EACH", 1)
    rows = refusals(bank_door, random.Random(SEED))
    assert {row["case"]: row["violations"] for row in rows} == {
        **{f"refused: {kind}": 0 for kind in BAD}, "same bytes again: no effect": 0,
    }  # fmt: skip


def test_every_message_comes_at_most_five_times_and_first_in_its_orders_place() -> None:
    for case in cases(sample(5, SEED)):
        sent = [message_id for message_id, _ in case.sent(random.Random(case.number))]
        told = [message_id for message_id, _ in case.messages()]
        assert list(dict.fromkeys(sent)) == [told[place] for place in case.order]
        assert max(sent.count(each) for each in told) <= MOST_REPEATS


# ── a message that comes again (decision page 0025) ─────────────────────────────────────────────────────────────

RAW = notice("N-1", "62B0", Line("R-1", 500, "x"), Line("R-2", 700, "y"))


def post(found: Door, raw: bytes = RAW, message_id: str = "N-1", **signed: Any) -> httpx2.Response:
    headers = found.bank.headers(found.url, kind_of(raw), message_id, raw, **signed)
    return found.http.post(found.url, content=raw, headers=headers)


def kept(engine: Engine) -> list[Any]:
    """Every row that banks' messages leave."""
    with engine.connect() as connection:
        return [
            sorted(map(repr, connection.execute(select(table))))
            for table in (own.messages, own.entries, own.statuses, own.links)
        ]


def refused(answer: httpx2.Response, status: int, rule: str) -> None:
    assert (answer.status_code, answer.json()["rule"]) == (status, rule), answer.text


def test_a_banks_retry_has_the_first_answer_and_no_second_effect(bank_door: Door) -> None:
    """The same bytes while the signature is good, and the same message signed anew."""
    headers = bank_door.bank.headers(bank_door.url, kind_of(RAW), "N-1", RAW)
    first = bank_door.http.post(bank_door.url, content=RAW, headers=headers)
    assert first.json() == {"message": "N-1", "state": "read", "entries": 2, "problem": ""}
    before = kept(bank_door.engine)
    for again in (bank_door.http.post(bank_door.url, content=RAW, headers=headers), post(bank_door)):
        assert (again.status_code, again.content) == (200, first.content)
    assert kept(bank_door.engine) == before


def test_a_retry_of_a_message_that_differs_is_told_so_again(bank_door: Door) -> None:
    post(bank_door)
    other = notice("N-2", "62B0", Line("R-1", 501, "x"))
    first = post(bank_door, other, "N-2")
    assert (first.json()["state"], first.json()["entries"]) == ("differs", 1)
    assert post(bank_door, other, "N-2").content == first.content


@pytest.mark.parametrize("age", [timedelta(minutes=14), timedelta(minutes=16)], ids=["in time", "too late"])
def test_a_replay_is_refused_once_its_signature_is_fifteen_minutes_old(
    bank_door: Door, age: timedelta
) -> None:
    assert post(bank_door).status_code == 200
    before = kept(bank_door.engine)
    answer = post(bank_door, created=datetime.now(UTC) - age)
    if age < timedelta(minutes=15):
        assert answer.status_code == 200
    else:
        refused(answer, 401, "SIGNATURE-INVALID")
        assert "age" in answer.json()["title"]
    assert kept(bank_door.engine) == before


def test_a_signature_serves_one_body_and_a_message_id_one_content(bank_door: Door) -> None:
    """A nonce, where the bank gives one, is signed with the body; an id is used once, whoever signs for it."""
    other = notice("N-1", "62B0", Line("R-1", 501, "x"))
    headers = bank_door.bank.headers(bank_door.url, kind_of(RAW), "N-1", RAW, nonce="n-1")
    assert bank_door.http.post(bank_door.url, content=RAW, headers=headers).status_code == 200
    before = kept(bank_door.engine)
    replayed = bank_door.http.post(bank_door.url, content=other, headers=headers)
    refused(replayed, 401, "SIGNATURE-INVALID")
    renamed = headers | {"signature-input": headers["signature-input"].replace("n-1", "n-2")}
    refused(bank_door.http.post(bank_door.url, content=RAW, headers=renamed), 401, "SIGNATURE-INVALID")
    refused(post(bank_door, other, nonce="n-1"), 409, "MESSAGE-REUSED")
    refused(post(bank_door, other, nonce="n-2"), 409, "MESSAGE-REUSED")
    assert kept(bank_door.engine) == before
