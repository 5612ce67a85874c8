"""Receipts secure a facility (contracts/credit/Collateral, contracts/goods/Pledging).

What is true of certificates is true of them, and beyond it nothing of theirs is pledged or free again without their
keeper (CC-910), or counts for more than appraisers say. Every verb answers the first rule that forbids it; only NONE
changes the state. `now` is Unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.domain import deliveries, goods, stages, titles
from gateway.domain.acts import NOTHING
from gateway.domain.calendar import day_of
from gateway.domain.credit import none_overdue
from gateway.domain.goods_records import GOODS
from gateway.domain.ledger_state import LedgerState, made_by
from gateway.domain.margin_acts import (
    AgreeGoods,
    Appraise,
    CarveGoods,
    PledgeGoods,
    ReleaseGoods,
    UnlockGoods,
)
from gateway.domain.margin_records import GoodsTerms, PledgedLot, SaleState, highest_rate
from gateway.domain.margin_values import (
    covered_by,
    covering,
    exchangeable,
    lower_face,
    revalue,
    set_quantity,
    worth,
)
from gateway.domain.parties import Key, Need, authorise, check, maker_and_checker, spend
from gateway.domain.reasons import Reason
from gateway.domain.records import MOST_BPS, Facility, Flag, Form, Role

# ── Agree, appraise ─────────────────────────────────────────────────────────────────────────────────────────


def agree_goods(state: LedgerState, act: AgreeGoods, signed_by: tuple[Key, ...], now: int) -> Reason:
    """What goods count for under a facility. Signed by the lender's maker and checker, borrower, control agent."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    # What a draw buys is delivered against its price; goods are pledged.
    if facility.form is not Form.PLEDGE:
        return Reason.TERMS_OUT_OF_RANGE
    if not facility.advance_bps <= act.maintenance_bps <= MOST_BPS:
        return Reason.TERMS_OUT_OF_RANGE
    if not act.call_days or not act.valid_days or not act.control_agent:
        return Reason.TERMS_OUT_OF_RANGE
    before = state.goods_terms.get(act.facility)
    if act.version != (0 if before is None else before.version) + 1:
        return Reason.LIST_STALE
    if not _independent(state, act, facility):
        return Reason.NOT_INDEPENDENT
    needs = [
        *maker_and_checker(facility.lender, facility.limit),
        Need(facility.borrower, Role.BORROW, facility.limit),
        Need(act.control_agent, Role.KEEP),
    ]
    reason = authorise(state, act, needs, signed_by, now)
    if reason:
        return reason
    state.goods_terms[act.facility] = GoodsTerms(
        act.control_agent, act.appraiser, act.second_appraiser, act.maintenance_bps, act.rise_bps,
        act.valid_days, act.call_days, act.floor, act.version,
    )  # fmt: skip
    state.facilities[act.facility] = replace(facility, takes_goods=True)
    return Reason.NONE


def _independent(state: LedgerState, act: AgreeGoods, facility: Facility) -> bool:
    """Who values goods is of neither side, nor of the other who does; who controls them is not of the borrower's."""
    lender, borrower = state.group_of(facility.lender), state.group_of(facility.borrower)
    first, second = state.group_of(act.appraiser), state.group_of(act.second_appraiser)
    return (
        first != second
        and not {first, second} & {lender, borrower}
        and state.group_of(act.control_agent) != borrower
    )


def appraise(state: LedgerState, act: Appraise, signed_by: tuple[Key], now: int) -> Reason:
    """A lot's rate. Signed by either appraiser."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    terms = state.goods_terms.get(act.facility)
    if terms is None:
        return Reason.GOODS_TERMS_MISSING
    root = state.roots.get(act.lot)
    if root is None or root.kind not in GOODS:
        return Reason.UNKNOWN_ROOT
    pledged = state.pledged_lot_of(act.facility, act.lot)
    reason = _credible(act, terms, pledged, day_of(now))
    if not reason:
        reason = check(state, act, signed_by[0], Need(terms.appraiser, Role.ATTEST), now)
        if reason is Reason.WRONG_PARTY:
            reason = check(state, act, signed_by[0], Need(terms.second_appraiser, Role.ATTEST), now)
    if reason:
        return reason

    fresh = replace(
        pledged, rate=act.rate, valued_day=act.valued_day, valid_until=act.valid_until, model=act.model
    )
    revalue(state, act.facility, act.lot, fresh, day_of(now))
    if pledged.quantity:
        mark = state.mark_of(act.facility)
        # Of one lot it is known that no other is older; of several, `mark_goods` finds it out.
        if mark.lots == 1 or act.valid_until < mark.fresh_until:
            state.marks[act.facility] = replace(mark, fresh_until=act.valid_until)
    return Reason.NONE


def _credible(act: Appraise, terms: GoodsTerms, pledged: PledgedLot, today: int) -> Reason:
    if act.evidence == NOTHING:
        return Reason.EVIDENCE_MISSING
    if not act.rate:
        return Reason.ZERO_QUANTITY
    if act.rate_before != pledged.rate:
        return Reason.LIST_STALE
    if not pledged.valued_day <= act.valued_day <= today:
        return Reason.VALUE_DAY_OUT_OF_RANGE
    if act.valid_until < today:
        return Reason.VALUATION_STALE
    if act.valid_until > act.valued_day + terms.valid_days:
        return Reason.TERMS_OUT_OF_RANGE
    if not pledged.valued_day:
        return Reason.NONE
    days = act.valued_day - pledged.valued_day
    most = highest_rate(pledged.rate, terms.rise_bps, days)
    return Reason.RISE_TOO_STEEP if act.rate > most else Reason.NONE


# ── Pledge ──────────────────────────────────────────────────────────────────────────────────────────────────


def pledge_goods(state: LedgerState, act: PledgeGoods, signed_by: tuple[Key, ...], now: int) -> Reason:
    """A whole receipt secures a facility. Signed by holder, lender, keeper, control agent.

    More collateral is never refused because too little stands (DEC-14): neither a call nor an old valuation matters
    here, nor that the facility's time for draws is over. Where this lot's is old, more of it counts for nothing until
    it is valued anew.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    terms = state.goods_terms.get(act.facility)
    if terms is None:
        return Reason.GOODS_TERMS_MISSING
    pledged = state.pledged_lot_of(act.facility, act.lot)
    today = day_of(now)
    if not pledged.valued_day:
        return Reason.VALUATION_MISSING
    if pledged.rate != act.rate:
        return Reason.AMOUNT_DIFFERS
    facility = state.facilities[act.facility]
    needs = [
        Need(facility.borrower, Role.TITLE, act.quantity),
        Need(facility.lender, Role.CREDIT_MAKER),
        Need(state.roots[act.lot].debtor, Role.KEEP),
        Need(terms.control_agent, Role.KEEP),
    ]
    reason = authorise(state, act, needs, signed_by, now)
    if not reason and act.taken:
        # Where goods count for less than was ordered of them, the rest must cover what is owed.
        more = replace(pledged, quantity=pledged.quantity + act.quantity)
        value = worth(state, act.lot, more, today)
        reason = exchangeable(state, act.facility, pledged.value + act.taken, value, today)
    reason = reason or _lockable(state, act, facility.borrower, today)
    if not reason and act.order_title | act.taken:
        reason = _arrived(state, act, facility.borrower, today)
    if reason:
        return reason

    title = state.titles[act.title]
    state.titles[act.title] = replace(title.next(), lock=act.facility)
    lower_face(state, act.facility, act.taken)
    set_quantity(state, act.facility, act.lot, pledged.quantity + act.quantity, today)
    facility = state.facilities[act.facility]
    # As for certificates: a lender that never lends cannot keep a receipt by silence.
    state.facilities[act.facility] = replace(
        facility, debt_paid=False, zero_debt_day=today if facility.clear else 0
    )
    return Reason.NONE


def _lockable(state: LedgerState, act: PledgeGoods, holder: int, today: int) -> Reason:
    title = state.titles.get(act.title)
    reason = titles.movable(title, titles.root_of(state, title), act.sequence, today, Flag.GOODS)
    if reason or title is None:
        return reason
    if title.root != act.lot:
        return Reason.DIFFERENT_ROOT
    if title.holder != holder:
        return Reason.DIFFERENT_HOLDER
    if title.flags & Flag.PAPER:
        return Reason.ON_PAPER
    if title.flags & Flag.LIEN:
        return Reason.STORAGE_UNPAID
    return Reason.AMOUNT_DIFFERS if act.quantity != title.quantity else Reason.NONE


def _arrived(state: LedgerState, act: PledgeGoods, holder: int, today: int) -> Reason:
    """What was ordered is in store: of the order's title, that secures the same facility, so much is gone."""
    title = state.titles.get(act.order_title)
    reason = deliveries.kind_of(title)
    if reason or title is None:
        return reason
    reason = deliveries.usable(state, title, act.order_sequence, act.taken, today)
    if reason:
        return reason
    if title.lock != act.facility:
        return Reason.WRONG_LOCK
    if title.holder != holder:
        return Reason.DIFFERENT_HOLDER

    order = state.order_of(title.root)
    state.orders[title.root] = replace(order, taken=order.taken + act.taken)
    deliveries.shrink(state, act.order_title, title, act.taken)
    return Reason.NONE


# ── Release, unlock, carve ──────────────────────────────────────────────────────────────────────────────────


def release_goods(
    state: LedgerState, act: ReleaseGoods, loans: Sequence[int], signed_by: tuple[Key, ...], now: int
) -> Reason:
    """Receipts of one lot are free again. While anything is owed: no call stands, every valuation is good, the rest
    covers it and is not below the floor, and no loan is overdue; once nothing is, it needs no price (DEC-14).

    Signed by the lender's maker and checker, and the keeper; `loans` as `credit.release` has them.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    if facility.subrogated:
        return Reason.SUBROGATION_OPEN
    pledged = state.pledged_lot_of(act.facility, act.lot)
    if not act.quantity:
        return Reason.ZERO_QUANTITY
    if act.quantity > pledged.quantity:
        return Reason.QUANTITY_ABOVE_TITLE
    left = replace(pledged, quantity=pledged.quantity - act.quantity)
    rest = worth(state, act.lot, left, day_of(now))
    # Goods of a lot that was short, and is not any more, may count for more by what stays than all did before.
    value = max(0, pledged.value - rest)
    if facility.used:
        reason = covering(state, act.facility, facility, day_of(now))
        if not reason:
            reason = covered_by(state, act.facility, facility, facility.face - value)
        if not reason and facility.staged and value > stages.releasable(state, act.facility):
            reason = Reason.SALES_SHORT
        if not reason:
            reason = none_overdue(state, act.facility, facility, loans, day_of(now))
        if reason:
            return reason
    keeper = state.roots[act.lot].debtor
    needs = [*maker_and_checker(facility.lender, value), Need(keeper, Role.KEEP)]
    reason = authorise(state, act, needs, signed_by, now)
    if reason:
        return reason
    return _free(state, act, facility.lender, day_of(now))


def unlock_goods(state: LedgerState, act: UnlockGoods, signed_by: tuple[Key, Key], now: int) -> Reason:
    """The same without the lender, once nothing is owed and the release clock has run (CC-433/436). Signed by holder,
    keeper.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    if facility.used or not facility.zero_debt_day:
        return Reason.DEBT_OUTSTANDING
    if day_of(now) < facility.free_from:
        return Reason.RELEASE_CLOCK_RUNNING
    if not act.quantity:
        return Reason.ZERO_QUANTITY
    if act.quantity > state.pledged_lot_of(act.facility, act.lot).quantity:
        return Reason.QUANTITY_ABOVE_TITLE
    keeper = state.roots[act.lot].debtor
    needs = [Need(facility.borrower, Role.TITLE, act.quantity), Need(keeper, Role.KEEP)]
    reason = authorise(state, act, needs, signed_by, now)
    return reason or _free(state, act, facility.borrower, day_of(now))


def _free(state: LedgerState, act: ReleaseGoods | UnlockGoods, by: int, today: int) -> Reason:
    """All that are named are of the lot and locked to the facility, none of them sold, each once, and together they are
    the quantity: goods are released as they were signed for, or not at all.
    """
    if (by, act.nonce) in state.nonces:
        return Reason.NONCE_USED
    found = [state.titles.get(number) for number in act.titles]
    for title in found:
        if title is None or title.dead or (title.lock, title.root) != (act.facility, act.lot):
            return Reason.WRONG_LOCK
        if title.flags & Flag.HELD:  # sold: it counts for nothing here, and its buyer may pay yet
            return Reason.WRONG_LOCK
    if len(set(act.titles)) < len(found):
        return Reason.WRONG_LOCK
    if sum(title.quantity for title in found if title is not None) != act.quantity:
        return Reason.AMOUNT_DIFFERS

    for number in act.titles:
        state.titles[number] = replace(state.titles[number], lock=0)
    left = state.pledged_lot_of(act.facility, act.lot).quantity - act.quantity
    before = state.facilities[act.facility].face
    set_quantity(state, act.facility, act.lot, left, today)
    stages.count_released(state, act.facility, before - state.facilities[act.facility].face)
    spend(state, by, act.nonce)
    return Reason.NONE


def carve_goods(state: LedgerState, act: CarveGoods, signed_by: tuple[Key, Key], now: int) -> Reason:
    """The lender has a pledged receipt divided, so that a part can be released (DEC-6). Signed by lender, keeper."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    if not made_by(act.part, facility.lender) or not made_by(act.rest, facility.lender):
        return Reason.FOREIGN_ID
    sale = state.goods_sales.get(act.title)
    if sale is not None and sale.state is SaleState.AGREED:
        return Reason.GOODS_SOLD
    title = state.titles.get(act.title)
    keeper = 0 if title is None else state.roots[title.root].debtor
    needs = [Need(facility.lender, Role.CREDIT_MAKER), Need(keeper, Role.KEEP)]
    reason = authorise(state, act, needs, signed_by, now)
    return reason or goods.carve_locked(state, act)
