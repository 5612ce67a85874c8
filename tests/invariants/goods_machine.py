"""The state machine on goods alone: ordered, stored, passed on, pledged, sold, leased."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.invariants.aims_goods import OWN_AIMS
from tests.invariants.aims_margin import AIMS as MARGIN_AIMS
from tests.invariants.machine import Driver, Report, run
from tests.invariants.propose_goods import PROPOSALS as GOODS
from tests.invariants.propose_leases import AIMS as LEASE_AIMS
from tests.invariants.propose_leases import PROPOSALS as LEASES
from tests.invariants.propose_margin import PROPOSALS as MARGIN
from tests.invariants.propose_orders import PROPOSALS as ORDERS

ROWS = (*ORDERS, *GOODS, *MARGIN, *LEASES, "draw", "record payout")
"""Goods are sold for what was lent on them and paid out; orders become goods, and both become receivables."""

AIMS = {**OWN_AIMS, **MARGIN_AIMS, **LEASE_AIMS}
"""Steps that each aim at a reason which acts on goods are refused for."""


def run_goods(steps: int, seeds: Sequence[int], machine: Callable[..., Any] | None = None) -> Report:
    """As `machine.run`, of these rows."""
    return run(steps, seeds, machine, rows=ROWS, aims=AIMS)


def driven(steps: int, seed: int, machine: Callable[..., Any] | None = None) -> Driver:
    """One ledger after so many steps of these rows; raises Difference."""
    driver = Driver(seed, Report(), machine, ROWS, AIMS)
    driver.run(steps)
    return driver
