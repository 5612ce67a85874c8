"""Facts are read once, in order, exactly, and follow the chain when it turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from eth_utils.crypto import keccak
from sqlalchemy import Connection, Engine, func, select

from chainsvc.artifacts import Artifact
from chainsvc.backends.anvil import start_anvil
from chainsvc.backends.process import Node
from chainsvc.backends.rpc import Rpc
from chainsvc.book import Book
from chainsvc.codec import CodecError
from chainsvc.indexer import Cursor, Fact, Indexer, Progress, data_before, facts_after
from chainsvc.tables import blocks, facts
from tests.chainsvc.support import CHAIN_ID, NOTE, Wallet, record_call


class Reading:
    """An index over a fresh contract and a projection that remembers what it was told."""

    def __init__(self, engine: Engine, rpc: Rpc, tally: Artifact, **options: int) -> None:
        self.engine, self.rpc, self.tally = engine, rpc, tally
        self.wallet = Wallet(rpc)
        self.contract = self.wallet.deploy(tally)
        self.book = Book({"Tally": self.contract}, {"Tally": tally})
        self.indexer = Indexer(rpc, self.book, **options)
        self.applied: list[Fact] = []

    def apply(self, _: Connection, fact: Fact) -> None:
        self.applied.append(fact)

    def on_rollback(self, _: Connection, block: int) -> None:
        self.applied = [fact for fact in self.applied if fact.block_number <= block]

    def step(self) -> Progress:
        with self.engine.begin() as connection:
            return self.indexer.step(connection, self.apply, self.on_rollback)

    def catch_up(self) -> None:
        for _ in range(100):
            progress = self.step()
            if progress.caught_up and progress.rolled_back_to is None:
                return
        raise AssertionError("never caught up")

    def record(self, *items: tuple[int, int]) -> dict[str, object]:
        return self.wallet.send(self.contract, record_call(self.tally, [(*item, NOTE) for item in items]))

    def stored(self) -> list[Fact]:
        with self.engine.connect() as connection:
            return list(facts_after(connection, self.book))


@pytest.fixture
def reading(engine: Engine, embedded: Node, tally: Artifact) -> Iterator[Reading]:
    with Rpc(embedded.url) as rpc:
        yield Reading(engine, rpc, tally)


@pytest.fixture
def turning(engine: Engine, tally: Artifact) -> Iterator[Reading]:
    """On a node that can be made to reorganise."""
    with start_anvil(chain_id=CHAIN_ID) as node, Rpc(node.url) as rpc:
        yield Reading(engine, rpc, tally)


def test_facts_come_in_order_with_their_place_and_meaning(reading: Reading) -> None:
    receipt = reading.record((1, 5), (2, 0), (3, 7))
    reading.catch_up()
    first, second, skipped = reading.applied
    assert [fact.event for fact in reading.applied] == ["Recorded", "Recorded", "Skipped"]
    assert first.args == {"id": 1, "amount": 5, "note": NOTE, "by": reading.wallet.signer.address}
    assert second.args["id"] == 3
    assert skipped.args == {"rows": ((1 << 8) | 1,)}
    assert first.contract == "Tally"
    assert first.transaction_hash == receipt["transactionHash"]
    assert first.block_hash == receipt["blockHash"]
    block = reading.rpc.call("eth_getBlockByNumber", receipt["blockNumber"], False)
    assert first.block_time == int(block["timestamp"], 16)
    assert [fact.cursor for fact in reading.applied] == sorted(fact.cursor for fact in reading.applied)


def test_structs_arrays_and_hashed_strings_are_decoded(reading: Reading) -> None:
    box = reading.book["Tally"].interface.function("box")
    reading.wallet.send(reading.contract, box.encode((9, 8, b"inside"), [1, 2, 3], "label"))
    reading.catch_up()
    assert reading.applied[0].args == {
        "id": 9,
        "item": (9, 8, b"inside"),
        "shares": (1, 2, 3),
        "label": keccak(text="label"),
    }


def test_reading_again_gives_nothing_new_and_the_store_gives_the_same(reading: Reading) -> None:
    for number in range(1, 8):
        reading.record((number, 5))
    reading.catch_up()
    seen = list(reading.applied)
    reading.catch_up()
    assert reading.applied == seen == reading.stored()
    with reading.engine.connect() as connection:
        later = list(facts_after(connection, reading.book, seen[2].cursor, limit=2))
    assert later == seen[3:5]


def test_small_spans_read_the_same(engine: Engine, embedded: Node, tally: Artifact) -> None:
    with Rpc(embedded.url) as rpc:
        reading = Reading(engine, rpc, tally, max_span=1)
        start = int(rpc.call("eth_blockNumber"), 16)
        reading.indexer = Indexer(rpc, reading.book, start_block=start, max_span=1)
        for number in range(1, 6):
            reading.record((number, 5))
        reading.catch_up()
        assert [fact.args["id"] for fact in reading.applied] == [1, 2, 3, 4, 5]


def test_a_projection_that_fails_leaves_cursor_and_facts_where_they_were(reading: Reading) -> None:
    reading.record((1, 5))

    def refuse(_: Connection, fact: Fact) -> None:
        raise LookupError(f"cannot apply {fact.event}")

    with pytest.raises(LookupError), reading.engine.begin() as connection:
        reading.indexer.step(connection, refuse, reading.on_rollback)
    assert reading.stored() == []
    reading.catch_up()
    assert len(reading.applied) == 1


def test_facts_wait_for_their_confirmations(engine: Engine, embedded: Node, tally: Artifact) -> None:
    with Rpc(embedded.url) as rpc:
        reading = Reading(engine, rpc, tally, confirmations=2)
        reading.record((1, 5))
        reading.catch_up()
        assert reading.applied == []
        reading.record((2, 5))
        reading.record((3, 5))
        reading.catch_up()
        assert [fact.args["id"] for fact in reading.applied] == [1]


def test_a_log_our_artifacts_do_not_explain_stops_the_index(reading: Reading) -> None:
    stranger = Artifact(
        name="Tally",
        abi=[entry for entry in reading.tally.abi if entry.get("name") != "Recorded"],
        bytecode=b"",
        deployed_bytecode=b"",
        immutables={},
        storage_layout={},
        method_identifiers={},
        source_hash="",
    )
    reading.record((1, 5))
    reading.indexer = Indexer(reading.rpc, Book({"Tally": reading.contract}, {"Tally": stranger}))
    with pytest.raises(CodecError, match="unknown event"):
        reading.catch_up()


@pytest.mark.parametrize("depth", [1, 3, 5])
def test_a_reorganisation_takes_back_what_it_undid_and_no_more(turning: Reading, depth: int) -> None:
    for number in range(1, 7):
        turning.record((number, 5))
        turning.catch_up()
    kept = turning.applied[: 6 - depth]
    turning.rpc.call("anvil_reorg", depth, [])
    progress = turning.step()
    assert progress.rolled_back_to is not None
    assert turning.applied == kept == turning.stored()
    turning.rpc.call("anvil_mine", "0x1")
    turning.catch_up()
    # Whatever the new blocks hold is read; the store and the projection agree with the chain.
    logs = turning.rpc.call(
        "eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "address": turning.contract}
    )
    assert [fact.transaction_hash for fact in turning.applied] == [log["transactionHash"] for log in logs]
    assert [fact.block_hash for fact in turning.applied] == [log["blockHash"] for log in logs]
    assert turning.applied == turning.stored()


def test_a_reorganisation_between_two_reads_of_many_blocks(turning: Reading) -> None:
    for number in range(1, 7):
        turning.record((number, 5))
    turning.catch_up()
    turning.rpc.call("anvil_reorg", 4, [])
    turning.catch_up()
    logs = turning.rpc.call(
        "eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "address": turning.contract}
    )
    assert [fact.block_hash for fact in turning.stored()] == [log["blockHash"] for log in logs]
    assert turning.applied == turning.stored()


def test_a_node_that_is_behind_undoes_nothing(turning: Reading) -> None:
    turning.record((1, 5))
    turning.catch_up()
    snapshot = turning.rpc.call("evm_snapshot")
    turning.record((2, 5))
    turning.record((3, 5))
    turning.catch_up()
    seen = list(turning.applied)
    turning.rpc.call("evm_revert", snapshot)
    progress = turning.step()
    assert progress.rolled_back_to is None
    assert turning.applied == seen


def test_a_reset_reads_the_chain_anew(reading: Reading) -> None:
    reading.record((1, 5), (2, 5))
    reading.catch_up()
    seen, reading.applied = reading.applied, []
    with reading.engine.begin() as connection:
        reading.indexer.reset(connection)
    reading.catch_up()
    assert reading.applied == seen


def test_every_fact_hangs_on_a_stored_block(reading: Reading) -> None:
    reading.record((1, 5))
    reading.record((2, 5))
    reading.catch_up()
    with reading.engine.connect() as connection:
        orphans = connection.execute(
            select(func.count()).select_from(facts.outerjoin(blocks)).where(blocks.c.number.is_(None))
        ).scalar_one()
    assert orphans == 0


def test_cursors_are_compared_by_block_then_log() -> None:
    assert Cursor(1, 9) < Cursor(2, 0) < Cursor(2, 1)


def test_the_event_before_of_the_same_thing_is_found_and_no_other(reading: Reading) -> None:
    """What became of one thing is the difference of two events with the same indexed values."""
    box = reading.book["Tally"].interface.function("box")
    for number, label, share in ((1, "a", 5), (1, "b", 6), (2, "a", 7), (1, "a", 8)):
        reading.wallet.send(reading.contract, box.encode((number, 9, b"inside"), [share, 0, 0], label))
    reading.catch_up()
    first, *others, second = reading.applied
    with reading.engine.connect() as connection:
        found = data_before(connection, second)
        assert found is not None
        assert int.from_bytes(found[32:64]) == 5
        assert {data_before(connection, each) for each in (first, *others)} == {None}
        assert data_before(connection, second, first_block=second.block_number) is None
        with pytest.raises(LookupError):
            data_before(connection, replace(second, log_index=99))
