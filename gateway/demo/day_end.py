"""The last page of the story: ledger, database and each bank's own statements, compared by count and amount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.demo.stage import AnswerRefused, Stage, expect, once


def reconciled(stage: Stage) -> Iterator[str]:
    """One line for each bank: what its statements hold, and on what the books do not agree."""
    body = {"person": "day-end desk of the story"}
    try:
        found = expect(stage.gateway.post("/reconciliations", json=body, headers=once()))["result"]
    except AnswerRefused as error:
        yield f"the books could not be compared: {error}"
        return
    for bic in stage.banks:
        statements = [each for each in found["statements"] if each["bic"] == bic]
        entries = sum(each["entries"] for each in statements)
        accounts = len({each["account"] for each in statements})
        told = f"{bic}: {len(statements)} statements of {accounts} accounts, {entries} entries"
        yield f"{told}: {_differences([each for each in found['differences'] if each['bic'] == bic])}"
    others = [each for each in found["differences"] if each["bic"] not in stage.banks]
    if others:
        yield f"no bank's: {_differences(others)}"


def _differences(found: list[Mapping[str, Any]]) -> str:
    if not found:
        return "ledger, database and bank agree"
    counts: dict[str, int] = defaultdict(int)
    for each in found:
        counts[each["rule"]] += 1
    return ", ".join(f"{count} {rule}" for rule, count in sorted(counts.items()))
