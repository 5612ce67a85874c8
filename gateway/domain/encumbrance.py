"""What others than the holder may do to a title: a lender locks and releases, an order freezes (decisions 6,
7).

A title knows no more of a pledge than the facility's number. The callers have checked whose authority it is,
but for the two signatures of a lock, which stand on the title itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gateway.domain.acts import Lock
from gateway.domain.calendar import day_of
from gateway.domain.ledger_state import LedgerState, made_by
from gateway.domain.parties import Key, Need, check
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Facility, Flag, Role, Title
from gateway.domain.titles import carvable, carve_by_right, movable, root_of

LARGEST_ID = 2**64 - 1


def lock_title(
    state: LedgerState, act: Lock, facility: Facility, signed_by: tuple[Key, Key], now: int
) -> tuple[Reason, int]:
    """Locks a title, or the part named by `child`, and answers how much. Signed by holder, lender."""
    title = state.titles.get(act.title)
    root = root_of(state, title)
    # Of all that a holder may do with an order, this alone: goods to come secure an advance.
    kind = Flag.NONE if title is None else Flag(title.flags & Flag.ORDER)
    reason = movable(title, root, act.sequence, day_of(now), kind)
    if reason or title is None or root is None:
        return reason, 0
    if title.holder != facility.borrower:
        return Reason.DIFFERENT_HOLDER, 0
    if root.currency != facility.currency:
        return Reason.CURRENCY_MISMATCH, 0
    quantity = act.quantity if act.child else title.quantity
    if facility.face + quantity > MAX_AMOUNT:
        return Reason.FACILITY_LIMIT_EXCEEDED, 0
    holder, lender = signed_by
    reason = check(state, act, holder, Need(title.holder, Role.TITLE, quantity), now)
    if not reason:
        reason = check(state, act, lender, Need(facility.lender, Role.CREDIT_MAKER, quantity), now)
    if reason:
        return reason, 0
    if not act.child:
        if act.quantity != quantity:
            return Reason.AMOUNT_DIFFERS, 0
        state.titles[act.title] = replace(title.next(), lock=act.facility)
        return Reason.NONE, quantity
    if not made_by(act.child, title.holder):
        return Reason.FOREIGN_ID, 0
    reason = carvable(state, title, act.child, act.quantity)
    if reason:
        return reason, 0

    carve_by_right(state, act.title, title.next(), act.child, act.quantity)
    state.titles[act.child] = replace(state.titles[act.child], lock=act.facility)
    return Reason.NONE, act.quantity


def carve_locked(state: LedgerState, number: int, child: int, quantity: int, facility: int) -> Reason:
    """The lender divides a title locked to it; both parts stay locked.

    Not a frozen title: its part would be frozen too, but no order would name it and so none could lift it.
    """
    title = state.titles.get(number)
    if title is None:
        return Reason.UNKNOWN_TITLE
    if title.dead:
        return Reason.TITLE_SPENT
    if title.lock != facility or facility == 0:
        return Reason.WRONG_LOCK
    if title.flags & Flag.GOODS:
        return Reason.OTHER_KIND
    if title.frozen:
        return Reason.TITLE_FROZEN
    reason = carvable(state, title, child, quantity)
    if not reason:
        carve_by_right(state, number, title, child, quantity)
    return reason


def locked_open(state: LedgerState, facility: int, titles: Iterable[int]) -> int:
    """What the listed titles still claim, of those that are locked to this facility: each counts once, however often
    it is named. Goods claim no money.
    """
    found = (state.titles.get(number) for number in set(titles))
    return sum(title.open for title in found if title is not None and _releasable(title, facility))


def unlock_titles(state: LedgerState, facility: int, titles: Iterable[int]) -> int:
    """Ends the locks of the listed titles, passing over those that are not locked to this facility, and over goods,
    which are not released without their keeper; answers what they still claimed.
    """
    opened = 0
    for number in titles:
        title = state.titles.get(number)
        if title is not None and _releasable(title, facility):
            opened += title.open
            state.titles[number] = replace(title, lock=0)
    return opened


def _releasable(title: Title, facility: int) -> bool:
    return title.lock == facility and not title.flags & Flag.GOODS


def freeze_title(state: LedgerState, number: int, child: int, quantity: int) -> Reason:
    """An order stops a title, or a part carved off it; locked or not, before or after the due day (decision
    13).

    Money for a frozen title waits on hold.
    """
    title = state.titles.get(number)
    if title is None:
        return Reason.UNKNOWN_TITLE
    if title.dead:
        return Reason.TITLE_SPENT
    if title.frozen:
        return Reason.TITLE_FROZEN
    if child:
        reason = carvable(state, title, child, quantity)
        if reason:
            return reason
        carve_by_right(state, number, title, child, quantity)
        number, title = child, state.titles[child]
    state.titles[number] = replace(title, flags=title.flags | Flag.FROZEN)
    return Reason.NONE


def lift_title(state: LedgerState, number: int) -> None:
    """The order's stop ends; the caller has seen that the title is frozen."""
    title = state.titles[number]
    state.titles[number] = replace(title, flags=title.flags & ~Flag.FROZEN)
