"""Messages that others sign (RFC 9421, Ed25519): checked when they come, and kept so that anyone can check them again.

Who signs publishes its keys (JWK set) at an address of its own. A signature covers method, address, content, name and
id of the message.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import (
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)

from gateway.problems import Problem

_COVERED = ("@method", "@target-uri", "content-digest", "content-type", "message-name", "idempotency-key")
_KEPT = ("content-digest", "content-type", "message-name", "idempotency-key", "signature-input", "signature")
_FRESH = timedelta(minutes=15)
"""How old a signature may be: who sends a message again signs it again."""

Keys = Mapping[str, Ed25519PublicKey]


@dataclass(frozen=True, slots=True)
class Signed:
    """A message as it was delivered: its name and id, to which address, under which signed headers (JSON), checked by
    which key (32 bytes)."""

    name: str
    message_id: str
    address: str
    headers: str
    public_key: bytes


def check(sender: str, keys: str, url: str, headers: Mapping[str, str], body: bytes) -> Signed:
    """Check a message of `sender`, whose keys are at the address `keys`; `headers` have lower-case names.

    Raises Problem(SIGNATURE-INVALID).
    """
    found = _Resolver(lambda key_id: _known(keys, key_id))
    try:
        _verify(found, url, headers, body, _FRESH)
    except (InvalidSignature, KeyError) as error:
        sentence = f"the message is not signed by {sender}: {error}"
        raise Problem("SIGNATURE-INVALID", sentence, status=401) from None
    kept = {name: headers[name] for name in _KEPT}
    return Signed(
        headers["message-name"],
        headers["idempotency-key"],
        url,
        json.dumps(kept, sort_keys=True),
        _raw(found.used),
    )


def check_kept(public_key: bytes, url: str, headers: Mapping[str, str], body: bytes) -> str:
    """What is wrong with the signature of a kept message, empty when it is whole; its age does not matter."""
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
    except ValueError as error:
        return str(error)
    try:
        _verify(_Resolver(lambda _: key), url, headers, body, None)
    except (InvalidSignature, KeyError) as error:
        return str(error) or type(error).__name__
    return ""


def published_keys(address: str) -> dict[str, bytes]:
    """The keys somebody publishes (JWK set), by id, as 32 bytes each. Raises httpx2.HTTPError."""
    return {key_id: _raw(key) for key_id, key in _asked(address).items()}


def _verify(
    resolver: _Resolver, url: str, headers: Mapping[str, str], body: bytes, age: timedelta | None
) -> None:
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
    message = SimpleNamespace(method="POST", url=url, headers=dict(headers))
    verifier.verify(message, require_components=_COVERED, body=body, max_age=age)


def _known(address: str, key_id: str) -> Ed25519PublicKey | None:
    found = _keys(address).get(key_id)
    if found is None:
        # It may have a new key since it was asked.
        _keys.cache_clear()
        found = _keys(address).get(key_id)
    return found


@lru_cache(maxsize=64)
def _keys(address: str) -> Keys:
    return _asked(address)


def _asked(address: str) -> Keys:
    answer = httpx2.get(address, timeout=5.0, trust_env=False)
    answer.raise_for_status()
    return {key["kid"]: _public(key) for key in answer.json()["keys"]}


def _public(key: Mapping[str, Any]) -> Ed25519PublicKey:
    if (key.get("kty"), key.get("crv")) != ("OKP", "Ed25519"):
        raise Problem("SIGNATURE-INVALID", "the published key is no Ed25519 key", status=502)
    text = str(key["x"])
    return Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def _raw(key: Ed25519PublicKey | None) -> bytes:
    assert key is not None
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


class _Resolver(HTTPSignatureKeyResolver):
    """Finds a key by its id, and remembers which one was used."""

    def __init__(self, find: Callable[[str], Ed25519PublicKey | None]) -> None:
        self._find = find
        self.used: Ed25519PublicKey | None = None

    def resolve_public_key(self, key_id: str) -> Any:
        """The sender's key of this id, or None: then the signature is invalid."""
        self.used = self._find(key_id)
        return self.used

    def resolve_private_key(self, key_id: str) -> Any:
        """This side only checks."""
        raise LookupError(key_id)
