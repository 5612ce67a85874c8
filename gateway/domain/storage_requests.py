"""Goods on their way into store: asked for, weighed, seen by an inspector, and only then a receipt (life cycle B).

A receipt is for what keeper and inspector found, never for what was asked for (CC-908, CC-909). Quantities are exact
decimals of the request's unit, days ledger days (see `calendar`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from gateway.domain.calendar import iso


class Stage(StrEnum):
    """Where a request stands."""

    REQUESTED = "requested"
    RECEIVED = "received"
    INSPECTED = "inspected"
    IN_STORE = "in store"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Step(StrEnum):
    """What may follow a request."""

    WEIGHING = "weighing"
    INSPECTION = "inspection"
    REFUSAL = "refusal"
    WITHDRAWAL = "withdrawal"
    RECEIPT = "receipt"


_FOLLOWS: Mapping[Step, tuple[Stage, ...]] = {
    Step.WEIGHING: (Stage.REQUESTED,),
    Step.INSPECTION: (Stage.RECEIVED,),
    Step.RECEIPT: (Stage.INSPECTED,),
    Step.REFUSAL: (Stage.REQUESTED, Stage.RECEIVED, Stage.INSPECTED),
    Step.WITHDRAWAL: (Stage.REQUESTED, Stage.RECEIVED, Stage.INSPECTED),
}
"""After which stages a step comes."""


@dataclass(frozen=True, slots=True)
class Course:
    """What became of a request so far. `weighed` and `inspected` are None until it was done; `last_day` is the last on
    which goods may be weighed and inspected.
    """

    requested: Decimal
    last_day: int
    weighed: Decimal | None = None
    inspected: Decimal | None = None
    refused: bool = False
    withdrawn: bool = False
    stored: bool = False

    def stage(self, day: int) -> Stage:
        """Where the request stands on a day. What the ledger has, no word beside it undoes."""
        if self.stored:
            return Stage.IN_STORE
        if self.refused:
            return Stage.REFUSED
        if self.withdrawn:
            return Stage.WITHDRAWN
        if self.inspected is not None:
            return Stage.INSPECTED
        if day > self.last_day:
            return Stage.LAPSED
        return Stage.REQUESTED if self.weighed is None else Stage.RECEIVED

    @property
    def entitled(self) -> Decimal | None:
        """What a receipt may be issued for: the smaller of what was weighed and what the inspector found."""
        if self.weighed is None or self.inspected is None:
            return None
        return min(self.weighed, self.inspected)


def forbids(course: Course, step: Step, day: int) -> str | None:
    """Why a step does not follow on a day, as a sentence; None when it does."""
    stage = course.stage(day)
    if stage in _FOLLOWS[step]:
        return None
    if stage is Stage.LAPSED:
        return f"the request stood until {iso(course.last_day)}: {_a(step)} comes too late"
    return f"{_a(step)} follows on goods that are {' or '.join(_FOLLOWS[step])}; these are {stage}"


def _a(step: Step) -> str:
    return f"{'an' if step[0] in 'aeio' else 'a'} {step}"
