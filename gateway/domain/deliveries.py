"""What becomes of the title of an order (contracts/goods/Deliveries): it shrinks by what does not come, by what is
received, and by what is in store.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.ledger_state import LedgerState
from gateway.domain.reasons import Reason
from gateway.domain.records import Flag, Phase, Title


def kind_of(title: Title | None) -> Reason:
    """Whether it is the title of an order."""
    if title is None:
        return Reason.UNKNOWN_TITLE
    return Reason.NONE if title.flags & Flag.ORDER else Reason.OTHER_KIND


def reducible(title: Title, sequence: int, quantity: int) -> Reason:
    """May so much of it be taken off? In minor units."""
    if title.dead:
        return Reason.TITLE_SPENT
    if title.sequence != sequence:
        return Reason.WRONG_SEQUENCE
    if quantity == 0:
        return Reason.ZERO_QUANTITY
    return Reason.QUANTITY_ABOVE_TITLE if quantity > title.quantity else Reason.NONE


def usable(state: LedgerState, title: Title, sequence: int, taken: int, today: int) -> Reason:
    """May something else take the place of so much of it today?"""
    reason = reducible(title, sequence, taken)
    if reason:
        return reason
    if title.frozen:
        return Reason.TITLE_FROZEN
    return Reason.PAST_DUE if today > state.roots[title.root].due_day else Reason.NONE


def shrink(state: LedgerState, number: int, title: Title, quantity: int) -> None:
    """A title of which nothing is left secures nothing any more; an order of which nothing is left is closed."""
    root = state.roots[title.root]
    if state.order_of(title.root).gone == root.quantity:
        state.roots[title.root] = replace(root, phase=Phase.CLOSED)
    shrunk = replace(title.next(), quantity=title.quantity - quantity)
    if not shrunk.quantity:
        shrunk = replace(shrunk, lock=0, flags=title.flags | Flag.SPENT)
    state.titles[number] = shrunk
