"""Money came, so what is owed gets less: what must be true of the titles (decision 9;
contracts/titles/Discharge).

Settlement alone acts here, and has checked who says so. A list discharges all its lines or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from gateway.domain.encumbrance import LARGEST_ID
from gateway.domain.interest import late_interest_most
from gateway.domain.ledger_state import LedgerState
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Flag, GivenUp, Money, Phase, Root, Title
from gateway.domain.titles import movable, unbound


class Line(NamedTuple):
    """What a title was discharged by and where that money goes: to the lock's collection account, on hold,
    or, with neither, to the holder.
    """

    title: int
    amount: int
    lock: int
    held: bool


def receive_money(state: LedgerState, number: int, amount: int, today: int) -> Reason:
    """The clearing bank has the debtor's money; never early (see settle_early), never more than is still
    owed.
    """
    root = state.roots.get(number)
    if root is None:
        return Reason.UNKNOWN_ROOT
    if root.phase is not Phase.LIVE:
        return Reason.NOT_LIVE
    if today < root.due_day:
        return Reason.NOT_YET_DUE
    money = state.money_of(number)
    if money.received + amount > root.quantity - money.removed - money.written_off:
        return Reason.EXCESS_AMOUNT
    state.money[number] = replace(money, received=money.received + amount)
    return Reason.NONE


def take_back_received(state: LedgerState, number: int, amount: int) -> Reason:
    """The clearing bank had the debtor's money after all not: so much of it as was not distributed."""
    if state.roots[number].phase is not Phase.LIVE:
        return Reason.NOT_LIVE
    money = state.money_of(number)
    if amount > money.received - money.distributed:
        return Reason.REVERSAL_TOO_LATE
    state.money[number] = replace(money, received=money.received - amount)
    return Reason.NONE


def within_one_unit(has: int, base: int, quantity: int, received: int) -> bool:
    """Whether `has` is within one minor unit of quantity × received ÷ base, compared without division."""
    return abs(has * base - quantity * received) <= base


def pay_out(
    state: LedgerState, number: int, distributed_before: int, titles: Sequence[int], amounts: Sequence[int]
) -> tuple[Reason, list[Line]]:
    """Discharges titles of a root by a list; a title paid in full leaves a tombstone."""
    root, money = state.roots[number], state.money_of(number)
    if root.phase is not Phase.LIVE:
        return Reason.NOT_LIVE, []
    if money.distributed != distributed_before:
        return Reason.LIST_STALE, []
    reason = _check_list(state, number, titles, amounts)
    if reason:
        return reason, []
    total = sum(amounts)
    if total == 0:
        return Reason.ZERO_QUANTITY, []
    if money.distributed + total > money.received:
        return Reason.ABOVE_RECEIVED, []

    lines = [_pay(state, title, amount) for title, amount in zip(titles, amounts, strict=True)]
    _set_money(state, number, root, replace(money, distributed=money.distributed + total))
    return Reason.NONE, lines


def _check_list(state: LedgerState, number: int, titles: Sequence[int], amounts: Sequence[int]) -> Reason:
    """Titles rise, so none comes twice; none is paid above its quantity; each stays within one minor unit of
    its cumulative share = quantity × received ÷ (root quantity − removed), both without
    titles that were given up and what those had got.
    """
    base, received = sharing(state, number)
    last = 0
    for title_number, amount in zip(titles, amounts, strict=True):
        if title_number <= last or title_number > LARGEST_ID:
            return Reason.UNKNOWN_TITLE
        last = title_number
        title = state.titles.get(title_number)
        if title is None or title.root != number:
            return Reason.DIFFERENT_ROOT
        if title.dead:
            return Reason.TITLE_SPENT
        if amount > MAX_AMOUNT or title.paid + amount > title.quantity:
            return Reason.EXCESS_AMOUNT
        if not within_one_unit(title.paid + amount, base, title.quantity, received):
            return Reason.SHARE_WRONG
    return Reason.NONE


def sharing(state: LedgerState, number: int) -> tuple[int, int]:
    """What shares in what: the base and the received money of a root's cumulative shares. Once a holder gives
    up, what else comes belongs to the others alone.
    """
    money, given_up = state.money_of(number), state.given_up.get(number, GivenUp())
    base = state.roots[number].quantity - money.removed - given_up.quantity
    # What came before a holder gave up may be more than the others are owed.
    return base, min(base, money.received - given_up.paid)


def _pay(state: LedgerState, number: int, amount: int) -> Line:
    title = state.titles[number]
    flags = title.flags
    if title.paid + amount == title.quantity:
        flags |= Flag.SETTLED
    if title.frozen:
        flags |= Flag.HELD
    state.titles[number] = replace(title, paid=title.paid + amount, flags=flags)
    return Line(number, amount, title.lock, title.frozen)


def pay_late(
    state: LedgerState,
    number: int,
    late_before: int,
    value_day: int,
    lines: tuple[Sequence[int], Sequence[int]],
    today: int,
) -> tuple[Reason, list[Line]]:
    """Late interest (SME-17): each line is its title's share of the list within one minor unit, and the root
    never bears more than its agreed rate for the days since due. Titles stay as they are.
    """
    titles, amounts = lines
    root, money = state.roots[number], state.money_of(number)
    if money.late_interest != late_before:
        return Reason.LIST_STALE, []
    if not root.due_day < value_day <= today:
        return Reason.VALUE_DAY_OUT_OF_RANGE, []
    reason = _check_late(state, number, root.quantity - money.removed, titles, amounts)
    if reason:
        return reason, []
    total = late_before + sum(amounts)
    # What a title is paid and its late interest fit one cash field.
    if root.quantity + total > MAX_AMOUNT:
        return Reason.EXCESS_AMOUNT, []
    if total > late_interest_most(root.quantity, root.terms, value_day - root.due_day):
        return Reason.EXCESS_AMOUNT, []
    state.money[number] = replace(money, late_interest=total)
    pairs = [(title, state.titles[title], amount) for title, amount in zip(titles, amounts, strict=True)]
    return Reason.NONE, [Line(title, amount, word.lock, word.frozen) for title, word, amount in pairs]


def _check_late(
    state: LedgerState, number: int, base: int, titles: Sequence[int], amounts: Sequence[int]
) -> Reason:
    if not titles:
        return Reason.SHARE_WRONG
    total, last = sum(amounts), 0
    if max(amounts) > MAX_AMOUNT or not 0 < total <= MAX_AMOUNT:
        return Reason.EXCESS_AMOUNT
    for title_number, amount in zip(titles, amounts, strict=True):
        if title_number <= last or title_number > LARGEST_ID:
            return Reason.UNKNOWN_TITLE
        last = title_number
        title = state.titles.get(title_number)
        if title is None or title.root != number:
            return Reason.DIFFERENT_ROOT
        # Settled before its due day, it was never late.
        if title.flags & Flag.EARLY:
            return Reason.TITLE_SPENT
        if not within_one_unit(amount, base, title.quantity, total):
            return Reason.SHARE_WRONG
    return Reason.NONE


def settle_early(state: LedgerState, number: int, sequence: int, amount: int, today: int) -> Reason:
    """Ends a title before its due day. Its whole quantity leaves the root as removed, whatever discount was
    agreed.
    """
    title = state.titles.get(number)
    root = state.roots.get(title.root) if title is not None else None
    unlocked = title if title is None else replace(title, lock=0)
    reason = movable(unlocked, root, sequence, today)
    if reason or title is None or root is None:
        return reason
    if not 0 < amount <= title.quantity:
        return Reason.EXCESS_AMOUNT
    money = state.money_of(title.root)
    _set_money(state, title.root, root, replace(money, removed=money.removed + title.quantity))
    state.titles[number] = replace(title.next(), paid=amount, flags=title.flags | Flag.SETTLED | Flag.EARLY)
    return Reason.NONE


def give_up(state: LedgerState, number: int, sequence: int, today: int) -> tuple[Reason, int]:
    """After the due day a holder gives up what is unpaid, while nobody else has a hold on the title. Answers
    how much that was.
    """
    title = state.titles.get(number)
    root = state.roots.get(title.root) if title is not None else None
    reason = _given_up_by(title, root, sequence, today)
    if reason or title is None or root is None:
        return reason, 0
    state.titles[number] = replace(title.next(), flags=title.flags | Flag.SPENT)
    money, before = state.money_of(title.root), state.given_up.get(title.root, GivenUp())
    state.given_up[title.root] = GivenUp(before.quantity + title.quantity, before.paid + title.paid)
    _set_money(state, title.root, root, replace(money, written_off=money.written_off + title.open))
    return Reason.NONE, title.open


def _given_up_by(title: Title | None, root: Root | None, sequence: int, today: int) -> Reason:
    reason = unbound(title, root, sequence)
    if reason:
        return reason
    return Reason.NOT_YET_DUE if root is not None and today <= root.due_day else Reason.NONE


def _set_money(state: LedgerState, number: int, root: Root, money: Money) -> None:
    """INV-TITLE: a root is closed exactly when nothing of it stands open any more."""
    state.money[number] = money
    if money.gone == root.quantity:
        state.roots[number] = replace(root, phase=Phase.CLOSED)
