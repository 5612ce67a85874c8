"""Blocks, transactions, receipts and logs in the JSON form every Ethereum client answers with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import rlp  # type: ignore[import-untyped]  # ships no types
from eth._utils.address import generate_contract_address
from eth.abc import BlockAPI, ReceiptAPI, SignedTransactionAPI

from chainsvc.backends.embedded.store import BlockRows, LogRow, MinedRow


def data(value: bytes) -> str:
    """Bytes in JSON-RPC form."""
    return "0x" + value.hex()


def quantity(value: int) -> str:
    """An integer in JSON-RPC form."""
    return hex(value)


def word(value: int) -> bytes:
    """An integer as 32 bytes."""
    return value.to_bytes(32, "big")


def block_rows(block: BlockAPI, receipts: Sequence[ReceiptAPI]) -> BlockRows:
    """All that the store keeps of one sealed block."""
    block_hash, number = block.hash, block.number
    mined: list[MinedRow] = []
    logs: list[LogRow] = []
    gas_before = 0
    for position, (transaction, receipt) in enumerate(zip(block.transactions, receipts, strict=True)):
        place = {
            "blockHash": data(block_hash),
            "blockNumber": quantity(number),
            "transactionHash": data(transaction.hash),
            "transactionIndex": quantity(position),
        }
        own_logs = [
            {
                **place,
                "address": data(log.address),
                "topics": [data(word(topic)) for topic in log.topics],
                "data": data(log.data),
                "logIndex": quantity(len(logs) + offset),
                "blockTimestamp": quantity(block.header.timestamp),
                "removed": False,
            }
            for offset, log in enumerate(receipt.logs)
        ]
        for log, document in zip(receipt.logs, own_logs, strict=True):
            topics = tuple(word(topic) for topic in log.topics)
            logs.append(LogRow(len(logs), log.address, topics, orjson.dumps(document)))
        receipt_document = _receipt(transaction, receipt, gas_before, place, own_logs)
        gas_before = receipt.gas_used
        mined.append(
            MinedRow(
                hash=transaction.hash,
                position=position,
                document=orjson.dumps(transaction_document(transaction, block_hash, number, position)),
                receipt=orjson.dumps(receipt_document),
            )
        )
    document = header_document(block.header, block_hash)
    document["size"] = quantity(len(rlp.encode(block)))
    document["transactions"] = [data(transaction.hash) for transaction in block.transactions]
    return BlockRows(number, block_hash, orjson.dumps(document), mined, logs)


def header_document(header: Any, block_hash: bytes | None) -> dict[str, Any]:
    """The header fields; `block_hash` is None for the block that is not sealed yet."""
    return {
        "number": quantity(header.block_number),
        "hash": None if block_hash is None else data(block_hash),
        "parentHash": data(header.parent_hash),
        "nonce": data(header.nonce),
        "sha3Uncles": data(header.uncles_hash),
        "logsBloom": data(header.bloom.to_bytes(256, "big")),
        "transactionsRoot": data(header.transaction_root),
        "receiptsRoot": data(header.receipt_root),
        "stateRoot": data(header.state_root),
        "miner": data(header.coinbase),
        "difficulty": quantity(header.difficulty),
        "totalDifficulty": quantity(0),
        "mixHash": data(header.mix_hash),
        "extraData": data(header.extra_data),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "baseFeePerGas": quantity(header.base_fee_per_gas),
        "withdrawalsRoot": data(header.withdrawals_root),
        "withdrawals": [],
        "blobGasUsed": quantity(header.blob_gas_used),
        "excessBlobGas": quantity(header.excess_blob_gas),
        "parentBeaconBlockRoot": data(header.parent_beacon_block_root),
        "requestsHash": data(header.requests_hash),
        "uncles": [],
        "transactions": [],
    }


def type_of(transaction: SignedTransactionAPI) -> int:
    """EIP-2718 type; 0 for a legacy transaction."""
    kind: int = getattr(transaction, "type_id", None) or 0
    return kind


def transaction_document(
    transaction: SignedTransactionAPI, block_hash: bytes | None, number: int | None, position: int | None
) -> dict[str, Any]:
    """A transaction; the place is None while it waits in the pool."""
    kind = type_of(transaction)
    document: dict[str, Any] = {
        "blockHash": None if block_hash is None else data(block_hash),
        "blockNumber": None if number is None else quantity(number),
        "transactionIndex": None if position is None else quantity(position),
        "hash": data(transaction.hash),
        "type": quantity(kind),
        "from": data(transaction.sender),
        "to": data(transaction.to) if transaction.to else None,
        "nonce": quantity(transaction.nonce),
        "gas": quantity(transaction.gas),
        "gasPrice": quantity(transaction.max_fee_per_gas if kind >= 2 else transaction.gas_price),
        "value": quantity(transaction.value),
        "input": data(transaction.data),
        "r": quantity(transaction.r),
        "s": quantity(transaction.s),
        "v": quantity(transaction.y_parity if kind else transaction.v),  # type: ignore[attr-defined]
        "chainId": quantity(transaction.chain_id or 0),
    }
    if kind:
        document["yParity"] = document["v"]
        document["accessList"] = [
            {"address": data(address), "storageKeys": [data(word(slot)) for slot in slots]}
            for address, slots in transaction.access_list
        ]
    if kind >= 2:
        document["maxFeePerGas"] = quantity(transaction.max_fee_per_gas)
        document["maxPriorityFeePerGas"] = quantity(transaction.max_priority_fee_per_gas)
    return document


def _receipt(
    transaction: SignedTransactionAPI,
    receipt: ReceiptAPI,
    gas_before: int,
    place: dict[str, str],
    logs: list[dict[str, Any]],
) -> dict[str, Any]:
    created = None
    if not transaction.to:
        created = data(generate_contract_address(transaction.sender, transaction.nonce))
    kind = type_of(transaction)
    price = transaction.max_priority_fee_per_gas if kind >= 2 else transaction.gas_price
    return {
        **place,
        "type": quantity(kind),
        "status": quantity(int.from_bytes(receipt.state_root, "big")),
        "from": data(transaction.sender),
        "to": data(transaction.to) if transaction.to else None,
        "contractAddress": created,
        "gasUsed": quantity(receipt.gas_used - gas_before),
        "cumulativeGasUsed": quantity(receipt.gas_used),
        "effectiveGasPrice": quantity(price),
        "logsBloom": data(receipt.bloom.to_bytes(256, "big")),
        "logs": logs,
    }
