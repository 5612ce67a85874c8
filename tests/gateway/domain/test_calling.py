"""What a lender is told it may call is what the rules take, to the minor unit, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendar import first_second
from gateway.domain.calling import Turn, calls, pledged
from gateway.domain.ledger_state import LedgerState
from gateway.domain.protection import call_protection
from gateway.domain.protection_acts import CallProtection
from gateway.domain.protection_records import Protection, ProtectionCall, ProtectionKind
from gateway.domain.reasons import Reason
from tests.gateway.domain.test_loss import DAY, DUE, FACILITY, LOAN, OWED, guarantee, state_of

RESERVE = Protection(FACILITY, ProtectionKind.RESERVE, OWED, balance=50_000_00, rate=1)
_AMOUNTS = st.integers(1, OWED)
_PROTECTIONS = st.lists(
    st.one_of(
        st.builds(guarantee, _AMOUNTS, order=st.integers(0, 2), until_day=st.sampled_from((0, DAY - 1, DAY))),
        st.builds(
            Protection, st.just(FACILITY), st.just(ProtectionKind.SHARE), _AMOUNTS, bps=st.integers(1, 9_999)
        ),
        st.builds(
            Protection, st.just(FACILITY), st.just(ProtectionKind.RESERVE), _AMOUNTS,
            balance=st.integers(0, OWED),
        ),
        st.builds(Protection, st.just(FACILITY), st.just(ProtectionKind.INSURANCE), _AMOUNTS),
    ),
    max_size=6,
)  # fmt: skip


def answer(state: LedgerState, turn: Turn, amount: int, day: int) -> Reason:
    """What the rules say to a call by persons who may sign nothing: the last thing they look at."""
    act = CallProtection(turn.number, LOAN, amount, turn.call.called, 1 << 39, bytes(32))
    others, titles = sorted(state.protections), pledged(state, FACILITY)
    return call_protection(state, act, others, titles, (0, 0, 0), first_second(day))


def overdue(*protections: Protection, face: int, root_due: int = DUE) -> LedgerState:
    """The loan of the tests of loss, with what is pledged for it counted by its facility."""
    state = state_of(*protections, face=face, root_due=root_due)
    state.facilities[FACILITY] = replace(state.facilities[FACILITY], face=face)
    return state


def turns(state: LedgerState, day: int = DAY) -> Sequence[Turn]:
    return list(calls(state, LOAN, day))


@given(_PROTECTIONS, st.integers(0, OWED), st.booleans(), st.data())
def test_what_is_said_to_be_callable_is_what_the_rules_take(
    protections: list[Protection], face: int, still_due: bool, data: st.DataObject
) -> None:
    """CC-392, CC-692: the same rule forbids it; to the last fen it is not the amount that does, one fen more it is."""
    state = overdue(*protections, face=face, root_due=DAY if still_due else DUE)
    for number, word in state.protections.items():
        called = data.draw(st.integers(0, word.cap))
        if called:
            day = data.draw(st.sampled_from((DAY, DAY - 15, DAY - 16)))
            state.calls[number, LOAN] = ProtectionCall(called, data.draw(st.integers(0, called)), 0, day)
    for turn in turns(state):
        if turn.reason:
            assert (answer(state, turn, 1, DAY), turn.most) == (turn.reason, 0)
            continue
        assert answer(state, turn, turn.most + 1, DAY) is Reason.EXCESS_AMOUNT
        if turn.most:
            assert answer(state, turn, turn.most, DAY) is Reason.SIGNATURE_INVALID


def test_nobody_is_called_before_the_loan_and_the_pledge_are_overdue() -> None:
    """CC-392: on the due day, on the pledge's due day, and the day after it."""
    state = overdue(guarantee(OWED), face=OWED, root_due=DAY)
    assert [turn.reason for turn in turns(state, DUE)] == [Reason.NOT_YET_DUE]
    assert [turn.reason for turn in turns(state, DAY)] == [Reason.COLLATERAL_FIRST]
    assert [turn.reason for turn in turns(state, DAY + 1)] == [Reason.NONE]


@pytest.mark.parametrize(("left", "reason"), [(1, Reason.ORDER_OF_CALL), (0, Reason.NONE)])
def test_the_reserve_waits_for_the_guarantors_last_fen(left: int, reason: Reason) -> None:
    """CC-692, 2-ledger 2.4: guarantors first, then the reserve up to what is in it."""
    cap = 300_000_00
    state = state_of(guarantee(cap, called=cap - left, paid=cap - left), RESERVE)
    guarantor, reserve = turns(state)
    assert (guarantor.most, reserve.reason) == (left, reason)
    assert reserve.most == (0 if reason else RESERVE.balance)
