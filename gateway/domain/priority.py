"""Whose claim comes first: rival claims on one receivable, or on the same goods, ranked by law with reasons.

On this ledger a title secures one facility at most, so rivals come from outside: another factor, pledgee or
assignee of the same receivable (CC-768, GI-66), a keeper's lien before a pledge (CC-447/456), several receipts
for the same goods (GI-59). Times are Unix seconds, amounts minor units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from gateway.domain.lists import shares


class Thing(StrEnum):
    """What is claimed."""

    RECEIVABLE = "receivable"
    GOODS = "goods"


class Instrument(StrEnum):
    """By what a claim is made."""

    FACTORING = "factoring"
    PLEDGE = "pledge"
    ASSIGNMENT = "assignment"
    LIEN = "keeper's lien"
    RECEIPT = "warehouse receipt"


INSTRUMENTS = {
    Thing.RECEIVABLE: (Instrument.FACTORING, Instrument.PLEDGE, Instrument.ASSIGNMENT),
    Thing.GOODS: (Instrument.LIEN, Instrument.RECEIPT, Instrument.PLEDGE),
}
"""What a thing can be claimed by."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim. `name` tells it from the others; `amount` is what it may take.

    `registered_at` is when it was made public: entered in the registry or, for goods, control was handed over.
    `notified_at` is when a notice of it first reached the debtor; goods have no debtor.
    """

    name: str
    instrument: Instrument
    amount: int
    registered_at: int | None = None
    notified_at: int | None = None


class Standing(StrEnum):
    """What gives a claim its place; earlier ones come first."""

    LIEN = "keeper's lien"
    REGISTERED = "registered"
    NOTIFIED = "notified"
    NEITHER = "neither"


_ORDER = tuple(Standing)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Why one claim stands before, or beside, another, and by which rule."""

    first: str
    second: str
    equal: bool
    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Share:
    """What one claim gets. Claims of equal rank share one `rank`, counted from 1."""

    claim: Claim
    rank: int
    amount: int

    @property
    def short(self) -> int:
        """What it does not get."""
        return self.claim.amount - self.amount


@dataclass(frozen=True, slots=True)
class Distribution:
    """An amount over all claims: what they get and the rest are together the amount."""

    shares: tuple[Share, ...]
    reasons: tuple[Comparison, ...]
    rest: int


def standing(claim: Claim, thing: Thing) -> Standing:
    """What gives a claim its place. Raises ValueError when the thing cannot be claimed by its instrument."""
    if claim.instrument not in INSTRUMENTS[thing]:
        raise ValueError(f"{claim.name}: no {claim.instrument} of a {thing}")
    if claim.instrument is Instrument.LIEN:
        return Standing.LIEN
    if claim.registered_at is not None:
        return Standing.REGISTERED
    if claim.notified_at is not None and thing is Thing.RECEIVABLE:
        return Standing.NOTIFIED
    return Standing.NEITHER


def place(claim: Claim, thing: Thing) -> tuple[int, int]:
    """A claim's place: less is earlier, equal is the same rank. It depends on this claim alone, so the order is
    transitive and no other claim, added or gone, can turn it round.
    """
    found = standing(claim, thing)
    since = {Standing.REGISTERED: claim.registered_at, Standing.NOTIFIED: claim.notified_at}.get(found)
    return _ORDER.index(found), since or 0


def compare(one: Claim, other: Claim, thing: Thing) -> Comparison:
    """Which of two claims stands before the other, why, and by which rule."""
    first, second = sorted((one, other), key=lambda claim: (place(claim, thing), claim.name))
    equal = place(first, thing) == place(second, thing)
    ahead, behind = standing(first, thing), standing(second, thing)
    return Comparison(
        first.name, second.name, equal, _rule(first, second, thing), _sentence(ahead, behind, equal, thing)
    )


def rank(claims: Iterable[Claim], thing: Thing = Thing.RECEIVABLE) -> tuple[tuple[Claim, ...], ...]:
    """The claims by rank, those of one rank by name, whatever order they come in.

    Raises ValueError for two claims of one name, a negative amount, or an instrument the thing does not know.
    """
    found = sorted(claims, key=lambda claim: (place(claim, thing), claim.name))
    names = [claim.name for claim in found]
    if len(set(names)) != len(names):
        raise ValueError("two claims have one name")
    if any(claim.amount < 0 for claim in found):
        raise ValueError("a claim is not negative")
    tiers: dict[tuple[int, int], list[Claim]] = {}
    for claim in found:
        tiers.setdefault(place(claim, thing), []).append(claim)
    return tuple(tuple(tier) for tier in tiers.values())


def distribute(amount: int, claims: Iterable[Claim], thing: Thing = Thing.RECEIVABLE) -> Distribution:
    """An amount over the claims: each rank is satisfied in full before the next gets anything, and claims of one
    rank share what is left in proportion to what they claim.

    Rounding: each share of a rank rounded down, the units left go to the largest remainders, earlier name first.
    Raises ValueError as `rank` does, and for a negative amount.
    """
    if amount < 0:
        raise ValueError("money is not negative")
    ranks = rank(claims, thing)
    lines: list[Share] = []
    for number, tier in enumerate(ranks, 1):
        paid = _within(tier, amount)
        lines += [Share(claim, number, part) for claim, part in zip(tier, paid, strict=True)]
        amount -= sum(paid)
    ordered = [claim for tier in ranks for claim in tier]
    reasons = tuple(compare(one, other, thing) for one, other in pairwise(ordered))
    return Distribution(tuple(lines), reasons, amount)


def _within(tier: Sequence[Claim], left: int) -> list[int]:
    claimed = sum(claim.amount for claim in tier)
    if not claimed:
        return [0] * len(tier)
    cut = shares(dict(enumerate(claim.amount for claim in tier)), min(left, claimed), claimed)
    return [cut[number] for number in range(len(tier))]


def _rule(first: Claim, second: Claim, thing: Thing) -> str:
    if thing is Thing.GOODS:
        return "CC-447/456" if first.instrument is Instrument.LIEN else "GI-59"
    # The code speaks of several factors; the interpretation carries it over to pledge and assignment.
    both = {first.instrument, second.instrument}
    return "CC-768" if both == {Instrument.FACTORING} else "GI-66"


def _sentence(ahead: Standing, behind: Standing, equal: bool, thing: Thing) -> str:
    if equal:
        return _EQUAL[ahead]
    if ahead is Standing.LIEN:
        return "The keeper's lien comes before every pledge of the goods."
    public = "registered" if thing is Thing.RECEIVABLE else "made public"
    if ahead is Standing.REGISTERED:
        if behind is Standing.REGISTERED:
            return f"It was {public} earlier."
        return f"It is {public}, the other is not."
    if behind is Standing.NOTIFIED:
        return "Neither is registered, and its notice reached the debtor first."
    return "Neither is registered, and the debtor was given notice of this one only."


_EQUAL = {
    Standing.LIEN: "Both are liens of a keeper: they share in proportion.",
    Standing.REGISTERED: "Both were made public at the same moment: they share in proportion.",
    Standing.NOTIFIED: "Neither is registered, and notices reached the debtor together: they share in proportion.",
    Standing.NEITHER: "Neither was made public in any way: they share in proportion to what they claim.",
}
