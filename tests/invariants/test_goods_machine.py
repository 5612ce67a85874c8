"""The state machine on goods alone: ordered, stored, passed on, pledged, sold, leased; every law after every step."""

from __future__ import annotations

import pytest

from tests.invariants.machine import describe, run
from tests.invariants.propose_goods import PROPOSALS as GOODS
from tests.invariants.propose_leases import PROPOSALS as LEASES
from tests.invariants.propose_margin import PROPOSALS as MARGIN
from tests.invariants.propose_orders import PROPOSALS as ORDERS

ROWS = (*ORDERS, *GOODS, *MARGIN, *LEASES, "draw", "record payout")
"""Goods are sold for what was lent on them and paid out; orders become goods, and both become receivables."""
STEPS = 1_700


def test_quantities_stay_right_in_every_lot_warehouse_and_facility(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = run(STEPS, [11, 12], rows=ROWS)
    with capsys.disabled():
        print("\n" + describe(report))
    assert report.violations == []
    assert report.steps >= STEPS
    assert [row for row in ROWS if not report.done[row]] == []
