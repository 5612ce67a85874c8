"""The one place that parses JSON of strangers: exact numbers, no name twice, bounded depth, text that can be kept."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any, NoReturn

MOST_DEPTH = 64
"""Objects and lists in one another; EPCIS needs a dozen. The library's own limit is the machine's stack."""
_SURROGATE = re.compile(r"\\u[dD][89abABcdefCDEF]", re.ASCII)

_NESTING = re.compile(r'"(?:[^"\\]++|\\.)*+"|([\[{])|([\]}])', re.DOTALL)


class JsonRefused(Exception):
    """The bytes are no JSON that may be read; `rule` names why, `line` is the file's line, 0 where none is known."""

    def __init__(self, rule: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.line = line


def looks_like_json(data: bytes) -> bool:
    """Whether the first visible character is `{`, in UTF-8 or UTF-16 or UTF-32."""
    return data[:64].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"{")


def parse(data: bytes) -> dict[str, Any]:
    """The object that the bytes are; numbers are whole ones or Decimal.

    Raises JsonRefused: TEXT-ENCODING, JSON-MALFORMED or JSON-LIMIT.
    """
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        raise JsonRefused("TEXT-ENCODING", "the bytes are no text in a Unicode encoding") from error
    if _depth(text) > MOST_DEPTH:
        raise JsonRefused("JSON-LIMIT", f"the JSON is nested deeper than {MOST_DEPTH} objects and lists")
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_object)
        if _SURROGATE.search(text):
            json.dumps(found, ensure_ascii=False, default=str).encode()
    except json.JSONDecodeError as error:
        raise JsonRefused(
            "JSON-MALFORMED", f"the JSON is not well formed: {error.msg}", error.lineno
        ) from error
    except ValueError as error:
        raise JsonRefused("JSON-MALFORMED", f"the JSON cannot be read: {error}"[:300]) from error
    if not isinstance(found, dict):
        raise JsonRefused("JSON-MALFORMED", "the JSON is no object")
    return found


def _depth(text: str) -> int:
    """How deep objects and lists are in one another, brackets inside texts left out."""
    deepest = depth = 0
    for found in _NESTING.finditer(text):
        if found[1]:
            depth += 1
            deepest = max(deepest, depth)
        elif found[2]:
            depth -= 1
    return deepest


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"{twice[:60]!r} stands twice in an object")
    return found
