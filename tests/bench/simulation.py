"""Specification and contracts driven by one state machine with the same random steps, every record compared.

A row says how often one signature-table row succeeded, or one reason was given. A figure counts only when each row
succeeded often enough and every reason that can be reached was reached.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.invariants.machine import ENOUGH, describe
from tests.invariants.machine import run as drive

FIXED_SEEDS = (1, 2, 3)
STEPS, QUICK_STEPS = 100_000, 2_000


def run(seed: int, quick: bool = False, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Fixed seeds and a fresh one."""
    report = drive(QUICK_STEPS if quick else STEPS, [*FIXED_SEEDS, seed])
    say(describe(report))
    missing = [] if quick else [*report.missing_rows(), *report.missing_reasons()]
    done = report.as_dict()
    rows = [
        {"case": f"row {row['operation']}", "times": row["done"], "at_least": ENOUGH} for row in done["rows"]
    ]
    rows += [
        {"case": f"reason {name}", "times": count, "at_least": 1} for name, count in done["reasons"].items()
    ]
    return {
        "rows": rows,
        "valid": report.valid,
        "violations": len(report.violations),
        "differences": report.violations,
        "missing": missing,
        "reached": not report.violations and not missing,
    }
