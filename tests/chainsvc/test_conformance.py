"""Every node the ledger may run on behaves the same in what the ledger relies on."""

from __future__ import annotations

import pytest
from eth_abi.abi import decode
from eth_utils.crypto import keccak

from chainsvc.artifacts import Artifact
from chainsvc.backends.rpc import Refused, Request, Reverted, Rpc
from tests.chainsvc.support import NOTE, Wallet, receipt, record_call, sends

RECORDED = "0x" + keccak(text="Recorded(uint64,uint64,bytes,address)").hex()


@pytest.fixture
def contract(wallet: Wallet, tally: Artifact) -> str:
    return wallet.deploy(tally)


def total(rpc: Rpc, tally: Artifact, contract: str, tag: str = "latest") -> int:
    call = {"to": contract, "data": "0x" + tally.method_identifiers["total()"]}
    return int(rpc.call("eth_call", call, tag), 16)


def test_says_who_it_is(rpc: Rpc, wallet: Wallet) -> None:
    client, version = rpc.results([Request("web3_clientVersion"), Request("net_version")])
    assert client
    assert int(version) == wallet.chain_id


def test_deployed_code_is_the_artifacts_code(rpc: Rpc, contract: str, tally: Artifact) -> None:
    assert rpc.call("eth_getCode", contract, "latest") == "0x" + tally.deployed_bytecode.hex()


def test_a_batch_of_transactions_is_mined_in_its_order(
    rpc: Rpc, wallet: Wallet, tally: Artifact, contract: str
) -> None:
    raws = [wallet.sign(contract, record_call(tally, [(n, 5, NOTE)])) for n in range(1, 11)]
    receipts = [receipt(rpc, transaction_hash) for transaction_hash in rpc.results(sends(raws))]
    assert {entry["status"] for entry in receipts} == {"0x1"}
    places = [(int(entry["blockNumber"], 16), int(entry["transactionIndex"], 16)) for entry in receipts]
    assert places == sorted(places)
    assert total(rpc, tally, contract) == 50


def test_a_transaction_sent_twice_runs_once(rpc: Rpc, wallet: Wallet, tally: Artifact, contract: str) -> None:
    raw = wallet.sign(contract, record_call(tally, [(1, 7, NOTE)]))
    first = rpc.call("eth_sendRawTransaction", raw)
    receipt(rpc, first)
    again = rpc.batch(sends([raw, raw]))
    assert all(answer == first or isinstance(answer, Refused) for answer in again)
    assert total(rpc, tally, contract) == 7
    assert int(rpc.call("eth_getTransactionCount", wallet.signer.address, "latest"), 16) == wallet.nonce


def test_a_gap_in_the_nonces_is_waited_for(rpc: Rpc, wallet: Wallet, tally: Artifact, contract: str) -> None:
    first, second = (wallet.sign(contract, record_call(tally, [(n, 3, NOTE)])) for n in (1, 2))
    late = rpc.call("eth_sendRawTransaction", second)
    assert rpc.call("eth_getTransactionReceipt", late) is None
    rpc.call("eth_sendRawTransaction", first)
    assert receipt(rpc, late)["status"] == "0x1"
    assert total(rpc, tally, contract) == 6


@pytest.mark.parametrize(
    ("data", "fault"),
    [(b"", {"nonce": 0}), (b"", {"chainId": 1}), (b"\x01" * 100, {"gas": 21_000})],
    ids=["a used nonce", "a foreign chain", "too little gas"],
)
def test_never_runs(rpc: Rpc, wallet: Wallet, contract: str, data: bytes, fault: dict[str, int]) -> None:
    # Some nodes refuse at once, some take it and never mine it: neither may move the account.
    nonce = rpc.call("eth_getTransactionCount", wallet.signer.address, "latest")
    (answer,) = rpc.batch(sends([wallet.sign(contract, data, **fault)]))
    if not isinstance(answer, Refused):
        assert rpc.call("eth_getTransactionReceipt", answer) is None
    assert rpc.call("eth_getTransactionCount", wallet.signer.address, "latest") == nonce


def test_a_revert_is_answered_with_its_data(rpc: Rpc, tally: Artifact, contract: str) -> None:
    call = {"to": contract, "data": "0x" + record_call(tally, [(9, 666, NOTE)]).hex()}
    expected = keccak(text="Poisoned(uint64)")[:4] + (9).to_bytes(32, "big")
    for method in ("eth_call", "eth_estimateGas"):
        with pytest.raises(Reverted) as caught:
            rpc.call(method, call, "latest")
        assert caught.value.revert_data == expected


def test_a_reverted_transaction_has_a_receipt_that_says_so(
    wallet: Wallet, tally: Artifact, contract: str
) -> None:
    found = wallet.send(contract, record_call(tally, [(9, 666, NOTE)]))
    assert found["status"] == "0x0"
    assert found["logs"] == []


def test_a_call_sees_the_named_block(rpc: Rpc, wallet: Wallet, tally: Artifact, contract: str) -> None:
    before = wallet.send(contract, record_call(tally, [(1, 10, NOTE)]))
    after = wallet.send(contract, record_call(tally, [(2, 5, NOTE)]))
    assert total(rpc, tally, contract, before["blockNumber"]) == 10
    assert total(rpc, tally, contract, {"blockHash": after["blockHash"]}) == 15  # type: ignore[arg-type]
    assert int(rpc.call("eth_getStorageAt", contract, "0x1", before["blockNumber"]), 16) == 10


def test_an_estimate_is_enough_and_not_lavish(
    rpc: Rpc, wallet: Wallet, tally: Artifact, contract: str
) -> None:
    items = [(n, 5, NOTE * 10) for n in range(1, 101)]
    call = {"from": wallet.signer.address, "to": contract, "data": "0x" + record_call(tally, items).hex()}
    estimate = int(rpc.call("eth_estimateGas", call), 16)
    found = wallet.send(contract, record_call(tally, items), gas=estimate)
    assert found["status"] == "0x1"
    assert int(found["gasUsed"], 16) <= estimate <= int(found["gasUsed"], 16) * 11 // 10


def test_a_hundred_items_fit_in_one_transaction(wallet: Wallet, tally: Artifact, contract: str) -> None:
    found = wallet.send(contract, record_call(tally, [(n, 5, NOTE) for n in range(1, 101)]), gas=16_700_000)
    assert found["status"] == "0x1"
    assert len(found["logs"]) == 100


def test_logs_are_found_by_address_topic_range_and_block(
    rpc: Rpc, wallet: Wallet, tally: Artifact, contract: str
) -> None:
    first = wallet.send(contract, record_call(tally, [(n, 5, NOTE) for n in (1, 2, 3)]))
    second = wallet.send(contract, record_call(tally, [(n, 5, NOTE) for n in (4, 4)]))
    everything = {"address": [contract], "fromBlock": first["blockNumber"], "toBlock": "latest"}

    def ids(**criteria: object) -> list[int]:
        logs = rpc.call("eth_getLogs", {**everything, **criteria})
        return [int(log["topics"][1], 16) for log in logs if log["topics"][0] == RECORDED]

    assert ids() == [1, 2, 3, 4]
    assert ids(topics=[[RECORDED]]) == [1, 2, 3, 4]
    assert ids(
        topics=[None, ["0x" + (2).to_bytes(32, "big").hex(), "0x" + (4).to_bytes(32, "big").hex()]]
    ) == [2, 4]
    assert ids(fromBlock=second["blockNumber"]) == [4]
    by_hash = rpc.call("eth_getLogs", {"address": contract, "blockHash": second["blockHash"]})
    assert [log["transactionHash"] for log in by_hash] == [second["transactionHash"]] * 2
    assert [int(log["logIndex"], 16) for log in by_hash] == sorted(
        int(log["logIndex"], 16) for log in by_hash
    )
    skipped = decode(["uint256[]"], bytes.fromhex(by_hash[1]["data"][2:]))[0]
    assert skipped == ((1 << 8) | 2,)


def test_blocks_and_transactions_agree_with_each_other(
    rpc: Rpc, wallet: Wallet, tally: Artifact, contract: str
) -> None:
    data = record_call(tally, [(1, 5, NOTE)])
    found = wallet.send(contract, data)
    transaction = rpc.call("eth_getTransactionByHash", found["transactionHash"])
    assert transaction["input"] == "0x" + data.hex()
    assert transaction["from"].lower() == wallet.signer.address
    by_number = rpc.call("eth_getBlockByNumber", found["blockNumber"], True)
    by_hash = rpc.call("eth_getBlockByHash", found["blockHash"], False)
    assert by_number["hash"] == by_hash["hash"] == found["blockHash"]
    assert by_hash["transactions"] == [entry["hash"] for entry in by_number["transactions"]]
    parent = rpc.call("eth_getBlockByNumber", hex(int(found["blockNumber"], 16) - 1), False)
    assert by_number["parentHash"] == parent["hash"]
    assert int(by_number["timestamp"], 16) >= int(parent["timestamp"], 16)
    assert rpc.call("eth_getBlockByNumber", hex(2**40), False) is None
    assert rpc.call("eth_getTransactionReceipt", "0x" + "00" * 32) is None


def test_storage_is_proved_against_the_state_root(
    rpc: Rpc, wallet: Wallet, tally: Artifact, contract: str
) -> None:
    found = wallet.send(contract, record_call(tally, [(1, 41, NOTE)]))
    root = rpc.call("eth_getBlockByNumber", found["blockNumber"], False)["stateRoot"]
    proof = rpc.call("eth_getProof", contract, ["0x" + "1".zfill(64)], found["blockNumber"])
    assert "0x" + keccak(hexstr=proof["accountProof"][0]).hex() == root
    assert "0x" + keccak(hexstr=proof["storageProof"][0]["proof"][0]).hex() == proof["storageHash"]
    assert int(proof["storageProof"][0]["value"], 16) == 41


def test_an_unknown_method_is_refused_and_the_batch_around_it_answered(rpc: Rpc) -> None:
    chain, unknown, block = rpc.batch(
        [Request("eth_chainId"), Request("eth_noSuchThing"), Request("eth_blockNumber")]
    )
    assert isinstance(unknown, Refused)
    assert int(chain, 16) > 0
    assert int(block, 16) >= 0
