"""What each lender's standing offer costs the holder of a certificate, before anybody signs (S1, S2).

Amounts are minor units, days calendar days, rates parts per million a year. Interest is the ledger's own
(`interest.quote`, `terms.schedules`): what is quoted is what will be owed. The yearly rate of all that is borne is
simple, not compounded: the cost over the money that is really had, for as long as it is had (`yearly_rate`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from gateway.domain.interest import PER_MILLION, quote, weigh, year_of
from gateway.domain.records import Loan
from gateway.domain.terms import agreement
from gateway.domain.terms.progress import Line, interest_kept, lines, paid_out

FULL_BPS = 10_000


class Form(StrEnum):
    """How a certificate is financed (decision 8)."""

    PLEDGE = "pledge"
    WITH_RECOURSE = "with recourse"
    WITHOUT_RECOURSE = "without recourse"


RECOURSE = {
    Form.PLEDGE: "The borrower owes the loan whether or not the debtor pays; the certificate secures it, and what its "
    "money leaves over is the borrower's (CC-440/441/445).",
    Form.WITH_RECOURSE: "The certificate passes to the lender, and the seller owes what the debtor does not pay; what "
    "comes in above debt, interest and costs goes back to the seller (CC-766).",
    Form.WITHOUT_RECOURSE: "The certificate is sold: the lender bears the debtor's default, and keeps what comes in "
    "above the price (CC-767).",
}
"""What each form means for who signs it."""


class Bearer(StrEnum):
    """Who pays the interest."""

    BORROWER = "borrower"
    CORE = "core enterprise"


@dataclass(frozen=True, slots=True)
class StandingOffer:
    """A lender's offer to whoever holds a fitting certificate. `number` is the order in which offers were made;
    `fee` is fixed, `fee_bps` a part of what is lent.
    """

    number: int
    lender: int
    currency: int
    form: Form
    rate: int
    basis: int
    minimum_days: int
    penalty_bps: int
    advance_bps: int
    fee: int
    fee_bps: int
    bearer: Bearer
    least: int
    most: int
    first_day: int
    last_day: int
    programme: str = ""


def yearly_rate(borne: int, net: int, lent: int, used: int, basis: int) -> Fraction | None:
    """What is borne for money, as a yearly rate on what of it is had, exact. None where nothing is had.

    Args:
        borne: interest and fees. net: what is paid out of what is `lent`. used: of what is lent, principal times days
        (weighed by `basis`) until each part of it is repaid.
    """
    if net <= 0 or lent <= 0 or used <= 0:
        return None
    return Fraction(borne * year_of(basis) * lent, net * used)


def whole_ppm(rate: Fraction | None) -> int | None:
    """A yearly rate in whole parts per million, half-up."""
    if rate is None:
        return None
    return (2 * rate.numerator * PER_MILLION + rate.denominator) // (2 * rate.denominator)


@dataclass(frozen=True, slots=True)
class Cost:
    """An offer worked out for one certificate. `borne` is what the holder pays in all; `net` what it is paid out.

    `rate` is what is borne on `net` as a yearly rate, exact; None where nothing would be paid out.
    """

    offer: StandingOffer
    lent: int
    days: int
    interest: int
    fee: int
    net: int
    borne: int
    repaid: int
    rate: Fraction | None
    unfit: tuple[str, ...] = ()

    @property
    def rate_ppm(self) -> int | None:
        """The yearly rate in whole parts per million, half-up."""
        return whole_ppm(self.rate)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be financed: a certificate's open amount and due day, and how much of it the holder wants (None:
    as much as each offer lends).
    """

    currency: int
    open: int
    due_day: int
    day: int
    amount: int | None = None


def fee_of(offer: StandingOffer, lent: int) -> int:
    """What an offer takes beside interest for what it lends, in minor units; its part half-up."""
    return offer.fee + (2 * lent * offer.fee_bps + FULL_BPS) // (2 * FULL_BPS)


def price(offer: StandingOffer, claim: int, day: int, due_day: int) -> int:
    """What a sale without recourse pays out for a claim on a day: the claim less the interest to its due day, where its
    seller bears that; in minor units.
    """
    if offer.bearer is not Bearer.BORROWER:
        return claim
    days = max(0, due_day - day)
    return claim - quote(claim, offer.rate, days, basis=offer.basis, minimum_days=offer.minimum_days)


def cost(offer: StandingOffer, asked: Asked, unfit: Iterable[str] = ()) -> Cost:
    """What an offer costs, and every rule (`RULE: sentence`) for which it cannot be had.

    A sale is paid less its interest at once; a loan bears it to the due day. The core enterprise's interest is the
    same sum, and no cost of the holder's.
    """
    allowed = asked.open * offer.advance_bps // FULL_BPS
    lent = allowed if asked.amount is None else asked.amount
    days = max(0, asked.due_day - asked.day)
    interest = quote(lent, offer.rate, days, basis=offer.basis, minimum_days=offer.minimum_days)
    fee = fee_of(offer, lent)
    own_interest = interest if offer.bearer is Bearer.BORROWER else 0
    sold = offer.form is Form.WITHOUT_RECOURSE
    net = (price(offer, lent, asked.day, asked.due_day) if sold else lent) - fee
    borne = own_interest + fee
    rate = yearly_rate(borne, net, lent, lent * weigh(offer.basis, asked.day, asked.due_day), offer.basis)
    return Cost(
        offer, lent, days, interest, fee, net, borne, 0 if sold else lent + own_interest, rate,
        (*_unfit(offer, asked, lent, allowed, net), *unfit),
    )  # fmt: skip


def _unfit(offer: StandingOffer, asked: Asked, lent: int, allowed: int, net: int) -> Iterable[str]:
    if offer.currency != asked.currency:
        yield "DEC-7: the offer is in another currency"
    if not offer.first_day <= asked.day <= offer.last_day:
        yield "S2: the offer is not open on this day"
    if asked.due_day <= asked.day:
        yield "DEC-9: the certificate is due: nothing moves any more but money"
    if lent > allowed:
        yield "DEC-7: more is wanted than the offer lends on this certificate"
    if not offer.least <= lent <= offer.most:
        yield "S2: the amount is outside what the offer is for"
    if net <= 0:
        yield "S2: nothing would be paid out"


def compared(costs: Iterable[Cost]) -> list[Cost]:
    """The offers that can be had, the cheapest first by the holder's yearly rate, then by what it bears, then in the
    order in which they were made; after them, in the same order, those that cannot be had.

    Nothing else has a say: no lender is preferred, none is left out.
    """
    return sorted(costs, key=_by_cost)


def _by_cost(found: Cost) -> tuple[bool, bool, Fraction, int, int]:
    rate = found.rate
    return bool(found.unfit), rate is None, rate or Fraction(0), found.borne, found.offer.number


# ── A draw by its own terms ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class LoanCost:
    """A draw worked out by its own terms, as if it were paid out on a day and repaid as agreed. `interest` is what the
    schedule asks for, what is kept from the pay-out, or what a price is below the claim sold. `net` is what
    is paid out less the fee, `borne` what the borrower pays for it, `repaid` what it pays back in all.
    """

    lines: tuple[Line, ...]
    paid_out: int
    interest: int
    fee: int
    net: int
    borne: int
    repaid: int
    rate: Fraction | None


def cost_of_loan(
    loan: Loan, day: int, *, fee: int = 0, bearer: Bearer = Bearer.BORROWER, price_of: int = 0
) -> LoanCost:
    """What a reserved loan costs if it is paid out on `day`, a day on which its terms can be kept.

    Args:
        fee: taken by the lender beside the ledger. bearer: who pays the interest. price_of: of a purchase without
        recourse, the claim whose price is drawn; 0 for a loan.
    """
    started, accrual = paid_out(loan, day)
    pays, kept = agreement.pay_out(loan), interest_kept(loan, day)
    sold = price_of > 0
    found = () if sold else lines(started, accrual, (), day)
    lent = price_of or started.drawn
    interest = lent - pays if sold else kept + sum(line.interest for line in found)
    own_interest = interest if sold or bearer is Bearer.BORROWER else 0
    used, before = 0, day
    for line in found:
        left = sum(each.principal for each in found[line.number - 1 :])
        used += left * weigh(loan.basis, before, line.due_day)
        before = line.due_day
    if sold:
        used = lent * weigh(loan.basis, day, loan.due_day)
    net, borne = pays - fee, own_interest + fee
    repaid = sum(line.principal + (line.interest if bearer is Bearer.BORROWER else 0) for line in found)
    return LoanCost(
        found, pays, interest, fee, net, borne, repaid,
        yearly_rate(borne, net, lent, used, loan.basis),
    )  # fmt: skip
