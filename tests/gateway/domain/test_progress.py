"""How a loan stands, instalment by instalment, against the ledger's own sums and exact fractions (decision 16)."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.demo.recomputed import interest_of
from gateway.domain import credit, finance, quotes
from gateway.domain.interest import PER_MILLION
from gateway.domain.ledger_state import LedgerState
from gateway.domain.records import Facility, Loan, LoanPhase, Terms
from gateway.domain.terms import agreement, progress, schedules, standing
from gateway.domain.terms.progress import Line, Paid
from tests.bench import terms
from tests.bench import terms_oracle as oracle

LOAN, FACILITY = 5, 7
DUE = terms.day(oracle.date(2027, 3, 31))


def stands(loan: Loan, value_day: int) -> LedgerState:
    """A ledger on which the loan was paid out."""
    state = LedgerState()
    state.facilities[FACILITY] = Facility(
        1, 2, 156, 10_000, 2**48 - 1, loan.drawn, 2**16 - 1, False, 0, loans=1
    )
    state.loans[LOAN] = loan
    assert not credit.post(state, LOAN, agreement.pay_out(loan), value_day, value_day)
    return state


def lines(state: LedgerState, paid: list[Paid], day: int) -> tuple[Line, ...]:
    return progress.lines(state.loans[LOAN], state.accrual_of(LOAN), paid, day)


def loan(kind: Terms, count: int = 0, **changed: int) -> Loan:
    deal = Loan(
        facility=FACILITY, principal=90_000_000, drawn=90_000_000, rate=72_000, due_day=DUE, penalty_bps=5_000,
        minimum_days=0, basis=0, phase=LoanPhase.RESERVED, start_day=DUE - 90, terms=kind, count=count,
    )  # fmt: skip
    return replace(deal, **changed)


def test_what_was_never_paid_out_has_the_schedule_that_was_agreed() -> None:
    dice = random.Random(20)
    for _ in range(300):
        reserved = terms.reserved(terms.generated(dice))
        value_day = schedules.due_day(reserved, 1) - 1
        agreed = schedules.schedule(
            replace(reserved, start_day=min(reserved.start_day, value_day)), value_day
        )
        started, accrual = progress.paid_out(reserved, value_day)
        found = progress.lines(started, accrual, (), value_day)
        if reserved.terms != Terms.DISCOUNT:
            assert [(line.due_day, line.principal, line.interest) for line in found] == [
                (row.day, row.principal, row.interest) for row in agreed
            ]
        assert sum(line.principal for line in found) == started.drawn
        assert all((line.paid, line.overdue) == (0, False) for line in found)


@settings(max_examples=120, derandomize=True, deadline=None)
@given(seed=st.integers(0, 2**32), looks=st.integers(1, 12))
def test_the_lines_of_a_loan_in_any_course_are_what_the_ledger_says_is_owed(seed: int, looks: int) -> None:
    """Early, in part, late, over several instalments: principal, interest and penalty add up to the minor unit."""
    dice = random.Random(seed)
    deal = terms.generated(dice, usual=True)
    state, paid = stands(terms.reserved(deal), terms.day(deal.paid_out)), []
    for when, per_cent in oracle.histories(deal, [dice.randrange(1_000) for _ in range(2 * looks)]):
        today, word = terms.day(when), state.loans[LOAN]
        if word.phase is not LoanPhase.OUTSTANDING:
            break
        found, owed = lines(state, paid, today), quotes.owed(state, LOAN, today)
        assert sum(line.principal for line in found) == word.drawn
        assert sum(line.principal_open for line in found) == word.principal == owed.principal
        untold = progress.lines(word, state.accrual_of(LOAN), None, today)
        assert [(line.open, line.overdue) for line in untold] == [(line.open, line.overdue) for line in found]
        past = sum(line.interest_open for line in found if line.due_day <= today)
        assert past + owed.penalty <= owed.interest
        if any(line.due_day == today for line in found):
            assert past + owed.penalty == owed.interest
        due = quotes.due(state, LOAN, paid, today)
        since = standing.overdue_since(word, state.accrual_of(LOAN), today)
        assert (since > 0) <= (due.total > 0)
        if due.principal:
            assert due.interest == owed.interest
            assert since or any(line.due_day == today and line.principal_open for line in found)
        amount = min(owed.total, due.total or owed.total * per_cent // 300)
        if amount:
            reason, _ = credit.repay(state, LOAN, amount, today, (), today)
            assert not reason
            to_principal = word.principal - state.loans[LOAN].principal
            paid.append(Paid(today, amount - to_principal, to_principal))
        if due.total:
            after = state.loans[LOAN]
            assert not standing.overdue_since(after, state.accrual_of(LOAN), today + 1)
            assert not any(line.overdue for line in lines(state, paid, today + 1))


def test_dec_16_one_fen_less_than_what_is_due_leaves_the_loan_overdue() -> None:
    reserved = loan(Terms.EQUAL_PRINCIPAL, 3)
    first = schedules.due_day(reserved, 1)
    for short, since in ((0, 0), (1, first)):
        state = stands(reserved, DUE - 90)
        due = quotes.due(state, LOAN, [], first)
        assert (due.principal, due.penalty) == (30_000_000, 0)
        assert not credit.repay(state, LOAN, due.total - short, first, (), first)[0]
        assert credit.overdue_since(state, LOAN, first + 1) == since


def test_a_loan_that_was_repaid_early_asks_for_less_interest_on_its_later_days() -> None:
    state = stands(loan(Terms.EQUAL_PRINCIPAL, 3), DUE - 90)
    before = lines(state, [], DUE - 80)
    owed = quotes.owed(state, LOAN, DUE - 80)
    assert owed.interest == 90_000_000 * 10 * 72_000 // 360 // PER_MILLION
    credit.repay(state, LOAN, owed.interest + 60_000_000, DUE - 80, (), DUE - 80)
    paid = [Paid(DUE - 80, owed.interest, 60_000_000)]
    after = lines(state, paid, DUE - 80)
    assert [line.principal_open for line in after] == [0, 0, 30_000_000]
    assert [line.open for line in after[:1]] == [after[0].interest - owed.interest]
    assert sum(line.interest for line in after) < sum(line.interest for line in before)
    # CC-677: interest for actual days, to the fen.
    total = Fraction(90_000_000 * 10 + 30_000_000 * 80, 360) * 72_000 / PER_MILLION
    assert sum(line.interest for line in after) == int(total + Fraction(1, 2))


def test_a_penalty_that_was_paid_is_not_asked_for_again() -> None:
    """Interest on an overdue part is paid with its penalty; what accrues after it is plain."""
    state = stands(loan(Terms.EQUAL_PRINCIPAL, 3), DUE - 90)
    first = schedules.due_day(loan(Terms.EQUAL_PRINCIPAL, 3), 1)
    late = quotes.due(state, LOAN, [], first + 10)
    assert late.penalty == 30_000_000 * 10 * 36_000 // 360 // PER_MILLION
    credit.repay(state, LOAN, late.total, first + 10, (), first + 10)
    assert quotes.owed(state, LOAN, first + 12).penalty == 0
    paid = [Paid(first + 10, late.interest, late.principal)]
    second = schedules.due_day(loan(Terms.EQUAL_PRINCIPAL, 3), 2)
    (line,) = [each for each in lines(state, paid, first + 12) if each.due_day == second]
    assert line.open == quotes.due(state, LOAN, paid, second).total


def test_what_is_settled_is_paid_line_by_line() -> None:
    state = stands(loan(Terms.INTEREST_ONLY, 3), DUE - 90)
    first, paid = schedules.due_day(loan(Terms.INTEREST_ONLY, 3), 1), []
    for day in (first, first + 5):
        owed = quotes.due(state, LOAN, paid, day) if day == first else quotes.owed(state, LOAN, day)
        credit.repay(state, LOAN, owed.total, day, (), day)
        paid.append(Paid(day, owed.interest, owed.principal))
    assert state.loans[LOAN].phase is LoanPhase.SETTLED
    found = lines(state, paid, DUE)
    assert [line.open for line in found] == [0, 0, 0]
    assert [line.paid for line in found] == [paid[0].interest, paid[1].interest, 90_000_000]


@pytest.mark.parametrize(
    ("kind", "count", "changed", "field"),
    [
        (Terms.BULLET, 1, {}, "count"), (Terms.BULLET, 0, {}, ""),
        (Terms.DISCOUNT, 0, {"minimum_days": 1}, "minimum_days"), (Terms.EQUAL_PRINCIPAL, 3, {}, ""),
        (Terms.EQUAL_PRINCIPAL, 0, {}, "count"), (Terms.EQUAL_PRINCIPAL, 61, {}, "count"),
        (Terms.EQUAL_PRINCIPAL, 4, {}, "count"), (Terms.STATEMENT, 0, {}, "count"), (Terms.STATEMENT, 21, {}, ""),
        (Terms.DISCOUNT, 0, {"rate": 4_000_000}, "rate"), (Terms.DISCOUNT, 0, {"rate": 3_999_999}, ""),
        (Terms.BULLET, 0, {"buys": True, "basis": 2}, "basis"), (Terms.DISCOUNT, 0, {"buys": True}, "terms"),
    ],
)  # fmt: skip
def test_dec_16_terms_that_cannot_be_kept_are_named_by_their_field(
    kind: Terms, count: int, changed: dict[str, int], field: str
) -> None:
    reserved = loan(kind, count, **changed)
    found = [each.field for each in agreement.objections(reserved)]
    assert found == ([field] if field else [])
    assert agreement.agrees(reserved) == (not field)


@given(
    rate=st.integers(0, 360_000), days=st.integers(1, 360), amount=st.integers(100, 10**11),
    fee=st.integers(0, 10**6), basis=st.integers(0, 1), minimum=st.sampled_from((0, 30)),
)  # fmt: skip
def test_s2_an_offer_and_the_draw_it_leads_to_cost_the_same(
    rate: int, days: int, amount: int, fee: int, basis: int, minimum: int
) -> None:
    """One computation: what is compared is what is quoted when the draw is signed."""
    offer = finance.StandingOffer(
        1, 11, 156, finance.Form.PLEDGE, rate, basis, minimum, 0, 10_000, fee, 0, finance.Bearer.BORROWER, 1, 10**12,
        0, DUE,
    )  # fmt: skip
    told = finance.cost(offer, finance.Asked(156, amount, DUE, DUE - days))
    drawn = loan(
        Terms.BULLET, rate=rate, basis=basis, minimum_days=minimum, drawn=amount, principal=amount,
        start_day=DUE - days,
    )  # fmt: skip
    quoted = finance.cost_of_loan(drawn, DUE - days, fee=fee)
    assert (quoted.interest, quoted.net, quoted.borne, quoted.repaid, quoted.rate) == (
        told.interest, told.net, told.borne, told.repaid, told.rate,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "count"), [(Terms.BULLET, 0), (Terms.EQUAL_PRINCIPAL, 3), (Terms.INTEREST_ONLY, 3)]
)
def test_without_fees_the_rate_of_all_that_is_borne_is_the_rate_agreed(kind: Terms, count: int) -> None:
    """Whatever the terms: a rate is what is borne on what is still had of the money."""
    quoted = finance.cost_of_loan(loan(kind, count), DUE - 90)
    assert quoted.rate is not None
    assert abs(quoted.rate * PER_MILLION - 72_000) < 1
    dearer = finance.cost_of_loan(loan(kind, count), DUE - 90, fee=90_000)
    assert dearer.rate is not None
    assert dearer.rate > quoted.rate


def test_interest_kept_before_is_dearer_than_interest_paid_after() -> None:
    kept, after = (finance.cost_of_loan(loan(kind), DUE - 90) for kind in (Terms.DISCOUNT, Terms.BULLET))
    assert kept.interest == after.interest == 1_620_000
    assert (kept.paid_out, kept.repaid) == (88_380_000, 90_000_000)
    assert kept.rate == Fraction(1_620_000 * 360, 88_380_000 * 90)


def test_of_a_sale_the_cost_is_what_the_price_is_below_the_claim() -> None:
    price = loan(Terms.BULLET, rate=0, drawn=88_380_000, principal=88_380_000, buys=True)
    sale = finance.cost_of_loan(price, DUE - 90, fee=1_000, price_of=90_000_000)
    assert (sale.interest, sale.net, sale.borne, sale.repaid) == (1_620_000, 88_379_000, 1_621_000, 0)
    assert sale.rate == Fraction(1_621_000 * 360, 88_379_000 * 90)


def test_inv_6_interest_of_every_kind_of_terms_is_recomputed_in_fractions() -> None:
    """What the audit recomputes from value days is what was paid, on loans repaid early, late and in part."""
    dice, kinds, overdue = random.Random(6), set(), 0
    for _ in range(150):
        deal = terms.generated(dice, usual=True)
        reserved, paid = terms.reserved(deal), []
        state = stands(reserved, terms.day(deal.paid_out))
        each = state.accrual_of(LOAN).instalment
        for when, per_cent in [
            *oracle.histories(deal, [dice.randrange(1_000) for _ in range(8)]),
            (None, 100),
        ]:
            today = terms.day(when) if when else max(state.loans[LOAN].accrued_day, reserved.due_day) + 3
            owed, before = quotes.owed(state, LOAN, today), state.loans[LOAN]
            amount = owed.total * per_cent // 300 if when else owed.total
            if not amount:
                continue
            overdue += owed.penalty > 0
            assert not credit.repay(state, LOAN, amount, today, (), today)[0]
            to_principal = before.principal - state.loans[LOAN].principal
            paid.append(Paid(today, amount - to_principal, to_principal))
        assert state.loans[LOAN].phase is LoanPhase.SETTLED
        exact = interest_of(state.loans[LOAN], each, paid)
        assert sum(part.interest for part in paid) == int(exact + Fraction(1, 2)), deal
        kinds.add(Terms(deal.kind))
    assert kinds == set(Terms)
    assert overdue > 50


def test_inv_6_a_statement_bears_interest_from_its_free_days_on() -> None:
    state = stands(loan(Terms.STATEMENT, 21), DUE - 90)
    owed = quotes.owed(state, LOAN, DUE)
    assert not credit.repay(state, LOAN, owed.total, DUE, (), DUE)[0]
    exact = interest_of(state.loans[LOAN], 0, [Paid(DUE, owed.interest, 90_000_000)])
    assert exact == Fraction(90_000_000 * 69 * 72_000, 360 * PER_MILLION)
    assert int(exact + Fraction(1, 2)) == owed.interest
