"""Keys sign what other software verifies, and show themselves nowhere."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.crypto import keccak

from chainsvc.signing import KeySigner, keystore

KEY = bytes(range(1, 33))
CHEAP = 2**4


def test_signatures_are_those_of_eth_account() -> None:
    signer = KeySigner(KEY)
    reference = Account.from_key(KEY)
    assert signer.address == reference.address.lower()
    message = encode_defunct(text="receipt")
    digest = keccak(b"\x19" + message.version + message.header + message.body)
    signature = signer.sign_digest(digest)
    assert signature == bytes(reference.sign_message(message).signature)
    assert Account.recover_message(message, signature=signature).lower() == signer.address


def test_a_transaction_is_recovered_to_its_signer_and_always_the_same() -> None:
    signer = KeySigner(KEY)
    transaction = {
        "nonce": 3,
        "gas": 21_000,
        "gasPrice": 0,
        "value": 0,
        "data": b"",
        "chainId": 5,
        "to": "0x" + "ab" * 20,
    }
    raw = signer.sign_transaction(transaction)
    assert raw == signer.sign_transaction(transaction)
    assert Account.recover_transaction(raw).lower() == signer.address


@pytest.mark.parametrize("key", [b"", b"\0" * 32, b"\xff" * 32, b"\x01" * 31 + b"\0\0"])
def test_what_is_no_key_is_refused_without_being_shown(key: bytes) -> None:
    with pytest.raises(ValueError, match="not a private key") as caught:
        KeySigner(key)
    assert caught.value.__cause__ is None


def test_a_digest_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeySigner(KEY).sign_digest(b"short")


def test_a_signer_shows_its_address_and_never_its_key() -> None:
    signer = KeySigner(KEY)
    for text in (repr(signer), str(signer), f"{signer}", repr([signer])):
        assert KEY.hex() not in text
        assert signer.address in text
    with pytest.raises(TypeError):
        pickle.dumps(signer)
    with pytest.raises(TypeError):
        copy.copy(signer)


def test_a_key_file_opens_with_its_password_only(tmp_path: Path) -> None:
    path = tmp_path / "relayer.json"
    signer = keystore.create(path, "correct horse", cost=CHEAP)
    assert keystore.load(path, "correct horse").address == signer.address
    with pytest.raises(keystore.WrongPassword):
        keystore.load(path, "wrong horse")
    assert path.stat().st_mode & 0o077 == 0
    assert (
        Account.from_key(Account.decrypt(path.read_text(), "correct horse")).address.lower() == signer.address
    )


def test_a_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "relayer.json"
    keystore.create(path, "a", key=KEY, cost=CHEAP)
    with pytest.raises(FileExistsError):
        keystore.create(path, "b", cost=CHEAP)
    assert keystore.load(path, "a").address == KeySigner(KEY).address
    assert KEY.hex() not in path.read_text()
