"""The deployed contracts on pyrevm: calls, clock, decoded answers. Real bytecode, no node."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyrevm
import rlp
from eth_utils import to_checksum_address
from eth_utils.crypto import keccak

from chainsvc.artifacts import Artifact, load
from chainsvc.artifacts.compiler import CONTRACTS
from chainsvc.codec import Interface, encode, types_of

CHAIN_ID = 31_337
DEPLOYER = "0x" + "d0" * 20
RELAYER = "0x" + "e1" * 20
STRANGER = "0x" + "55" * 20
ORDER = (
    "AccessManager",
    "Evidence",
    "Ledger",
    "Registry",
    "Credit",
    "Protection",
    "Settlement",
    "Terms",
    "Goods",
    "Margin",
    "Enforcement",
    "Orders",
    "Stages",
)
PAGES: Mapping[str, str] = json.loads((CONTRACTS / "compiler.json").read_text())["pages"]
"""Contracts with a second page, and which it is."""
BARE = ("Terms",)
"""Contracts that are told nothing when they are made."""
SHANGHAI_SECONDS = 28_800


class Reverted(Exception):
    """A call reverted; `name` is the contract's own error."""

    def __init__(self, name: str, arguments: Mapping[str, Any]) -> None:
        super().__init__(f"{name}({dict(arguments)})")
        self.name = name

    @classmethod
    def of(cls, interface: Interface, data: bytes) -> Reverted:
        """From what the contract returned."""
        reason = interface.revert_reason(data)
        return cls(reason.name, reason.arguments)


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
    """The contracts at their predicted addresses, and a clock that only the test moves."""

    def __init__(
        self, genesis: Sequence[Any], start: int, *, deployer: str = DEPLOYER, relayer: str = RELAYER
    ) -> None:
        self.now = start
        self.deployer = deployer
        self.relayer = relayer
        self.gas_used = 0
        self.transaction = ""
        self.events: list[Event] = []
        self.addresses = {name: create_address(deployer, nonce) for nonce, name in enumerate(ORDER)}
        self._interfaces = {name: Interface(load(name)) for name in ORDER}
        self._names = {address: name for name, address in self.addresses.items()}
        self._start()
        self._set_clock()
        modules = tuple(to_checksum_address(self.addresses[name]) for name in ORDER)
        for name in ORDER:
            arguments: list[Any] = [to_checksum_address(deployer)] if name == "AccessManager" else [modules]
            if name == "Registry":
                arguments.append(genesis)
            if name in BARE:
                arguments = []
            self._deploy(name, arguments)
        self.call("AccessManager", "grantRole", 1, to_checksum_address(relayer), 0, sender=deployer)

    def _deploy(self, name: str, arguments: Sequence[Any]) -> None:
        artifact = self._artifact(name)
        inputs = next((entry["inputs"] for entry in artifact.abi if entry["type"] == "constructor"), [])
        address = self._create(artifact.bytecode + encode(types_of(inputs), arguments))
        if address.lower() != self.addresses[name]:
            raise AssertionError(f"{name} stands at {address}, {self.addresses[name]} was predicted")

    def _artifact(self, name: str) -> Artifact:
        return load(name)

    def day(self) -> int:
        """Today, as the contracts count it."""
        return (self.now + SHANGHAI_SECONDS) // 86_400

    def pass_days(self, days: int) -> None:
        """Move the clock on."""
        self.now += days * 86_400
        self._set_clock()

    def pass_seconds(self, seconds: int) -> None:
        """Move the clock on by less than days."""
        self.now += seconds
        self._set_clock()

    def go_to_day(self, day: int) -> None:
        """Move the clock to noon of a later day."""
        self.now = max(self.now, day * 86_400 - SHANGHAI_SECONDS + 43_200)
        self._set_clock()

    def calldata(self, contract: str, function: str, *args: Any) -> bytes:
        """What a transaction would carry."""
        return self._interfaces[contract].function(function).encode(*args)

    def call(self, contract: str, function: str, *args: Any, sender: str | None = None) -> Any:
        """Send a transaction and decode its answer; its events are kept in `events`. Raises Reverted."""
        entry = self._interfaces[contract].function(function)
        calldata = entry.encode(*args)
        return entry.decode_output(self._transact(sender or self.relayer, self.addresses[contract], calldata))

    def view(self, contract: str, function: str, *args: Any) -> Any:
        """Ask a view function; nothing is kept."""
        entry = self._interfaces[contract].function(function)
        return entry.decode_output(self._ask(STRANGER, self.addresses[contract], entry.encode(*args)))

    def _interface_at(self, address: str) -> Interface:
        return self._interfaces[self._names[address.lower()]]

    def _decode(self, address: str, topics: Sequence[bytes], data: bytes) -> Event:
        name = self._names[address]
        event = self._interfaces[name].events[topics[0]]
        return Event(name, event.name, event.decode(topics, data))

    # ── pyrevm ──────────────────────────────────────────────────────────────────────────────────────────────

    def _start(self) -> None:
        self._evm = pyrevm.EVM(spec_id="PRAGUE", env=pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=CHAIN_ID)))

    def _create(self, code: bytes) -> str:
        return str(self._evm.deploy(self.deployer, code))

    def _set_clock(self) -> None:
        self._evm.set_block_env(pyrevm.BlockEnv(number=1, timestamp=self.now))

    def _transact(self, sender: str, to: str, data: bytes) -> bytes:
        answer = self._run(sender, to, data)
        self.gas_used = self._evm.result.gas_used
        self.events = [self._from_log(log) for log in self._evm.result.logs]
        return answer

    def _ask(self, sender: str, to: str, data: bytes) -> bytes:
        mark = self._evm.snapshot()
        answer = self._run(sender, to, data)
        self._evm.revert(mark)
        return answer

    def _run(self, sender: str, to: str, data: bytes) -> bytes:
        try:
            return bytes(self._evm.message_call(sender, to, calldata=data))
        except RuntimeError as error:
            text = str(error)
            start = text.find("output: 0x")
            if start < 0:
                raise
            output = bytes.fromhex(text[start + 10 :].split(" ")[0].rstrip(",})"))
            raise Reverted.of(self._interface_at(to), output) from None

    def _from_log(self, log: Any) -> Event:
        topics = [bytes.fromhex(topic.removeprefix("0x")) for topic in log.topics]
        data = log.data[1] if isinstance(log.data, tuple) else log.data
        return self._decode(log.address.lower(), topics, bytes(data))
