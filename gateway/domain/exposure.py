"""Who owes a lender how much in the end, what the lender allows, and how near a limit it is (S25, F205).

What is used under a facility (reserved and outstanding) rests on the debtors behind its collateral, in
proportion to what their titles still claim; together these parts are what is used, to the minor unit. A
facility without collateral rests on its borrower.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from gateway.domain.lists import shares

FULL_BPS = 10_000


@dataclass(frozen=True, slots=True)
class Position:
    """A facility as its lender's risk: `faces` is what the titles locked to it still claim, by debtor."""

    facility: int
    lender: int
    borrower: int
    currency: int
    used: int
    faces: Mapping[int, int]

    def by_debtor(self) -> dict[int, int]:
        """What is used, by the debtors who are to pay it; the parts make the whole."""
        behind = {debtor: face for debtor, face in sorted(self.faces.items()) if face > 0}
        if not self.used:
            return {}
        if not behind:
            return {self.borrower: self.used}
        parts = shares(behind, self.used, sum(behind.values()))
        return {debtor: part for debtor, part in parts.items() if part}


class Dimension(StrEnum):
    """What a limit is about."""

    DEBTOR = "debtor"
    GROUP = "group"
    LENDER = "lender"


class Level(IntEnum):
    """How near a limit is."""

    CLEAR = 0
    WARN = 1
    FULL = 2
    BREACH = 3


@dataclass(frozen=True, slots=True)
class Limit:
    """What a lender allows in one currency. `subject` is a debtor, a group, or the lender itself; an alert is due
    from `warn_bps` of `amount` on. `source` is what set it: a rule, or the lender's own declaration.
    """

    lender: int
    dimension: Dimension
    subject: int
    currency: int
    amount: int
    warn_bps: int
    effective_day: int
    source: str
    rule: str = "S25"


@dataclass(frozen=True, slots=True)
class Finding:
    """A limit against what is used of it."""

    limit: Limit
    used: int

    @property
    def level(self) -> Level:
        """FULL means that nothing more fits, BREACH that too much is used already."""
        if self.used > self.limit.amount:
            return Level.BREACH
        if self.used == self.limit.amount:
            return Level.FULL
        near = self.used * FULL_BPS >= self.limit.amount * self.limit.warn_bps
        return Level.WARN if near else Level.CLEAR

    @property
    def headroom(self) -> int:
        """What still fits; never negative."""
        return max(0, self.limit.amount - self.used)


Key = tuple[Dimension, int]


def exposures(positions: Iterable[Position], groups: Mapping[int, int]) -> dict[Key, int]:
    """What one lender has at risk in one currency, by debtor, by debtor's group, and in all.

    `groups` is each party's group parent; a party it does not know is a group of its own.
    """
    found: dict[Key, int] = {}

    def add(key: Key, amount: int) -> None:
        found[key] = found.get(key, 0) + amount

    for position in positions:
        for debtor, part in position.by_debtor().items():
            add((Dimension.DEBTOR, debtor), part)
            add((Dimension.GROUP, groups.get(debtor, debtor)), part)
        if position.used:
            add((Dimension.LENDER, position.lender), position.used)
    return found


def with_draw(positions: Iterable[Position], facility: int, amount: int) -> list[Position]:
    """The positions as they would be after a draw under one of them."""
    return [
        replace(each, used=each.used + amount) if each.facility == facility else each for each in positions
    ]


def in_force(limits: Iterable[Limit], day: int) -> list[Limit]:
    """Of each subject the limit that took effect last, and not after `day`. Of two for one day the one that was
    set last counts: they come in the order in which they were set.
    """
    found: dict[tuple[int, Dimension, int, int], Limit] = {}
    for limit in limits:
        key = (limit.lender, limit.dimension, limit.subject, limit.currency)
        known = found.get(key)
        if limit.effective_day <= day and (known is None or limit.effective_day >= known.effective_day):
            found[key] = limit
    return list(found.values())


def judged(limits: Iterable[Limit], used: Mapping[Key, int]) -> list[Finding]:
    """Every limit against what is used of it, in the limits' order."""
    return [Finding(limit, used.get((limit.dimension, limit.subject), 0)) for limit in limits]


def breaks(limits: Iterable[Limit], before: Mapping[Key, int], after: Mapping[Key, int]) -> list[Finding]:
    """The limits that a step from `before` to `after` would break, or break further. What lowers a risk, or
    leaves it, is never among them (decision 14).
    """
    return [
        finding
        for finding in judged(limits, after)
        if finding.level is Level.BREACH
        and finding.used > before.get((finding.limit.dimension, finding.limit.subject), 0)
    ]


# ── Supervision of factors (F205) ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Supervision:
    """The parameters of F205, in basis points, days, and times. `related` is the lender's own group."""

    debtor_bps: int = 5_000
    related_bps: int = 4_000
    reserve_bps: int = 100
    leverage: int = 10
    nonperforming_after_days: int = 90
    warn_bps: int = 9_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What a lender says of its own books, in minor units: the ledger sees only what is lent here."""

    risk_assets_elsewhere: int
    net_assets: int
    reserve: int


def supervised(
    lender: int, currency: int, used: Mapping[Key, int], own_group: int, figures: Figures, rule: Supervision
) -> list[Limit]:
    """F205 as limits at the moment that `used` describes: shares of risk assets, and of net assets.

    Risk assets are what is used here and what the lender has elsewhere. Limits are rounded down.
    """
    here = used.get((Dimension.LENDER, lender), 0)
    risk_assets = here + figures.risk_assets_elsewhere

    def limit(dimension: Dimension, subject: int, amount: int, what: str) -> Limit:
        return Limit(lender, dimension, subject, currency, max(0, amount), rule.warn_bps, 0, what, "F205")

    one_debtor = risk_assets * rule.debtor_bps // FULL_BPS
    found = [
        limit(Dimension.DEBTOR, subject, one_debtor, "one debtor of risk assets")
        for dimension, subject in sorted(used)
        if dimension is Dimension.DEBTOR
    ]
    related = risk_assets * rule.related_bps // FULL_BPS
    found.append(limit(Dimension.GROUP, own_group, related, "related debtors of risk assets"))
    most = figures.net_assets * rule.leverage - figures.risk_assets_elsewhere
    found.append(limit(Dimension.LENDER, lender, most, "risk assets of net assets"))
    return found


def reserve_short(outstanding: int, figures: Figures, rule: Supervision) -> int:
    """What the lender's reserve lacks of its least share of what is outstanding, rounded up; 0 when it is enough."""
    needed = -(-outstanding * rule.reserve_bps // FULL_BPS)
    return max(0, needed - figures.reserve)


def nonperforming(overdue_days: int, rule: Supervision) -> bool:
    """Whether a loan is non-performing: more than 90 days overdue, so from day 91 on (F205)."""
    return overdue_days > rule.nonperforming_after_days
