"""What only the embedded node promises: durability, one owner, its clock, one block a batch."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainsvc.artifacts import Artifact
from chainsvc.backends.process import Node, NodeDidNotStart, start_embedded
from chainsvc.backends.rpc import Refused, Rpc, Unreachable
from tests.chainsvc.support import CHAIN_ID, NOTE, Wallet, record_call, sends

GENESIS_TIME = 1_700_000_000
LEAST = 4
"""Receipts before each of the kills."""


@pytest.fixture
def standing_clock(tmp_path: Path) -> Iterator[Rpc]:
    node = start_embedded(tmp_path, chain_id=CHAIN_ID, genesis_time=GENESIS_TIME, controlled_clock=True)
    with node, Rpc(node.url) as rpc:
        yield rpc


def amount_of(rpc: Rpc, tally: Artifact, contract: str, number: int) -> int:
    data = "0x" + tally.method_identifiers["amountOf(uint64)"] + number.to_bytes(32, "big").hex()
    return int(rpc.call("eth_call", {"to": contract, "data": data}, "latest"), 16)


def test_five_kills_lose_nothing_that_had_a_receipt(tmp_path: Path, tally: Artifact) -> None:
    node = start_embedded(tmp_path, chain_id=CHAIN_ID)
    dice = random.Random(20240607)
    with Rpc(node.url) as rpc:
        wallet = Wallet(rpc)
        contract = wallet.deploy(tally)
    seen: dict[str, str] = {}
    for _ in range(5):
        sent = _write_until_killed(node, wallet, tally, contract, seen, dice)
        node = start_embedded(tmp_path, chain_id=CHAIN_ID)
        with Rpc(node.url) as rpc:
            for transaction_hash, block_hash in seen.items():
                found = rpc.call("eth_getTransactionReceipt", transaction_hash)
                assert found["blockHash"] == block_hash
            # What was under way when the power went is sent again, and has run once in the end.
            rpc.batch(sends([sent]))
            wallet.nonce = int(rpc.call("eth_getTransactionCount", wallet.signer.address, "latest"), 16)
            assert [amount_of(rpc, tally, contract, n) for n in range(1, wallet.nonce)] == [5] * (
                wallet.nonce - 1
            )
    node.stop()
    assert len(seen) >= 5 * LEAST


def _write_until_killed(
    node: Node, wallet: Wallet, tally: Artifact, contract: str, seen: dict[str, str], dice: random.Random
) -> str:
    """Send one transaction after the other until the node dies, some after the fourth; return the unanswered one."""
    with Rpc(node.url, attempts=1) as rpc:
        for sent in itertools.count(1):
            if sent == LEAST + 1:
                threading.Timer(dice.uniform(0.0, 0.3), node.process.kill).start()
            raw = wallet.sign(contract, record_call(tally, [(wallet.nonce, 5, NOTE)]))
            try:
                transaction_hash = rpc.call("eth_sendRawTransaction", raw)
                seen[transaction_hash] = rpc.call("eth_getTransactionReceipt", transaction_hash)["blockHash"]
            except Unreachable:
                node.kill()
                return raw
    raise AssertionError("the node outlived its killing")


def test_a_second_node_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with (
        start_embedded(tmp_path, chain_id=CHAIN_ID),
        pytest.raises(NodeDidNotStart, match="in use by another process"),
    ):
        start_embedded(tmp_path, chain_id=CHAIN_ID)


def test_data_of_another_chain_is_refused(tmp_path: Path) -> None:
    start_embedded(tmp_path, chain_id=CHAIN_ID).stop()
    with pytest.raises(NodeDidNotStart, match=f"holds chain {CHAIN_ID}, not 5"):
        start_embedded(tmp_path, chain_id=5)


def test_history_and_proofs_survive_a_restart(tmp_path: Path, tally: Artifact) -> None:
    with start_embedded(tmp_path, chain_id=CHAIN_ID) as node, Rpc(node.url) as rpc:
        contract = Wallet(rpc).deploy(tally)
        proof = rpc.call("eth_getProof", contract, ["0x1"], "latest")
        head = rpc.call("eth_getBlockByNumber", "latest", True)
    with start_embedded(tmp_path, chain_id=CHAIN_ID) as node, Rpc(node.url) as rpc:
        assert rpc.call("eth_getBlockByNumber", "latest", True) == head
        assert rpc.call("eth_getProof", contract, ["0x1"], "latest") == proof


def test_transactions_sent_together_share_a_block(embedded: Node, tally: Artifact) -> None:
    with Rpc(embedded.url) as rpc:
        wallets = [Wallet(rpc) for _ in range(3)]
        contract = wallets[0].deploy(tally)
        raws = [
            wallet.sign(contract, record_call(tally, [(10 * place + step, 5, NOTE)]))
            for step in (1, 2)
            for place, wallet in enumerate(wallets)
        ]
        receipts = [rpc.call("eth_getTransactionReceipt", entry) for entry in rpc.results(sends(raws))]
    assert len({entry["blockNumber"] for entry in receipts}) == 1
    assert [int(entry["transactionIndex"], 16) for entry in receipts] == list(range(6))


def test_more_than_one_blocks_worth_goes_into_several(embedded: Node, tally: Artifact) -> None:
    with Rpc(embedded.url) as rpc:
        wallet = Wallet(rpc)
        contract = wallet.deploy(tally)
        raws = [
            wallet.sign(contract, record_call(tally, [(step, 5, NOTE)]), gas=119_990_000)
            for step in range(1, 6)
        ]
        receipts = [rpc.call("eth_getTransactionReceipt", entry) for entry in rpc.results(sends(raws))]
    assert {entry["status"] for entry in receipts} == {"0x1"}
    assert len({entry["blockNumber"] for entry in receipts}) > 1


def test_a_burst_does_not_run_ahead_of_the_wall_clock(embedded: Node, tally: Artifact) -> None:
    with Rpc(embedded.url) as rpc:
        wallet = Wallet(rpc)
        contract = wallet.deploy(tally)
        for number in range(1, 60):
            wallet.send(contract, record_call(tally, [(number, 5, NOTE)]))
        head = rpc.call("eth_getBlockByNumber", "latest", False)
    assert int(head["timestamp"], 16) <= time.time()


def test_time_stands_still_until_it_is_moved(standing_clock: Rpc, tally: Artifact) -> None:
    rpc = standing_clock
    wallet = Wallet(rpc)
    contract = wallet.deploy(tally)

    def head_time() -> int:
        return int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    assert head_time() == GENESIS_TIME
    rpc.call("evm_setNextBlockTimestamp", GENESIS_TIME + 86_400)
    assert int(rpc.call("eth_getBlockByNumber", "pending", False)["timestamp"], 16) == GENESIS_TIME + 86_400
    wallet.send(contract, record_call(tally, [(1, 5, NOTE)]))
    assert head_time() == GENESIS_TIME + 86_400
    rpc.call("evm_increaseTime", 60)
    rpc.call("evm_mine")
    assert head_time() == GENESIS_TIME + 86_460
    with pytest.raises(Refused, match="time cannot go back"):
        rpc.call("evm_setNextBlockTimestamp", GENESIS_TIME)


def test_a_trial_at_pending_sees_the_time_of_the_next_block(standing_clock: Rpc, pair: Artifact) -> None:
    # The contract keeps the time of its creation in its code, so a trial creation shows the time it saw.
    def born(tag: str) -> int:
        creation = {"data": "0x" + (pair.bytecode + bytes(64)).hex()}
        runtime = bytes.fromhex(standing_clock.call("eth_call", creation, tag)[2:])
        (word,) = pair.immutable_values(runtime)["Pair.born"]
        return int.from_bytes(word, "big")

    standing_clock.call("evm_setNextBlockTimestamp", GENESIS_TIME + 86_400)
    assert born("latest") == GENESIS_TIME
    assert born("pending") == GENESIS_TIME + 86_400


def test_a_node_on_the_wall_clock_does_not_let_time_be_moved(embedded: Node) -> None:
    with Rpc(embedded.url) as rpc:
        for method, params in (
            ("evm_increaseTime", [60]),
            ("evm_mine", []),
            ("evm_setNextBlockTimestamp", [2**40]),
        ):
            with pytest.raises(Refused, match="controlled-clock"):
                rpc.call(method, *params)


def test_a_planned_time_survives_a_restart(tmp_path: Path) -> None:
    options = {"chain_id": CHAIN_ID, "genesis_time": GENESIS_TIME, "controlled_clock": True}
    with start_embedded(tmp_path, **options) as node, Rpc(node.url) as rpc:
        rpc.call("evm_setNextBlockTimestamp", GENESIS_TIME + 500)
    with start_embedded(tmp_path, **options) as node, Rpc(node.url) as rpc:
        rpc.call("evm_mine")
        assert int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16) == GENESIS_TIME + 500


def test_balances_of_block_zero(tmp_path: Path) -> None:
    rich = "0x" + "11" * 20
    with start_embedded(tmp_path, chain_id=CHAIN_ID, balances={rich: 10**18}) as node, Rpc(node.url) as rpc:
        assert int(rpc.call("eth_getBalance", rich, "latest"), 16) == 10**18


def test_nonsense_is_answered_as_the_standard_says(embedded: Node) -> None:
    with Rpc(embedded.url) as rpc:
        for method, params, code in (
            ("eth_getBalance", ["0x12"], -32602),
            ("eth_getBlockByNumber", ["soon"], -32602),
            ("eth_sendRawTransaction", ["0xzz"], -32602),
            ("eth_sendRawTransaction", ["0x1234"], -32000),
            ("eth_call", [{"to": "0x" + "11" * 20}, hex(2**40)], -32000),
        ):
            with pytest.raises(Refused) as caught:
                rpc.call(method, *params)
            assert caught.value.code == code, method
