"""What goods cover of a debt, what that calls for, and by how much it is cured (CC-433/436).

Everything is in minor units of one currency: `value` is what the goods are worth to the lender by their lending rate,
the haircut taken off. Coverage is value in basis points of what is owed. Comparisons are exact; a quotient that is
shown is rounded down, an amount that is asked for is rounded up to the next minor unit or the next unit of the lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from gateway.domain.valuation import quantity_worth

_WHOLE_BPS = 10_000


class State(StrEnum):
    """How a debt stands on its goods."""

    COVERED = "covered"
    WARNING = "warning"
    CALL = "call"
    OVERDUE_CALL = "overdue call"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Coverage in basis points: below `warning` one warns, below `maintenance` one calls for margin, and a call is
    cured from `cured` on. A call on the record is overdue after `answer_days`, and below `enforcement` at once; None:
    never before.

    They fall in this order, which is checked: warning, cured, maintenance, enforcement. Raises ValueError.
    """

    warning_bps: int | Fraction
    cured_bps: int | Fraction
    maintenance_bps: int | Fraction
    enforcement_bps: int | Fraction | None
    answer_days: int

    def __post_init__(self) -> None:
        steps = [self.warning_bps, self.cured_bps, self.maintenance_bps]
        if self.enforcement_bps is not None:
            steps.append(self.enforcement_bps)
        if steps != sorted(steps, reverse=True) or steps[-1] <= 0:
            raise ValueError(
                "warning, cured, maintenance and enforcement fall in this order, and stay above 0"
            )


def of_facility(advance_bps: int, maintenance_bps: int) -> Thresholds:
    """The thresholds of a facility. Its rates say how much may be owed of each value, so coverage is the other way
    round, and exact. Below the advance rate one warns; a call names the last day on which it can be met, and nothing
    makes it overdue before.
    """
    cured, maintenance = (Fraction(_WHOLE_BPS**2, bps) for bps in (advance_bps, maintenance_bps))
    return Thresholds(cured, cured, maintenance, None, answer_days=1)


@dataclass(frozen=True, slots=True)
class Cover:
    """Goods behind a debt. `value` is None where no valuation holds: then nothing is known of what they cover."""

    value: int | None
    owed: int

    @property
    def bps(self) -> int | None:
        """Coverage, rounded down; None where nothing is owed, or no valuation holds."""
        return None if self.value is None or not self.owed else self.value * _WHOLE_BPS // self.owed

    def below(self, bps: int | Fraction) -> bool:
        """Whether less is covered. What is owed on goods that nobody values is covered by nothing."""
        return (self.value or 0) * _WHOLE_BPS < self.owed * bps

    def lacking(self, bps: int | Fraction) -> int:
        """What of value is lacking to such a coverage, 0 or more."""
        return max(0, -(-self.owed * bps // _WHOLE_BPS) - (self.value or 0))


def state(cover: Cover, terms: Thresholds, day: int, called: int | None) -> State:
    """How a debt stands on a day; `called` is the day from which the days to answer a call are counted, None while no
    call is on the record.

    A call stands until it is cured, which takes more than maintenance, and is overdue only once it is on the record. A
    valuation that holds no longer warns and calls for nothing by itself: draws and releases stop, and the next one says
    what is lacking.
    """
    if not cover.owed:
        return State.COVERED
    late = called is not None and day - called >= terms.answer_days
    if cover.value is None:
        return State.WARNING if called is None else State.OVERDUE_CALL if late else State.CALL
    if cover.below(terms.maintenance_bps) or (called is not None and cover.below(terms.cured_bps)):
        least = terms.enforcement_bps
        grave = called is not None and least is not None and cover.below(least)
        return State.OVERDUE_CALL if late or grave else State.CALL
    return State.WARNING if cover.below(terms.warning_bps) else State.COVERED


# ── what cures ──────────────────────────────────────────────────────────────────────────────────────────────


def cash(cover: Cover, terms: Thresholds) -> int:
    """The least that is to be repaid until a call is cured; 0 where it is."""
    return max(0, cover.owed - (cover.value or 0) * _WHOLE_BPS // terms.cured_bps)


def top_up(cover: Cover, terms: Thresholds, rate: int) -> int | None:
    """The least quantity of a lot of this rate that cures a call when it is pledged as well; None where none does."""
    return quantity_worth(cover.lacking(terms.cured_bps), rate)


def substitute(cover: Cover, terms: Thresholds, leaving: int) -> int:
    """What new goods must be worth that come in before goods worth `leaving` go out: all that is lacking then to a
    coverage that cures a call."""
    rest = Cover(max(0, (cover.value or 0) - leaving), cover.owed)
    return rest.lacking(terms.cured_bps)


# ── what may be done ────────────────────────────────────────────────────────────────────────────────────────


def drawable(cover: Cover) -> int:
    """What more may be drawn on the goods; nothing where no valuation holds."""
    return 0 if cover.value is None else max(0, cover.value - cover.owed)


def may_release(cover: Cover, terms: Thresholds, leaving: int) -> bool:
    """Whether goods worth `leaving` may go: what stays must cover as much as cures a call. With nothing owed they
    always may, whether or not a valuation holds; while something is owed they never may without one (DEC-14)."""
    if not cover.owed:
        return True
    return cover.value is not None and not Cover(cover.value - leaving, cover.owed).below(terms.cured_bps)
