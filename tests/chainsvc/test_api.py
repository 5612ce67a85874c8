"""The front door, end to end: an instruction in, facts and answers out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from chainsvc.api import Chain, CodecError, ContractRefusal, Settings, State
from chainsvc.artifacts import Artifact
from chainsvc.backends.process import Node
from chainsvc.backends.rpc import Rpc
from chainsvc.book import Book
from chainsvc.signing import KeySigner
from tests.chainsvc.support import CHAIN_ID, NOTE, Wallet


@pytest.fixture
def chain(embedded: Node, tally: Artifact) -> Iterator[Chain]:
    with Rpc(embedded.url) as rpc:
        yield Chain(rpc, Book({"Tally": Wallet(rpc).deploy(tally)}, {"Tally": tally}))


def carry(chain: Chain, engine: Engine, *items: tuple[int, int, bytes]) -> list[str]:
    """Put items in and work until they have ended; returns their keys."""
    keys = [secrets.token_hex(8) for _ in items]
    with engine.begin() as connection:
        for key, item in zip(keys, items, strict=True):
            chain.enqueue(connection, key=key, contract="Tally", function="record", item=item, created_at=1)
    worker = chain.worker(engine, KeySigner(secrets.token_bytes(32)), Settings(chain_id=CHAIN_ID))
    while not worker.step(1).idle:
        pass
    worker.close()
    return keys


def test_from_instruction_to_fact_to_answer(chain: Chain, engine: Engine) -> None:
    good, refused = carry(chain, engine, (1, 5, NOTE), (2, 0, NOTE))
    with engine.begin() as connection:
        chain.indexer().step(connection, lambda *_: None, lambda *_: None)
        done = chain.status(connection, good)
        (fact,) = chain.facts_after(connection)
        assert (chain.status(connection, refused) or done).state == State.REFUSED
        assert chain.status(connection, "no such key") is None
    assert done is not None
    assert fact.transaction_hash == done.transaction_hash
    assert fact.args["amount"] == 5
    assert chain.read("Tally", "amountOf", 1) == 5
    assert chain.read("Tally", "amountOf", 1, block=fact.block_number - 1) == 0
    assert chain.read_many([("Tally", "total", ()), ("Tally", "trapped", ())]) == [5, False]
    assert int.from_bytes(chain.storage_word("Tally", 1), "big") == 5
    block = chain.block(fact.block_number)
    assert block is not None
    assert (block.hash, block.time) == (fact.block_hash, fact.block_time)
    assert chain.block(2**40) is None
    assert chain.proof("Tally", [1])["storageProof"][0]["value"] == "0x5"


def test_a_transactions_input_says_what_was_asked(chain: Chain, engine: Engine) -> None:
    (key,) = carry(chain, engine, (1, 5, NOTE))
    with engine.connect() as connection:
        done = chain.status(connection, key)
    assert done is not None
    assert done.transaction_hash is not None
    call = chain.decode_input(done.transaction_hash)
    assert (call.contract, call.function) == ("Tally", "record")
    assert call.args == {"items": ((1, 5, NOTE),)}
    assert call.block_number == done.block_number
    with pytest.raises(LookupError):
        chain.decode_input("0x" + "00" * 32)


def test_a_refusal_comes_in_the_contracts_words(chain: Chain) -> None:
    with pytest.raises(ContractRefusal, match=r"Poisoned\(id=7\)") as caught:
        chain.read("Tally", "record", [(7, 666, NOTE)])
    assert caught.value.reason.name == "Poisoned"
    assert caught.value.reason.arguments == {"id": 7}


@pytest.mark.parametrize("item", [(1,), (1, "five", NOTE), (-1, 5, NOTE), (2**64, 5, NOTE), ()])
def test_an_item_that_does_not_fit_is_refused_at_once(
    chain: Chain, engine: Engine, item: tuple[object, ...]
) -> None:
    with engine.begin() as connection, pytest.raises(CodecError):
        chain.enqueue(connection, key="k", contract="Tally", function="record", item=item, created_at=1)


def test_only_batched_entries_can_be_enqueued(chain: Chain, engine: Engine) -> None:
    for function in ("box", "total", "nothing"):
        with engine.begin() as connection, pytest.raises(CodecError):
            chain.enqueue(connection, key="k", contract="Tally", function=function, item=(), created_at=1)
