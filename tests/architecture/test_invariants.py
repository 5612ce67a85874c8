"""Every law of contracts/INVARIANTS.md stands in the code it names and in tests that exist."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "contracts/INVARIANTS.md").read_text()
ROOMS = {
    "SIGN": 8,
    "PARTY": 10,
    "PROMISE": 6,
    "TITLE": 8,
    "GOODS": 7,
    "ORDER": 8,
    "CREDIT": 11,
    "MARGIN": 7,
    "LEASE": 6,
    "STAGE": 5,
    "PROTECTION": 8,
    "MONEY": 10,
    "HOUSE": 2,
}
"""How many laws each room has: a law may be added, never dropped unseen."""

IDS = [f"INV-{room}-{number:02d}" for room, count in ROOMS.items() for number in range(1, count + 1)]


@dataclass(frozen=True, slots=True)
class Law:
    """One entry of the document."""

    id: str
    sentence: str
    source: str
    line: str
    tests: tuple[str, ...]
    fold: str


@cache
def laws() -> dict[str, Law]:
    """The document, read."""
    found = {}
    for block in re.split(r"^(?=\*\*INV-)", TEXT, flags=re.MULTILINE)[1:]:
        head = re.match(r"\*\*(INV-[A-Z]+-\d\d)\*\* (.+)", block)
        kept = re.search(r"^- Kept by `([^`]+)`: `([^`]+)`$", block, re.MULTILINE)
        tested = re.search(r"^- Tested by (.+)$", block, re.MULTILINE)
        fold = re.search(r"^- Fold: (.+)$", block, re.MULTILINE)
        assert head is not None, block
        assert kept is not None, block
        assert tested is not None, block
        assert fold is not None, block
        names = tuple(re.findall(r"`([^`]+)`", tested.group(1)))
        found[head.group(1)] = Law(
            head.group(1), head.group(2), kept.group(1), kept.group(2), names, fold.group(1)
        )
    return found


def test_the_document_holds_every_law_once() -> None:
    assert list(laws()) == IDS
    assert len(re.findall(r"^\*\*INV-", TEXT, re.MULTILINE)) == len(IDS)


def test_every_law_named_in_a_contract_is_in_the_document() -> None:
    named = set()
    for path in (ROOT / "contracts").rglob("*.sol"):
        if "node_modules" not in path.parts:
            named |= set(re.findall(r"INV-[A-Z]+-\d\d", path.read_text()))
    assert named <= set(IDS)


@pytest.mark.parametrize("id_", IDS)
def test_the_line_that_keeps_it_stands(id_: str) -> None:
    law = laws()[id_]
    code = " ".join((ROOT / "contracts" / law.source).read_text().split())
    assert law.line in code


@pytest.mark.parametrize("id_", IDS)
def test_its_tests_exist(id_: str) -> None:
    law = laws()[id_]
    assert law.tests
    assert law.sentence.endswith((".", "]"))
    for name in law.tests:
        path, function = name.split("::")
        file = ROOT / path if "/" in path else ROOT / "tests/contracts" / path
        assert function in _functions(file), name


@cache
def _functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
