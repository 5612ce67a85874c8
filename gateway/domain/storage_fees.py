"""What storage comes to by a receipt's tariff (CC-909, item 6), exact until it is owed.

A tariff's periods follow on one another from the first day that is not free, and each is owed whole on the day on which
it begins: a period begun counts whole, and one that was begun and paid for is not charged again. One rounding, half up,
once per receipt. Days are ledger days; the first and the last of them both count.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a keeper charges.

    `rate`: minor units, above 0, for each `per` (above 0) of the goods' unit and each `days` (1 or more) begun;
    `free_days`: days at the start of storage that cost nothing, 0 or more.
    """

    rate: Fraction
    per: Fraction
    days: int
    free_days: int


def periods_begun(tariff: Tariff, first: int, since: int, day: int) -> int:
    """How many periods begin from `since` to `day`, both counted, of goods that came in on `first`; 0 or more."""
    return max(0, _begun(tariff, first, day) - _begun(tariff, first, since - 1))


def _begun(tariff: Tariff, first: int, day: int) -> int:
    """Periods begun until the end of a day."""
    return max(0, (day - first - tariff.free_days) // tariff.days + 1)


def storage_fee(tariff: Tariff, quantity: Fraction, first: int, since: int, day: int) -> int:
    """What is owed for storage from `since` to `day`, both counted, in minor units, rounded half up; 0 or more.

    Args:
        quantity: of the goods' unit, 0 or more. first: day on which the goods came in, from which free days and
        periods count. since: first day that is not paid for; `day` before it owes nothing.
    """
    exact = tariff.rate * quantity / tariff.per * periods_begun(tariff, first, since, day)
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
