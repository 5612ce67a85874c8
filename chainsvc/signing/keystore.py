"""Relayer keys at rest: the encrypted JSON key files every Ethereum client reads."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from eth_account import Account

from chainsvc.signing import KeySigner

SCRYPT_COST = 2**17
"""Work per guess of a password: about half a second and 128 MB."""


class WrongPassword(ValueError):
    """The password does not open this key file, or the file was altered."""


def create(path: Path, password: str, *, key: bytes | None = None, cost: int = SCRYPT_COST) -> KeySigner:
    """Write a new key file, readable by its owner only, and return its signer.

    `key` brings an existing key. Raises FileExistsError rather than replace one.
    """
    secret = secrets.token_bytes(32) if key is None else key
    signer = KeySigner(secret)
    document = json.dumps(Account.encrypt(secret, password, kdf="scrypt", iterations=cost))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(document + "\n")
    return signer


def load(path: Path, password: str) -> KeySigner:
    """Open a key file; raises WrongPassword, or FileNotFoundError."""
    document = json.loads(path.read_text())
    try:
        return KeySigner(bytes(Account.decrypt(document, password)))
    except ValueError:
        raise WrongPassword(f"{path.name} does not open with this password") from None
