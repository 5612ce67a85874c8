"""From the specification's acts to what is signed and carried: field names, hashes, Merkle proofs, signatures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from gateway.adapters.ledger import acts as signing
from gateway.domain.acts import Accept, AcceptOffer, Invoices, Receivable
from gateway.domain.office_acts import Recover, Veto
from gateway.domain.order_acts import Order
from gateway.domain.parties import OfficeSignature

STRANGER_KEY = keccak(b"a key nobody registered")
OTHER_CHAIN = 1


class Messages:
    """Turns acts into typed data under one domain, and signs them with the keys of this world."""

    def __init__(self, domain: signing.Domain, keys: Mapping[str, bytes], wallets: Mapping[str, str]) -> None:
        self.domain = domain
        self.wallets = wallets
        self._elsewhere = signing.Domain(OTHER_CHAIN, domain.ledger)
        self._keys = keys

    @staticmethod
    def fields(value: Any) -> Any:
        """An act by the contracts' field names; what the contracts carry as a hash is hashed."""
        if is_dataclass(value) and not isinstance(value, type):
            return {
                Messages.camel(part.name): Messages.fields(getattr(value, part.name))
                for part in fields(value)
            }
        if isinstance(value, tuple):
            return [Messages.fields(part) for part in value]
        if isinstance(value, str):
            return to_checksum_address(value)
        return value

    @staticmethod
    def camel(name: str) -> str:
        """A field's name as the contracts spell it."""
        return re.sub(r"_(\w)", lambda found: found[1].upper(), name.rstrip("_"))

    def message(self, act: Any) -> dict[str, Any]:
        """The act as its EIP-712 type has it."""
        said: dict[str, Any] = self.fields(act)
        for listed in ("offers", "orders"):
            if listed in said:
                said[listed] = self.tree(said[listed])[-1][0]
        if isinstance(act, Accept):
            said["invoices"] = invoices_hash(act.invoices)
        if isinstance(act, AcceptOffer):
            said["receivable"] = self.receivable_hash(act.receivable)
        if isinstance(act, Veto):
            said["recovery"] = bytes(32) if act.recovery is None else self.recovery_hash(act.recovery)
        return said

    def digest(self, act: Any, *, elsewhere: bool = False) -> bytes:
        """What all co-signers of the act sign; `elsewhere` is another chain's."""
        domain = self._elsewhere if elsewhere else self.domain
        return signing.digest(domain, type(act).__name__, self.message(act))

    def sign(self, act: Any, key: str | None, forgery: str = "stranger") -> tuple[bytes, bytes]:
        """A signature that recovers to `key`; for None, one that recovers to nobody in the way named."""
        if key is not None and key in self.wallets:
            # Named, not signed: it counts if the wallet approved before.
            return bytes.fromhex(key[2:]).rjust(32, b"\0"), bytes(32)
        if key is not None:
            return signing.sign(self._keys[key], self.digest(act))
        if forgery == "empty":
            return signing.NO_SIGNATURE
        if forgery == "other chain":
            return signing.sign(next(iter(self._keys.values())), self.digest(act, elsewhere=True))
        return signing.sign(STRANGER_KEY, self.digest(act))

    def offices(self, act: Any, keys: Sequence[OfficeSignature], forgery: str) -> list[dict[str, Any]]:
        """Signatures of offices."""
        return [{"party": office.party, "signature": self.sign(act, office.key, forgery)} for office in keys]

    def receivable_hash(self, receivable: Receivable) -> bytes:
        """Struct hash of one promise."""
        return self._struct_hash("Receivable", signing.act_types()["Issue"], self.fields(receivable))

    def _leaf(self, listed: Receivable | Order) -> bytes:
        if isinstance(listed, Receivable):
            return keccak(self.receivable_hash(listed))
        return keccak(self._struct_hash("Order", signing.act_types()["TakeOrder"], self.fields(listed)))

    def recovery_hash(self, act: Recover) -> bytes:
        """Struct hash of a recovery, which names it from then on."""
        return self._struct_hash("Recover", signing.act_types()["Recover"], self.fields(act))

    def _struct_hash(self, name: str, types: Mapping[str, Any], message: Mapping[str, Any]) -> bytes:
        wanted = {
            name,
            *(part["type"].removesuffix("[]") for part in types[name] if part["type"][0].isupper()),
        }
        document = {
            "types": {"EIP712Domain": [], **{kind: types[kind] for kind in wanted}},
            "primaryType": name,
            "domain": {},
            "message": dict(message),
        }
        return bytes(encode_typed_data(full_message=document).body)

    def tree(self, listed: frozenset[Receivable] | frozenset[Order]) -> list[list[bytes]]:
        """The Merkle tree over what is published, leaves first; leaves are hashed twice, pairs are sorted."""
        level = sorted(self._leaf(each) for each in listed)
        levels = [level]
        while len(level) > 1:
            pairs = [sorted(level[at : at + 2]) for at in range(0, len(level), 2)]
            level = [keccak(b"".join(pair)) if len(pair) == 2 else pair[0] for pair in pairs]
            levels.append(level)
        return levels

    def proof(
        self, listed: frozenset[Receivable] | frozenset[Order], shown: Receivable | Order
    ) -> list[bytes]:
        """The path from one offer or order to the root; empty for one that is not in the tree."""
        levels, node = self.tree(listed), self._leaf(shown)
        if node not in levels[0]:
            return []
        path, at = [], levels[0].index(node)
        for level in levels[:-1]:
            if at ^ 1 < len(level):
                path.append(level[at ^ 1])
            at //= 2
        return path


def invoices_hash(invoices: Invoices) -> bytes:
    """What an offer commits to besides its root."""
    return signing.invoices_hash(invoices.nullifiers, invoices.amounts)
