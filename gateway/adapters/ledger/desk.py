"""The ledger as the gateway's services meet it, bound to one database transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select

from chainsvc.api import Chain
from gateway.adapters.ledger import acts
from gateway.db.own import instructions
from gateway.db.tables import signers
from gateway.ports import Offered, Operation, Signer, Types

# Made once: to make a statement takes longer than to run it.
_SIGNERS = select(signers.c.key, signers.c.party, signers.c.person).where(
    signers.c.key.in_(bindparam("keys", expanding=True))
)


class ActReader:
    """Implements the port `Acts` for one deployment."""

    def __init__(self, chain: Chain, domain: acts.Domain) -> None:
        self._chain = chain
        self._domain = domain

    def act_of(self, function: str) -> str:
        """The act a verb carries; raises KeyError."""
        return acts.verbs()[function].act

    def types_of(self, act: str) -> Types:
        """EIP-712 types of an act."""
        return acts.act_types()[act]

    def parts_of(self, function: str) -> Mapping[str, tuple[str, str]]:
        """What an item takes beside its act."""
        return _parts(function)

    def typed_data(self, act: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """The document a signer is shown."""
        return acts.typed_data(self._domain, act, message)

    def digest(self, act: str, message: Mapping[str, Any]) -> bytes:
        """What all co-signers sign."""
        return acts.digest(self._domain, act, message)

    def recover(self, digest: bytes, signature: bytes) -> str | None:
        """The address behind a 64-byte signature, or None."""
        return acts.recover(digest, signature)

    def pack(self, function: str, item: Mapping[str, Any]) -> tuple[str, bytes]:
        """The contract and one item of its verb, ABI-encoded."""
        verb = acts.verbs()[function]
        return verb.contract, self._chain.pack(verb.contract, function, verb.pack(item))


class Desk:
    """Implements the port `Ledger` on a connection."""

    def __init__(self, chain: Chain, connection: Connection) -> None:
        self._chain = chain
        self._connection = connection

    def signers(self, addresses: Sequence[str]) -> Mapping[str, Signer]:
        """Which of these are registered keys, as far as the chain has been indexed."""
        found = self._connection.execute(_SIGNERS, {"keys": addresses})
        return {row.key: Signer(row.key, row.party, row.person) for row in found}

    def enqueue(self, offered: Sequence[Offered], created_at: int) -> None:
        """Put new instructions in the outbox."""
        rows = [
            {
                "key": each.key,
                "contract": each.contract,
                "function": each.function,
                "item": each.item,
                "order_key": each.order_key,
                "created_at": created_at,
            }
            for each in offered
        ]
        self._chain.enqueue_packed(self._connection, rows)

    def operation(self, key: str) -> Operation | None:
        """Where an instruction is."""
        status = self._chain.status(self._connection, key)
        if status is None:
            return None
        function = self._connection.execute(
            select(instructions.c.function).where(instructions.c.key == key)
        ).scalar_one_or_none()
        return Operation(
            key=key,
            function=function or "",
            state=str(status.state),
            reason=status.reason,
            error=status.error,
            transaction=status.transaction_hash,
            block=status.block_number,
        )

    def on_the_way(self, function: str, block: int) -> list[dict[str, Any]]:
        """Instructions of one verb that were taken in and may take effect after a block, as they came."""
        keys = self._chain.on_the_way(self._connection, function, block)
        query = select(instructions.c.body).where(instructions.c.key.in_(keys)).order_by(instructions.c.key)
        return [orjson.loads(body) for body in self._connection.execute(query).scalars()]


@cache
def _parts(function: str) -> Mapping[str, tuple[str, str]]:
    item = acts.verbs()[function].item
    if "components" not in item:
        return {item["name"]: (item["type"].removesuffix("[]"), "")}
    found: dict[str, tuple[str, str]] = {}
    for part in item["components"]:
        if part["name"] == "act":
            continue
        struct = part["internalType"].removeprefix("struct ").removesuffix("[]")
        found[part["name"]] = (part["type"], struct if part["type"].startswith("tuple") else "")
    return found
