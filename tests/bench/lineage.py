"""A title's lineage, eight splits deep, among 100,000: one query, ten milliseconds."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from gateway.db.engine import open_engine, reading
from gateway.db.lineage import kin_of
from gateway.db.schema import upgrade
from gateway.db.tables import titles
from gateway.services.lineage import tree

TITLES = 100_000
DEPTH = 8
REACH_MILLISECONDS = 10.0


def run(*, seed: int, quick: bool, say: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Time the question for random titles at every depth."""
    questions = 100 if quick else 1_000
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'lineage.sqlite'}")
        upgrade(engine)
        rows = forest(TITLES, DEPTH, dice)
        with engine.begin() as connection:
            connection.execute(insert(titles), rows)
        say(f"{len(rows)} titles stand")
        deepest = [row["title"] for row in rows if row["depth"] == DEPTH]
        times, wrong = [], 0
        with reading(engine).connect() as connection:
            for title in dice.choices(deepest, k=questions):
                start = time.perf_counter()
                top = tree(kin_of(connection, title))
                times.append((time.perf_counter() - start) * 1_000)
                wrong += top.kin.parent is not None or _height(top) != DEPTH
        engine.dispose()
    times.sort()
    row = {
        "operation": "lineage_depth_8",
        "titles": len(rows),
        "median_ms": round(statistics.median(times), 3),
        "p99_ms": round(times[int(len(times) * 0.99) - 1], 3),
        "reach_ms": REACH_MILLISECONDS,
    }
    reached = wrong == 0 and row["p99_ms"] <= REACH_MILLISECONDS
    return {"rows": [row], "valid": len(times), "violations": wrong, "reached": reached}


def forest(count: int, depth: int, dice: random.Random) -> list[dict[str, Any]]:
    """Roots whose titles were split down to `depth`, each title one of the last few made."""
    rows: list[dict[str, Any]] = []
    serial = 0
    while len(rows) < count:
        serial += 1
        root = 101 << 32 | serial
        tree_rows = [_row(root, root, None, 0)]
        for level in range(1, depth + 1):
            for _ in range(dice.randint(1, 2)):
                parent = dice.choice([row for row in tree_rows if row["depth"] == level - 1])
                number = (200 + level) << 32 | (len(rows) + len(tree_rows))
                tree_rows.append(_row(number, root, parent["title"], level))
        rows += tree_rows
    return rows


def _row(title: int, root: int, parent: int | None, depth: int) -> dict[str, Any]:
    zero = dict.fromkeys(
        ("lock", "paid", "sequence", "flags", "credited", "collected", "surplus", "held", "late"), 0
    )
    return {
        **zero, "title": title, "root": root, "parent": parent, "merged_into": None, "holder": 201, "quantity": 100,
        "depth": depth, "frozen_until_day": 0, "block_number": 1, "transaction_hash": bytes(32),
    }  # fmt: skip


def _height(node: Any) -> int:
    return 1 + max((_height(child) for child in node.children), default=-1)
