"""The service's secrets: the nullifier secret, and the ledger key in an encrypted keystore."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_keys.datatypes import PrivateKey

# The passphrase is 32 random bytes, so a costly derivation would slow every start and add nothing.
DERIVATION_ROUNDS = 4096


@dataclass(frozen=True, slots=True)
class Secrets:
    """Both secrets, made at first start."""

    nullifier_secret: bytes
    account: LocalAccount

    def sign(self, digest: bytes) -> bytes:
        """The 64-byte compact signature (EIP-2098) over a 32-byte digest."""
        signature = PrivateKey(self.account.key).sign_msg_hash(digest)
        y_and_s = signature.s | (signature.v << 255)
        return int(signature.r).to_bytes(32, "big") + int(y_and_s).to_bytes(32, "big")


def load_secrets(folder: Path) -> Secrets:
    """Open the secrets in `folder`, making those that are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    nullifier_secret = _keep(folder / "nullifier.secret", secrets.token_bytes(32))
    passphrase = _keep(folder / "passphrase", secrets.token_hex(32).encode()).decode()
    path = folder / "ledger.json"
    if not path.exists():
        made = Account.encrypt(
            secrets.token_bytes(32), passphrase, kdf="scrypt", iterations=DERIVATION_ROUNDS
        )
        _keep(path, json.dumps(made).encode())
    key = Account.decrypt(json.loads(path.read_text()), passphrase)
    return Secrets(nullifier_secret, Account.from_key(key))


def _keep(path: Path, fresh: bytes) -> bytes:
    """The secret in the file; a missing file is written completely or not at all."""
    if not path.exists():
        draft = path.with_suffix(path.suffix + ".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(fresh)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
    return path.read_bytes()
