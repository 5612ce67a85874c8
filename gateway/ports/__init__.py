"""What the business needs of the world; adapters and the database provide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Types = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Signer:
    """A registered key: whose it is and which person's."""

    address: str
    party: int
    person: int


@dataclass(frozen=True, slots=True)
class Operation:
    """Where an instruction is on its way to the chain."""

    key: str
    function: str
    state: str
    reason: int | None
    error: str | None
    transaction: str | None
    block: int | None


class Ledger(Protocol):
    """The ledger as instructions meet it, within one database transaction."""

    def act_of(self, function: str) -> str:
        """The act a verb carries, empty where nothing is signed; raises KeyError for an unknown verb."""
        ...

    def types_of(self, act: str) -> Types:
        """EIP-712 types of an act."""
        ...

    def parts_of(self, function: str) -> Mapping[str, tuple[str, str]]:
        """What an item of the verb takes beside its act: name to (ABI type, struct name or empty)."""
        ...

    def typed_data(self, act: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """The document a signer is shown."""
        ...

    def digest(self, act: str, message: Mapping[str, Any]) -> bytes:
        """What all co-signers sign."""
        ...

    def recover(self, digest: bytes, signature: bytes) -> str | None:
        """The address behind a 64-byte signature, or None."""
        ...

    def signer(self, address: str) -> Signer | None:
        """A registered key, as far as the gateway has indexed the chain."""
        ...

    def enqueue(
        self, key: str, function: str, item: Mapping[str, Any], created_at: int, order_key: str | None
    ) -> None:
        """Put an instruction in the outbox."""
        ...

    def operation(self, key: str) -> Operation | None:
        """Where it is."""
        ...


class Instructions(Protocol):
    """The idempotency book of instructions."""

    def body_hash(self, key: str) -> bytes | None:
        """Hash of the body that came under this key, or None."""
        ...

    def add(self, key: str, body_hash: bytes, function: str, body: str, created_at: int) -> None:
        """Keep an instruction as it came."""
        ...
