"""How lists are cut (decision 9): Σ is what was received, and nobody is more than one minor unit off."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.discharge import within_one_unit
from gateway.domain.ledger_state import LedgerState
from gateway.domain.lists import Claim, cut, proposed_distribution, proposed_late_interest, shares
from gateway.domain.records import Flag, GivenUp, Money, Phase, Root, Title

quantities = st.lists(st.integers(1, 10**12), min_size=1, max_size=40)


def root(quantity: int) -> Root:
    """A live root of this quantity."""
    return Root(101, 12, 156, 20_000, 19_900, Phase.LIVE, 500, 1, quantity, 10, 8, 100)


@given(parts=quantities, total=st.integers(0, 10**13))
def test_shares_make_the_total_and_none_is_a_unit_off(parts: list[int], total: int) -> None:
    cut_ = shares(dict(enumerate(parts)), total, sum(parts))
    assert sum(cut_.values()) == total
    for title, quantity in enumerate(parts):
        assert abs(cut_[title] * sum(parts) - quantity * total) < sum(parts)


@settings(max_examples=300, deadline=None)
@given(
    parts=st.one_of(quantities, st.lists(st.integers(1, 5), min_size=1, max_size=8)),
    receipts=st.lists(st.fractions(0, 1), max_size=6),
)
def test_list_after_list_everything_received_is_paid_and_at_the_end_everything(
    parts: list[int], receipts: list[Fraction]
) -> None:
    base = sum(parts)
    whole = dict(enumerate(parts, 1))
    paid = dict.fromkeys(whole, 0)
    for received in sorted({int(base * part) for part in receipts} | {base}):
        open_ = {t: Claim(whole[t], paid[t]) for t in whole if paid[t] < whole[t]}
        lines = cut(open_, received, received - sum(paid.values()), base)
        for title, amount in lines.items():
            assert 0 < amount <= whole[title] - paid[title]
            assert within_one_unit(paid[title] + amount, base, whole[title], received)
            paid[title] += amount
        assert sum(paid.values()) <= received
    assert paid == whole


@given(parts=quantities, received=st.integers(1, 10**13))
def test_a_first_list_leaves_nothing_undistributed(parts: list[int], received: int) -> None:
    received = min(received, sum(parts))
    lines = cut({t: Claim(q) for t, q in enumerate(parts)}, received, received, sum(parts))
    assert sum(lines.values()) == received


def test_thirds_of_a_fen_go_to_the_largest_remainder_and_the_lowest_number() -> None:
    claims = {7: Claim(1), 8: Claim(1), 9: Claim(1)}
    assert cut(claims, 1, 1, 3) == {7: 1}
    assert cut({7: Claim(1, 1), 8: Claim(1), 9: Claim(1)}, 2, 1, 3) == {8: 1}


def test_what_a_holder_gave_up_is_shared_by_nobody() -> None:
    state = LedgerState(roots={1: root(100)}, money={1: Money(received=60, written_off=40)})
    state.titles = {
        1: Title(201, 1, 60),
        2: Title(202, 1, 40, flags=Flag.SPENT),
    }

    state.given_up[1] = GivenUp(40, 0)
    assert proposed_distribution(state, 1) == {1: 60}


def test_late_interest_is_shared_by_all_that_were_late() -> None:
    state = LedgerState(roots={1: root(100)}, money={1: Money(received=70, distributed=70, removed=30)})
    state.titles = {
        1: Title(201, 1, 50, paid=50, flags=Flag.SETTLED),
        2: Title(202, 1, 20, paid=20, flags=Flag.SETTLED),
        3: Title(203, 1, 30, paid=29, flags=Flag.SETTLED | Flag.EARLY),
    }
    assert proposed_late_interest(state, 1, 10) == {1: 7, 2: 3}


def test_nothing_is_proposed_where_nothing_came() -> None:
    state = LedgerState(roots={1: root(100)}, titles={1: Title(201, 1, 100)})
    assert proposed_distribution(state, 1) == {}
