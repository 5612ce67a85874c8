"""How a clearing bank cuts a list: exact shares, largest remainder, nobody more than one minor unit off
(DEC-9).

A title's cumulative share is quantity × received ÷ base, an exact fraction; the base is the root's quantity
less what was removed. Each title gets its share rounded down, and the units that rounding leaves go to the
largest remainders, lowest number first. A list pays the difference to what was paid before, so earlier
rounding evens out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.domain.discharge import sharing
from gateway.domain.ledger_state import LedgerState
from gateway.domain.records import Flag


@dataclass(frozen=True, slots=True)
class Claim:
    """A title in a distribution: what it holds of the root, and what it was paid before (minor units)."""

    quantity: int
    paid: int = 0


def shares(quantities: Mapping[int, int], total: int, base: int) -> dict[int, int]:
    """Cuts `total` by each title's part of `base`, in whole minor units.

    Every share is within one unit of its exact value; together they are the exact sum rounded down, which is
    `total` itself when the titles make up the base. Raises ValueError when base is not positive.
    """
    if base <= 0:
        raise ValueError("shares are parts of something")
    whole = {title: quantity * total // base for title, quantity in quantities.items()}
    left = sum(quantities.values()) * total // base - sum(whole.values())
    for title in sorted(quantities, key=lambda title: (-(quantities[title] * total % base), title))[:left]:
        whole[title] += 1
    return whole


def cut(claims: Mapping[int, Claim], received: int, available: int, base: int) -> dict[int, int]:
    """The list that brings titles to their cumulative shares of what was received: title to amount, rising.

    It pays no more than `available` (received and not yet distributed), no title above its quantity, and
    keeps every line within one minor unit. A title that earlier rounding put ahead of its share waits for the
    others.

    Args:
        claims: the titles that still claim something.
        received: all that the root received so far.
        available: what of it is not distributed yet.
        base: the root's quantity less what was removed, positive.
    """
    exact = {title: divmod(claim.quantity * received, base) for title, claim in claims.items()}
    lines = {title: max(0, exact[title][0] - claim.paid) for title, claim in claims.items()}
    left = available - sum(lines.values())
    for title in sorted(claims, key=lambda title: (-exact[title][1], title)):
        whole, remainder = exact[title]
        if left > 0 and remainder and claims[title].paid <= whole:
            lines[title] += 1
            left -= 1
    for title in sorted(claims, key=lambda title: (exact[title][1], -title)):
        if left >= 0:
            break
        # One unit less is still within one unit only where nothing was rounded off; any other line waits.
        spared = min(1, lines[title]) if not exact[title][1] else lines[title]
        lines[title] -= spared
        left += spared
    return {title: amount for title, amount in sorted(lines.items()) if amount}


def proposed_distribution(state: LedgerState, root: int) -> dict[int, int]:
    """The next list a root's clearing bank may sign: title to amount, rising; empty when nothing is to be
    paid.

    Reads every title of the root that stands in `state`; all of them have to.
    """
    money = state.money_of(root)
    base, received = sharing(state, root)
    claims = {
        number: Claim(title.quantity, title.paid)
        for number, title in state.titles.items()
        if title.root == root and not title.dead
    }
    if not claims or base <= 0:
        return {}
    return cut(claims, received, money.received - money.distributed, base)


def proposed_late_interest(state: LedgerState, root: int, total: int) -> dict[int, int]:
    """A list of late interest: title to amount, rising (SME-17).

    Every title shares in it that was not settled early, whatever was paid on it since. Raises ValueError when
    every title was.
    """
    base = state.roots[root].quantity - state.money_of(root).removed
    quantities = {
        number: title.quantity
        for number, title in state.titles.items()
        if title.root == root and not title.flags & Flag.EARLY
    }
    return {title: amount for title, amount in sorted(shares(quantities, total, base).items()) if amount}
