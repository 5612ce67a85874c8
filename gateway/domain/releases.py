"""Which of several pledged things go free for a repayment, each whole, and what stays still covers what is owed.

Everything is in minor units of one currency.
"""

from __future__ import annotations

from collections.abc import Sequence

_WHOLE_BPS = 10_000


def freed_by(repaid: int, advance_bps: int, spare: int) -> int:
    """What of the face value goes free for a repayment that is booked: no more than it covers at the advance rate, nor
    than what of it is spare.
    """
    return min(repaid * _WHOLE_BPS // advance_bps, spare)


def chosen(values: Sequence[int], most: int) -> list[bool]:
    """Of things in the order in which they are wanted, those that still fit into what may go free."""
    found = []
    for value in values:
        found.append(value <= most)
        most -= value if found[-1] else 0
    return found
