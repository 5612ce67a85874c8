"""A slice of the bench `callbacks`: the door for banks, orders of messages, and what has to be refused there."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from gateway.adapters.ledger.chain import Book, Chain
from tests.bench.callbacks import BAD, Door, door, refusals, sample, send_all, summary
from tests.bench.callbacks_world import MOST_REPEATS, OUTCOMES, cases
from tests.gateway.conftest import Told

SEED = 7


@pytest.fixture
def bank_door(database: Engine, told: Told) -> Iterator[Door]:
    with door(database, Chain(told.rpc, Book({}, {}))) as found:
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
