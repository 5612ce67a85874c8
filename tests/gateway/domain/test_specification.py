"""The specification's tables are the contracts': reasons, verbs, who may carry them; and its views by the day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain import quotes
from gateway.domain.ledger_state import LedgerState
from gateway.domain.life_cycle import (
    CALL_ENDS,
    CALL_STEPS,
    LOAN_ENDS,
    LOAN_STEPS,
    PARTY_STEPS,
    ROOT_ENDS,
    ROOT_STEPS,
    CallPhase,
    LoanClass,
    LoanView,
    TitleView,
    call_phase,
    is_split,
    loan_class,
    loan_view,
    root_view,
    title_view,
)
from gateway.domain.mandates import SIGNATURES, UNRELAYED
from gateway.domain.protection_records import ProtectionCall
from gateway.domain.reasons import REASON_SENTENCES, Reason, explain
from gateway.domain.records import (
    Facility,
    Flag,
    Loan,
    LoanPhase,
    Money,
    Phase,
    Root,
    Standing,
    Title,
)
from gateway.domain.waterfall import fill, repay
from tests.house.house import reason_names
from tests.invariants.verbs import VERBS

CONTRACTS = Path(__file__).parents[3] / "contracts"
ROOT = 101 << 32 | 1
DUE = 20_000


def test_reasons_are_the_contracts_reasons_in_their_order() -> None:
    names = [re.sub(r"(?<!^)([A-Z])", r"_\1", name).upper() for name in reason_names()]
    assert [reason.name for reason in Reason] == names
    assert [int(reason) for reason in Reason] == list(range(len(names)))


def test_every_reason_has_a_sentence_and_a_rule() -> None:
    assert set(REASON_SENTENCES) == set(Reason)
    sentences = [explain(reason).sentence for reason in Reason]
    assert len(set(sentences)) == len(sentences)
    for reason in Reason:
        assert explain(reason).sentence.endswith(".")
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*(-[0-9A-Za-z/]+)?", explain(reason).rule_id), reason


def state_changing() -> Iterator[tuple[str, bool]]:
    """Every entry that takes items, and whether only relayers may carry it, from the sources themselves."""
    taking = r"function (\w+)\((?:\w+Item|uint64)\[\] calldata \w+\)"
    declared = re.compile(taking + r"\s+external(?:\s+paged)?(\s+relayed)?\s")
    for path in CONTRACTS.glob("[!n]*/*.sol"):
        if re.match(r"I[A-Z]", path.name) is None:
            for name, relayed in declared.findall(path.read_text()):
                yield name, bool(relayed)


def test_every_state_changing_entry_has_its_row_and_its_carrier() -> None:
    functions = {verb.function: name for name, verb in VERBS.items()}
    found = dict(state_changing())
    assert set(VERBS) == set(SIGNATURES)
    before = {"co_sign", "approve"}
    assert {functions[name] for name in found} | before == set(SIGNATURES)
    assert {functions[name] for name, relayed in found.items() if not relayed} | before == UNRELAYED


def test_every_step_of_a_life_cycle_is_a_verb_and_every_phase_that_is_no_end_has_a_way_on() -> None:
    for table in (ROOT_STEPS, LOAN_STEPS, PARTY_STEPS):
        for steps in table.values():
            assert all(step.verb in SIGNATURES for step in steps)
    assert {phase for phase, steps in ROOT_STEPS.items() if not steps} == ROOT_ENDS
    assert {phase for phase, steps in LOAN_STEPS.items() if not steps} <= LOAN_ENDS
    assert all(PARTY_STEPS[standing] for standing in Standing)


def loan(phase: LoanPhase = LoanPhase.OUTSTANDING) -> Loan:
    """A loan due on DUE."""
    return Loan(7, 1_000_000, 1_000_000, 72_000, DUE, 5_000, 0, 0, phase, DUE - 30, DUE - 30)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-1, LoanClass.NORMAL),
        (0, LoanClass.NORMAL),
        (1, LoanClass.SPECIAL_MENTION),
        (90, LoanClass.SPECIAL_MENTION),
        (91, LoanClass.SUBSTANDARD),
        (270, LoanClass.SUBSTANDARD),
        (271, LoanClass.DOUBTFUL),
        (360, LoanClass.DOUBTFUL),
        (361, LoanClass.LOSS),
    ],
)
def test_the_five_classes_begin_on_their_days(days: int, expected: LoanClass) -> None:
    assert loan_class(loan(), DUE + days) is expected


def test_a_class_is_of_what_is_outstanding() -> None:
    assert loan_class(loan(LoanPhase.SETTLED), DUE + 400) is LoanClass.NORMAL
    assert loan_class(loan(LoanPhase.WRITTEN_OFF), DUE - 9) is LoanClass.LOSS


@pytest.mark.parametrize(
    ("phase", "day", "expected"),
    [
        (LoanPhase.RESERVED, DUE + 5, LoanView.AGREED),
        (LoanPhase.OUTSTANDING, DUE - 1, LoanView.OUTSTANDING),
        (LoanPhase.OUTSTANDING, DUE, LoanView.DUE),
        (LoanPhase.OUTSTANDING, DUE + 1, LoanView.OVERDUE),
        (LoanPhase.SETTLED, DUE + 1, LoanView.SETTLED),
        (LoanPhase.VOID, DUE + 1, LoanView.VOID),
        (LoanPhase.WRITTEN_OFF, DUE + 1, LoanView.WRITTEN_OFF),
    ],
)
def test_views_of_a_loan(phase: LoanPhase, day: int, expected: LoanView) -> None:
    assert loan_view(loan(phase), day) is expected


def ledger(title: Title, *, used: int = 0) -> LedgerState:
    """One live root due on DUE, with one title, and a facility it may be locked to."""
    root = Root(101, 12, 156, DUE, DUE - 90, Phase.LIVE, 500, 1, 100, 10, 8, 0)
    facility = Facility(11, 201, 156, 8_000, 1_000, used, DUE + 9, True, 2)
    return LedgerState(roots={ROOT: root}, titles={ROOT: title}, facilities={7: facility})


@pytest.mark.parametrize(
    ("title", "used", "day", "expected"),
    [
        (Title(201, ROOT, 100), 0, DUE - 1, TitleView.LIVE),
        (Title(201, ROOT, 100), 0, DUE, TitleView.DUE),
        (Title(201, ROOT, 100), 0, DUE + 1, TitleView.OVERDUE),
        (Title(201, ROOT, 100, paid=40), 0, DUE, TitleView.PART_PAID),
        (Title(201, ROOT, 100, lock=7), 0, DUE - 1, TitleView.PLEDGED),
        (Title(201, ROOT, 100, lock=7), 60, DUE - 1, TitleView.FINANCED),
        (Title(201, ROOT, 100, lock=7, flags=Flag.FROZEN), 60, DUE - 1, TitleView.FROZEN),
        (Title(201, ROOT, 100, paid=100, flags=Flag.SETTLED), 0, DUE + 9, TitleView.SETTLED),
        (Title(201, ROOT, 0, flags=Flag.SPENT), 0, DUE - 1, TitleView.MERGED),
        (Title(201, ROOT, 100, paid=10, flags=Flag.SPENT), 0, DUE + 9, TitleView.GIVEN_UP),
    ],
)
def test_views_of_a_certificate(title: Title, used: int, day: int, expected: TitleView) -> None:
    assert title_view(ledger(title, used=used), ROOT, day) is expected


def test_views_of_a_receivable_follow_its_phase_then_the_day() -> None:
    root = ledger(Title(201, ROOT, 100)).roots[ROOT]
    nothing, some = Money(), Money(received=50, distributed=50)
    assert root_view(root, nothing, DUE - 1) is TitleView.LIVE
    assert root_view(root, nothing, DUE) is TitleView.DUE
    assert root_view(root, some, DUE) is TitleView.PART_PAID
    assert root_view(root, some, DUE + 1) is TitleView.OVERDUE
    phases = {
        Phase.OFFERED: TitleView.OFFERED,
        Phase.CANCELLED: TitleView.CANCELLED,
        Phase.CLOSED: TitleView.SETTLED,
    }
    for phase, expected in phases.items():
        ended = Root(101, 12, 156, DUE, DUE - 90, phase, 500, 1, 100, 10, 8, 0)
        assert root_view(ended, nothing, DUE + 9) is expected
    assert is_split(Title(201, ROOT, 10), ROOT, ROOT + 1)
    assert not is_split(Title(201, ROOT, 10), ROOT, ROOT)


def test_what_may_be_drawn_and_released() -> None:
    state = ledger(Title(201, ROOT, 100, lock=7), used=60)
    state.facilities[7] = replace(state.facilities[7], face=100)
    room = quotes.room(state, 7, DUE - 90)
    assert (room.face, room.worth, room.drawable, room.releasable) == (100, 80, 20, 25)
    assert quotes.covered_after(state, 7, [])
    assert not quotes.covered_after(state, 7, [ROOT])


def test_late_interest_most_is_the_agreed_rate_for_the_days_since_due() -> None:
    root = Root(101, 12, 156, DUE, DUE - 90, Phase.CLOSED, 500, 1, 100_000_000, 10, 8, 0)
    # 0.05 % a day on 1,000,000.00 for 10 days is 5,000.00.
    assert quotes.late_interest_most(root, Money(), DUE + 10) == 500_000
    assert quotes.late_interest_most(root, Money(late_interest=200_000), DUE + 10) == 300_000
    assert quotes.late_interest_most(root, Money(), DUE) == 0
    assert quotes.still_owed(root, Money(received=30_000_000, removed=20_000_000)) == 50_000_000


def test_a_loan_is_called_for_then_recovered_by_those_who_paid() -> None:
    """CC-700; 2-ledger 2.3 D: due, overdue, called, subrogated, recovered."""
    loan = Loan(7, 100, 100, 0, DUE, 0, 0, 0, LoanPhase.OUTSTANDING, DUE - 30)
    called = ProtectionCall(called=60, day=DUE + 1)
    paid, recovered = replace(called, paid=60), replace(called, paid=60, reimbursed=60)
    assert [loan_view(loan, DUE + 1, calls=calls) for calls in ((), (called,), (paid,))] == [
        LoanView.OVERDUE, LoanView.CALLED, LoanView.OVERDUE,
    ]  # fmt: skip
    settled = replace(loan, phase=LoanPhase.SETTLED)
    assert loan_view(settled, DUE + 1, calls=(paid,)) is LoanView.SUBROGATED
    assert loan_view(settled, DUE + 1, calls=(recovered,)) is LoanView.SETTLED
    assert [call_phase(call) for call in (ProtectionCall(), called, paid, recovered)] == [
        CallPhase.NONE,
        CallPhase.CALLED,
        CallPhase.SUBROGATED,
        CallPhase.ENDED,
    ]


@pytest.mark.parametrize("phase", CallPhase)
def test_every_state_of_a_call_has_a_way_out(phase: CallPhase) -> None:
    reached, todo = {phase}, [phase]
    while todo:
        for step in CALL_STEPS[todo.pop()]:
            assert step.verb in SIGNATURES
            if step.to not in reached:
                reached.add(CallPhase(step.to))
                todo.append(CallPhase(step.to))
    assert reached & CALL_ENDS


def test_a_payment_fills_costs_interest_and_principal_and_the_rest_is_surplus() -> None:
    """CC-561."""
    assert repay(100, 30, 50) == (0, 30, 50, 20)
    assert repay(40, 30, 50) == (0, 30, 10, 0)
    assert repay(40, 30, 50, 35) == (35, 5, 0, 0)
    assert fill(70, [20, 0, 30]) == ((20, 0, 30), 20)
    with pytest.raises(ValueError, match="not negative"):
        fill(-1, [])
