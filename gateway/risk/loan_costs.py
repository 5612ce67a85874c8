"""What a draw costs before anybody signs: by its own terms, with the fee of the offer that it rests on (S2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from gateway.adapters.ledger.words import form_of
from gateway.domain import records
from gateway.domain.calendar import iso
from gateway.domain.finance import Bearer, LoanCost, cost_of_loan, fee_of
from gateway.domain.interest import BASIS_ACTUAL_ACTUAL
from gateway.domain.terms import agreement
from gateway.domain.terms.agreement import Objection
from gateway.problems import Problem
from gateway.risk.book import Declarations, Declared
from gateway.risk.facts import title_of
from gateway.risk.lending import standing_offer


@dataclass(frozen=True, slots=True)
class Quoted:
    """A draw worked out. `offer` names the offer of finance whose fee it bears, None where it rests on none."""

    loan: records.Loan
    cost: LoanCost
    bearer: Bearer
    offer: str | None


def unfit(facility: Row[Any], loan: records.Loan, today: int) -> Iterator[Objection]:
    """Why the ledger cannot hold to a draw's terms today (DEC-16); fields are those of the record."""
    form = form_of(facility.flags)
    if not loan.drawn:
        yield Objection("amount", "nothing is drawn")
    elif loan.due_day <= today:
        yield Objection("due_day", f"the due day is not after {iso(today)}")
    elif loan.terms > max(records.Terms):
        yield Objection("terms", "the ledger knows no such terms")
    elif loan.basis > BASIS_ACTUAL_ACTUAL:
        yield Objection("basis", "the ledger knows no such day count")
    elif loan.buys and form is records.Form.PLEDGE:
        yield Objection("title", "a facility of form pledge buys no title")
    elif not loan.buys and form is not records.Form.PLEDGE:
        yield Objection("title", f"a draw of form {form.name.lower()} names the title that it buys")
    elif form is records.Form.PURCHASE and loan.rate:
        yield Objection("rate", "the price of a purchase without recourse is all there is: its rate is 0")
    else:
        yield from agreement.objections(loan, leases=form is records.Form.LEASE)


def quoted(
    view: Connection, facility: Row[Any], loan: records.Loan, day: int, *, title: int = 0,
    choice: Declared | None = None, offer: Declared | None = None,
) -> Quoted:  # fmt: skip
    """A draw whose terms can be kept, paid out on `day`. `title` is what it buys, `choice` what it rests on."""
    price_of = 0
    if form_of(facility.flags) is records.Form.PURCHASE:
        row = title_of(view, title)
        whole = loan.drawn if row is None else row.quantity - row.paid
        price_of = whole if choice is None else choice.minor("amount")
    if offer is None:
        return Quoted(loan, cost_of_loan(loan, day, price_of=price_of), Bearer.BORROWER, None)
    terms = standing_offer(offer)
    fee = fee_of(terms, price_of or loan.drawn)
    found = cost_of_loan(loan, day, fee=fee, bearer=terms.bearer, price_of=price_of)
    return Quoted(loan, found, terms.bearer, offer.declaration)


def chosen(own: Connection, evidence: str) -> tuple[Declared | None, Declared | None]:
    """The choice of a lender that an act names as its evidence, and the offer that was chosen; None for neither."""
    book = Declarations(own)
    choice = book.find(evidence)
    if choice is None or choice.kind != "choice of lender":
        return None, None
    return choice, book.find(choice.fields["offer"])


def offer_of(own: Connection, declaration: str, lender: int) -> Declared:
    """A lender's offer of finance by its name. Raises Problem(OFFER-UNKNOWN)."""
    found = Declarations(own).find(declaration)
    if found is None or found.kind != "offer of finance" or found.party != lender:
        raise Problem(
            "OFFER-UNKNOWN", "this facility's lender has made no such offer of finance", status=404, field="offer",
            offer=declaration,
        )  # fmt: skip
    return found
