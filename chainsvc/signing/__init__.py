"""Keys that sign for relayers. No key ever appears in a log, an exception or a repr."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from coincurve import PrivateKey
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak


class Signer(Protocol):
    """Something that signs with one key, wherever the key is: in memory, in a token, in another process."""

    @property
    def address(self) -> str:
        """The key's address: 0x and 40 lower-case digits."""
        ...

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """The raw signed bytes of a transaction (nonce, gas, gasPrice, to, value, data, chainId)."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """A 65-byte signature r, s, v (27 or 28) over a 32-byte digest."""
        ...


class KeySigner:
    """A signer whose key is in this process."""

    __slots__ = ("_account", "_address", "_key")

    def __init__(self, key: bytes) -> None:
        """`key`: 32 bytes; raises ValueError when it is no private key."""
        try:
            self._key = PrivateKey(key)
        except ValueError:
            raise ValueError("not a private key") from None
        self._account: LocalAccount = Account.from_key(key)
        self._address = address_of(self._key.public_key.format(compressed=False))

    def __repr__(self) -> str:
        return f"KeySigner({self._address})"

    def __reduce__(self) -> str:
        raise TypeError("a signer is not copied or sent: it holds a key")

    @property
    def address(self) -> str:
        """The key's address: 0x and 40 lower-case digits."""
        return self._address

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """The raw signed bytes; deterministic, so the same transaction gives the same bytes."""
        fields = dict(transaction)
        if isinstance(fields.get("to"), str):
            fields["to"] = bytes.fromhex(fields["to"][2:])
        return bytes(self._account.sign_transaction(fields).raw_transaction)

    def sign_digest(self, digest: bytes) -> bytes:
        """A 65-byte signature r, s, v (27 or 28), s in the lower half, over a 32-byte digest."""
        if len(digest) != 32:
            raise ValueError(f"a digest has 32 bytes, not {len(digest)}")
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([27 + signature[64]])


def address_of(public_key: bytes) -> str:
    """Address of an uncompressed public key (65 bytes)."""
    return "0x" + keccak(public_key[1:])[-20:].hex()
