"""A law that cannot fail proves nothing: each of these is shown what it forbids, as if both sides had allowed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.goods_records import Lot
from gateway.domain.ledger_state import LedgerState
from gateway.domain.records import Flag
from tests.invariants import laws
from tests.invariants.goods_machine import driven
from tests.invariants.laws_goods import KEEPER_AT, after_goods, lot_of
from tests.invariants.machine import Driver
from tests.invariants.pair import Change, Difference
from tests.invariants.verbs import Step
from tests.invariants.world import KEEPERS, PLATFORM

STEPS = 900


@pytest.fixture(scope="module")
def driver() -> Driver:
    """A ledger on which every act on goods was done. What a test changes in it, it puts back."""
    return driven(STEPS, 11)


@pytest.fixture
def state(driver: Driver) -> LedgerState:
    return driver.world.state


def last(driver: Driver, verb: str) -> Step:
    """The last step of a verb that was done."""
    return next(step for step in reversed(driver.world.done) if step.verb == verb)


def asked(driver: Driver, step: Step, before: Mapping[Change, Any]) -> None:
    """The laws of one step on goods; `before` is what the records were that it changed."""
    after_goods(driver.world.state, [step], before, driver.world.today)


def receipt(state: LedgerState) -> int:
    """A receipt that nothing binds."""
    return next(n for n, t in state.titles.items() if t.flags == Flag.GOODS and not t.lock)


@pytest.mark.parametrize("verb", KEEPER_AT)
def test_no_act_on_goods_is_done_without_the_keeper_of_its_lot(driver: Driver, verb: str) -> None:
    step, state = last(driver, verb), driver.world.state
    keeper = state.roots[lot_of(state, step)].debtor
    others = {signer.party: key for key, signer in state.signers.items() if signer.party != keeper}
    (another,) = set(KEEPERS) - {keeper}
    for key in (None, others[another], step.keys[KEEPER_AT[verb] - 1] if len(step.keys) > 1 else None):
        keys = tuple(key if at == KEEPER_AT[verb] else each for at, each in enumerate(step.keys))
        with pytest.raises(Difference, match="INV 8: goods never without their keeper"):
            asked(driver, replace(step, keys=keys), {})


def test_an_invoice_is_above_its_cap_by_a_credit_note_alone(
    state: LedgerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, invoice = next((n, each) for n, each in state.invoices.items() if each.used)
    record = "invoices", number
    monkeypatch.setitem(state.invoices, number, replace(invoice, cap=invoice.used - 1))
    assert laws.hold(state, [record], PLATFORM, {record: invoice})
    for was in (replace(invoice, used=invoice.used - 1), None):
        with pytest.raises(Difference, match="INV 4"):
            laws.hold(state, [record], PLATFORM, {record: was})


@pytest.mark.parametrize("flag", [Flag.PAPER, Flag.LIEN])
def test_nothing_on_paper_or_with_storage_owed_is_pledged(
    driver: Driver, state: LedgerState, monkeypatch: pytest.MonkeyPatch, flag: Flag
) -> None:
    number = receipt(state)
    title = state.titles[number]
    bound = {("titles", number): replace(title, flags=title.flags | flag)}
    monkeypatch.setitem(state.titles, number, replace(title, lock=next(iter(state.facilities))))
    with pytest.raises(Difference, match="INV 3: on paper, or with storage owed"):
        asked(driver, last(driver, "carve_goods"), bound)


def test_a_lock_ends_by_a_release_and_not_by_the_way(driver: Driver, state: LedgerState) -> None:
    number = receipt(state)
    locked = {("titles", number): replace(state.titles[number], lock=next(iter(state.facilities)))}
    with pytest.raises(Difference, match="INV 8: released only by who may"):
        asked(driver, last(driver, "endorse"), locked)


def test_a_share_is_recomputed_to_the_unit(driver: Driver, state: LedgerState) -> None:
    for step in [each for each in driver.world.done if each.verb == "hand_over"]:
        lot, act = lot_of(state, step), step.act
        now = state.lot_of(lot)
        was = replace(now, redeemed=now.redeemed - act.quantity, delivered=now.delivered - act.delivered)
        share = was.share(state.roots[lot].quantity, act.quantity)
        if share == act.delivered:
            break
    else:
        pytest.fail("nothing was handed over from a lot that was not counted since")
    asked(driver, step, {("lots", lot): was})
    with pytest.raises(Difference, match="INV 6: a receipt's share"):
        asked(driver, replace(step, act=replace(act, delivered=share + 1)), {("lots", lot): was})


def test_no_goods_come_into_a_pool_that_was_short(driver: Driver) -> None:
    deposits = [
        each for each in driver.world.done if each.verb == "store" and each.act.receipt != each.act.lot
    ]
    step = deposits[-1]
    with pytest.raises(Difference, match="INV 2: no goods come into a short pool"):
        asked(driver, step, {("lots", step.act.lot): Lot(lost=1)})
    asked(driver, step, {("lots", step.act.lot): Lot()})


def test_what_goods_count_for_is_recomputed_to_the_fen(
    driver: Driver, state: LedgerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = last(driver, "appraise")
    key = step.act.facility, step.act.lot
    lot = state.pledged_lots[key]
    monkeypatch.setitem(state.pledged_lots, key, replace(lot, value=lot.value + 1))
    with pytest.raises(Difference, match="INV 6: value"):
        asked(driver, step, {})
