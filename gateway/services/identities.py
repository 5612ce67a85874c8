"""Who a party is, as a hash: the ledger holds no names (decision 2.5-10), only this commitment to one.

SHA-256 of the canonical JSON (RFC 8785) of party, name, identifiers and a random salt, without which names could be
guessed from the chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import rfc8785

_FIELDS = ("party", "name", "identifiers", "salt")


def commitment(identity: Mapping[str, Any]) -> bytes:
    """The `identity` of a party's admission; raises KeyError when one of the four fields is missing.

    >>> commitment({"party": 201, "name": "A", "identifiers": [], "salt": "0x" + "00" * 32}).hex()[:8]
    '85ef13e7'
    """
    salt = "0x" + str(identity["salt"]).removeprefix("0x").lower()
    stated = {name: identity[name] for name in _FIELDS} | {"salt": salt}
    return sha256(rfc8785.dumps(stated)).digest()
