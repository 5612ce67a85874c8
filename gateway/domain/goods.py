"""Warehouse receipts: goods come in, receipts pass on, goods leave (CC-908…910, MLWR; contracts/goods).

What is true of certificates is true of receipts, and beyond it nothing happens to goods without the keeper's signature.
Every verb answers the first rule that forbids it; only NONE changes the state. `now` is Unix seconds.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain import titles
from gateway.domain.acts import NOTHING
from gateway.domain.calendar import day_of
from gateway.domain.goods_acts import (
    ChangeMedium,
    ChargeStorage,
    Count,
    Endorse,
    HandOver,
    MergeReceipts,
    Replace,
    SplitReceipt,
    Store,
)
from gateway.domain.goods_records import GOODS, Lien, Lot, RootKind
from gateway.domain.ledger_state import PARTS, LedgerState, made_by
from gateway.domain.margin_acts import CarveGoods
from gateway.domain.parties import Key, Need, authorise, check, spend
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Flag, Phase, Role, Root, Title

_DEEPEST = 255


def kept(
    state: LedgerState, act: object, number: int, keeper: Key, now: int, *, on_paper: bool = False
) -> Reason:
    """CC-910: the keeper of a receipt's goods signs too, and nothing happens to one that is out on paper, unless
    `on_paper` says so."""
    title = state.titles.get(number)
    if title is None:
        return Reason.UNKNOWN_TITLE
    if not title.flags & Flag.GOODS:
        return Reason.OTHER_KIND
    if title.flags & Flag.PAPER and not on_paper:
        return Reason.ON_PAPER
    return check(state, act, keeper, Need(state.roots[title.root].debtor, Role.KEEP), now)


# ── Goods come in ───────────────────────────────────────────────────────────────────────────────────────────


def store(state: LedgerState, act: Store, signed_by: tuple[Key, Key, Key], now: int) -> Reason:
    """A receipt for goods that came in, of a lot of its own or of a pool. Signed by depositor, keeper, inspector."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    if act.quantity == 0:
        return Reason.ZERO_QUANTITY
    if act.evidence == NOTHING:
        return Reason.EVIDENCE_MISSING
    if act.last_day <= day_of(now):
        return Reason.DUE_DAY_PAST
    if not made_by(act.lot, act.keeper) or not made_by(act.receipt, act.keeper):
        return Reason.FOREIGN_ID
    if act.lot & PARTS:
        return Reason.NUMBER_FOR_PARTS
    if act.receipt in state.titles or (act.receipt != act.lot and act.receipt in state.roots):
        return Reason.ID_TAKEN
    group = state.group_of(act.inspector)
    if group in (state.group_of(act.keeper), state.group_of(act.depositor)) or act.keeper == act.depositor:
        return Reason.NOT_INDEPENDENT
    depositor, keeper, inspector = signed_by
    reason = check(state, act, depositor, Need(act.depositor, Role.TITLE, act.quantity), now)
    if not reason:
        needs = Need(act.keeper, Role.KEEP), Need(act.inspector, Role.ATTEST)
        reason = authorise(state, act, needs, (keeper, inspector), now)
    if reason:
        return reason
    root = state.roots.get(act.lot)
    return _begin(state, act, now) if root is None else _deposit(state, act, root)


def _begin(state: LedgerState, act: Store, now: int) -> Reason:
    """One set of goods, one lot: the keeper's number of it is used once."""
    if act.number in state.lot_numbers:
        return Reason.LOT_KNOWN
    if act.lot in state.titles:
        return Reason.ID_TAKEN
    state.roots[act.lot] = Root(
        debtor=act.keeper,
        clearing_bank=act.inspector,
        currency=act.unit,
        due_day=act.last_day,
        opened_day=day_of(now),
        phase=Phase.LIVE,
        terms=act.decimals,
        policy_version=0,
        quantity=act.quantity,
        accept_days=0,
        maximum_depth=_DEEPEST,
        minimum_piece=0,
        kind=RootKind.POOL if act.pooled else RootKind.LOT,
    )
    state.lot_numbers[act.number] = act.lot
    _issue(state, act)
    return Reason.NONE


def _deposit(state: LedgerState, act: Store, root: Root) -> Reason:
    """Into a pool that has all its receipts stand for: nobody pays for what others lost before."""
    same = (root.debtor, root.clearing_bank, root.currency, root.terms, root.due_day)
    wanted = (act.keeper, act.inspector, act.unit, act.decimals, act.last_day)
    if not act.pooled or root.kind != RootKind.POOL or state.lot_numbers.get(act.number) != act.lot:
        return Reason.LOT_KNOWN
    if same != wanted:
        return Reason.LOT_KNOWN
    lot = state.lot_of(act.lot)
    if lot.stored(root.quantity) < lot.nominal(root.quantity):
        return Reason.LOT_SHORT
    if root.quantity + lot.deposited + act.quantity > MAX_AMOUNT:
        return Reason.QUANTITY_ABOVE_TITLE
    state.lots[act.lot] = replace(lot, deposited=lot.deposited + act.quantity)
    _issue(state, act)
    return Reason.NONE


def _issue(state: LedgerState, act: Store) -> None:
    state.titles[act.receipt] = Title(
        holder=act.depositor, root=act.lot, quantity=act.quantity, flags=Flag.GOODS
    )


def count(state: LedgerState, act: Count, signed_by: tuple[Key, Key], now: int) -> Reason:
    """What a lot has in store. Keeper or inspector alone may find less; more only both. Signed by keeper, inspector."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    root = state.roots.get(act.lot)
    if root is None or root.kind not in GOODS:
        return Reason.UNKNOWN_ROOT
    lot = state.lot_of(act.lot)
    if (lot.delivered, lot.counts) != (act.delivered_before, act.counts_before):
        return Reason.LIST_STALE
    if act.day < lot.counted_day or act.day > day_of(now):
        return Reason.VALUE_DAY_OUT_OF_RANGE
    if act.counted > lot.nominal(root.quantity):
        return Reason.EXCESS_AMOUNT
    stored = lot.stored(root.quantity)
    keeper, inspector = signed_by
    reason = check(state, act, keeper, Need(root.debtor, Role.KEEP), now)
    more = act.counted > stored
    if bool(reason) != more:  # less, and the keeper says so; or more, and the inspector must say so too
        reason = check(state, act, inspector, Need(root.clearing_bank, Role.ATTEST), now)
    if reason:
        return reason

    lost, counts = lot.lost + stored - act.counted, lot.counts + 1 & 0xFFFF
    state.lots[act.lot] = replace(lot, lost=lost, counted_day=act.day, counts=counts)
    return Reason.NONE


def charge_storage(state: LedgerState, act: ChargeStorage, signed_by: tuple[Key], now: int) -> Reason:
    """The keeper's lien (CC-447); what was charged is paid on paper too. Signed by the keeper."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title = state.titles.get(act.title)
    if title is not None and title.dead:
        return Reason.TITLE_SPENT
    reason = kept(state, act, act.title, signed_by[0], now, on_paper=not act.amount)
    if reason or title is None:
        return reason
    if not spend(state, state.roots[title.root].debtor, act.nonce):
        return Reason.NONCE_USED

    if act.amount:
        state.titles[act.title] = replace(title, flags=title.flags | Flag.LIEN)
        state.liens[act.title] = Lien(act.amount, act.currency)
    else:
        state.titles[act.title] = replace(title, flags=title.flags & ~Flag.LIEN)
        state.liens.pop(act.title, None)
    return Reason.NONE


# ── Receipts pass on ────────────────────────────────────────────────────────────────────────────────────────


def endorse(state: LedgerState, act: Endorse, signed_by: tuple[Key, Key, Key], now: int) -> Reason:
    """A whole receipt passes to another party. Signed by holder, acquirer, keeper."""
    holder, acquirer, keeper = signed_by
    reason = kept(state, act, act.title, keeper, now)
    return reason or titles.assign(state, act, (holder, acquirer), now, Flag.GOODS)


def split_receipt(state: LedgerState, act: SplitReceipt, signed_by: tuple[Key, Key, Key], now: int) -> Reason:
    """MLWR: the receipt is cancelled and two stand for it. Signed by holder, acquirer of the part, keeper."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title = state.titles.get(act.title)
    root = titles.root_of(state, title)
    reason = titles.movable(title, root, act.sequence, day_of(now), Flag.GOODS)
    if reason or title is None:
        return reason
    reason = _divisible(state, act, title)
    holder, acquirer, keeper = signed_by
    if not reason:
        reason = kept(state, act, act.title, keeper, now)
    if not reason:
        reason = check(state, act, holder, Need(title.holder, Role.TITLE, act.quantity), now)
    if not reason and act.to != title.holder:
        reason = check(state, act, acquirer, Need(act.to, Role.TITLE, act.quantity), now)
    if reason:
        return reason

    _divide(state, act, title, act.to)
    return Reason.NONE


def _divisible(state: LedgerState, act: SplitReceipt, title: Title) -> Reason:
    if act.quantity == 0:
        return Reason.ZERO_QUANTITY
    if act.quantity >= title.quantity:
        return Reason.QUANTITY_ABOVE_TITLE
    if title.depth == _DEEPEST:
        return Reason.TOO_DEEP
    if title.flags & Flag.LIEN:
        return Reason.STORAGE_UNPAID
    if not made_by(act.part, title.holder) or not made_by(act.rest, title.holder):
        return Reason.FOREIGN_ID
    if act.part == act.rest or titles.taken(state, act.part) or titles.taken(state, act.rest):
        return Reason.ID_TAKEN
    return Reason.NONE


def _divide(state: LedgerState, act: SplitReceipt | CarveGoods, title: Title, to: int) -> None:
    """MLWR: the receipt is cancelled, and two new ones, each as it was locked, stand for it."""
    part = replace(title, sequence=0, quantity=act.quantity, holder=to, depth=title.depth + 1)
    state.titles[act.part] = part
    state.titles[act.rest] = replace(part, holder=title.holder, quantity=title.quantity - act.quantity)
    state.titles[act.title] = replace(title.next(), quantity=0, lock=0, flags=title.flags | Flag.SPENT)


def carve_locked(state: LedgerState, act: CarveGoods) -> Reason:
    """A pledged receipt is cancelled and two pledged ones stand for it; the callers have seen who signed."""
    title = state.titles.get(act.title)
    if title is None:
        return Reason.UNKNOWN_TITLE
    if title.lock != act.facility or not title.flags & Flag.GOODS:
        return Reason.WRONG_LOCK
    if title.frozen:
        return Reason.TITLE_FROZEN
    if title.flags & Flag.HELD:
        return Reason.GOODS_SOLD
    if title.flags & Flag.LIEN:
        return Reason.STORAGE_UNPAID
    if act.quantity == 0:
        return Reason.ZERO_QUANTITY
    if act.quantity >= title.quantity:
        return Reason.QUANTITY_ABOVE_TITLE
    if title.depth == _DEEPEST:
        return Reason.TOO_DEEP
    if act.part == act.rest or titles.taken(state, act.part) or titles.taken(state, act.rest):
        return Reason.ID_TAKEN

    _divide(state, act, title, title.holder)
    return Reason.NONE


def merge_receipts(state: LedgerState, act: MergeReceipts, signed_by: tuple[Key, Key], now: int) -> Reason:
    """Two receipts for one lot and of one holder become one. Signed by holder, keeper."""
    holder, keeper = signed_by
    reason = kept(state, act, act.into, keeper, now)
    if reason:
        return reason
    flags = [state.titles[number].flags for number in (act.into, act.from_) if number in state.titles]
    if any(each & Flag.LIEN for each in flags):
        return Reason.STORAGE_UNPAID
    if any(each & Flag.PAPER for each in flags):
        return Reason.ON_PAPER
    return titles.merge(state, act, (holder,), now, Flag.GOODS)


# ── Goods leave, or the receipt itself ──────────────────────────────────────────────────────────────────────


def hand_over(state: LedgerState, act: HandOver, signed_by: tuple[Key, Key], now: int) -> Reason:
    """The keeper hands goods over for a receipt, or for a part of it. Signed by holder, keeper."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title = state.titles.get(act.title)
    root = titles.root_of(state, title)
    reason = titles.unbound(title, root, act.sequence, Flag.GOODS)
    if reason or title is None or root is None:
        return reason
    if title.flags & Flag.LIEN:
        return Reason.STORAGE_UNPAID
    if act.quantity == 0:
        return Reason.ZERO_QUANTITY
    if act.quantity > title.quantity:
        return Reason.QUANTITY_ABOVE_TITLE
    lot = state.lot_of(title.root)
    if act.delivered != lot.share(root.quantity, act.quantity):
        return Reason.SHARE_WRONG
    holder, keeper = signed_by
    reason = kept(state, act, act.title, keeper, now)
    if not reason:
        reason = check(state, act, holder, Need(title.holder, Role.TITLE, act.quantity), now)
    if reason:
        return reason

    left = title.quantity - act.quantity
    # A pool that is empty takes goods again: its number is used once.
    if lot.nominal(root.quantity) == act.quantity and root.kind == RootKind.LOT:
        state.roots[title.root] = replace(root, phase=Phase.CLOSED)
    state.lots[title.root] = _handed_over(lot, act)
    flags = title.flags if left else title.flags | Flag.SETTLED
    state.titles[act.title] = replace(title.next(), quantity=left, flags=flags)
    return Reason.NONE


def _handed_over(lot: Lot, act: HandOver) -> Lot:
    return replace(lot, redeemed=lot.redeemed + act.quantity, delivered=lot.delivered + act.delivered)


def change_medium(state: LedgerState, act: ChangeMedium, signed_by: tuple[Key, Key], now: int) -> Reason:
    """A receipt goes out on paper, or comes back (MLWR). Signed by holder, keeper."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title = state.titles.get(act.title)
    root = titles.root_of(state, title)
    reason = titles.unbound(title, root, act.sequence, Flag.GOODS)
    if reason or title is None or root is None:
        return reason
    if bool(title.flags & Flag.PAPER) == act.paper:
        return Reason.ON_PAPER
    reason = _holder_and_keeper(state, act, title, root, signed_by, now)
    if reason:
        return reason

    flags = title.flags | Flag.PAPER if act.paper else title.flags & ~Flag.PAPER
    state.titles[act.title] = replace(title.next(), flags=flags)
    return Reason.NONE


def replace_receipt(state: LedgerState, act: Replace, signed_by: tuple[Key, Key], now: int) -> Reason:
    """A receipt lost on paper is cancelled, and an electronic one stands for it (MLWR). Signed by holder, keeper."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    title = state.titles.get(act.title)
    root = titles.root_of(state, title)
    reason = titles.unbound(title, root, act.sequence, Flag.GOODS)
    if reason or title is None or root is None:
        return reason
    if not title.flags & Flag.PAPER:
        return Reason.ON_PAPER
    if act.evidence == NOTHING:
        return Reason.EVIDENCE_MISSING
    if not made_by(act.replacement, root.debtor):
        return Reason.FOREIGN_ID
    if titles.taken(state, act.replacement):
        return Reason.ID_TAKEN
    if title.flags & Flag.LIEN:
        return Reason.STORAGE_UNPAID
    reason = _holder_and_keeper(state, act, title, root, signed_by, now)
    if reason:
        return reason

    state.titles[act.replacement] = replace(title.next(), flags=title.flags & ~Flag.PAPER)
    state.titles[act.title] = replace(title.next(), quantity=0, flags=title.flags | Flag.SPENT)
    return Reason.NONE


def _holder_and_keeper(
    state: LedgerState,
    act: ChangeMedium | Replace,
    title: Title,
    root: Root,
    signed_by: tuple[Key, Key],
    now: int,
) -> Reason:
    needs = Need(title.holder, Role.TITLE, title.quantity), Need(root.debtor, Role.KEEP)
    return authorise(state, act, needs, signed_by, now)
