"""The holder's free choice of lender: programmes, standing offers compared by cost, the chosen one's acts; and whether
a drawdown's loop is closed.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy import Connection

from gateway.bootstrap import Gateway, Unit
from gateway.domain.calendar import iso
from gateway.domain.closed_loop import Loop
from gateway.domain.finance import RECOURSE
from gateway.domain.interest import days_a_year
from gateway.ids import format_id, parse_id
from gateway.money import currency_codes, number_of, text
from gateway.problems import Problem
from gateway.risk.book import Head
from gateway.risk.book import head_of as head_of_tables
from gateway.risk.facts import facility_of, title_of
from gateway.risk.flows import loop_of, product_of
from gateway.risk.lending import Comparison, Offered, compare, prepared
from gateway.risk.programmes import Programme, programmes
from gateway.routers.as_of import TheView
from gateway.routers.common import DryRun, Reading, TheGateway, TheWrite
from gateway.routers.declarations import keep, to_sign
from gateway.routers.risk import head_of
from gateway.schemas import lending as schemas
from gateway.schemas.fields import PARTY_MOST, Amount
from gateway.services.amounts import to_minor

router = APIRouter(tags=["lending"])

NO_DOCUMENT = "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of no bytes at all: a choice needs no document."""


@router.get("/programmes", response_model=schemas.Programmes)
def list_programmes(
    view: TheView, core: Annotated[int | None, Query(ge=1, le=PARTY_MOST)] = None
) -> dict[str, Any]:
    """Programmes of core enterprises with several banks, and what is left of each bank's limit (S1)."""
    found = programmes(view.ledger, view.own, head_of(view), core)
    return {"programmes": [_programme(each) for each in found], "as_of": view.seen}


def _programme(each: Programme) -> dict[str, Any]:
    number = number_of(each.currency)
    return {
        "programme": format_id(each.number), "core": each.core, "name": each.name, "currency": each.currency,
        "limit": text(each.limit, number), "used": text(each.used, number), "left": text(each.left, number),
        "first": each.first, "last": each.last,
        "banks": [
            {
                "bank": bank.bank, "limit": text(bank.limit, number), "used": text(bank.used, number),
                "left": text(bank.left, number), "first": bank.first, "last": bank.last,
            }
            for bank in each.banks
        ],
    }  # fmt: skip


# ── Offers of finance ───────────────────────────────────────────────────────────────────────────────────────────────

Wanted = Annotated[Amount | None, Query(description="how much is wanted; by default what each offer lends")]


@router.get("/offers-of-finance", response_model=schemas.Offers)
def offers(
    view: TheView,
    gateway: TheGateway,
    title: Annotated[str, Query(max_length=25, description="the certificate to be financed")],
    amount: Wanted = None,
) -> dict[str, Any]:
    """Every lender's standing offer worked out for one certificate, the cheapest for its holder first.

    The order is that of `all_in_rate_ppm`, then of the cost, then of the time at which offers were made; who lends has
    no say in it, and none is left out.
    """
    number = parse_id(title)
    found = _compare(view.ledger, view.own, number, amount, head_of(view))
    currency = found.title.currency
    return {
        "title": format_id(number), "currency": currency_codes()[currency],
        "open": text(found.title.quantity - found.title.paid, currency), "due": iso(found.title.due_day),
        "comparison": found.hash,
        "offers": [_offer(gateway, view.own, found, each) for each in found.offers], "as_of": view.seen,
    }  # fmt: skip


def _compare(view: Connection, own: Connection, title: int, amount: str | None, head: Head) -> Comparison:
    row = title_of(view, title)
    minor = None if amount is None or row is None else to_minor(amount, row.currency, "amount")
    return compare(view, own, title, minor, head)


def _offer(gateway: Gateway, own: Connection, found: Comparison, each: Offered) -> dict[str, Any]:
    cost, offer, currency = each.cost, each.cost.offer, found.title.currency
    left = [None if part is None else text(part, currency) for part in each.left]
    return {
        "offer": each.declared.declaration, "lender": offer.lender, "product": each.declared.fields["product"],
        "form": str(offer.form), "recourse": RECOURSE[offer.form], "lent": text(cost.lent, currency),
        "days": cost.days, "rate_ppm": offer.rate, "basis": days_a_year(offer.basis),
        "minimum_days": offer.minimum_days, "penalty_bps": offer.penalty_bps,
        "interest": text(cost.interest, currency), "interest_borne_by": str(offer.bearer),
        "fee": text(cost.fee, currency), "net_paid_out": text(cost.net, currency),
        "repaid": text(cost.repaid, currency), "cost": text(cost.borne, currency),
        "all_in_rate_ppm": cost.rate_ppm, "left_of_bank": left[0], "left_of_programme": left[1],
        "unfit": list(cost.unfit),
        "choice": None if cost.unfit else to_sign(gateway, own, "choice of lender", _choice(found, each)),
    }  # fmt: skip


def _choice(found: Comparison, each: Offered, document: str = NO_DOCUMENT, note: str = "") -> dict[str, str]:
    return {
        "title": str(found.title.title), "holder": str(found.title.holder), "offer": each.declared.declaration,
        "currency": currency_codes()[found.title.currency],
        "amount": text(each.cost.lent, found.title.currency), "comparison": found.hash, "document": document,
        "note": note,
    }  # fmt: skip


@router.post(
    "/offers-of-finance/{offer}/choose",
    status_code=201,
    response_model=schemas.Chosen,
    responses={200: {"model": schemas.Chosen, "description": "of a dry run"}},
)
def choose(
    offer: str, body: schemas.ChooseBody, write: TheWrite, gateway: TheGateway, dry_run: DryRun = False
) -> Response:
    """Record the holder's choice with the comparison it was made from, and prepare the acts that carry it out."""

    def work(unit: Unit) -> dict[str, Any]:
        connection = unit.connection
        head = head_of_tables(connection)
        found = _compare(connection, connection, int(body.title), body.amount, head)
        chosen = found.chosen(offer)
        if found.hash != _hex(body.comparison):
            raise Problem(
                "COMPARISON-MOVED", "offers or figures are no longer those that the choice was made from: look again",
                status=409, field="comparison", expected=found.hash,
            )  # fmt: skip
        fields = _choice(found, chosen, _hex(body.document), body.note)
        choice = keep(gateway, unit, "choice of lender", fields, body.signatures)
        rhythms = gateway.settings.rhythms
        acts = prepared(
            connection, connection, gateway.acts, found.title, choice, chosen.declared, head, rhythms
        )
        return {"choice": choice.declaration, "lender": chosen.declared.party, "acts": acts}

    return write.once(body, work, dry_run=dry_run)


def _hex(text_: str) -> str:
    return "0x" + text_.removeprefix("0x").lower()


# ── Closed loop ─────────────────────────────────────────────────────────────────────────────────────────────────────


FacilityNumber = Annotated[int, Path(ge=1, le=PARTY_MOST, description="a facility's number")]


@router.get("/facilities/{facility}/drawdowns/{loan}/loop", response_model=schemas.ClosedLoop)
def loop(facility: FacilityNumber, loan: str, unit: Reading) -> dict[str, Any]:
    """Whether a drawdown, made or to be made, names what repays it and stands on four attested flows (S26)."""
    connection = unit.connection
    row = facility_of(connection, facility)
    if row is None:
        raise Problem("FACILITY_UNKNOWN", "no such facility", status=404, facility=facility)
    number = parse_id(loan)
    found = loop_of(connection, row, number)
    if found is None:
        raise Problem(
            "PRODUCT-UNDECLARED", "the lender has declared no product for this facility", status=404,
            facility=facility,
        )  # fmt: skip
    return {
        "loan": format_id(number), "facility": facility, "product": product_of(connection, facility),
        **_loop(found),
    }  # fmt: skip


def _loop(found: Loop) -> dict[str, Any]:
    flows = [
        {"flow": str(each.flow), "attestor": each.attestor, "reference": each.reference, "counts": counts}
        for some, counts in ((found.counted, True), (found.left_out, False))
        for each in some
    ]
    return {
        "need": str(found.need), "closed": not found.missing, "allows": found.allows,
        "missing": list(found.missing), "flows": flows,
    }  # fmt: skip
