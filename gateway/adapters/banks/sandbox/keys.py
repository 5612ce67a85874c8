"""The officers' ledger keys: one encrypted secp256k1 keystore a person, made at first start."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_keys.datatypes import PrivateKey

from gateway.adapters.banks.sandbox.config import Person
from gateway.adapters.banks.sandbox.errors import Refused
from gateway.adapters.banks.sandbox.httpsig import write_secret

# The passphrase is 32 random bytes, so a costly derivation would slow every start and add nothing.
DERIVATION_ROUNDS = 4096


@dataclass(frozen=True, slots=True)
class Officer:
    """A person with the key that signs for one role."""

    person: Person
    account: LocalAccount

    def sign(self, digest: bytes) -> bytes:
        """The 64-byte compact signature (EIP-2098) over a 32-byte digest."""
        signature = PrivateKey(self.account.key).sign_msg_hash(digest)
        y_and_s = signature.s | (signature.v << 255)
        return int(signature.r).to_bytes(32, "big") + int(y_and_s).to_bytes(32, "big")


class Staff:
    """All officers of the bank."""

    def __init__(self, officers: tuple[Officer, ...]) -> None:
        self.officers = officers

    def find(self, name: str, role: str | None) -> Officer:
        """The officer of this name; the role is needed only of a person who holds two. Raises Refused."""
        found = [
            officer
            for officer in self.officers
            if officer.person.name == name and role in (None, officer.person.role)
        ]
        if not found:
            raise Refused(
                "PERSON-UNKNOWN", f"nobody here signs as {name!r}" + (f" in role {role}" if role else "")
            )
        if len(found) > 1:
            roles = sorted(officer.person.role for officer in found)
            raise Refused("PERSON-AMBIGUOUS", f"{name} holds the roles {roles}; say which", status=422)
        return found[0]


def load_staff(folder: Path, persons: tuple[Person, ...]) -> Staff:
    """Open every person's keystore in `folder`, making those that are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    passphrase_file = folder / "passphrase"
    if not passphrase_file.exists():
        write_secret(passphrase_file, secrets.token_hex(32).encode())
    passphrase = passphrase_file.read_text()
    return Staff(tuple(_load_officer(folder, person, passphrase) for person in persons))


def _load_officer(folder: Path, person: Person, passphrase: str) -> Officer:
    name = re.sub(r"[^\w@.-]", "_", f"{person.role}.{person.name}")
    path = folder / f"{name}.json"
    if not path.exists():
        keystore = Account.encrypt(
            secrets.token_bytes(32), passphrase, kdf="scrypt", iterations=DERIVATION_ROUNDS
        )
        write_secret(path, json.dumps(keystore).encode())
    key = Account.decrypt(json.loads(path.read_text()), passphrase)
    return Officer(person, Account.from_key(key))
