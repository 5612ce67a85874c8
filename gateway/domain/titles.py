"""A live title passes from hand to hand, whole or in parts (decisions 1, 2, 4, 6; contracts/titles).

Every verb answers the first rule that forbids it; only NONE changes the state. `now` is Unix seconds.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.acts import Assign, Merge, Split, Withdraw
from gateway.domain.calendar import day_of
from gateway.domain.goods_acts import Endorse, MergeReceipts
from gateway.domain.ledger_state import LedgerState, made_by
from gateway.domain.parties import Key, Need, check
from gateway.domain.reasons import Reason
from gateway.domain.records import KIND, Flag, Phase, Role, Root, Title


def movable(
    title: Title | None, root: Root | None, sequence: int, today: int, kind: Flag = Flag.NONE
) -> Reason:
    """May the holder act on this title? As `unbound`, and before the due day."""
    reason = unbound(title, root, sequence, kind)
    if reason:
        return reason
    return Reason.PAST_DUE if root is not None and today >= root.due_day else Reason.NONE


def unbound(title: Title | None, root: Root | None, sequence: int, kind: Flag = Flag.NONE) -> Reason:
    """Is the title alive, free, and not moved since the act was signed? `kind` is GOODS where the keeper signs, and
    ORDER where a lender does.
    """
    if title is None:
        return Reason.UNKNOWN_TITLE
    if title.flags & KIND != kind:
        return Reason.OTHER_KIND
    if title.dead:
        return Reason.TITLE_SPENT
    if title.lock:
        return Reason.TITLE_LOCKED
    if title.frozen:
        return Reason.TITLE_FROZEN
    if title.sequence != sequence:
        return Reason.WRONG_SEQUENCE
    if root is None or root.phase is not Phase.LIVE:
        return Reason.NOT_LIVE
    return Reason.NONE


def root_of(state: LedgerState, title: Title | None) -> Root | None:
    """The root a title is of."""
    return None if title is None else state.roots.get(title.root)


def assign(
    state: LedgerState, act: Assign | Endorse, signed_by: tuple[Key, Key], now: int, kind: Flag = Flag.NONE
) -> Reason:
    """A whole title passes to another party. Signed by holder, acquirer (CC-545/546)."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title = state.titles.get(act.title)
    reason = movable(title, root_of(state, title), act.sequence, day_of(now), kind)
    if reason or title is None:
        return reason
    if title.holder == act.to:
        return Reason.SELF_ASSIGNMENT
    holder, acquirer = signed_by
    reason = check(state, act, holder, Need(title.holder, Role.TITLE, title.quantity), now)
    if not reason:
        reason = check(state, act, acquirer, Need(act.to, Role.TITLE, title.quantity), now)
    if reason:
        return reason

    state.titles[act.title] = replace(title.next(), holder=act.to)
    return Reason.NONE


def split(state: LedgerState, act: Split, signed_by: tuple[Key, Key], now: int) -> Reason:
    """A part becomes a title of its own. Signed by holder, and by the acquirer when that is another party."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title = state.titles.get(act.title)
    root = root_of(state, title)
    reason = movable(title, root, act.sequence, day_of(now))
    if reason or title is None or root is None:
        return reason
    reason = _divisible(state, act, title, root)
    if reason:
        return reason
    holder, acquirer = signed_by
    reason = check(state, act, holder, Need(title.holder, Role.TITLE, act.quantity), now)
    if not reason and act.to != title.holder:
        reason = check(state, act, acquirer, Need(act.to, Role.TITLE, act.quantity), now)
    if reason:
        return reason

    carve(state, act.title, title.next(), act.child, act.quantity, act.to, title.depth + 1)
    return Reason.NONE


def _divisible(state: LedgerState, act: Split, title: Title, root: Root) -> Reason:
    """CN77-split: part and rest reach the minimum piece, and splits are no deeper than allowed."""
    if act.quantity == 0:
        return Reason.ZERO_QUANTITY
    if act.quantity >= title.quantity:
        return Reason.QUANTITY_ABOVE_TITLE
    if min(act.quantity, title.quantity - act.quantity) < root.minimum_piece_minor:
        return Reason.PIECE_TOO_SMALL
    if title.depth >= root.maximum_depth:
        return Reason.TOO_DEEP
    if not made_by(act.child, title.holder):
        return Reason.FOREIGN_ID
    return Reason.ID_TAKEN if taken(state, act.child) else Reason.NONE


def merge(
    state: LedgerState, act: Merge | MergeReceipts, signed_by: tuple[Key], now: int, kind: Flag = Flag.NONE
) -> Reason:
    """Two titles of one root and one holder become one. Signed by the holder."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    if act.into == act.from_:
        return Reason.ID_TAKEN
    into, from_ = state.titles.get(act.into), state.titles.get(act.from_)
    if (into.root if into else 0) != (from_.root if from_ else 0):
        return Reason.DIFFERENT_ROOT
    root, today = root_of(state, into), day_of(now)
    reason = movable(into, root, act.into_sequence, today, kind)
    reason = reason or movable(from_, root, act.from_sequence, today, kind)
    if reason or into is None or from_ is None:
        return reason
    if into.holder != from_.holder:
        return Reason.DIFFERENT_HOLDER
    reason = check(state, act, signed_by[0], Need(into.holder, Role.TITLE), now)
    if reason:
        return reason

    state.titles[act.into] = replace(into.next(), quantity=into.quantity + from_.quantity)
    state.titles[act.from_] = replace(from_.next(), quantity=0, flags=from_.flags | Flag.SPENT)
    return Reason.NONE


def withdraw(state: LedgerState, act: Withdraw, signed_by: tuple[Key], now: int) -> Reason:
    """The holder takes back every act it signed on a title and that is not carried yet (decision 4).

    Not on a locked title: there, a change of mind could void what a lender relies on.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title = state.titles.get(act.title)
    if title is None:
        return Reason.UNKNOWN_TITLE
    if title.dead:
        return Reason.TITLE_SPENT
    if title.lock:
        return Reason.TITLE_LOCKED
    if title.sequence != act.sequence:
        return Reason.WRONG_SEQUENCE
    reason = check(state, act, signed_by[0], Need(title.holder, Role.TITLE), now)
    if not reason:
        state.titles[act.title] = title.next()
    return reason


def taken(state: LedgerState, number: int) -> bool:
    """Whether a number names a title or a root already; used numbers are never freed (decision 1)."""
    return number in state.titles or number in state.roots


def carve(
    state: LedgerState, number: int, title: Title, child: int, quantity: int, holder: int, depth: int
) -> None:
    """Takes `quantity` out of a title, which is not frozen, into a new one with the same root and lock.

    INV-TITLE-01: the two quantities together are the old one.
    """
    state.titles[number] = replace(title, quantity=title.quantity - quantity)
    state.titles[child] = Title(
        holder=holder,
        root=title.root,
        quantity=quantity,
        depth=depth,
        lock=title.lock,
        flags=title.flags & KIND,
    )


def carvable(state: LedgerState, title: Title, child: int, quantity: int) -> Reason:
    """May one who acts by right carve? Depth and minimum piece do not bind; but once money is paid out
    nothing is carved, because a part's money could not be told apart (decision 6).
    """
    if quantity == 0:
        return Reason.ZERO_QUANTITY
    if quantity >= title.quantity:
        return Reason.QUANTITY_ABOVE_TITLE
    if taken(state, child):
        return Reason.ID_TAKEN
    if title.flags & Flag.HELD:  # a receipt that is being sold, or is leased, is one thing
        return Reason.GOODS_SOLD
    if title.flags & Flag.GOODS:
        # Of a part nobody would know that storage is owed on it, or that its paper is out.
        if title.flags & Flag.LIEN:
            return Reason.STORAGE_UNPAID
        if title.flags & Flag.PAPER:
            return Reason.ON_PAPER
    return Reason.PAST_DUE if state.money_of(title.root).distributed else Reason.NONE


def carve_by_right(state: LedgerState, number: int, title: Title, child: int, quantity: int) -> None:
    """The carve `carvable` allowed; the part is its old holder's."""
    carve(state, number, title, child, quantity, title.holder, min(title.depth + 1, 255))
