"""The front door: everything a business service may ask of its ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from chainsvc import submitter
from chainsvc.backends.rpc import Refused, Request, Reverted, Rpc, Unreachable
from chainsvc.book import Book
from chainsvc.codec import CodecError, RevertReason
from chainsvc.indexer.facts import BEGINNING, Cursor, Fact, facts_after
from chainsvc.indexer.indexer import Indexer, Progress
from chainsvc.signing import Signer
from chainsvc.submitter import InstructionStatus, KeyReused, Settings, State, StepReport, Worker
from chainsvc.submitter.batching import item_encoder, item_type

__all__ = [
    "BEGINNING",
    "Block",
    "Chain",
    "CodecError",
    "ContractRefusal",
    "Cursor",
    "DecodedCall",
    "Fact",
    "Indexer",
    "InstructionStatus",
    "KeyReused",
    "Progress",
    "Refused",
    "RevertReason",
    "Reverted",
    "Settings",
    "State",
    "StepReport",
    "Unreachable",
    "Worker",
]


class ContractRefusal(Exception):
    """A contract said no to a question; `reason` is its error, decoded."""

    def __init__(self, reason: RevertReason) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Block:
    """A sealed block; `time` in seconds since 1970."""

    number: int
    hash: str
    parent_hash: str
    time: int


@dataclass(frozen=True, slots=True)
class DecodedCall:
    """What a transaction asked of which contract; `block_number` is None while it is not mined."""

    contract: str
    function: str
    args: Mapping[str, Any]
    sender: str
    block_number: int | None


class Chain:
    """One deployment on one node. Not shared between threads: it holds one connection."""

    def __init__(self, rpc: Rpc, book: Book) -> None:
        self._rpc = rpc
        self.book = book

    def enqueue(
        self,
        connection: Connection,
        *,
        key: str,
        contract: str,
        function: str,
        item: Sequence[Any],
        created_at: int,
        order_key: str | None = None,
    ) -> int:
        """Store one instruction in the caller's transaction and return its number.

        `item` is one element of the list that `function` takes. Idempotent on `key`; instructions with one
        `order_key` take effect in their order; `created_at` in seconds since 1970.
        Raises CodecError when the item does not fit, KeyReused when the key has another content.
        """
        return submitter.enqueue(
            connection,
            key=key,
            contract=contract,
            function=function,
            item=self.pack(contract, function, item),
            created_at=created_at,
            order_key=order_key,
        )

    def pack(self, contract: str, function: str, item: Sequence[Any]) -> bytes:
        """One element of the list that `function` takes, as `enqueue_packed` wants it; raises CodecError."""
        return item_encoder(item_type(self.book[contract].interface.function(function)))(item)

    def enqueue_packed(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store many new instructions at once: rows of `enqueue`'s arguments, each `item` packed beforehand.

        Raises sqlalchemy's IntegrityError when one of the keys is taken.
        """
        submitter.enqueue_many(connection, rows)

    def status(self, connection: Connection, key: str) -> InstructionStatus | None:
        """Where an instruction is."""
        return submitter.status(connection, key)

    def on_the_way(self, connection: Connection, function: str, block: int) -> list[str]:
        """Keys of the instructions of one verb that may still take effect, or did after `block`, in their order."""
        return submitter.on_the_way(connection, function, block)

    def facts_after(
        self, connection: Connection, cursor: Cursor = BEGINNING, *, limit: int | None = None
    ) -> Iterator[Fact]:
        """Facts already indexed, after `cursor`, in order."""
        return facts_after(connection, self.book, cursor, limit=limit)

    def worker(self, engine: Engine, signer: Signer, settings: Settings) -> Worker:
        """The submitter of this deployment under one relayer key."""
        return Worker(engine, self._rpc, self.book, signer, settings)

    def indexer(self, *, start_block: int = 0, confirmations: int = 0) -> Indexer:
        """The index of this deployment, staying `confirmations` blocks behind the head."""
        return Indexer(self._rpc, self.book, start_block=start_block, confirmations=confirmations)

    def read(self, contract: str, function: str, *args: Any, block: int | str = "latest") -> Any:
        """Ask a view function at a block; a single result comes bare, several as a tuple.

        Raises ContractRefusal when the contract says no, Unreachable or Refused when the node does.
        """
        return self.read_many([(contract, function, args)], block=block)[0]

    def read_many(
        self, questions: Sequence[tuple[str, str, Sequence[Any]]], *, block: int | str = "latest"
    ) -> list[Any]:
        """Many questions (contract, function, arguments) in one exchange with the node."""
        requests = []
        for contract, function, args in questions:
            entry = self.book[contract]
            data = "0x" + entry.interface.function(function).encode(*args).hex()
            requests.append(Request("eth_call", ({"to": entry.address, "data": data}, _tag(block))))
        answers = []
        for (contract, function, _), answer in zip(questions, self._rpc.batch(requests), strict=True):
            interface = self.book[contract].interface
            if isinstance(answer, Reverted):
                raise ContractRefusal(interface.revert_reason(answer.revert_data))
            if isinstance(answer, Refused):
                raise answer
            answers.append(interface.function(function).decode_output(bytes.fromhex(answer[2:])))
        return answers

    def decode_input(self, transaction_hash: str) -> DecodedCall:
        """What a transaction asked for. Raises LookupError when it is unknown, or not ours."""
        found = self._rpc.call("eth_getTransactionByHash", transaction_hash)
        if found is None:
            raise LookupError(f"no transaction {transaction_hash}")
        contract = self.book.at((found["to"] or "").lower())
        if contract is None:
            raise LookupError(f"{transaction_hash} went to {found['to']}, which is none of our contracts")
        calldata = bytes.fromhex(found["input"][2:])
        function = contract.interface.function_of(calldata)
        return DecodedCall(
            contract=contract.name,
            function=function.name,
            args=function.decode_input(calldata),
            sender=found["from"].lower(),
            block_number=None if found["blockNumber"] is None else int(found["blockNumber"], 16),
        )

    def storage_word(self, contract: str, slot: int, *, block: int | str = "latest") -> bytes:
        """The 32 bytes a contract stores at a slot, at a block."""
        word = self._rpc.call("eth_getStorageAt", self.book[contract].address, _slot(slot), _tag(block))
        return bytes.fromhex(word[2:].zfill(64))

    def proof(self, contract: str, slots: Sequence[int], *, block: int | str = "latest") -> Mapping[str, Any]:
        """The node's Merkle proof (EIP-1186) of a contract and some of its slots, as the node gives it."""
        address = self.book[contract].address
        proof: Mapping[str, Any] = self._rpc.call(
            "eth_getProof", address, [_slot(slot) for slot in slots], _tag(block)
        )
        return proof

    def block(self, number: int | str = "latest") -> Block | None:
        """A block by number or tag, or None when the node has none."""
        found = self._rpc.call("eth_getBlockByNumber", _tag(number), False)
        if found is None:
            return None
        return Block(
            number=int(found["number"], 16),
            hash=found["hash"],
            parent_hash=found["parentHash"],
            time=int(found["timestamp"], 16),
        )

    def client(self) -> str:
        """The node's name for itself."""
        return str(self._rpc.call("web3_clientVersion"))

    def chain_id(self) -> int:
        """The node's chain id."""
        return int(self._rpc.call("eth_chainId"), 16)


def _tag(block: int | str) -> str:
    return hex(block) if isinstance(block, int) else block


def _slot(slot: int) -> str:
    return "0x" + slot.to_bytes(32, "big").hex()
