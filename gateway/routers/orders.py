"""Orders: what buyers and sellers confirmed on the ledger, what came of each, and whom it secures."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from sqlalchemy import Row, select

from gateway.adapters.ledger.words import FROZEN
from gateway.db.order_tables import orders
from gateway.db.orders import OrderRows, order_of, with_titles
from gateway.db.trade import TradeBook
from gateway.domain.calendar import iso
from gateway.domain.matching_model import OrderMatch
from gateway.domain.quotes import prepayment
from gateway.domain.trade import decimal_text
from gateway.ids import format_id, parse_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.routers.as_of import TheView, View
from gateway.routers.pages import ThePage
from gateway.routers.risk import head_of
from gateway.schemas import orders as schemas
from gateway.schemas.fields import PARTY_MOST
from gateway.services.orders import Known, by_evidence

router = APIRouter(tags=["orders"])

PartyQuery = Annotated[int | None, Query(ge=0, le=PARTY_MOST)]
DocumentQuery = Annotated[
    str | None, Query(max_length=200, description="number of the imported order, or file#number")
]
StatusQuery = Annotated[Literal["open", "closed"] | None, Query(description="open: something of it is left")]


@router.get("/orders", response_model=schemas.Orders)
def all_orders(
    view: TheView,
    page: ThePage,
    buyer: PartyQuery = None,
    seller: PartyQuery = None,
    status: StatusQuery = None,
    document: DocumentQuery = None,
) -> dict[str, Any]:
    """Confirmed orders: what is converted, reduced and left of each, what it secures, and what its documents say."""
    table = orders.c
    query = select(orders)
    if buyer is not None:
        query = query.where(table.buyer == buyer)
    if seller is not None:
        query = query.where(table.seller == seller)
    if status is not None:
        some = table.quantity > table.taken + table.reduced
        query = query.where(some if status == "open" else ~some)
    known, day = _known(view), _day(view)
    if document is not None:
        named = [key for key, each in known.items() if document in (each.order.number, each.order.label)]
        query = query.where(table.evidence.in_(named))
    rows = page.rows(view.ledger, query, table.order)
    return page.answer(
        "orders", with_titles(view.ledger, rows), lambda found: _order(found, known, day),
        lambda found: [found.row.order], as_of=view.seen,
    )  # fmt: skip


@router.get("/orders/{order}", response_model=schemas.OneOrder)
def one_order(order: str, view: TheView) -> dict[str, Any]:
    """One order; `order` is party-serial or one number."""
    found = order_of(view.ledger, parse_id(order))
    if found is None:
        raise Problem("UNKNOWN_ROOT", "no such order", status=404, order=order)
    came = [_conversion(each, found.row.currency) for each in found.conversions]
    return {**_order(found, _known(view), _day(view)), "conversions": came, "as_of": view.seen}


def _known(view: View) -> Known:
    return by_evidence(TradeBook(view.own).match().orders)


def _day(view: View) -> int:
    """Nothing is overdue before anything was read."""
    return head_of(view).day if view.seen["block"] >= 0 else 0


def _order(found: OrderRows, known: Known, day: int) -> dict[str, Any]:
    row, currency = found.row, found.row.currency
    locks = {each.lock for each in found.titles}
    document = known.get(bytes(row.evidence))

    def said(minor: int) -> str:
        return text(minor, currency)

    return {
        "order": format_id(row.order), "id": str(row.order),
        "document": None if document is None else document.order.number,
        "taken_from": format_id(row.list) if row.list else None,
        "buyer": row.buyer, "seller": row.seller, "currency": currency_codes()[currency],
        "confirmed": said(row.quantity), "confirmed_on": iso(row.opened_day), "last_day": iso(row.last_day),
        "converted": said(row.taken), "promised": said(row.promised), "stored": said(row.stored),
        "reduced": said(row.reduced),
        "left": said(found.left), "status": found.status(day),
        "lock": next(iter(locks)) or None if len(locks) == 1 else None,
        "titles": [_title(each, currency) for each in found.titles],
        "facilities": [_facility(found, each) for each in found.facilities],
        "documents": None if document is None else _documents(document),
        "nullifier": "0x" + row.nullifier.hex(), "evidence": "0x" + row.evidence.hex(),
    }  # fmt: skip


def _title(row: Row[Any], currency: int) -> dict[str, Any]:
    return {
        "title": format_id(row.title), "id": str(row.title), "amount": text(row.quantity, currency),
        "sequence": row.sequence, "lock": row.lock, "frozen": bool(row.flags & FROZEN),
    }  # fmt: skip


def _facility(found: OrderRows, row: Row[Any]) -> dict[str, Any]:
    mine = sum(each.quantity for each in found.titles if each.lock == row.facility)
    short = prepayment(row.used, row.limit_amount, row.face, row.advance_bps)
    return {
        "facility": row.facility, "lender": row.lender, "borrower": row.borrower,
        "secured_by": text(mine, row.currency), "collateral_face": text(row.face, row.currency),
        "financed": text(row.used, row.currency), "prepay": text(short, row.currency),
    }  # fmt: skip


def _documents(found: OrderMatch) -> dict[str, Any]:
    def said(minor: int) -> str:
        return decimal_text(minor, found.exponent)

    return {
        "order": found.order.label, "responses": [each.label for each in found.responses],
        "receipts": [each.label for each in found.receipts],
        "invoices": [each.result.invoice.label for each in found.parts],
        "ordered": said(found.ordered), "agreed": said(found.agreed), "shipped": said(found.despatched),
        "received": said(found.received), "missing": said(found.missing),
        "invoiced": said(sum(each.invoiced for each in found.parts)),
    }  # fmt: skip


def _conversion(row: Row[Any], currency: int) -> dict[str, Any]:
    return {
        "receivable": format_id(row.receivable), "taken": text(row.taken, currency),
        "promised": text(row.promised, currency), "evidence": "0x" + row.evidence.hex(),
    }  # fmt: skip
