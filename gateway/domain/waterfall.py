"""Ordered buckets that one payment fills (2.4; CC-561, CC-766/767)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Fill(NamedTuple):
    """What each bucket took, in order, and what was left over; together they are the payment."""

    taken: tuple[int, ...]
    rest: int


def fill(payment: int, buckets: Sequence[int]) -> Fill:
    """Fills buckets in their order, each up to its size, in minor units.

    Raises ValueError for a negative payment or bucket.
    """
    if payment < 0 or min(buckets, default=0) < 0:
        raise ValueError("money is not negative")
    rest = payment
    taken = []
    for size in buckets:
        part = min(size, rest)
        taken.append(part)
        rest -= part
    return Fill(tuple(taken), rest)


class Repayment(NamedTuple):
    """How one payment repays a loan; `surplus` goes back to whom the money was for (CC-766)."""

    costs: int
    interest: int
    principal: int
    surplus: int


def repay(payment: int, interest: int, principal: int, costs: int = 0) -> Repayment:
    """Costs of enforcement first, then interest, then principal (CC-561), then surplus."""
    (to_costs, to_interest, to_principal), rest = fill(payment, (costs, interest, principal))
    return Repayment(to_costs, to_interest, to_principal, rest)
