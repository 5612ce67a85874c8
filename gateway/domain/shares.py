"""An amount in parts by basis points, to the minor unit (S17).

The largest remainder: every part is rounded down, and the units that are left go one each to the parts that lost
most by it, in the table's order where two lost the same. The parts always make the amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

WHOLE_BPS = 10_000


def cut_by_shares(amount: int, bps: Sequence[int]) -> list[int]:
    """The parts of an amount (minor units), one for each share. Each is within one unit of its exact part.

    Raises ValueError unless the shares are positive and make 10,000, and the amount is not negative.
    """
    _require(amount, bps)
    return _hand_out(amount, bps, [amount * share % WHOLE_BPS for share in bps])


def cut_each(amounts: Iterable[int], bps: Sequence[int]) -> list[list[int]]:
    """The parts of each of several amounts, in their order: repayments or losses shared as they come.

    Each amount is handed out whole; its odd units go to those who are furthest behind with all that came so far,
    so that nobody falls behind for always getting the smaller part.
    """
    behind = [0] * len(bps)
    found = []
    for amount in amounts:
        _require(amount, bps)
        due = [late + amount * share for late, share in zip(behind, bps, strict=True)]
        lost = [each - amount * share // WHOLE_BPS * WHOLE_BPS for each, share in zip(due, bps, strict=True)]
        parts = _hand_out(amount, bps, lost)
        behind = [each - part * WHOLE_BPS for each, part in zip(due, parts, strict=True)]
        found.append(parts)
    return found


def _require(amount: int, bps: Sequence[int]) -> None:
    if not bps or min(bps) <= 0 or sum(bps) != WHOLE_BPS:
        raise ValueError("shares are positive basis points that make 10,000")
    if amount < 0:
        raise ValueError("an amount that is shared is not negative")


def _hand_out(amount: int, bps: Sequence[int], lost: Sequence[int]) -> list[int]:
    parts = [amount * share // WHOLE_BPS for share in bps]
    order = sorted(range(len(bps)), key=lambda place: (-lost[place], place))
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return parts
