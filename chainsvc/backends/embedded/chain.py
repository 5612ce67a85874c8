"""The chain itself: take transactions, seal blocks, answer calls against any past state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import rlp  # type: ignore[import-untyped]  # ships no types
from eth._utils.address import generate_contract_address
from eth.abc import BlockAPI, BlockHeaderAPI, ComputationAPI, ReceiptAPI, SignedTransactionAPI, StateAPI
from eth.chains.base import Chain
from eth.constants import (
    CREATE_CONTRACT_ADDRESS,
    POST_MERGE_DIFFICULTY,
    POST_MERGE_MIX_HASH,
    POST_MERGE_NONCE,
)
from eth.db.atomic import AtomicDB
from eth.exceptions import VMError
from eth.rlp.accounts import Account
from eth.vm.forks.prague import PragueVM
from eth.vm.message import Message
from eth.vm.spoof import SpoofTransaction
from eth_bloom.bloom import BloomFilter
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from trie.hexary import HexaryTrie

from chainsvc.backends.embedded import documents
from chainsvc.backends.embedded.store import Store

BLOCK_GAS_LIMIT = 120_000_000
"""Gas in one block: seven transactions of the largest size other networks take (16.7 million)."""

MAX_WAITING = 10_000
"""Transactions held back for a missing earlier nonce; more are refused."""

_BLOB_TYPE = 3

Proof = tuple[list[bytes], bytes]
"""Encoded trie nodes from the root downward, and the value found (empty when absent)."""


class Refusal(Exception):
    """A transaction or call the chain does not take; nothing has changed."""


@dataclass(frozen=True, slots=True)
class Call:
    """What eth_call and eth_estimateGas are asked to run; `to` is None for a creation."""

    sender: Address
    to: Address | None = None
    gas: int = BLOCK_GAS_LIMIT
    value: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a call; `error` is None on success and `output` then holds the return data."""

    output: bytes
    error: VMError | None
    gas_spent: int


class _FeelessVM(PragueVM):
    """Prague, except: no base fee ever, a constant gas limit, and blocks of one second may share its time.

    Without the last, a burst of blocks would push the chain's clock ahead of the world's.
    """

    @staticmethod
    def create_header_from_parent(  # type: ignore[override]
        parent_header: BlockHeaderAPI | None, **parameters: Any
    ) -> BlockHeaderAPI:
        if parent_header is not None:
            parameters.setdefault("gas_limit", parent_header.gas_limit)
            parameters.setdefault("timestamp", parent_header.timestamp)
        parameters.pop("base_fee_per_gas", None)
        header: BlockHeaderAPI = PragueVM.create_header_from_parent(parent_header, **parameters)
        return header.copy(base_fee_per_gas=0)

    @classmethod
    def validate_gas(cls, header: BlockHeaderAPI, parent_header: BlockHeaderAPI) -> None:
        if header.gas_limit != parent_header.gas_limit or header.base_fee_per_gas != 0:
            raise ValidationError("gas limit and base fee never change on this chain")

    @classmethod
    def validate_header(cls, header: BlockHeaderAPI, parent_header: BlockHeaderAPI) -> None:
        if header.timestamp < parent_header.timestamp:
            raise ValidationError("a block cannot be older than its parent")
        super().validate_header(header.copy(timestamp=parent_header.timestamp + 1), parent_header)


@dataclass(slots=True)
class Waiting:
    """Transactions taken but not sealed yet, in order of arrival."""

    by_hash: dict[bytes, SignedTransactionAPI] = field(default_factory=dict)

    def next_nonce(self, sender: bytes, nonce: int) -> int:
        """First nonce of `sender` that is free, counting from `nonce`."""
        taken = {entry.nonce for entry in self.by_hash.values() if entry.sender == sender}
        while nonce in taken:
            nonce += 1
        return nonce


class EmbeddedChain:
    """One chain over one store. Not thread-safe: the server calls it from one thread."""

    def __init__(
        self,
        store: Store,
        *,
        chain_id: int,
        clock: Callable[[], int],
        genesis_time: int | None = None,
        controlled_clock: bool = False,
        balances: dict[bytes, int] | None = None,
    ) -> None:
        """Open the chain in `store`, or start it with `balances` (wei) at `genesis_time` (seconds).

        With a controlled clock, time stands still until `move_clock` is called.
        Raises Refusal when the store holds a chain of another id.
        """
        chain_class = type(
            "EmbeddedPrague",
            (Chain,),
            {"chain_id": chain_id, "vm_configuration": ((BlockNumber(0), _FeelessVM),)},
        )
        self.store = store
        self.chain_id = chain_id
        self.controlled_clock = controlled_clock
        self.waiting = Waiting()
        self._clock = clock
        if store.height() is None:
            start = clock() if genesis_time is None else genesis_time
            self._chain = self._start(chain_class, start, balances or {})
        else:
            if store.meta("chain_id") != chain_id:
                raise Refusal(f"this store holds chain {store.meta('chain_id')}, not {chain_id}")
            self._chain = cast(Chain, chain_class(AtomicDB(store)))
        self.head: BlockHeaderAPI = self._chain.get_canonical_head()

    def _start(self, chain_class: type, start: int, balances: dict[bytes, int]) -> Chain:
        state = {
            Address(address): {"balance": balance, "nonce": 0, "code": b"", "storage": {}}
            for address, balance in balances.items()
        }
        parameters = {
            "difficulty": POST_MERGE_DIFFICULTY,
            "mix_hash": POST_MERGE_MIX_HASH,
            "nonce": POST_MERGE_NONCE,
            "gas_limit": BLOCK_GAS_LIMIT,
            "timestamp": start,
            "extra_data": self.chain_id.to_bytes(32, "big"),
        }
        chain: Chain = chain_class.from_genesis(AtomicDB(self.store), parameters, state)  # type: ignore[attr-defined]
        genesis = chain.get_block_by_header(chain.get_canonical_head())
        self.store.commit(documents.block_rows(genesis, []), {"chain_id": self.chain_id})
        return chain

    def header(self, number: int) -> BlockHeaderAPI:
        """Header of a sealed block; raises Refusal beyond the head."""
        if number == self.head.block_number:
            return self.head
        if not 0 <= number < self.head.block_number:
            raise Refusal(f"block {number} is not there, the head is {self.head.block_number}")
        return self._chain.get_canonical_block_header_by_number(BlockNumber(number))

    def pending_header(self) -> BlockHeaderAPI:
        """Header of the block that would be sealed now, empty."""
        return _FeelessVM.create_header_from_parent(self.head, timestamp=self._next_time())

    def state(self, header: BlockHeaderAPI) -> StateAPI:
        """State after `header`, in that block's context."""
        return self._chain.get_vm(header).state

    def _next_time(self) -> int:
        planned = self.store.meta("next_time")
        if planned is not None:
            return planned
        return self.head.timestamp if self.controlled_clock else max(self.head.timestamp, self._clock())

    def move_clock(self, *, to: int | None = None, by: int = 0) -> int:
        """Set the time of the next block, durable at once; returns it in seconds.

        Raises Refusal without a controlled clock, or when time would run backwards.
        """
        if not self.controlled_clock:
            raise Refusal("this node follows the wall clock; start it with --controlled-clock")
        target = self._next_time() + by if to is None else to
        if target < self.head.timestamp:
            raise Refusal(f"time cannot go back: the head is at {self.head.timestamp}, asked for {target}")
        self.store.commit(meta={"next_time": target})
        return target

    def take(self, raw: bytes) -> bytes:
        """Accept a signed transaction for the next block and return its hash.

        One already known, waiting or mined, is answered with the same hash and never runs twice.
        Raises Refusal for anything that could not be sealed.
        """
        transaction_hash = keccak(raw)
        if transaction_hash in self.waiting.by_hash or self.store.receipt(transaction_hash) is not None:
            return transaction_hash
        transaction = self._decode(raw)
        state = self.state(self.head)
        nonce = state.get_nonce(transaction.sender)
        if transaction.nonce < nonce:
            raise Refusal(f"nonce too low: next nonce {nonce}, tx nonce {transaction.nonce}")
        for other in self.waiting.by_hash.values():
            if other.sender == transaction.sender and other.nonce == transaction.nonce:
                raise Refusal(
                    "replacement transaction underpriced: the nonce is taken by a waiting transaction"
                )
        if len(self.waiting.by_hash) >= MAX_WAITING:
            raise Refusal(f"{MAX_WAITING} transactions are waiting already")
        self.waiting.by_hash[transaction_hash] = transaction
        return transaction_hash

    def _decode(self, raw: bytes) -> SignedTransactionAPI:
        try:
            transaction = _FeelessVM.get_transaction_builder().decode(raw)
            transaction.validate()
            transaction.check_signature_validity()
        except Exception as error:  # any bytes may come in, and the decoders fail in a dozen ways
            raise Refusal(f"invalid transaction: {error}") from error
        if documents.type_of(transaction) == _BLOB_TYPE:
            raise Refusal("transaction type not supported: blobs")
        if transaction.chain_id != self.chain_id:
            raise Refusal(f"invalid chain id: want {self.chain_id}, got {transaction.chain_id}")
        least = max(transaction.intrinsic_gas, _calldata_floor(transaction.data))
        if transaction.gas < least:
            raise Refusal(f"intrinsic gas too low: gas {transaction.gas}, minimum {least}")
        if transaction.gas > BLOCK_GAS_LIMIT:
            raise Refusal(f"exceeds block gas limit: {transaction.gas} above {BLOCK_GAS_LIMIT}")
        return transaction

    def seal(self, *, empty: bool = False) -> dict[bytes, str]:
        """Seal blocks until nothing that waits can run; `empty` seals one block even with nothing in it.

        Returns what had to be dropped (hash to reason). Every block is durable before this returns.
        """
        dropped: dict[bytes, str] = {}
        while True:
            sealed = self._seal_one(dropped, empty=empty)
            empty = False
            if not sealed:
                return dropped

    def _seal_one(self, dropped: dict[bytes, str], *, empty: bool) -> bool:
        header = self.pending_header()
        vm = self._chain.get_vm(header)
        taken: list[SignedTransactionAPI] = []
        receipts: list[ReceiptAPI] = []
        try:
            for transaction in self._runnable(vm.state):
                if header.gas_used + transaction.gas > header.gas_limit:
                    break
                try:
                    receipt, _ = vm.apply_transaction(header, transaction)
                except ValidationError as error:
                    dropped[transaction.hash] = str(error)
                    del self.waiting.by_hash[transaction.hash]
                    break
                # The state root is computed once, when the block is finished, not after each transaction.
                bloom = int(BloomFilter(header.bloom) | receipt.bloom)
                header = header.copy(gas_used=receipt.gas_used, bloom=bloom)
                taken.append(transaction)
                receipts.append(receipt)
            if not taken and not empty:
                return bool(dropped) and any(True for _ in self._runnable(self.state(self.head)))
            block = vm.set_block_transactions_and_withdrawals(vm.get_block(), header, taken, receipts)
            sealed = vm.mine_block(block).block
            self._chain.persist_block(sealed)
            self._commit(sealed, receipts)
        except BaseException:
            self.store.rollback()
            raise
        for transaction in taken:
            del self.waiting.by_hash[transaction.hash]
        return True

    def _commit(self, block: BlockAPI, receipts: list[ReceiptAPI]) -> None:
        self.store.commit(documents.block_rows(block, receipts), {"next_time": None})
        self.head = block.header

    def _runnable(self, state: StateAPI) -> Iterable[SignedTransactionAPI]:
        """What waits and may run now: in order of arrival, each sender's nonces without a gap."""
        nonces: dict[bytes, int] = {}
        held: dict[tuple[bytes, int], SignedTransactionAPI] = {}
        for transaction in list(self.waiting.by_hash.values()):
            sender = transaction.sender
            held[sender, transaction.nonce] = transaction
            nonce = nonces.setdefault(sender, state.get_nonce(sender))
            while (sender, nonce) in held:
                yield held.pop((sender, nonce))
                nonce += 1
            nonces[sender] = nonce

    def run(self, call: Call, header: BlockHeaderAPI) -> Outcome:
        """Run `call` on the state after `header`; leaves nothing behind. Raises Refusal without the funds."""
        state = self.state(header)
        executor = state.get_transaction_executor()
        gas = min(call.gas, BLOCK_GAS_LIMIT)
        context = state.get_transaction_context_class()(gas_price=0, origin=call.sender)
        try:
            if call.to is None:
                created = generate_contract_address(call.sender, state.get_nonce(call.sender))
                message = Message(
                    gas,
                    CREATE_CONTRACT_ADDRESS,
                    call.sender,
                    call.value,
                    b"",
                    call.data,
                    create_address=created,
                )
                computation = state.computation_class.apply_create_message(state, message, context)
            else:
                code, delegate = executor.get_code_at_address(call.to)  # type: ignore[attr-defined]
                message = Message(
                    gas, call.to, call.sender, call.value, call.data, code, code_address=delegate or call.to
                )
                computation = state.computation_class.apply_message(state, message, context)
        except VMError as error:
            raise Refusal(str(error)) from error
        return _outcome(computation, gas)

    def estimate(self, call: Call, header: BlockHeaderAPI) -> Outcome:
        """Least gas, within 2 %, with which `call` succeeds as a transaction on top of `header`.

        On failure the outcome carries the error met with all the gas there is.
        """
        vm = self._chain.get_vm(header)
        state = vm.state
        limit = min(call.gas, BLOCK_GAS_LIMIT)
        best = self._try(state, call, limit)
        if best.error is not None:
            return best
        for guess in (best.gas_spent, best.gas_spent * 64 // 63 + 2_300):
            if guess < limit and self._try(state, call, guess).error is None:
                return Outcome(best.output, None, guess)
        low, high = best.gas_spent, limit
        while high - low > low // 50:
            middle = min((low + high) // 2, low * 2)
            if self._try(state, call, middle).error is None:
                high = middle
            else:
                low = middle
        return Outcome(best.output, None, high)

    def _try(self, state: StateAPI, call: Call, gas: int) -> Outcome:
        unsigned = _FeelessVM.create_unsigned_transaction(
            nonce=state.get_nonce(call.sender),
            gas_price=0,
            gas=gas,
            to=call.to or CREATE_CONTRACT_ADDRESS,
            value=call.value,
            data=call.data,
        )
        spoofed = cast(SignedTransactionAPI, SpoofTransaction(unsigned, from_=call.sender))
        snapshot = state.snapshot()
        try:
            computation = state.apply_transaction(spoofed)
            spent = gas - computation.get_gas_remaining()
            floor = getattr(computation, "data_floor_gas", 0)
            return Outcome(bytes(computation.output), _error(computation), spent + floor)
        except ValidationError as error:
            return Outcome(b"", VMError(str(error)), gas)
        finally:
            state.revert(snapshot)

    def proof(
        self, address: bytes, slots: list[int], header: BlockHeaderAPI
    ) -> tuple[Account, Proof, list[Proof]]:
        """Merkle proofs (EIP-1186) of an account and of storage slots, in or not in the state."""
        database = self._chain.chaindb.db
        path, found = _prove(database, header.state_root, keccak(address))
        account = rlp.decode(found, sedes=Account) if found else Account()
        storage = [_prove(database, account.storage_root, keccak(documents.word(slot))) for slot in slots]
        return account, (path, found), storage


def _prove(database: Any, root: Hash32, key: bytes) -> Proof:
    trie = HexaryTrie(database, root_hash=root)
    encoded = [rlp.encode(node) for node in trie.get_proof(key)]  # type: ignore[no-untyped-call]
    # A node under 32 bytes is part of its parent, so a verifier does not expect it on its own.
    return [node for depth, node in enumerate(encoded) if depth == 0 or len(node) >= 32], trie[key]


def _calldata_floor(data: bytes) -> int:
    """EIP-7623: what a transaction pays at least for its bytes, four tokens each, one for a zero."""
    return 21_000 + 10 * (4 * len(data) - 3 * data.count(0))


def _outcome(computation: ComputationAPI, gas: int) -> Outcome:
    return Outcome(bytes(computation.output), _error(computation), gas - computation.get_gas_remaining())


def _error(computation: ComputationAPI) -> VMError | None:
    return computation.error if computation.is_error else None
