"""The stories that ship with the demo, by name (`scripts/demo --scenario NAME`). A new one is a file and a line."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.demo.stories import (
    core_stopped,
    dealer,
    default_and_recourse,
    guarantor_pays,
    joint_funding,
    lease,
    merchant,
    order_to_cash,
    partial_then_reversed,
    procurement,
    warehouse,
)
from gateway.demo.stories.plot import Play, Plot

STORIES: Mapping[str, Plot] = {
    plot.name: plot
    for plot in (
        default_and_recourse.PLOT,
        partial_then_reversed.PLOT,
        joint_funding.PLOT,
        guarantor_pays.PLOT,
        core_stopped.PLOT,
        warehouse.PLOT,
        order_to_cash.PLOT,
        dealer.PLOT,
        lease.PLOT,
        merchant.PLOT,
        procurement.PLOT,
    )
}

__all__ = ["STORIES", "Play", "Plot"]
