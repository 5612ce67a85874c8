"""Every element of a message with its text, by its path: what it said when it came, and what it says now."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

Reading = dict[str, str]


def read(raw: bytes) -> Reading:
    """Each text and attribute by its path, such as `Document/…/Ntry[2]/Amt@Ccy`; empty for what is no XML."""
    try:
        root = fromstring(raw, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (DefusedXmlException, ParseError, ValueError, LookupError):
        return {}
    return dict(_walk(root, _name(root)))


def _walk(element: Element, path: str) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        yield f"{path}@{name}", value
    text = (element.text or "").strip()
    if text or not len(element):
        yield path, text
    times = Counter(_name(child) for child in element)
    seen: Counter[str] = Counter()
    for child in element:
        name = _name(child)
        seen[name] += 1
        yield from _walk(child, f"{path}/{name}" + (f"[{seen[name]}]" if times[name] > 1 else ""))


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def dump(reading: Reading) -> str:
    """A reading as it is kept."""
    return json.dumps(reading, ensure_ascii=False)


def load(text: str) -> Reading | None:
    """A kept reading; None for what is none any more."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def differences(kept: Reading, now: Reading) -> Iterator[tuple[str, str | None, str | None]]:
    """Each path at which the two differ, with what stood there and what stands there; None for nothing."""
    for path in dict.fromkeys([*kept, *now]):
        if kept.get(path) != now.get(path):
            yield path, kept.get(path), now.get(path)
