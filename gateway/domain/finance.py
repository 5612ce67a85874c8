"""What each lender's standing offer costs the holder of a certificate, before anybody signs (S1, S2).

Amounts are minor units, days calendar days, rates parts per million a year. Interest is the ledger's own
(`interest.quote`): what is quoted is what will be owed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from gateway.domain.interest import PER_MILLION, days_a_year, quote

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
        if self.rate is None:
            return None
        return (2 * self.rate.numerator * PER_MILLION + self.rate.denominator) // (2 * self.rate.denominator)


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


def cost(offer: StandingOffer, asked: Asked, unfit: Iterable[str] = ()) -> Cost:
    """What an offer costs, and every rule (`RULE: sentence`) for which it cannot be had.

    A sale is paid less its interest at once; a loan bears it to the due day. The core enterprise's interest is the
    same sum, and no cost of the holder's.
    """
    allowed = asked.open * offer.advance_bps // FULL_BPS
    lent = allowed if asked.amount is None else asked.amount
    days = max(0, asked.due_day - asked.day)
    interest = quote(lent, offer.rate, days, basis=offer.basis, minimum_days=offer.minimum_days)
    fee = offer.fee + (2 * lent * offer.fee_bps + FULL_BPS) // (2 * FULL_BPS)
    own_interest = interest if offer.bearer is Bearer.BORROWER else 0
    sold = offer.form is Form.WITHOUT_RECOURSE
    net = lent - fee - (own_interest if sold else 0)
    borne = own_interest + fee
    rate = Fraction(borne * days_a_year(offer.basis), net * days) if net > 0 and days else None
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
