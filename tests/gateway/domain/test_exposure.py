"""Who a lender's money rests on, and what of it is too much (S25, F205)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.exposure import (
    Dimension,
    Figures,
    Level,
    Limit,
    Position,
    Supervision,
    breaks,
    exposures,
    in_force,
    judged,
    nonperforming,
    reserve_short,
    supervised,
    with_draw,
)

LENDER, CORE, OTHER, BORROWER = 11, 101, 102, 201
CNY = 156
GROUPS = {CORE: 100, OTHER: 100, BORROWER: 201}
DEBTOR = (Dimension.DEBTOR, CORE)


def position(used: int, facility: int = 7, **faces: int) -> Position:
    behind = {int(name[1:]): face for name, face in faces.items()}
    return Position(facility, LENDER, BORROWER, CNY, used, behind)


def limit(
    amount: int, dimension: Dimension = Dimension.DEBTOR, subject: int = CORE, day: int = 0, **more: object
) -> Limit:
    return Limit(LENDER, dimension, subject, CNY, amount, 8_000, day, "declared", **more)  # type: ignore[arg-type]


positions = st.lists(
    st.builds(
        Position, st.integers(1, 99), st.just(LENDER), st.just(BORROWER), st.just(CNY), st.integers(0, 10**12),
        st.dictionaries(st.sampled_from([CORE, OTHER, 103]), st.integers(0, 10**12)),
    ),
    unique_by=lambda each: each.facility,
)  # fmt: skip


@given(positions)
def test_every_dimension_adds_up_to_what_is_used(some: list[Position]) -> None:
    used = exposures(some, GROUPS)
    for dimension in Dimension:
        assert sum(amount for (kind, _), amount in used.items() if kind is dimension) == sum(
            each.used for each in some
        )


def test_debt_rests_on_the_debtors_behind_the_collateral_or_on_the_borrower() -> None:
    assert position(100, _101=200, _102=100).by_debtor() == {CORE: 67, OTHER: 33}
    assert position(100).by_debtor() == {BORROWER: 100}
    assert exposures([position(100, _101=200, _102=100)], GROUPS)[Dimension.GROUP, 100] == 100


def test_s25_alert_before_breach_and_one_fen_decides() -> None:
    levels = {used: judged([limit(1_000)], {DEBTOR: used})[0].level for used in (799, 800, 999, 1_000, 1_001)}
    assert levels == {
        799: Level.CLEAR, 800: Level.WARN, 999: Level.WARN, 1_000: Level.FULL, 1_001: Level.BREACH,
    }  # fmt: skip
    assert judged([limit(1_000)], {DEBTOR: 400})[0].headroom == 600


@given(positions, st.integers(0, 10**12), st.data())
def test_only_what_raises_an_exposure_is_ever_a_break(
    some: list[Position], most: int, data: st.DataObject
) -> None:
    before = exposures(some, GROUPS)
    assert breaks([limit(most)], before, before) == []
    if some:
        facility = data.draw(st.sampled_from(some)).facility
        after = exposures(with_draw(some, facility, 10), GROUPS)
        for finding in breaks([limit(most)], before, after):
            assert finding.used > most
            assert finding.used > before.get(DEBTOR, 0)


def test_a_limit_counts_from_its_day_and_the_later_one_of_a_day() -> None:
    old, new, again = limit(1, day=10), limit(2, day=20), limit(3, day=20)
    assert in_force([old, new, again], 9) == []
    assert in_force([old, new, again], 19) == [old]
    assert in_force([new, again, old], 20) == [again]


def test_f205_one_debtor_half_of_risk_assets() -> None:
    used = exposures([position(500, _101=1), position(500, facility=8, _103=1)], GROUPS)
    figures = Figures(risk_assets_elsewhere=0, net_assets=1_000, reserve=10)
    found = supervised(LENDER, CNY, used, 11, figures, Supervision())
    levels = {(each.limit.source, each.limit.subject): each.level for each in judged(found, used)}
    assert levels["one debtor of risk assets", CORE] is Level.FULL
    more = exposures([position(502, _101=1), position(500, facility=8, _103=1)], GROUPS)
    again = supervised(LENDER, CNY, more, 11, figures, Supervision())
    levels = {(each.limit.source, each.limit.subject): each.level for each in judged(again, more)}
    assert levels["one debtor of risk assets", CORE] is Level.BREACH
    assert levels["one debtor of risk assets", 103] is Level.WARN


def test_f205_related_debtors_forty_percent_and_ten_times_net_assets() -> None:
    used = exposures([position(400, _101=1), position(600, facility=8, _103=1)], {CORE: 11})
    figures = Figures(0, 100, 0)
    by_rule = {
        each.limit.source: each
        for each in judged(supervised(LENDER, CNY, used, 11, figures, Supervision()), used)
        if each.limit.dimension is not Dimension.DEBTOR
    }
    assert (
        by_rule["related debtors of risk assets"].used,
        by_rule["related debtors of risk assets"].level,
    ) == (400, Level.FULL)
    assert (
        by_rule["risk assets of net assets"].limit.amount,
        by_rule["risk assets of net assets"].level,
    ) == (1_000, Level.FULL)


def test_f205_reserve_of_one_percent_and_non_performing_from_day_91() -> None:
    assert reserve_short(10_000, Figures(0, 0, 100), Supervision()) == 0
    assert reserve_short(10_001, Figures(0, 0, 100), Supervision()) == 1
    assert [nonperforming(days, Supervision()) for days in (90, 91)] == [False, True]
