"""Callbacks of banks are signed (RFC 9421, Ed25519); what is not signed by a known bank does not exist."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)

from gateway.problems import Problem

_COVERED = ("@method", "@target-uri", "content-digest", "content-type", "message-name", "idempotency-key")


def check_callback(
    banks: Mapping[str, str], bic: str, url: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Check a bank's message; `banks` gives each bank's key address. Raises Problem(SIGNATURE-INVALID)."""
    if bic not in banks:
        raise Problem("BANK-UNKNOWN", f"{bic} is no bank of this gateway", status=404)
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519, key_resolver=_Resolver(_keys(banks[bic]))
    )
    message = SimpleNamespace(method="POST", url=url, headers=dict(headers))
    try:
        verifier.verify(message, require_components=_COVERED, body=body)
    except (InvalidSignature, KeyError) as error:
        raise Problem(
            "SIGNATURE-INVALID", f"the message is not signed by {bic}: {error}", status=401
        ) from None


@lru_cache(maxsize=64)
def _keys(address: str) -> dict[str, Ed25519PublicKey]:
    """A bank's published keys (JWK set), by id; asked for once."""
    answer = httpx2.get(address, timeout=5.0, trust_env=False)
    answer.raise_for_status()
    return {key["kid"]: _public(key) for key in answer.json()["keys"]}


def _public(key: Mapping[str, Any]) -> Ed25519PublicKey:
    if (key.get("kty"), key.get("crv")) != ("OKP", "Ed25519"):
        raise Problem("SIGNATURE-INVALID", "the bank's key is no Ed25519 key", status=502)
    text = str(key["x"])
    return Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class _Resolver(HTTPSignatureKeyResolver):
    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = keys

    def resolve_public_key(self, key_id: str) -> Any:
        """The bank's key of this id, or None: then the signature is invalid."""
        return self._keys.get(key_id)

    def resolve_private_key(self, key_id: str) -> Any:
        """This side only checks."""
        raise LookupError(key_id)
