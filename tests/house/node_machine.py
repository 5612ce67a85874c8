"""The same house on a real node: one transaction a block, receipts for gas."""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep
from typing import Any

from eth_account import Account
from eth_utils import to_checksum_address

from chainsvc.backends.rpc import Reverted as NodeReverted
from chainsvc.backends.rpc import Rpc
from tests.house.machine import CHAIN_ID, Event, Machine, Reverted

DEPLOYER_KEY = b"\xd0" * 32
RELAYER_KEY = b"\xe1" * 32
GAS = 30_000_000


class NodeMachine(Machine):
    """Contracts behind JSON-RPC. The node must mine at once and let its clock be set."""

    def __init__(self, rpc: Rpc, genesis: Sequence[Any], start: int) -> None:
        self._keys = {Account.from_key(key).address: key for key in (DEPLOYER_KEY, RELAYER_KEY)}
        self._nonces = dict.fromkeys(self._keys, 0)
        self.rpc = rpc
        deployer, relayer = self._keys
        super().__init__(genesis, start, deployer=deployer, relayer=relayer)

    def catch_up(self) -> None:
        """A program of the product sent transactions with these keys, too."""
        for sender in self._nonces:
            self._nonces[sender] = int(self.rpc.call("eth_getTransactionCount", sender, "latest"), 16)

    def _start(self) -> None:
        pass

    def _create(self, code: bytes) -> str:
        return str(self._receipt(self._send(self.deployer, None, code))["contractAddress"])

    def _set_clock(self) -> None:
        # A block of its own, so that questions asked before the next act are asked on the new day.
        self.rpc.call("evm_setNextBlockTimestamp", self.now)
        self.rpc.call("evm_mine")

    def _send(self, sender: str, to: str | None, data: bytes) -> str:
        transaction: dict[str, Any] = {
            "nonce": self._nonces[sender], "gas": GAS, "gasPrice": 0, "value": 0, "data": data, "chainId": CHAIN_ID,
        }  # fmt: skip
        if to is not None:
            transaction["to"] = to_checksum_address(to)
        self._nonces[sender] += 1
        signed = Account.sign_transaction(transaction, self._keys[sender])
        return str(self.rpc.call("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex()))

    def _receipt(self, transaction: str) -> dict[str, Any]:
        for _ in range(2_000):
            receipt = self.rpc.call("eth_getTransactionReceipt", transaction)
            if receipt is not None:
                break
            sleep(0.002)
        if receipt is None or receipt["status"] != "0x1":
            raise AssertionError(f"{transaction} was not mined well: {receipt}")
        block = self.rpc.call("eth_getBlockByNumber", receipt["blockNumber"], False)
        self.now = int(block["timestamp"], 16)
        return dict(receipt)

    def _transact(self, sender: str, to: str, data: bytes) -> bytes:
        answer = self._ask(sender, to, data)
        self.transaction = self._send(sender, to, data)
        receipt = self._receipt(self.transaction)
        self.gas_used = int(receipt["gasUsed"], 16)
        self.events = [self._from_log(log) for log in receipt["logs"]]
        return answer

    def _ask(self, sender: str, to: str, data: bytes) -> bytes:
        request = {"from": sender, "to": to, "data": "0x" + data.hex(), "gas": hex(GAS)}
        try:
            return bytes.fromhex(self.rpc.call("eth_call", request, "latest")[2:])
        except NodeReverted as error:
            raise Reverted.of(self._interface_at(to), error.revert_data) from None

    def _from_log(self, log: dict[str, Any]) -> Event:
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        return self._decode(log["address"].lower(), topics, bytes.fromhex(log["data"][2:]))
