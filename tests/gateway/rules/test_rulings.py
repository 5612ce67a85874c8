"""What the rules say to a case, on both sides of each boundary. Days are counted here from dates, not by the domain."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.rulebook import shipped
from gateway.domain.calendar import day_of_date, day_of_iso
from gateway.domain.life_cycle import CLASSES
from gateway.domain.rules import NotInForce, in_force
from gateway.domain.rulings import (
    CaseContradicts,
    ClassCase,
    ClockCase,
    DeliveryCase,
    LateInterestCase,
    SplitCase,
    TenorCase,
    UndisputedCase,
    class_boundaries,
    decide,
)

PACK = shipped().pack
DAY = day_of_iso("2026-11-27")


def day(text: str) -> int:
    return day_of_iso(text)


@pytest.mark.parametrize(
    ("opened", "due", "outcome"),
    [
        ("2026-01-31", "2026-07-31", "kept"),
        ("2026-01-31", "2026-08-01", "review"),
        ("2025-08-31", "2026-02-28", "kept"),  # six months end with February
        ("2025-08-31", "2026-03-01", "review"),
        ("2026-01-31", "2027-01-31", "review"),
        ("2026-01-31", "2027-02-01", "above the maximum"),
        ("2028-02-29", "2029-02-28", "review"),  # a year from a leap day
        ("2028-02-29", "2029-03-01", "above the maximum"),
    ],
)
def test_cn77_11_tenor_in_calendar_months(opened: str, due: str, outcome: str) -> None:
    found = decide(PACK, TenorCase(day(opened), day(due)), DAY)
    assert (found.outcome, found.holds) == (outcome, outcome != "above the maximum")


@given(st.dates(date(2025, 6, 15), date(2040, 12, 31)), st.integers(0, 400))
def test_cn77_11_a_longer_tenor_is_never_judged_better(opened: date, days: int) -> None:
    order = ["kept", "review", "above the maximum"]
    start = day_of_date(opened)
    one, other = (
        order.index(decide(PACK, TenorCase(start, start + more), DAY).outcome) for more in (days, days + 1)
    )
    assert one <= other


@given(st.dates(date(2025, 6, 1), date(2100, 1, 1)), st.integers(-30, 200))
def test_sme_9_sixty_days_from_delivery(delivered: date, days: int) -> None:
    due = delivered + timedelta(days=days)
    found = decide(PACK, DeliveryCase(day_of_date(delivered), day_of_date(due)), DAY)
    assert found.holds == (days <= 60)
    assert found.figures["last_due_day"] == (delivered + timedelta(days=60)).isoformat()


@pytest.mark.parametrize(
    ("waited", "outcome"),
    [(0, "open"), (19, "open"), (20, "remind"), (30, "remind"), (31, "overdue")],
)
def test_sme_16_the_clock_reminds_and_then_is_overdue(waited: int, outcome: str) -> None:
    found = decide(PACK, ClockCase(DAY - waited), DAY)
    assert (found.outcome, found.holds, found.figures["days"]) == (outcome, outcome != "overdue", waited)


@pytest.mark.parametrize(("after", "outcome"), [(0, "confirmed"), (30, "confirmed"), (31, "confirmed late")])
def test_sme_16_what_was_confirmed_keeps_its_answer_on_every_later_day(after: int, outcome: str) -> None:
    for later in (0, 1_000):
        assert decide(PACK, ClockCase(DAY, DAY + after), DAY + after + later).outcome == outcome


@pytest.mark.parametrize(
    ("agreed", "outcome", "holds"),
    [(None, "default", True), (83, "too low", False), (84, "kept", True), (500, "kept", True), (0, "too low", False)],
)  # fmt: skip
def test_sme_17_late_interest_is_not_below_the_prime_rate(
    agreed: int | None, outcome: str, holds: bool
) -> None:
    """3.0 % a year over 360 days is 83.3 parts per million a day; 0.05 % a day where nothing was agreed."""
    found = decide(PACK, LateInterestCase(agreed), DAY)
    assert (found.outcome, found.holds) == (outcome, holds)
    assert found.figures["ppm_a_day"] == (500 if agreed is None else agreed)


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_sme_15_all_that_nobody_disputes_is_confirmed(invoiced: int, held: int, confirmed: int) -> None:
    if held > invoiced:
        with pytest.raises(CaseContradicts, match="more is held back"):
            decide(PACK, UndisputedCase(invoiced, held, confirmed), DAY)
        return
    assert decide(PACK, UndisputedCase(invoiced, held, confirmed), DAY).holds == (
        confirmed + held >= invoiced
    )


@pytest.mark.parametrize(
    ("times", "depth", "outcome"), [(49, 5, "quiet"), (50, 0, "alert"), (0, 6, "alert"), (0, 0, "quiet")]
)
def test_cn77_split_watch_levels(times: int, depth: int, outcome: str) -> None:
    assert decide(PACK, SplitCase(times, depth), DAY).outcome == outcome


@pytest.mark.parametrize(
    ("overdue", "name"),
    [
        (0, "normal"), (1, "special mention"), (90, "special mention"), (91, "substandard"), (270, "substandard"),
        (271, "doubtful"), (360, "doubtful"), (361, "loss"), (5_000, "loss"),
    ],
)  # fmt: skip
def test_class_at_its_boundaries(overdue: int, name: str) -> None:
    found = decide(PACK, ClassCase(DAY - overdue), DAY)
    assert (found.outcome, found.holds) == (name, overdue == 0)


def test_class_of_the_specification_is_that_of_the_first_pack() -> None:
    assert class_boundaries(in_force(PACK, "CLASS", DAY)) == CLASSES


def test_a_rule_not_yet_in_force_rules_on_nothing() -> None:
    with pytest.raises(NotInForce, match="SME-9 is in force from 2025-06-01"):
        decide(PACK, DeliveryCase(DAY, DAY), day("2025-05-31"))
    with pytest.raises(CaseContradicts, match="before the promise"):
        decide(PACK, TenorCase(DAY, DAY - 1), DAY)
    with pytest.raises(CaseContradicts, match="before the request"):
        decide(PACK, ClockCase(DAY, DAY - 1), DAY)
