"""What the tests of the ledger service share: a wallet, waiting, and the test contract's calls."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import encode

from chainsvc.artifacts import Artifact
from chainsvc.backends.rpc import Request, Rpc
from chainsvc.signing import KeySigner

CHAIN_ID = 774411
ITEM = "(uint64,uint64,bytes)"
NOTE = b"signed"


def record_call(tally: Artifact, items: list[tuple[int, int, bytes]]) -> bytes:
    """Calldata of Tally.record."""
    selector = bytes.fromhex(tally.method_identifiers[f"record({ITEM}[])"])
    return selector + encode([f"{ITEM}[]"], [items])


@dataclass
class Wallet:
    """A fresh key that counts its own nonces."""

    rpc: Rpc
    chain_id: int = CHAIN_ID
    signer: KeySigner = field(default_factory=lambda: KeySigner(secrets.token_bytes(32)))
    nonce: int = 0

    def sign(self, to: str | None, data: bytes, *, gas: int = 5_000_000, **changes: Any) -> str:
        transaction: dict[str, Any] = {
            "nonce": self.nonce,
            "gas": gas,
            "gasPrice": 0,
            "value": 0,
            "data": data,
            "chainId": self.chain_id,
        }
        if to is not None:
            transaction["to"] = to
        self.nonce += 1
        return "0x" + self.signer.sign_transaction({**transaction, **changes}).hex()

    def send(self, to: str | None, data: bytes, **options: Any) -> dict[str, Any]:
        """Send and wait for the receipt."""
        transaction_hash = self.rpc.call("eth_sendRawTransaction", self.sign(to, data, **options))
        return receipt(self.rpc, transaction_hash)

    def deploy(self, artifact: Artifact, arguments: bytes = b"") -> str:
        address: str = self.send(None, artifact.bytecode + arguments)["contractAddress"]
        return address.lower()


def receipt(rpc: Rpc, transaction_hash: str, seconds: float = 30.0) -> dict[str, Any]:
    """Wait for a receipt."""
    deadline = time.monotonic() + seconds
    while True:
        found: dict[str, Any] | None = rpc.call("eth_getTransactionReceipt", transaction_hash)
        if found is not None:
            return found
        assert time.monotonic() < deadline, f"{transaction_hash} was never mined"
        time.sleep(0.05)


def sends(raws: list[str]) -> list[Request]:
    """A batch of raw transactions."""
    return [Request("eth_sendRawTransaction", (raw,)) for raw in raws]
