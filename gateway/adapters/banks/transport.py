"""Callbacks of banks are signed; what is not signed by a known bank does not exist.

The signature is kept with the message: whoever has the bank's key can check it again, years later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.adapters.kit import signed_messages
from gateway.problems import Problem


@dataclass(frozen=True, slots=True)
class Delivery:
    """A bank's message as it was delivered: to which address, under which signed headers, checked by which key."""

    bic: str
    kind: str
    message_id: str
    address: str
    headers: str
    public_key: bytes
    raw: bytes


def check_callback(
    banks: Mapping[str, str], bic: str, url: str, headers: Mapping[str, str], body: bytes
) -> Delivery:
    """Check a bank's message; `banks` gives each bank's key address, `headers` have lower-case names.

    Raises Problem(BANK-UNKNOWN, SIGNATURE-INVALID).
    """
    if bic not in banks:
        raise Problem("BANK-UNKNOWN", f"{bic} is no bank of this gateway", status=404)
    found = signed_messages.check(bic, banks[bic], url, headers, body)
    return Delivery(bic, found.name, found.message_id, found.address, found.headers, found.public_key, body)
