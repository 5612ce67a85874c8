"""CN77-15: who is stopped, why, and when the stop is cured."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendar import day_of_iso
from gateway.domain.stopping import Due, Source, causes, cured

DAY = day_of_iso("2026-08-31")


def due(source: Source, day: int, *payments: tuple[int, int], amount: int = 100) -> Due:
    return Due(source, f"{source} {day}", day, amount, payments)


def test_cn77_15_one_missed_certificate_stops_the_day_after() -> None:
    one = due(Source.CERTIFICATE, DAY)
    assert causes([one], DAY) == ()
    (cause,) = causes([one], DAY + 1)
    assert (cause.rule, cause.dues) == ("CN77-15", (one,))


def test_cn77_15_one_fen_short_is_missed_and_paid_in_full_is_cured() -> None:
    short = due(Source.CERTIFICATE, DAY, (DAY, 99))
    assert causes([short], DAY + 1)
    assert not cured([short], DAY + 1)
    paid = due(Source.CERTIFICATE, DAY, (DAY, 99), (DAY + 5, 1))
    assert causes([paid], DAY + 4)
    assert causes([paid], DAY + 5) == ()
    assert cured([paid], DAY + 5)


def test_cn77_15_three_bills_overdue_in_six_months_and_one_still() -> None:
    late = [due(Source.BILL, DAY - 100, (DAY - 90, 100)), due(Source.BILL, DAY - 50, (DAY - 49, 100))]
    open_ = due(Source.BILL, DAY - 3)
    assert causes([*late, open_], DAY)
    assert causes([late[0], open_], DAY) == ()
    settled = due(Source.BILL, DAY - 3, (DAY, 100))
    assert causes([*late, settled], DAY) == ()


def test_cn77_15_six_months_are_calendar_months() -> None:
    others = [due(Source.BILL, DAY - 40, (DAY - 39, 100)), due(Source.BILL, DAY - 3)]
    inside = due(Source.BILL, day_of_iso("2026-02-20"), (day_of_iso("2026-02-28"), 100))
    outside = due(Source.BILL, day_of_iso("2026-02-20"), (day_of_iso("2026-02-27"), 100))
    assert causes([*others, inside], DAY)
    assert causes([*others, outside], DAY) == ()


def test_a_bill_paid_on_its_day_was_never_overdue() -> None:
    assert not due(Source.BILL, DAY - 5, (DAY - 5, 100)).was_overdue(0, DAY)
    assert due(Source.BILL, DAY - 5, (DAY - 4, 100)).was_overdue(0, DAY)


def test_cn77_15_a_bond_in_default_stops() -> None:
    assert [cause.sentence for cause in causes([due(Source.BOND, DAY - 1)], DAY)] == ["A bond is in default."]


@given(
    st.lists(
        st.builds(
            due, st.sampled_from(Source), st.integers(DAY - 300, DAY + 10),
            st.tuples(st.integers(DAY - 300, DAY), st.integers(1, 120)),
        )
    )
)  # fmt: skip
def test_a_stop_is_never_called_for_when_everything_is_paid(dues: list[Due]) -> None:
    if cured(dues, DAY):
        assert causes(dues, DAY) == ()
    if any(each.source is not Source.BILL and each.overdue(DAY) for each in dues):
        assert causes(dues, DAY)
