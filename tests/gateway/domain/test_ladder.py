"""The stop-loss ladder: each rung from its facts, no trembling, and nothing blocked that lowers a risk (S25)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.rulebook import shipped
from gateway.domain.exposure import Level
from gateway.domain.ladder import LADDER, Move, Observed, Stand, Step, Terms, blocks
from gateway.domain.ladder import move as move_by
from gateway.domain.rules import find

TODAY = 20_000
TERMS = Terms(**find(shipped().pack, "S25-ladder").parameters)
"""The thresholds of the first rule pack."""

facts = st.builds(
    Observed, st.just(TODAY), st.integers(0, 400), st.none() | st.integers(0, 30_000), st.booleans(), st.booleans(),
    st.sampled_from(Level),
)  # fmt: skip
stands = st.builds(Stand, st.sampled_from(Step), st.integers(TODAY - 40, TODAY))


def move(seen: Observed, stand: Stand) -> Move:
    return move_by(seen, stand, TERMS)


def after(stand: Step = Step.CLEAR, since: int = 0, **seen: object) -> Step:
    return move(Observed(TODAY, **seen), Stand(stand, TODAY - since)).after  # type: ignore[arg-type]


def test_s25_days_overdue_climb_the_rungs_on_their_days() -> None:
    reached = {days: after(overdue_days=days, coverage_bps=20_000) for days in (0, 1, 6, 7, 14, 15)}
    assert reached == {
        0: Step.CLEAR, 1: Step.WARN, 6: Step.WARN, 7: Step.BLOCK_NEW, 14: Step.BLOCK_NEW, 15: Step.BLOCK_NEW,
    }  # fmt: skip
    assert after(Step.BLOCK_NEW, overdue_days=15, coverage_bps=20_000) is Step.MARGIN_CALL
    assert after(Step.MARGIN_CALL, overdue_days=30, coverage_bps=20_000) is Step.MARGIN_CALL
    assert after(Step.MARGIN_CALL, overdue_days=31, coverage_bps=20_000) is Step.ACCELERATE
    assert after(Step.ACCELERATE, overdue_days=90, coverage_bps=20_000) is Step.ACCELERATE
    assert after(Step.ACCELERATE, overdue_days=91, coverage_bps=20_000) is Step.DISPOSE


def test_s25_the_worst_facts_take_every_rung_above_block_on_the_record() -> None:
    seen = Observed(TODAY, 361, 5_000, True, True, Level.BREACH)
    stand, path = Stand(), []
    for _ in range(5):
        stand = Stand(move(seen, stand).after, TODAY)
        path.append(stand.step)
    assert path == [Step.BLOCK_NEW, Step.MARGIN_CALL, Step.ACCELERATE, Step.DISPOSE, Step.DISPOSE]


def test_cc_433_a_margin_call_unanswered_for_its_days_accelerates() -> None:
    assert after(coverage_bps=9_999) is Step.BLOCK_NEW
    assert after(Step.BLOCK_NEW, coverage_bps=9_999) is Step.MARGIN_CALL
    assert after(Step.BLOCK_NEW, 3, coverage_bps=10_000) is Step.WARN
    assert after(Step.MARGIN_CALL, 4, coverage_bps=9_999) is Step.MARGIN_CALL
    assert after(Step.MARGIN_CALL, 5, coverage_bps=9_999) is Step.ACCELERATE
    assert after(Step.MARGIN_CALL, 5, coverage_bps=10_500) is Step.WARN


def test_cc_428_disposal_follows_notice_and_never_comes_first() -> None:
    assert after(Step.ACCELERATE, 9, overdue_days=40, coverage_bps=20_000) is Step.ACCELERATE
    assert after(Step.ACCELERATE, 10, overdue_days=40, coverage_bps=20_000) is Step.DISPOSE
    assert after(Step.ACCELERATE, 10) is Step.CLEAR


def test_cn77_15_a_stopped_debtor_blocks_new_money() -> None:
    assert after(debtor_stopped=True) is Step.BLOCK_NEW
    assert after(Step.BLOCK_NEW, 30, debtor_stopped=True) is Step.BLOCK_NEW


def test_hysteresis_a_fact_on_its_threshold_moves_nothing_back_and_forth() -> None:
    for coverage in (10_499, 10_000):
        assert after(Step.MARGIN_CALL, 2, coverage_bps=coverage) is Step.MARGIN_CALL
    assert after(Step.BLOCK_NEW, 9, exposure=Level.FULL) is Step.BLOCK_NEW
    assert after(exposure=Level.FULL) is Step.WARN
    assert after(Step.WARN, 2) is Step.WARN
    assert after(Step.WARN, 3) is Step.CLEAR


@given(facts, stands)
def test_the_same_facts_come_to_rest(seen: Observed, stand: Stand) -> None:
    visited = []
    for _ in range(8):
        stand = Stand(move(seen, stand).after, TODAY)
        visited.append(stand.step)
    assert visited[-1] is visited[-2] is visited[-3]


@given(facts, stands, st.integers(1, 60))
def test_worse_facts_never_stand_lower(seen: Observed, stand: Stand, days: int) -> None:
    worse = replace(seen, overdue_days=seen.overdue_days + days)
    assert move(worse, stand).after >= move(seen, stand).after


@given(facts, stands)
def test_every_move_up_says_why_and_no_rung_above_block_is_skipped(seen: Observed, stand: Stand) -> None:
    found = move(seen, stand)
    if found.after > found.before:
        assert found.reasons
        assert found.after <= max(Step.BLOCK_NEW, found.before + 1)
    if found.after < found.before:
        assert TODAY - stand.since >= TERMS.calm_days


def test_only_a_draw_and_a_lock_that_makes_room_for_one_are_ever_blocked() -> None:
    verbs = (
        "record",
        "lock",
        "release",
        "unlock",
        "carve",
        "distribute",
        "settleEarly",
        "assign",
        "void",
        "writeOff",
    )
    for step in Step:
        assert [verb for verb in verbs if blocks(step, verb, owed=True)] == []
        assert blocks(step, "draw", owed=True) == blocks(step, "lock", owed=False) == (step >= Step.BLOCK_NEW)


def test_every_rung_has_a_way_in_and_a_rule() -> None:
    assert {rung.step for rung in LADDER} == set(Step) - {Step.CLEAR}
    assert all(rung.rule and rung.sentence.endswith(".") for rung in LADDER)


def test_s25_other_thresholds_move_the_rungs() -> None:
    """They are figures of a rule: a bank that waits longer blocks later."""
    patient = replace(TERMS, block_days=10)
    for days, step in ((7, Step.WARN), (9, Step.WARN), (10, Step.BLOCK_NEW)):
        assert move_by(Observed(TODAY, days, 20_000), Stand(), patient).after is step
