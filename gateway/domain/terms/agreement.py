"""Terms on the way to a loan: what can be agreed, what is paid out, what is owed from then on."""

from __future__ import annotations

from gateway.domain.acts import Draw
from gateway.domain.interest import BASIS_ACTUAL_ACTUAL
from gateway.domain.records import Loan, LoanPhase, Terms
from gateway.domain.terms import discount, schedules

MOST_INSTALMENTS = 60


def reserved(act: Draw, today: int) -> Loan:
    """The loan as it stands once it is drawn, and until it is paid out."""
    return Loan(
        facility=act.facility,
        principal=act.amount,
        drawn=act.amount,
        rate=act.rate,
        due_day=act.due_day,
        penalty_bps=act.penalty_bps,
        minimum_days=act.minimum_days,
        basis=act.basis,
        phase=LoanPhase.RESERVED,
        start_day=today,
        terms=act.terms,
        grace_days=act.grace_days,
        count=act.count,
        buys=act.title != 0,
    )


def agrees(loan: Loan) -> bool:
    """Whether a reserved loan's terms can be kept if it is drawn on its `start_day`."""
    # What buys a title is a bullet by a year of fixed length.
    if loan.buys and (loan.terms != Terms.BULLET or loan.basis == BASIS_ACTUAL_ACTUAL):
        return False
    if loan.terms in (Terms.EQUAL_INSTALMENTS, Terms.EQUAL_PRINCIPAL, Terms.INTEREST_ONLY):
        return 0 < loan.count <= MOST_INSTALMENTS and schedules.due_day(loan, 1) > loan.start_day
    # Interest that is waived, or paid before, has no least.
    if loan.terms != Terms.BULLET and loan.minimum_days:
        return False
    if loan.terms == Terms.STATEMENT:
        return loan.count > 0
    if loan.count:
        return False
    return loan.terms != Terms.DISCOUNT or discount.amount(loan, loan.start_day) < loan.drawn


def pay_out(loan: Loan) -> int:
    """What the pay-out of a reserved loan must be, in minor units: what was drawn, at discount less the interest
    from the day of the draw, so that it is certain once the loan is drawn.
    """
    return loan.drawn - (discount.amount(loan, loan.start_day) if loan.terms == Terms.DISCOUNT else 0)


def start(loan: Loan, value_day: int) -> tuple[int, int]:
    """Principal owed from the value day on, and what is due each time on equal instalments (else 0).

    At discount that is the pay-out and the interest from the value day, so that no interest runs before it.
    """
    if loan.terms == Terms.DISCOUNT:
        return pay_out(loan) + discount.amount(loan, value_day), 0
    return loan.drawn, schedules.instalment_of(loan, value_day)
