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


@dataclass(frozen=True, slots=True)
class Offered:
    """An instruction as it came in, read and packed; `signers` are who signed it, by the field they stand in."""

    key: str
    function: str
    body: str
    body_hash: bytes
    contract: str
    item: bytes
    signers: Sequence[tuple[str, str]]
    order_key: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A write as it came: the caller's idempotency key, and a hash of method, address and body."""

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write was answered: HTTP status and JSON, byte for byte."""

    status: int
    content: bytes


class Acts(Protocol):
    """The ledger's acts: their forms, their digests and who signed them. Asks neither database nor chain."""

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
        """The address (lower case) behind a 64-byte signature, or None."""
        ...

    def pack(self, function: str, item: Mapping[str, Any]) -> tuple[str, bytes]:
        """The contract that takes the verb, and one item of it as the contract reads it."""
        ...


class Ledger(Protocol):
    """The ledger as instructions meet it, within one database transaction."""

    def signers(self, addresses: Sequence[str]) -> Mapping[str, Signer]:
        """Which of these are registered keys, as far as the gateway has indexed the chain."""
        ...

    def enqueue(self, offered: Sequence[Offered], created_at: int) -> None:
        """Put new instructions in the outbox, in this order."""
        ...

    def operation(self, key: str) -> Operation | None:
        """Where it is."""
        ...


class Instructions(Protocol):
    """The idempotency book of instructions."""

    def add(self, offered: Sequence[Offered], created_at: int) -> Mapping[str, bytes]:
        """Keep instructions as they came, but those whose key is taken: of these, the hash of what came first."""
        ...


class Guard(Protocol):
    """Looks at acts before they are taken in."""

    def check(self, offered: Sequence[Offered]) -> None:
        """Raise Problem for the first act that its parties' own limits forbid."""
        ...


class Requests(Protocol):
    """The idempotency book of all writes."""

    def find(self, asked: Sequence[Asked]) -> Mapping[str, Answer]:
        """What was answered to these before, by key; raises Problem when a key serves another request."""
        ...

    def keep(self, answers: Sequence[tuple[Asked, Answer]], created_at: int) -> None:
        """Keep answers to requests that were not found."""
        ...
