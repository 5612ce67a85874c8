"""The examples of the guide to the interface, sent as they are written, in their order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.services.webhooks import KINDS
from tests.gateway.http.conftest import Caller

GUIDE = Path(__file__).resolve().parents[3] / "docs/guides/http.md"
ANYTHING = "…"


def examples() -> Iterator[tuple[str, str]]:
    blocks = re.findall(r"```http\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(blocks) % 2 == 0
    yield from zip(blocks[::2], blocks[1::2], strict=True)


def differences(wanted: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where what was answered lacks something of what is written; more may be answered than is written."""
    if wanted == ANYTHING:
        return
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, part in wanted.items():
            if name in found:
                yield from differences(part, found[name], f"{path}.{name}")
            else:
                yield f"{path}.{name} is missing"
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for place, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif wanted != found:
        yield f"{path}: {wanted!r} is written, {found!r} was answered"


def test_the_guide_says_what_happens(caller: Caller) -> None:
    sent = 0
    for request, answer in examples():
        head, _, body = request.partition("\n\n")
        line, *headers = head.splitlines()
        method, path = line.split(" ")
        got = caller.http.request(
            method, path, content=body.strip().encode(),
            headers={"content-type": "application/json", **dict(each.split(": ", 1) for each in headers)},
        )  # fmt: skip
        status, _, written = answer.partition("\n")
        assert str(got.status_code) == status, (request, got.text)
        assert list(differences(json.loads(written), got.json())) == [], request
        sent += 1
    assert sent >= 8


def test_the_guide_names_every_kind_of_message_and_no_other() -> None:
    part = GUIDE.read_text(encoding="utf-8").partition("\n## Webhooks\n")[2].partition("\n## ")[0]
    bullets = [each for each in part.split("\n- ") if each.startswith(("Kinds", "**Said beside"))]
    named = [name for bullet in bullets for name in re.findall(r"`([a-z]+\.[a-z_]+)`", bullet)]
    assert sorted(named) == sorted(KINDS)
