"""Equal instalments: the same amount each time, interest included.

Kept in the contract's own fixed point, so that both come to the same minor unit; why 192 binary places are enough
is argued in contracts/credit/terms/EqualInstalments.sol.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gateway.domain import interest

ONE = 1 << 192
MOST = 2**48 - 1


def amount(drawn: int, rate: int, basis: int, days: Sequence[int]) -> int:
    """What is due each time, in minor units: the amount whose instalments, each discounted over the actual days
    since the pay-out, make up what was drawn; half-up, at most 2^48 - 1.

    `days` are the value day and every due day after it; `rate` in parts per million a year.
    """
    year = interest.PER_MILLION * interest.year_of(basis)
    factor, total = ONE, 0
    for start, end in pairwise(days):
        factor = factor * year // (year + rate * interest.weigh(basis, start, end))
        total += factor
    return min(MOST, (2 * drawn * ONE + total) // (2 * total))


def part(each: int, to_interest: int, balance: int) -> int:
    """The principal of an instalment that is not the last: never less than nothing, never more than is owed."""
    return min(balance, max(0, each - to_interest))
