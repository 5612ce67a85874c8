"""The stop-loss ladder: warn, block new, call for margin, accelerate, dispose (S25).

A pure table over observed facts. A rung is demanded as soon as one of its facts is there; the last three are
taken in their order, each on the record before the next. It is left only when its facts are better than a second,
easier threshold, and no sooner than some days after it was entered, so that a fact that trembles on a threshold
moves nothing (hysteresis). What reduces a risk is never blocked on any rung (decision 14).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from gateway.domain.exposure import Level


class Step(IntEnum):
    """The rungs, from bottom to top. DISPOSE sells or collects; it never makes the collateral the lender's own
    (CC-428).
    """

    CLEAR = 0
    WARN = 1
    BLOCK_NEW = 2
    MARGIN_CALL = 3
    ACCELERATE = 4
    DISPOSE = 5


RISK_RAISING = frozenset({"draw", "lock"})
"""The only acts a rung may block: a draw, and a lock that makes room for one. A lock while something is owed adds
security, and is none."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What is seen of one facility on a day. `coverage_bps` is what its collateral allows to be owed in basis
    points of what is owed, None when nothing is; `exposure` the worst level among the lender's limits that its
    debt rests on.
    """

    day: int
    overdue_days: int = 0
    coverage_bps: int | None = None
    debtor_stopped: bool = False
    borrower_suspended: bool = False
    exposure: Level = Level.CLEAR


@dataclass(frozen=True, slots=True)
class Stand:
    """The rung a facility is on, and the day on which it was entered."""

    step: Step = Step.CLEAR
    since: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """The thresholds, parameters of a rule (S25-ladder): days overdue from which a rung is entered; coverage in basis
    points below which one warns and calls, and from which it is calm and cured again; days on the record before a call
    counts as unanswered, before what was called due is collected, and before a rung is left.
    """

    warn_days: int
    block_days: int
    call_days: int
    accelerate_days: int
    dispose_days: int
    warn_coverage_bps: int
    calm_coverage_bps: int
    call_coverage_bps: int
    cured_coverage_bps: int
    answer_days: int
    notice_days: int
    calm_days: int


class Rung(NamedTuple):
    """One reason to stand on a step: `demands` enters it, `holds` keeps it."""

    step: Step
    rule: str
    sentence: str
    demands: Callable[[Observed, Stand, Terms], bool]
    holds: Callable[[Observed, Stand, Terms], bool]


def _covered_below(seen: Observed, bps: int) -> bool:
    return seen.coverage_bps is not None and seen.coverage_bps < bps


def _owed(seen: Observed) -> bool:
    return seen.coverage_bps is not None


def _unanswered(seen: Observed, stand: Stand, terms: Terms) -> bool:
    """A margin call on the record for its days, and the coverage not cured."""
    return (
        stand.step is Step.MARGIN_CALL
        and seen.day - stand.since >= terms.answer_days
        and _covered_below(seen, terms.cured_coverage_bps)
    )


def _overdue(threshold: Callable[[Terms], int]) -> Callable[[Observed, Stand, Terms], bool]:
    return lambda seen, _, terms: seen.overdue_days >= threshold(terms)


LADDER: tuple[Rung, ...] = (
    Rung(
        Step.WARN, "S25-overdue", "A loan is past its due day.",
        _overdue(lambda terms: terms.warn_days), _overdue(lambda _: 1),
    ),
    Rung(
        Step.WARN, "S25-exposure", "An exposure has reached its alert.",
        lambda seen, _, __: seen.exposure >= Level.WARN, lambda seen, _, __: seen.exposure >= Level.WARN,
    ),
    Rung(
        Step.WARN, "S25-coverage", "The collateral covers little more than what is owed.",
        lambda seen, _, terms: _covered_below(seen, terms.warn_coverage_bps),
        lambda seen, _, terms: _covered_below(seen, terms.calm_coverage_bps),
    ),
    Rung(
        Step.BLOCK_NEW, "S25-overdue", "A loan has been overdue for days.",
        _overdue(lambda terms: terms.block_days), _overdue(lambda _: 1),
    ),
    Rung(
        Step.BLOCK_NEW, "CN77-15", "A debtor behind the collateral is stopped.",
        lambda seen, _, __: seen.debtor_stopped, lambda seen, _, __: seen.debtor_stopped,
    ),
    Rung(
        Step.BLOCK_NEW, "DEC-5", "The borrower is suspended.",
        lambda seen, _, __: seen.borrower_suspended, lambda seen, _, __: seen.borrower_suspended,
    ),
    Rung(
        Step.BLOCK_NEW, "S25-exposure", "A limit is broken.",
        lambda seen, _, __: seen.exposure >= Level.BREACH, lambda seen, _, __: seen.exposure >= Level.FULL,
    ),
    Rung(
        Step.MARGIN_CALL, "CC-433/436", "The collateral no longer covers what is owed.",
        lambda seen, _, terms: _covered_below(seen, terms.call_coverage_bps),
        lambda seen, _, terms: _covered_below(seen, terms.cured_coverage_bps),
    ),
    Rung(
        Step.MARGIN_CALL, "S25-overdue", "A loan has been overdue for longer.",
        _overdue(lambda terms: terms.call_days), _overdue(lambda _: 1),
    ),
    Rung(
        Step.ACCELERATE, "CC-433/436", "A margin call has not been answered in time.",
        _unanswered, lambda seen, _, terms: _covered_below(seen, terms.cured_coverage_bps),
    ),
    Rung(
        Step.ACCELERATE, "S25-overdue", "A loan has been overdue for so long that all of it is called due.",
        _overdue(lambda terms: terms.accelerate_days), _overdue(lambda _: 1),
    ),
    Rung(
        Step.DISPOSE, "CC-428", "What was called due at once has not been paid in time: the collateral is collected.",
        lambda seen, stand, terms: (
            stand.step is Step.ACCELERATE and _owed(seen) and seen.day - stand.since >= terms.notice_days
        ),
        lambda seen, _, __: _owed(seen),
    ),
    Rung(
        Step.DISPOSE, "CLASS", "A loan has been overdue for so long that it is substandard.",
        _overdue(lambda terms: terms.dispose_days), lambda seen, _, __: _owed(seen),
    ),
)  # fmt: skip
"""Every reason for every rung."""


@dataclass(frozen=True, slots=True)
class Move:
    """What the facts call for: the rung to stand on, and the reasons. The same rung as before is no move."""

    before: Step
    after: Step
    reasons: tuple[Rung, ...]


def demanded(seen: Observed, stand: Stand, terms: Terms) -> tuple[Rung, ...]:
    """Every rung whose facts are there."""
    return tuple(rung for rung in LADDER if rung.demands(seen, stand, terms))


def held(seen: Observed, stand: Stand, terms: Terms) -> tuple[Rung, ...]:
    """Every rung that the facts do not yet let go."""
    return tuple(rung for rung in LADDER if rung.holds(seen, stand, terms))


def move(seen: Observed, stand: Stand, terms: Terms) -> Move:
    """Where a facility is to stand, given where it stands.

    Up to BLOCK_NEW at once; from there one rung at a time, since each must be on the record before the next. Down
    to the highest rung that still holds, once `calm_days` have passed.
    """
    wanted = demanded(seen, stand, terms)
    top = max((rung.step for rung in wanted), default=Step.CLEAR)
    if top > stand.step:
        after = min(top, max(Step.BLOCK_NEW, Step(min(stand.step + 1, Step.DISPOSE))))
        return Move(stand.step, after, tuple(rung for rung in wanted if rung.step >= after))
    kept = tuple(rung for rung in held(seen, stand, terms) if rung.step <= stand.step)
    still = max((rung.step for rung in kept), default=Step.CLEAR)
    if still < stand.step and seen.day - stand.since >= terms.calm_days:
        return Move(stand.step, still, tuple(rung for rung in kept if rung.step is still))
    return Move(stand.step, stand.step, tuple(rung for rung in (*wanted, *kept) if rung.step is stand.step))


def blocks(step: Step, function: str, *, owed: bool) -> bool:
    """Whether a rung blocks an act. `owed`: something is owed under the facility, so that a lock adds security."""
    if function not in RISK_RAISING or (function == "lock" and owed):
        return False
    return step >= Step.BLOCK_NEW
