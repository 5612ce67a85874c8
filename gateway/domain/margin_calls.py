"""Goods count for too little, and the borrower is to make it good (contracts/credit/MarginCalls)."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.calendar import day_of
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_acts import CallMargin, WaiveCall
from gateway.domain.margin_records import MarginState
from gateway.domain.margin_values import by_lender, met, oldest, revalue, short
from gateway.domain.parties import Key
from gateway.domain.reasons import Reason


def mark_goods(state: LedgerState, facility: int, lots: tuple[int, ...], now: int) -> Reason:
    """Anyone looks at what is pledged: a shortage counts, the oldest valuation is found, and a call or a default notice
    that is made good ends. By cash, by more goods, or by other goods before these are released, is all the same here.
    `lots` are all that are pledged, rising.
    """
    if facility not in state.goods_terms:
        return Reason.GOODS_TERMS_MISSING
    mark = state.mark_of(facility)
    pledged = [state.pledged_lot_of(facility, lot) for lot in lots]
    if len(lots) != mark.lots or list(lots) != sorted(set(lots)) or not all(lot.quantity for lot in pledged):
        return Reason.LIST_STALE

    for lot, record in zip(lots, pledged, strict=True):
        revalue(state, facility, lot, record, day_of(now))
    if mark.state is not MarginState.STANDING and met(state, facility, day_of(now)):
        mark = replace(mark, state=MarginState.STANDING, day=0, loan=0)
    state.marks[facility] = replace(mark, fresh_until=oldest(state, facility, lots))
    return Reason.NONE


def call_margin(state: LedgerState, act: CallMargin, signed_by: tuple[Key, Key], now: int) -> Reason:
    """The lender calls for more, where what is owed is above the maintenance rate of what is pledged. Signed by the
    lender's maker and checker.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    terms = state.goods_terms.get(act.facility)
    if terms is None:
        return Reason.GOODS_TERMS_MISSING
    mark = state.mark_of(act.facility)
    if mark.state is not MarginState.STANDING:
        return Reason.MARGIN_CALLED
    if not short(state, act.facility):
        return Reason.NOT_SHORT
    if act.until_day < day_of(now) + terms.call_days:
        return Reason.VALUE_DAY_OUT_OF_RANGE
    reason = by_lender(state, act.facility, act, act.nonce, signed_by, now)
    if not reason:
        state.marks[act.facility] = replace(mark, state=MarginState.CALLED, day=act.until_day)
    return reason


def waive_call(state: LedgerState, act: WaiveCall, signed_by: tuple[Key, Key], now: int) -> Reason:
    """The lender takes a call or a default notice back. Signed by the lender's maker and checker."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    mark = state.mark_of(act.facility)
    if mark.state is MarginState.STANDING:
        return Reason.NOT_CALLED
    reason = by_lender(state, act.facility, act, act.nonce, signed_by, now)
    if not reason:
        state.marks[act.facility] = replace(mark, state=MarginState.STANDING, day=0, loan=0)
    return reason
