"""A pool that lacks some of its goods, in any order and any parts: what each holder gets, and that nothing is over."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain import goods
from gateway.domain.goods_acts import Count, HandOver
from gateway.domain.goods_records import Lot, RootKind
from gateway.domain.ledger_state import LedgerState
from gateway.domain.reasons import Reason
from gateway.domain.records import Flag, Phase, Role, Root, Signer, Title

RECEIPTS = 300
KEEPER, INSPECTOR, HOLDER = 31, 22, 201
POOL = KEEPER << 32 | 1
NOW = 1_790_000_000
DAY = 20_717
FOREVER = 2**40 - 1
DOCUMENT = b"\1" * 32

random_orders = st.integers(0, 2**32).map(Random)


def pool(quantities: list[int], missing: int) -> LedgerState:
    """A pool in which receipts of these quantities lie, and so much is not there."""
    first, total = quantities[0], sum(quantities)
    signers = {
        name: Signer(party, 1, role, 2**48 - 1, 0, FOREVER)
        for name, party, role in (
            ("keeper", KEEPER, Role.KEEP), ("holder", HOLDER, Role.TITLE), ("inspector", INSPECTOR, Role.ATTEST),
        )
    }  # fmt: skip
    root = Root(KEEPER, INSPECTOR, 1, 20_900, 20_700, Phase.LIVE, 0, 1, first, 0, 8, 0, kind=RootKind.POOL)
    state = LedgerState(signers=signers, roots={POOL: root})
    state.lots[POOL] = Lot(deposited=total - first, lost=missing, counted_day=DAY, counts=1)
    state.titles = {
        POOL + at: Title(HOLDER, POOL, quantity, flags=Flag.GOODS) for at, quantity in enumerate(quantities)
    }
    return state


def cut(total: int, rng: Random) -> list[int]:
    """A total in three hundred parts, none of them empty."""
    marks = [0, *sorted(rng.sample(range(1, total), RECEIPTS - 1)), total]
    return [upper - lower for lower, upper in pairwise(marks)]


def standing(state: LedgerState) -> tuple[int, int]:
    """What receipts stand for, and what is in store."""
    lot, first = state.lot_of(POOL), state.roots[POOL].quantity
    return lot.nominal(first), lot.stored(first)


def take(state: LedgerState, receipt: int, quantity: int) -> int:
    """So much of a receipt is given up; one unit more than its share is refused."""
    nominal, stored = standing(state)
    share = quantity * stored // nominal
    act = HandOver(receipt, state.titles[receipt].sequence, quantity, share, FOREVER, DOCUMENT)
    more = replace(act, delivered=share + 1)
    assert goods.hand_over(state, more, ("holder", "keeper"), NOW) is Reason.SHARE_WRONG
    assert goods.hand_over(state, act, ("holder", "keeper"), NOW) is Reason.NONE
    return share


def recount(state: LedgerState, counted: int) -> Reason:
    """Keeper and inspector count together."""
    lot = state.lot_of(POOL)
    act = Count(POOL, lot.delivered, lot.counts, counted, DAY, FOREVER, DOCUMENT)
    return goods.count(state, act, ("keeper", "inspector"), NOW)


@settings(max_examples=50, deadline=None)
@given(unit=st.sampled_from([1, 10, 1_000]), rng=random_orders)
def test_five_of_a_thousand_among_three_hundred_receipts_in_any_order(unit: int, rng: Random) -> None:
    quantities = cut(1_000 * unit, rng)
    state = pool(quantities, 5 * unit)
    leaving = rng.sample(list(state.titles), RECEIPTS)
    shares = {receipt: take(state, receipt, state.titles[receipt].quantity) for receipt in leaving}
    assert sum(shares.values()) == 995 * unit
    assert standing(state) == (0, 0)
    for at, quantity in enumerate(quantities):
        assert quantity * 995 // 1_000 <= shares[POOL + at] <= quantity
    assert state.roots[POOL].phase is Phase.LIVE  # and takes goods again


@settings(max_examples=50, deadline=None)
@given(missing=st.integers(0, 1_000), rng=random_orders)
def test_nobody_gains_by_taking_his_goods_in_parts(missing: int, rng: Random) -> None:
    """Others' goods would pay for it."""
    quantities = cut(1_000, rng)
    state = pool(quantities, missing)
    for receipt in rng.sample(list(state.titles), RECEIPTS):
        quantity, (nominal, stored) = state.titles[receipt].quantity, standing(state)
        got, left = 0, quantity
        while left:
            part = rng.randint(1, left)
            got, left = got + take(state, receipt, part), left - part
        assert got <= quantity * stored // nominal
        nominal, stored = standing(state)
        assert 0 <= stored <= nominal
    assert state.lot_of(POOL).delivered == 1_000 - missing


@settings(max_examples=50, deadline=None)
@given(found=st.integers(1, 5_000), gone=st.integers(0, RECEIPTS - 1), rng=random_orders)
def test_what_is_found_again_is_theirs_who_have_not_left(found: int, gone: int, rng: Random) -> None:
    quantities = cut(1_000_000, rng)
    state = pool(quantities, 5_000)
    leaving = rng.sample(list(state.titles), RECEIPTS)
    shares = {receipt: take(state, receipt, state.titles[receipt].quantity) for receipt in leaving[:gone]}
    nominal, stored = standing(state)
    if stored + found > nominal:
        assert recount(state, stored + found) is Reason.EXCESS_AMOUNT
        found = nominal - stored
    would = {each: state.titles[each].quantity * stored // nominal for each in leaving[gone:]}
    assert recount(state, stored + found) is Reason.NONE
    for receipt in leaving[gone:]:
        shares[receipt] = take(state, receipt, state.titles[receipt].quantity)
        assert shares[receipt] >= would[receipt]
    assert sum(shares.values()) == 995_000 + found
    if stored + found == nominal:
        assert all(shares[each] == quantities[each - POOL] for each in leaving[gone:])
    assert standing(state) == (0, 0)
