"""The standing of an instructed payment is a function of what is known, not of how it came to be known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.payments import Evidence, PaymentState, standing

AMOUNT = 10_000
EVIDENCE = st.builds(
    Evidence,
    accepted=st.booleans(), rejected=st.booleans(), debited=st.booleans(),
    credited=st.lists(st.integers(1, 2 * AMOUNT), max_size=3).map(tuple),
    returned=st.integers(0, AMOUNT), reversed=st.integers(0, AMOUNT),
    contested=st.booleans(), other_currency=st.booleans(), late=st.booleans(),
)  # fmt: skip

PAID = (AMOUNT,)


@pytest.mark.parametrize(
    ("evidence", "state", "problem"),
    [
        (Evidence(), PaymentState.INSTRUCTED, ""),
        (Evidence(late=True), PaymentState.UNKNOWN, "PAYMENT-UNANSWERED"),
        (Evidence(accepted=True, late=True), PaymentState.UNKNOWN, "PAYMENT-UNANSWERED"),
        (Evidence(accepted=True), PaymentState.ACCEPTED, ""),
        (Evidence(debited=True, late=True), PaymentState.ACCEPTED, ""),
        (Evidence(rejected=True), PaymentState.REJECTED, ""),
        (Evidence(accepted=True, rejected=True), PaymentState.REJECTED, ""),
        (Evidence(credited=PAID), PaymentState.SETTLED, ""),
        (Evidence(credited=PAID, rejected=True), PaymentState.UNKNOWN, "LINE-AFTER-REJECTED"),
        (Evidence(debited=True, rejected=True), PaymentState.UNKNOWN, "LINE-AFTER-REJECTED"),
        (Evidence(credited=(AMOUNT - 1,)), PaymentState.ACCEPTED, "PAYMENT-SHORT"),
        (Evidence(credited=(AMOUNT - 1, 1)), PaymentState.SETTLED, ""),
        (Evidence(credited=(AMOUNT + 1,)), PaymentState.SETTLED, "PAYMENT-EXCESS"),
        (Evidence(credited=(AMOUNT, AMOUNT)), PaymentState.SETTLED, "PAYMENT-EXCESS"),
        (Evidence(debited=True, returned=AMOUNT), PaymentState.RETURNED, ""),
        (Evidence(credited=PAID, returned=AMOUNT), PaymentState.RETURNED, ""),
        (Evidence(credited=PAID, returned=AMOUNT - 1), PaymentState.SETTLED, ""),
        (Evidence(credited=PAID, reversed=AMOUNT), PaymentState.REVERSED, ""),
        (Evidence(credited=PAID, contested=True), PaymentState.UNKNOWN, "PAYMENT-CONTESTED"),
        (Evidence(credited=PAID, other_currency=True), PaymentState.UNKNOWN, "CURRENCY-DIFFERS"),
    ],
)
def test_where_a_payment_stands(evidence: Evidence, state: PaymentState, problem: str) -> None:
    found = standing(AMOUNT, evidence)
    assert (found.state, found.problem) == (state, problem)


@given(EVIDENCE)
def test_only_all_of_the_money_settles_and_a_rejection_never_does(evidence: Evidence) -> None:
    found = standing(AMOUNT, evidence)
    if found.state is PaymentState.SETTLED:
        assert found.settled >= AMOUNT
        assert not evidence.rejected
        assert (found.settled > AMOUNT) == (found.problem == "PAYMENT-EXCESS")
    assert (found.returned, found.reversed) == (evidence.returned, evidence.reversed)


@given(EVIDENCE)
def test_an_acceptance_that_comes_late_takes_nothing_back(evidence: Evidence) -> None:
    early, late = (standing(AMOUNT, replace(evidence, accepted=said)) for said in (False, True))
    assert early == late or (early.state, late.state) == (PaymentState.INSTRUCTED, PaymentState.ACCEPTED)
