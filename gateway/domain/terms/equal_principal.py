"""Equal principal: the same part each time, the last clears the dust."""

from __future__ import annotations


def part(drawn: int, count: int) -> int:
    """The principal of every instalment but the last, in minor units: rounded down."""
    return drawn // count
