"""Terms on the way to a loan: what can be agreed, what is paid out, what is owed from then on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.domain.acts import Draw
from gateway.domain.calendar import iso
from gateway.domain.interest import BASIS_ACTUAL_ACTUAL
from gateway.domain.records import Loan, LoanPhase, Terms
from gateway.domain.terms import discount, schedules

MOST_INSTALMENTS = 60


def reserved(act: Draw, today: int, *, staged: bool = False) -> Loan:
    """The loan as it stands once it is drawn, and until it is paid out; `staged`: under a facility in stages."""
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
        staged=staged,
    )


def terms_name(terms: int) -> str:
    """Terms in words: `equal instalments`. Raises ValueError for a number that names none."""
    return Terms(terms).name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Objection:
    """Why the ledger cannot hold to terms (DEC-16): the field at fault, and a sentence."""

    field: str
    sentence: str


def agrees(loan: Loan, *, leases: bool = False) -> bool:
    """Whether a reserved loan's terms can be kept if it is drawn on its `start_day`."""
    return next(objections(loan, leases=leases), None) is None


def objections(loan: Loan, *, leases: bool = False) -> Iterator[Objection]:
    """Every reason why a reserved loan's terms cannot be kept if it is drawn on its `start_day`. One that `leases` what
    it buys is paid in rentals, of any terms.
    """
    name, buys = terms_name(loan.terms), loan.buys and not leases
    if buys and loan.terms != Terms.BULLET:
        yield Objection("terms", "what buys a certificate is a bullet")
    if buys and loan.basis == BASIS_ACTUAL_ACTUAL:
        yield Objection("basis", "what buys a certificate bears interest by a year of 360 or 365 days")
    if loan.in_instalments:
        yield from _instalment_objections(loan, name)
        return
    if loan.terms != Terms.BULLET and loan.minimum_days:
        yield Objection(
            "minimum_days", f"interest that is waived or paid before has no least: {name} has no minimum days"
        )
    if loan.terms == Terms.STATEMENT:
        if not loan.count:
            yield Objection("count", "a statement names its days free of interest: 1 to 255")
    elif loan.count:
        yield Objection("count", f"{name} is paid in one sum and has no count")
    elif loan.terms == Terms.DISCOUNT and discount.amount(loan, loan.start_day) >= loan.drawn:
        yield Objection("rate", "the interest up to the due day would leave nothing to pay out")


def _instalment_objections(loan: Loan, name: str) -> Iterator[Objection]:
    if not 0 < loan.count <= MOST_INSTALMENTS:
        yield Objection("count", f"{name} has 1 to {MOST_INSTALMENTS} instalments, not {loan.count}")
    elif schedules.due_day(loan, 1) <= loan.start_day:
        yield Objection(
            "count",
            f"instalments are a month apart and end on the due day: the first of {loan.count} would fall on "
            f"{iso(schedules.due_day(loan, 1))}, which is not after {iso(loan.start_day)}",
        )


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
