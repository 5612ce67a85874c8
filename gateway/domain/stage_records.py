"""The records of a facility's stages: what stands in the packed words of credit/StageWords, by name. Amounts are minor
units of the facility's currency.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.records import MOST_BPS


@dataclass(frozen=True, slots=True)
class StageTerms:
    """What was agreed of a facility's stages; see `stage_acts.AgreeStages`. Its special account stands beside it."""

    approver: int
    first: int
    step_bps: int
    release_bps: int
    version: int

    def carried(self, sales: int) -> int:
        """What so much of sales cash carries of debt: rounded down."""
        return self.first + sales * self.step_bps // MOST_BPS

    def earned(self, sales: int) -> int:
        """What goods may be released against so much of sales cash: rounded down."""
        return sales * self.release_bps // MOST_BPS


@dataclass(frozen=True, slots=True)
class Stages:
    """How far the stages are. `opened` is what may be used, as its two keys said; `sales` the cash that came in on the
    collection account and filled loans; `released` what goods counted for that went free against it.
    """

    opened: int = 0
    sales: int = 0
    released: int = 0
