"""JSON-RPC 2.0 over the embedded chain: the methods any Ethereum client has, and three to move its clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import rlp  # type: ignore[import-untyped]  # ships no types
import structlog
from eth.abc import BlockHeaderAPI
from eth.exceptions import OutOfGas, Revert
from eth_typing import Address

from chainsvc.backends.embedded import documents
from chainsvc.backends.embedded.chain import BLOCK_GAS_LIMIT, Call, EmbeddedChain, Outcome, Proof, Refusal
from chainsvc.backends.embedded.documents import data, quantity, word

CLIENT = "Tallystick/embedded/py-evm/prague"
MAX_LOGS = 100_000
MAX_BATCH = 5_000

_PARSE_ERROR, _BAD_REQUEST, _NO_METHOD, _BAD_PARAMS, _INTERNAL = -32700, -32600, -32601, -32602, -32603
_REFUSED, _REVERTED, _LIMIT = -32000, 3, -32005

Answer = dict[str, Any]

_LOG = structlog.get_logger("chainsvc.backends.embedded")


class RpcError(Exception):
    """An error object to answer with."""

    def __init__(self, code: int, message: str, payload: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.payload = payload


class Methods:
    """Answers requests; transactions that stand together in a batch go into one block."""

    def __init__(self, chain: EmbeddedChain) -> None:
        self._chain = chain
        self._store = chain.store
        self._table: Mapping[str, Callable[..., Any]] = {
            "web3_clientVersion": lambda: CLIENT,
            "net_version": lambda: str(chain.chain_id),
            "net_listening": lambda: True,
            "eth_syncing": lambda: False,
            "eth_accounts": list,
            "eth_chainId": lambda: quantity(chain.chain_id),
            "eth_blockNumber": lambda: quantity(chain.head.block_number),
            "eth_gasPrice": lambda: quantity(0),
            "eth_maxPriorityFeePerGas": lambda: quantity(0),
            "eth_feeHistory": self._fee_history,
            "eth_getBlockByNumber": self._block_by_number,
            "eth_getBlockByHash": self._block_by_hash,
            "eth_getBlockReceipts": self._block_receipts,
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getTransactionCount": self._transaction_count,
            "eth_getLogs": self._logs,
            "eth_getBalance": self._balance,
            "eth_getCode": self._code,
            "eth_getStorageAt": self._storage,
            "eth_getProof": self._proof,
            "eth_call": self._call,
            "eth_estimateGas": self._estimate,
            "evm_mine": self._mine,
            "evm_setNextBlockTimestamp": self._set_time,
            "evm_increaseTime": self._increase_time,
        }

    def handle(self, body: bytes) -> bytes:
        """Answer one HTTP body: a request or a batch."""
        try:
            requests = orjson.loads(body)
        except orjson.JSONDecodeError:
            return orjson.dumps(_failure(None, RpcError(_PARSE_ERROR, "parse error")))
        if not isinstance(requests, list):
            return orjson.dumps(self._handle_all([requests])[0])
        if not 0 < len(requests) <= MAX_BATCH:
            problem = RpcError(_BAD_REQUEST, f"a batch holds 1 to {MAX_BATCH} requests, not {len(requests)}")
            return orjson.dumps(_failure(None, problem))
        return orjson.dumps(self._handle_all(requests))

    def _handle_all(self, requests: list[Any]) -> list[Answer]:
        answers: list[Answer] = []
        sent: dict[int, bytes] = {}
        for place, request in enumerate(requests):
            is_send = isinstance(request, dict) and request.get("method") == "eth_sendRawTransaction"
            if sent and not is_send:
                self._seal_sent(answers, sent)
            try:
                if is_send:
                    transaction_hash = self._chain.take(_one_bytes(request.get("params")))
                    sent[place] = transaction_hash
                    answers.append(_success(request.get("id"), data(transaction_hash)))
                else:
                    answers.append(self._handle_one(request))
            except Refusal as error:
                answers.append(_failure(request.get("id"), RpcError(_REFUSED, str(error))))
            except RpcError as error:
                answers.append(_failure(request.get("id") if isinstance(request, dict) else None, error))
            except Exception:
                _LOG.exception("unexpected failure", method=request.get("method"))
                answers.append(_failure(request.get("id"), RpcError(_INTERNAL, "internal error")))
        if sent:
            self._seal_sent(answers, sent)
        return answers

    def _seal_sent(self, answers: list[Answer], sent: dict[int, bytes]) -> None:
        """Seal what was taken; a hash is answered only after the block holding it is on the disk."""
        dropped = self._chain.seal()
        for place, transaction_hash in sent.items():
            if transaction_hash in dropped:
                problem = RpcError(_REFUSED, dropped[transaction_hash])
                answers[place] = _failure(answers[place]["id"], problem)
        sent.clear()

    def _handle_one(self, request: Any) -> Answer:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            raise RpcError(_BAD_REQUEST, "not a JSON-RPC request")
        method = self._table.get(request["method"])
        if method is None:
            raise RpcError(_NO_METHOD, f"the method {request['method']} does not exist/is not available")
        parameters = request.get("params") or []
        if not isinstance(parameters, list):
            raise RpcError(_BAD_PARAMS, "params must be an array")
        try:
            return _success(request.get("id"), method(*parameters))
        except (TypeError, ValueError, KeyError) as error:
            raise RpcError(_BAD_PARAMS, f"invalid argument: {error}") from error

    # Blocks, transactions, logs: finished JSON straight from the store.

    def _fee_history(self, count: str | int, newest: Any = "latest", percentiles: Any = None) -> Answer:
        last = self._number(newest)
        first = max(0, last + 1 - min(_integer(count), 1_024))
        blocks = last + 1 - first
        history: Answer = {
            "oldestBlock": quantity(first),
            "baseFeePerGas": [quantity(0)] * (blocks + 1),
            "gasUsedRatio": [
                self._chain.header(number).gas_used / BLOCK_GAS_LIMIT for number in range(first, last + 1)
            ],
        }
        if percentiles is not None:
            history["reward"] = [[quantity(0)] * len(percentiles)] * blocks
        return history

    def _block_by_number(self, tag: Any, full: bool = False) -> Any:
        if tag == "pending":
            return documents.header_document(self._chain.pending_header(), None)
        number = self._number(tag, must_exist=False)
        return self._with_transactions(self._store.block_by_number(number), number, full)

    def _block_by_hash(self, block_hash: str, full: bool = False) -> Any:
        found = self._store.number_of(_bytes(block_hash, 32))
        if found is None:
            return None
        return self._with_transactions(self._store.block_by_number(found), found, full)

    def _with_transactions(self, document: bytes | None, number: int, full: bool) -> Any:
        if document is None or not full:
            return _fragment(document)
        block = orjson.loads(document)
        block["transactions"] = [orjson.Fragment(entry) for entry in self._store.transactions_of(number)]
        return block

    def _block_receipts(self, tag: Any) -> Any:
        number = self._number(tag, must_exist=False)
        if self._store.block_by_number(number) is None:
            return None
        return [orjson.Fragment(entry) for entry in self._store.receipts_of(number)]

    def _transaction(self, transaction_hash: str) -> Any:
        key = _bytes(transaction_hash, 32)
        waiting = self._chain.waiting.by_hash.get(key)
        if waiting is not None:
            return documents.transaction_document(waiting, None, None, None)
        return _fragment(self._store.transaction(key))

    def _receipt(self, transaction_hash: str) -> Any:
        return _fragment(self._store.receipt(_bytes(transaction_hash, 32)))

    def _logs(self, criteria: Mapping[str, Any]) -> Any:
        if "blockHash" in criteria:
            found = self._store.number_of(_bytes(criteria["blockHash"], 32))
            if found is None:
                raise RpcError(_REFUSED, "unknown block")
            first = last = found
        else:
            first = self._number(criteria.get("fromBlock", "latest"), must_exist=False)
            last = self._number(criteria.get("toBlock", "latest"), must_exist=False)
        addresses = [_bytes(entry, 20) for entry in _listed(criteria.get("address"))]
        topics = [[_bytes(entry, 32) for entry in _listed(choice)] for choice in criteria.get("topics") or []]
        if len(topics) > 4:
            raise RpcError(_BAD_PARAMS, "at most 4 topics")
        found_logs = self._store.logs(first, last, addresses, topics, MAX_LOGS + 1)
        if len(found_logs) > MAX_LOGS:
            raise RpcError(_LIMIT, f"query returned more than {MAX_LOGS} results")
        return [orjson.Fragment(entry) for entry in found_logs]

    # State at a block.

    def _transaction_count(self, address: str, tag: Any = "latest") -> str:
        sender = _bytes(address, 20)
        nonce = self._chain.state(self._header(tag)).get_nonce(Address(sender))
        return quantity(self._chain.waiting.next_nonce(sender, nonce) if tag == "pending" else nonce)

    def _balance(self, address: str, tag: Any = "latest") -> str:
        return quantity(self._chain.state(self._header(tag)).get_balance(Address(_bytes(address, 20))))

    def _code(self, address: str, tag: Any = "latest") -> str:
        return data(self._chain.state(self._header(tag)).get_code(Address(_bytes(address, 20))))

    def _storage(self, address: str, slot: str, tag: Any = "latest") -> str:
        state = self._chain.state(self._header(tag))
        return data(word(state.get_storage(Address(_bytes(address, 20)), _integer(slot))))

    def _proof(self, address: str, slots: list[str], tag: Any = "latest") -> Answer:
        key = _bytes(address, 20)
        numbers = [_integer(slot) for slot in slots]
        account, (path, _), storage = self._chain.proof(key, numbers, self._header(tag))
        return {
            "address": data(key),
            "accountProof": [data(node) for node in path],
            "balance": quantity(account.balance),
            "codeHash": data(account.code_hash),
            "nonce": quantity(account.nonce),
            "storageHash": data(account.storage_root),
            "storageProof": [_storage_proof(slot, proof) for slot, proof in zip(slots, storage, strict=True)],
        }

    def _call(self, request: Mapping[str, Any], tag: Any = "latest", overrides: Any = None) -> str:
        if overrides:
            raise RpcError(_BAD_PARAMS, "state overrides are not available on this node")
        return data(_output(self._chain.run(_call(request), self._header(tag))))

    def _estimate(self, request: Mapping[str, Any], tag: Any = "pending") -> str:
        outcome = self._chain.estimate(_call(request), self._header(tag))
        _output(outcome)
        return quantity(outcome.gas_spent)

    # Writing.

    def _mine(self, options: Any = None) -> str:
        if not self._chain.controlled_clock:
            raise RpcError(_REFUSED, "this node seals blocks by itself; start it with --controlled-clock")
        if options is not None:
            self._chain.move_clock(
                to=_integer(options["timestamp"] if isinstance(options, dict) else options)
            )
        self._chain.seal(empty=True)
        return "0x0"

    def _set_time(self, seconds: Any) -> str:
        return quantity(self._chain.move_clock(to=_integer(seconds)))

    def _increase_time(self, seconds: Any) -> str:
        return quantity(self._chain.move_clock(by=_integer(seconds)))

    # Which block is meant.

    def _header(self, tag: Any) -> BlockHeaderAPI:
        return self._chain.pending_header() if tag == "pending" else self._chain.header(self._number(tag))

    def _number(self, tag: Any, *, must_exist: bool = True) -> int:
        head = self._chain.head.block_number
        if isinstance(tag, dict):
            if "blockHash" in tag:
                found = self._store.number_of(_bytes(tag["blockHash"], 32))
                if found is None:
                    raise RpcError(_REFUSED, "header for hash not found")
                return found
            tag = tag["blockNumber"]
        if tag in (None, "latest", "safe", "finalized", "pending"):
            return head
        number = 0 if tag == "earliest" else _integer(tag)
        if must_exist and number > head:
            raise RpcError(_REFUSED, f"header not found: the head is block {head}")
        return number


def _call(request: Mapping[str, Any]) -> Call:
    code = request.get("input", request.get("data")) or "0x"
    return Call(
        sender=Address(_bytes(request["from"], 20) if request.get("from") else bytes(20)),
        to=Address(_bytes(request["to"], 20)) if request.get("to") else None,
        gas=_integer(request["gas"]) if request.get("gas") else BLOCK_GAS_LIMIT,
        value=_integer(request.get("value") or "0x0"),
        data=_bytes(code),
    )


def _output(outcome: Outcome) -> bytes:
    """Return data, or the error a client like geth answers with: code 3 and the revert data."""
    if outcome.error is None:
        return outcome.output
    if isinstance(outcome.error, Revert):
        raise RpcError(_REVERTED, "execution reverted", data(outcome.output))
    if isinstance(outcome.error, OutOfGas):
        raise RpcError(_REFUSED, "out of gas")
    raise RpcError(_REFUSED, f"execution failed: {type(outcome.error).__name__}: {outcome.error}")


def _storage_proof(slot: str, proof: Proof) -> Answer:
    path, found = proof
    value = int.from_bytes(rlp.decode(found), "big") if found else 0
    return {"key": slot, "value": quantity(value), "proof": [data(node) for node in path]}


def _success(number: Any, result: Any) -> Answer:
    return {"jsonrpc": "2.0", "id": number, "result": result}


def _failure(number: Any, error: RpcError) -> Answer:
    document: Answer = {"code": error.code, "message": error.message}
    if error.payload is not None:
        document["data"] = error.payload
    return {"jsonrpc": "2.0", "id": number, "error": document}


def _fragment(document: bytes | None) -> Any:
    return None if document is None else orjson.Fragment(document)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _one_bytes(parameters: Any) -> bytes:
    if not isinstance(parameters, list) or len(parameters) != 1:
        raise RpcError(_BAD_PARAMS, "one raw transaction is expected")
    raw = _bytes(parameters[0])
    if not raw:
        raise RpcError(_BAD_PARAMS, "the raw transaction is empty")
    return raw


def _bytes(value: Any, length: int | None = None) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise RpcError(_BAD_PARAMS, f"invalid argument: {value!r} is no hexadecimal string with 0x")
    try:
        decoded = bytes.fromhex(value[2:])
    except ValueError as error:
        raise RpcError(_BAD_PARAMS, f"invalid argument: {error}") from error
    if length is not None and len(decoded) != length:
        raise RpcError(_BAD_PARAMS, f"invalid argument: {length} bytes are expected, not {len(decoded)}")
    return decoded


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value, 16 if isinstance(value, str) and value.startswith("0x") else 10)
