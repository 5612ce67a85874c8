"""What a person must look at in trade documents, over HTTP."""

from __future__ import annotations

from gateway.schemas.fields import Shown


class Finding(Shown):
    """What a person must look at: where, which rule, both values."""

    file: str
    document: str
    line: str
    rule: str
    field: str
    message: str
    expected: str
    found: str
