"""HTTP Message Signatures (RFC 9421) with Ed25519: signs what the bank sends, checks what peers send."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from http_message_signatures.httpx2 import adapt_message

from gateway.adapters.banks.sandbox.errors import Refused

COVERED = ("@method", "@target-uri", "content-digest", "content-type")


def write_secret(path: Path, secret: bytes) -> None:
    """Write a secret file completely or not at all, readable by its owner only."""
    draft = path.with_suffix(path.suffix + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(secret)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)


@dataclass(frozen=True, slots=True)
class TransportKey:
    """The bank's Ed25519 key for messages it sends; made at first start."""

    key_id: str
    private: Ed25519PrivateKey

    @property
    def jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key (RFC 8037)."""
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = urlsafe_b64encode(raw).rstrip(b"=").decode()
        return {"kty": "OKP", "crv": "Ed25519", "kid": self.key_id, "use": "sig", "alg": "EdDSA", "x": x}

    def sign(self, request: httpx2.Request, *headers: str) -> None:
        """Sign method, address, body and the named headers; adds Content-Digest and signature headers."""
        signer = HTTPMessageSigner(
            signature_algorithm=algorithms.ED25519, key_resolver=_Keys(lambda _: None, self.private)
        )
        signer.sign(
            adapt_message(request),
            key_id=self.key_id,
            covered_component_ids=("@method", "@target-uri", "content-type", *headers),
            body=request.read(),
            label="bank",
        )


def load_transport_key(folder: Path, bic: str) -> TransportKey:
    """The key in `folder`, made there when missing."""
    path = folder / "transport.key"
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        write_secret(path, made.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    return TransportKey(f"{bic}-transport", Ed25519PrivateKey.from_private_bytes(path.read_bytes()))


def public_key(jwk: Mapping[str, Any]) -> Ed25519PublicKey:
    """The key of a JSON Web Key. Raises ValueError for another kind of key."""
    if (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        raise ValueError("not an Ed25519 key")
    text = str(jwk["x"])
    return Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class _Keys(HTTPSignatureKeyResolver):
    def __init__(
        self, find: Callable[[str], Ed25519PublicKey | None], private: Ed25519PrivateKey | None = None
    ) -> None:
        self._find = find
        self._private = private

    def resolve_public_key(self, key_id: str) -> Any:
        """The peer's key of this id, or None."""
        return self._find(key_id)

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ARG002  # this resolver holds one key
        """The bank's own key."""
        return self._private


def check_signature(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    find: Callable[[str], Ed25519PublicKey | None],
) -> str:
    """Check a received request and return the key id that signed it. Raises Refused(SIGNATURE-INVALID)."""
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=_Keys(find))
    message = SimpleNamespace(method=method, url=url, headers=dict(headers))
    try:
        results = verifier.verify(message, require_components=COVERED, body=body)
    except InvalidSignature as error:
        raise Refused(
            "SIGNATURE-INVALID", f"the message is not signed by a known key: {error}", status=401
        ) from error
    return str(results[0].parameters["keyid"])
