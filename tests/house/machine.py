"""The deployed contracts on pyrevm: calls, clock, decoded answers. Real bytecode, no node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyrevm
import rlp
from eth_utils import to_checksum_address
from eth_utils.crypto import keccak

from chainsvc.artifacts import load
from chainsvc.codec import Interface, encode, types_of

CHAIN_ID = 31_337
DEPLOYER = "0x" + "d0" * 20
RELAYER = "0x" + "e1" * 20
STRANGER = "0x" + "55" * 20
ORDER = ("AccessManager", "Evidence", "Ledger", "Registry", "Credit", "Settlement")
SHANGHAI_SECONDS = 28_800


class Reverted(Exception):
    """A call reverted; `name` is the contract's own error."""

    def __init__(self, name: str, arguments: Mapping[str, Any]) -> None:
        super().__init__(f"{name}({dict(arguments)})")
        self.name = name


@dataclass(frozen=True, slots=True)
class Event:
    """One decoded log."""

    contract: str
    name: str
    args: Mapping[str, Any]


def create_address(sender: str, nonce: int) -> str:
    """Where CREATE puts a contract."""
    return "0x" + keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[12:].hex()


class Machine:
    """Six contracts at their predicted addresses, and a clock that only the test moves."""

    def __init__(self, genesis: Sequence[Any], start: int) -> None:
        self._evm = pyrevm.EVM(spec_id="PRAGUE", env=pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=CHAIN_ID)))
        self.now = start
        self.gas_used = 0
        self.events: list[Event] = []
        self.addresses = {name: create_address(DEPLOYER, nonce) for nonce, name in enumerate(ORDER)}
        self._interfaces = {name: Interface(load(name)) for name in ORDER}
        self._names = {address: name for name, address in self.addresses.items()}
        self._set_clock()
        modules = tuple(to_checksum_address(self.addresses[name]) for name in ORDER)
        for name in ORDER:
            arguments: list[Any] = [to_checksum_address(DEPLOYER)] if name == "AccessManager" else [modules]
            if name == "Registry":
                arguments.append(genesis)
            self._deploy(name, arguments)
        self.call("AccessManager", "grantRole", 1, to_checksum_address(RELAYER), 0, sender=DEPLOYER)

    def _deploy(self, name: str, arguments: Sequence[Any]) -> None:
        artifact = load(name)
        constructor = next(entry for entry in artifact.abi if entry["type"] == "constructor")
        code = artifact.bytecode + encode(types_of(constructor["inputs"]), arguments)
        address = self._evm.deploy(DEPLOYER, code)
        if address.lower() != self.addresses[name]:
            raise AssertionError(f"{name} stands at {address}, {self.addresses[name]} was predicted")

    def day(self) -> int:
        """Today, as the contracts count it."""
        return (self.now + SHANGHAI_SECONDS) // 86_400

    def pass_days(self, days: int) -> None:
        """Move the clock on."""
        self.now += days * 86_400
        self._set_clock()

    def go_to_day(self, day: int) -> None:
        """Move the clock to noon of a later day."""
        self.now = max(self.now, day * 86_400 - SHANGHAI_SECONDS + 43_200)
        self._set_clock()

    def _set_clock(self) -> None:
        self._evm.set_block_env(pyrevm.BlockEnv(number=1, timestamp=self.now))

    def call(self, contract: str, function: str, *args: Any, sender: str = RELAYER) -> Any:
        """Send a transaction and decode its answer; its events are kept in `events`. Raises Reverted."""
        interface = self._interfaces[contract]
        entry = interface.function(function)
        answer = self._raw(contract, entry.encode(*args), sender)
        self.gas_used = self._evm.result.gas_used
        self.events = [self._event(log) for log in self._evm.result.logs]
        return entry.decode_output(answer)

    def _raw(self, contract: str, calldata: bytes, sender: str) -> bytes:
        try:
            return bytes(self._evm.message_call(sender, self.addresses[contract], calldata=calldata))
        except RuntimeError as error:
            text = str(error)
            start = text.find("output: 0x")
            if start < 0:
                raise
            data = bytes.fromhex(text[start + 10 :].split(" ")[0].rstrip(",})"))
            reason = self._interfaces[contract].revert_reason(data)
            raise Reverted(reason.name, reason.arguments) from None

    def view(self, contract: str, function: str, *args: Any) -> Any:
        """Ask a view function; nothing is kept."""
        entry = self._interfaces[contract].function(function)
        mark = self._evm.snapshot()
        answer = self._raw(contract, entry.encode(*args), STRANGER)
        self._evm.revert(mark)
        return entry.decode_output(answer)

    def _event(self, log: Any) -> Event:
        name = self._names[log.address.lower()]
        topics = [bytes.fromhex(topic.removeprefix("0x")) for topic in log.topics]
        data = log.data[1] if isinstance(log.data, tuple) else log.data
        event = self._interfaces[name].events[topics[0]]
        return Event(name, event.name, event.decode(topics, bytes(data)))
