"""Interest (decision 16): the figures of the book, an independent recomputation, and the deployed contracts agree."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain import interest, quotes
from gateway.domain.acts import AttestInvoice, BindAccount, Draw, Fact, Lock, Open
from gateway.domain.records import LoanPhase, Role
from gateway.domain.settlement import FactKind
from tests.invariants import propose_trade
from tests.invariants.pair import Pair
from tests.invariants.verbs import Step
from tests.invariants.world import BANKS, CNY, DOCUMENT, FOREVER, World

MILLION = 100_000_000
"""1,000,000.00 in minor units."""
RATE = 72_000
"""7.2 % a year."""


def test_a_million_at_7_2_percent_for_30_days_bears_6000() -> None:
    assert interest.quote(MILLION, RATE, 30) == 600_000


def test_prepaid_on_day_10_it_bears_2000() -> None:
    assert interest.quote(MILLION, RATE, 10) == 200_000


def test_half_as_much_again_on_10_overdue_days_is_3000() -> None:
    assert interest.penalty(MILLION, RATE, 5_000, 10) == 300_000


def test_prepaid_on_the_day_of_payout_it_bears_nothing_unless_days_are_the_least() -> None:
    assert interest.quote(MILLION, RATE, 0) == 0
    assert interest.quote(MILLION, RATE, 0, minimum_days=7) == 140_000


def test_a_sum_is_rounded_half_up_once() -> None:
    # 1 fen at 100 % for 180 of 360 days is exactly half a fen.
    assert interest.quote(1, 1_000_000, 180) == 1
    assert interest.quote(1, 1_000_000, 179) == 0


class Borrowing:
    """One facility under which loans are drawn, paid out and repaid, on the contracts and the specification."""

    def __init__(self) -> None:
        self.world = World(16)
        for step in self.world.furnish():
            self.world.pair.apply(step)
        world, self.facility, self.lender = self.world, 7, BANKS[0]
        title = self._title()
        self.borrower = world.state.titles[title].holder
        maker, checker = self._lender_keys()
        act = Open(
            self.facility, self.lender, self.borrower, CNY, 10_000, 10**13, 60_000, False, 0, 0, 0, self.lender,
            DOCUMENT, FOREVER, DOCUMENT,
        )  # fmt: skip
        self.do(
            Step("open", act, (maker, checker, world.signer(self.borrower, Role.BORROW, 10**13), None, None))
        )
        word = world.state.titles[title]
        lock = Lock(title, word.sequence, self.facility, 0, word.quantity, FOREVER, DOCUMENT)
        self.do(Step("lock", lock, (world.signer(self.borrower, Role.TITLE, word.quantity), maker)))
        bind = BindAccount(self.borrower, CNY, BANKS[1], DOCUMENT, world.serial(), FOREVER)
        payments = world.signer(BANKS[1], Role.PAYMENTS)
        self.do(Step("bind_account", bind, (*world.administrators(self.borrower), payments)))

    def do(self, step: Step) -> None:
        """Apply a step that must be done."""
        (outcome,) = self.world.pair.apply(step)
        assert outcome.done, (step.verb, outcome.reasons)

    def _title(self) -> int:
        """A title of ten billion yuan, so that every loan is covered."""
        world = self.world
        attest = AttestInvoice(world.hash(), 10**13, 201, 101, CNY, 21, DOCUMENT, FOREVER)
        self.do(Step("attest_invoice", attest, (world.signer(21, Role.ATTEST),)))
        step = None
        while step is None or step.act.receivables[0].quantity < 10**12:
            step = propose_trade.issue(world)
        self.do(step)
        accept = None
        while accept is None:
            accept = propose_trade.accept(world)
        self.do(accept)
        return int(accept.act.root)

    def _lender_keys(self) -> tuple[str | None, str | None]:
        return self.world.two(self.lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, 10**13)

    def draw(self, amount: int, rate: int, days: int, basis: int, minimum: int, penalty: int) -> int:
        """A loan paid out today."""
        world = self.world
        loan, due = world.id_of(self.borrower), world.today + days
        act = Draw(
            loan, self.facility, 0, amount, rate, due, basis, minimum, penalty, 0, 0, 0, DOCUMENT, FOREVER,
            DOCUMENT,
        )  # fmt: skip
        keys = (world.signer(self.borrower, Role.BORROW, amount), *self._lender_keys())
        self.do(Step("draw", act, keys))
        self._fact(FactKind.PAYOUT, loan, amount, BANKS[1])
        return loan

    def repay(self, loan: int, amount: int) -> None:
        """A repayment with value today."""
        self._fact(FactKind.REPAYMENT, loan, amount, self.lender)

    def _fact(self, kind: FactKind, loan: int, amount: int, bank: int) -> None:
        world = self.world
        act = Fact(kind, loan, 0, bank, DOCUMENT, world.today, amount, True, world.hash(), FOREVER)
        self.do(Step("record", act, (world.signer(bank, Role.PAYMENTS, amount), None)))

    @property
    def pair(self) -> Pair:
        """Both sides."""
        return self.world.pair


@pytest.fixture(scope="module")
def borrowing() -> Borrowing:
    return Borrowing()


def recomputed(history: list[tuple[int, int]], until: int, loan: tuple[int, int, int, int, int, int]) -> int:
    """All interest from first principles: principal day by day as exact fractions, one rounding half-up at the end.

    `history` holds (day, principal from that day on); `loan` is drawn, rate, due day, basis, minimum days, penalty.
    """
    drawn, rate, due, basis, minimum, penalty = loan
    a_year = 360 if basis == 0 else 365
    plain = extra = 0
    for (begins, principal), (ends, _) in zip(history, [*history[1:], (until, 0)], strict=True):
        for day in range(begins, ends):
            plain += principal
            extra += principal if day >= due else 0
    rate_a_day = Fraction(rate, 1_000_000 * a_year)
    exact = max(plain, drawn * minimum) * rate_a_day + extra * rate_a_day * Fraction(penalty, 10_000)
    return int(exact + Fraction(1, 2))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    amount=st.integers(1, 10**11),
    rate=st.one_of(st.integers(0, 360_000), st.just(2**24 - 1)),
    days=st.integers(2, 200),
    basis=st.integers(0, 1),
    minimum=st.sampled_from((0, 0, 7, 30)),
    penalty=st.sampled_from((0, 5_000, 10_000)),
    held=st.integers(0, 40),
    part=st.fractions(0, 1),
    later=st.integers(0, 260),
)
def test_the_contracts_owe_what_the_specification_quotes_and_first_principles_say(
    borrowing: Borrowing,
    amount: int,
    rate: int,
    days: int,
    basis: int,
    minimum: int,
    penalty: int,
    held: int,
    part: Fraction,
    later: int,
) -> None:
    world = borrowing.world
    loan = borrowing.draw(amount, rate, days, basis, minimum, penalty)
    terms = (amount, rate, world.today + days, basis, minimum, penalty)
    history, paid = [(world.today, amount)], 0
    world.pair.pass_seconds(held * 86_400)

    owed = quotes.owed(world.state, loan, world.today)
    assert owed.interest == recomputed(history, world.today, terms)
    payment = int(owed.total * part)
    if payment:
        borrowing.repay(loan, payment)
        paid = min(payment, owed.interest)
        history.append((world.today, world.state.loans[loan].principal))
    if world.state.loans[loan].phase is LoanPhase.OUTSTANDING:
        day = world.today + later
        found = borrowing.pair.machine.view("Credit", "owedOn", loan, day)
        first_principles = recomputed(history, day, terms) - paid
        again = quotes.owed(world.state, loan, day)
        assert tuple(found) == (again.interest, again.principal)
        assert again.interest == first_principles
        assert 0 <= again.penalty <= again.interest
        rest = quotes.owed(world.state, loan, world.today).total
        if rest:
            borrowing.repay(loan, rest)
    assert world.state.loans[loan].phase is LoanPhase.SETTLED
