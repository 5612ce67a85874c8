"""What goods are worth to a lender: an appraiser's price less a haircut, as a rate that the ledger can carry.

Prices stand in documents, and never on the ledger. What stands there is the lending rate of a lot: minor units of a
currency for a million of the smallest units that the lot counts, in 64 bits, rounded down. Quantities are whole units
of the lot, as many decimals down as it declares; days are those of `calendar`. What is lent on is rounded down, what is
asked for up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import floor

from gateway.domain.margin_records import UNITS, highest_rate

MOST_RATE = (1 << 64) - 1
_WHOLE_BPS = 10_000


@dataclass(frozen=True, slots=True)
class ValuationTerms:
    """Parameters of a rule (CC-433-valuation): by how many basis points of the last rate a rate may rise in a day, for
    how many days a valuation may hold, and the least haircut."""

    rise_bps_a_day: int
    valid_most_days: int
    haircut_least_bps: int


@dataclass(frozen=True, slots=True)
class Model:
    """A version of an appraiser's model as a lender registered it: valuations of the days from `first` to `last`, both
    among them, may be made by it."""

    lender: int
    name: str
    version: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Valuation:
    """What an appraiser attests of a lot, under the hash of its document (`sha256`, hex).

    `price` is exact, in minor units of the currency for one whole unit of the lot. It holds from the day on which the
    goods were valued to `last_day`, both among them.
    """

    lot: int
    appraiser: int
    currency: str
    price: Fraction
    haircut_bps: int
    model: str
    version: str
    day: int
    last_day: int
    sha256: str

    def rate(self, decimals: int) -> int:
        """The rate that follows from price and haircut, for a lot that counts so many decimals of its unit."""
        lent = self.price * (_WHOLE_BPS - self.haircut_bps) / _WHOLE_BPS
        smallest: int = 10**decimals
        return floor(lent * UNITS / smallest)

    def holds_on(self, day: int) -> bool:
        """Whether it may be relied on, its first and last day among the days that it may."""
        return self.day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Rated:
    """A lending rate, and the day on which the goods were valued so."""

    rate: int
    day: int


def value_of(quantity: int, rate: int) -> int:
    """What a quantity of a lot is worth to a lender, in minor units, rounded down."""
    return quantity * rate // UNITS


def quantity_worth(value: int, rate: int) -> int | None:
    """The least quantity of a lot that is worth so much or more; None where no quantity is."""
    if value <= 0:
        return 0
    return None if rate == 0 else -(-value * UNITS // rate)


def lending_rate(rate: int, day: int, last: Rated | None, terms: ValuationTerms) -> int:
    """The rate that counts: it falls at once, and rises no faster than the rule lets it, by basis points of the last
    rate for each day since that; two valuations of one day raise nothing."""
    if last is None:
        return rate
    return min(rate, highest_rate(last.rate, terms.rise_bps_a_day, day - last.day))


# ── whether a valuation can be taken ────────────────────────────────────────────────────────────────────────


class Fault(StrEnum):
    """Why a valuation is not taken, by the rule that a refusal names."""

    DAY = "VALUATION-DAY"
    HAIRCUT = "VALUATION-HAIRCUT"
    MODEL = "VALUATION-MODEL"
    RATE = "VALUATION-RATE"
    CURRENCY = "VALUATION-CURRENCY"
    APPRAISER = "VALUATION-APPRAISER"


@dataclass(frozen=True, slots=True)
class Objection:
    """A rule that a valuation breaks: the field of its document, and why."""

    fault: Fault
    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a valuation is looked at with.

    Attributes:
        today: the ledger's day.
        decimals: of the lot's unit that a quantity counts.
        models: every version that lenders registered.
        before: the day of the same appraiser's last valuation of the lot, None where there is none.
        currency: that of the lot's other valuations, empty where there are none.
        group: the appraiser's, and `interested` those of the lot's pledgors and lenders.
    """

    today: int
    decimals: int
    models: Sequence[Model]
    before: int | None
    currency: str
    group: int
    interested: frozenset[int]


def objections(found: Valuation, seen: Circumstances, terms: ValuationTerms) -> list[Objection]:
    """Every reason why a valuation is not taken, in the order of the document's fields."""
    rules: tuple[tuple[bool, Fault, str, Callable[[], str]], ...] = (
        (independent(seen.group, seen.interested), Fault.APPRAISER, "appraiser",
         lambda: "the appraiser is of the group of who pledges the goods, or of who lends on them"),
        (0 < found.rate(seen.decimals) <= MOST_RATE, Fault.RATE, "price.amount",
         lambda: f"a rate is 1 to {MOST_RATE} for a million of the smallest units of its lot"),
        (seen.currency in ("", found.currency), Fault.CURRENCY, "price.currency",
         lambda: f"the lot's other valuations are in {seen.currency}: rates in two currencies do not compare"),
        (found.haircut_bps >= terms.haircut_least_bps, Fault.HAIRCUT, "haircut_bps",
         lambda: f"the haircut is {terms.haircut_least_bps} basis points or more"),
        (bool(registered(found, seen.models)), Fault.MODEL, "model.version",
         lambda: "no lender has registered this version for the day on which the goods were valued"),
        (found.day <= seen.today, Fault.DAY, "valued", lambda: "the day on which the goods were valued has not come"),
        (seen.before is None or found.day >= seen.before, Fault.DAY, "valued",
         lambda: "the same appraiser has valued the lot on a later day"),
        (found.last_day >= seen.today, Fault.DAY, "valid_until", lambda: "it holds no longer"),
        (found.last_day - found.day <= terms.valid_most_days, Fault.DAY, "valid_until",
         lambda: f"a valuation holds for {terms.valid_most_days} days at most"),
    )  # fmt: skip
    return [Objection(fault, field, sentence()) for keeps, fault, field, sentence in rules if not keeps]


def independent(group: int, interested: Iterable[int]) -> bool:
    """Whether an appraiser of this group is none of those who have an interest in the price, by their groups."""
    return group not in set(interested)


def registered(found: Valuation, models: Iterable[Model]) -> tuple[int, ...]:
    """The lenders that registered the version by which the goods were valued, for the day on which they were."""
    return tuple(
        sorted(
            {
                each.lender
                for each in models
                if (each.name, each.version) == (found.model, found.version)
                and each.first <= found.day <= each.last
            }
        )
    )


# ── enforcement ─────────────────────────────────────────────────────────────────────────────────────────────


def for_enforcement(
    valuations: Iterable[Valuation], group_of: Callable[[int], int], day: int
) -> tuple[Valuation, Valuation] | None:
    """The two valuations on which goods may be sold: the newest that hold on the day, of appraisers of different
    groups; None where there are no two."""
    newest: dict[int, Valuation] = {}
    for each in sorted(valuations, key=lambda each: (each.day, each.sha256)):
        if each.holds_on(day):
            newest[group_of(each.appraiser)] = each
    found = sorted(newest.values(), key=lambda each: (each.day, each.sha256))[-2:]
    return (found[0], found[1]) if len(found) == 2 else None
