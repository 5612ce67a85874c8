"""Who would bear a loss: in the order of loss, never more than agreed, and together what is owed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ledger_state import LedgerState
from gateway.domain.loss import Bearer, loss_waterfall
from gateway.domain.protection import used_up
from gateway.domain.protection_records import Guard, Protection, ProtectionKind
from gateway.domain.records import Facility, Loan, LoanPhase, Phase, Root, Title

LOAN, FACILITY, ROOT = 201 << 32 | 1, 7, 101 << 32 | 1
DUE, DAY = 20_000, 20_010
OWED = 1_000_000_00


def state_of(*protections: Protection, face: int = 0, root_due: int = DUE) -> LedgerState:
    """1,000,000.00 owed without interest, ten days overdue."""
    state = LedgerState()
    state.facilities[FACILITY] = Facility(11, 201, 156, 8_000, OWED * 2, OWED, DUE + 300, True, 2, loans=1)
    state.loans[LOAN] = Loan(FACILITY, OWED, OWED, 0, DUE, 0, 0, 0, LoanPhase.OUTSTANDING, DUE - 30, DUE - 30)
    if face:
        state.roots[ROOT] = Root(101, 12, 156, root_due, DUE - 90, Phase.LIVE, 0, 1, face, 10, 8, 0)
        state.titles[ROOT] = Title(201, ROOT, face, lock=FACILITY)
    for serial, protection in enumerate(protections, 1):
        state.protections[300 + protection.kind << 32 | serial] = protection
    state.guards[FACILITY] = Guard(len(protections))
    return state


def guarantee(cap: int, **terms: int) -> Protection:
    return Protection(FACILITY, ProtectionKind.GUARANTEE, cap, rate=1, **terms)


def bears(state: LedgerState, day: int = DAY) -> dict[Bearer, int]:
    found: dict[Bearer, int] = {}
    for part in loss_waterfall(state, LOAN, day).parts:
        found[part.bearer] = found.get(part.bearer, 0) + part.amount
    return found


_AMOUNTS = st.integers(1, OWED * 2)
_PROTECTIONS = st.lists(
    st.one_of(
        st.builds(guarantee, _AMOUNTS, order=st.integers(0, 3)),
        st.builds(
            Protection, st.just(FACILITY), st.just(ProtectionKind.SHARE), _AMOUNTS, bps=st.integers(1, 10_000)
        ),
        st.builds(
            Protection,
            st.just(FACILITY),
            st.just(ProtectionKind.RESERVE),
            _AMOUNTS,
            balance=st.integers(0, OWED),
        ),
        st.builds(Protection, st.just(FACILITY), st.just(ProtectionKind.INSURANCE), _AMOUNTS),
    ),
    max_size=8,
)


@given(_PROTECTIONS, st.integers(0, OWED * 2), st.booleans())
def test_the_parts_are_what_is_owed_and_nobody_bears_more_than_agreed(
    protections: list[Protection], face: int, still_due: bool
) -> None:
    """2-ledger 2.4: Σ out = Σ in to the minor unit, whoever stands behind the loan."""
    state = state_of(*protections, face=face, root_due=DAY if still_due else DUE)
    found = loss_waterfall(state, LOAN, DAY)
    assert sum(part.amount for part in found.parts) == found.owed == OWED
    assert min(part.amount for part in found.parts) >= 0
    ranks = [state.protections[part.protection].rank for part in found.parts if part.protection]
    assert ranks == sorted(ranks)
    for part in found.parts:
        if part.protection:
            word = state.protections[part.protection]
            assert part.amount <= word.cap
            assert word.kind is not ProtectionKind.RESERVE or part.amount <= word.balance
    # Nobody is reached while one before it that stands for the loan has something left.
    reached = [part for part in found.parts if part.protection and part.amount]
    for part in reached:
        for before in found.parts[1 : found.parts.index(part)]:
            word = state.protections[before.protection]
            full = {ProtectionKind.RESERVE: min(word.cap, word.balance)}.get(word.kind, word.cap)
            assert before.amount == full or word.kind is ProtectionKind.SHARE


def test_the_order_of_loss_of_the_rule_book() -> None:
    """2-ledger 2.4: own collateral, guarantor up to its cap, partner by percent, reserve, insurer, lender."""
    state = state_of(
        guarantee(300_000_00),
        Protection(FACILITY, ProtectionKind.SHARE, OWED, bps=4_000, rate=1),
        Protection(FACILITY, ProtectionKind.RESERVE, OWED, balance=50_000_00, rate=1),
        Protection(FACILITY, ProtectionKind.INSURANCE, 120_000_00, rate=1),
        face=200_000_00,
        root_due=DAY,
    )
    assert bears(state) == {
        Bearer.COLLATERAL: 200_000_00,
        Bearer.GUARANTEE: 300_000_00,
        Bearer.SHARE: 200_000_00,
        Bearer.RESERVE: 50_000_00,
        Bearer.INSURANCE: 120_000_00,
        Bearer.LENDER: 130_000_00,
    }


def test_collateral_that_is_overdue_bears_nothing() -> None:
    """CC-392: the debtor's own collateral comes first, as long as something can still come of it."""
    for root_due, borne in ((DAY, 200_000_00), (DAY - 1, 0)):
        assert bears(state_of(face=200_000_00, root_due=root_due))[Bearer.COLLATERAL] == borne


@pytest.mark.parametrize(("until", "borne"), [(DAY, OWED), (DAY - 1, 0)])
def test_a_guarantee_whose_period_is_over_says_so(until: int, borne: int) -> None:
    """CC-692: on both sides of its last day."""
    found = loss_waterfall(state_of(guarantee(OWED, until_day=until)), LOAN, DAY)
    part = next(part for part in found.parts if part.bearer is Bearer.GUARANTEE)
    assert (part.amount, part.rule) == (borne, "CC-692")
    assert ("period" in part.why) == (borne == 0)


def test_a_dearer_loan_than_was_agreed_is_not_the_guarantors() -> None:
    """CC-695: nothing, unless it consents."""
    state = state_of(guarantee(OWED))
    state.loans[LOAN] = replace(state.loans[LOAN], rate=2)
    part = loss_waterfall(state, LOAN, DAY).parts[1]
    assert (part.amount, part.rule) == (0, "CC-695")


def test_before_the_due_day_the_question_is_asked_as_if_it_were_overdue() -> None:
    state = state_of(guarantee(OWED))
    assert bears(state, DUE - 5)[Bearer.GUARANTEE] == OWED
    assert used_up(state, next(iter(state.protections)), LOAN, DUE - 5)
