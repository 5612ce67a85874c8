"""Banks: accounts, the payments the ledger expects, what banks report, and the facts prepared from it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from gateway.adapters.banks import facts, links, orders
from gateway.adapters.banks.inbox import receive
from gateway.adapters.banks.transport import check_callback
from gateway.bootstrap import Gateway, now
from gateway.db import own
from gateway.db.queries import Accounts, payment_orders
from gateway.domain.calendar import day_of
from gateway.domain.trade import decimal_text
from gateway.money import currency_codes, exponent
from gateway.problems import Problem
from gateway.routers.common import Reading, TheGateway
from gateway.services import payments
from gateway.services.json_acts import write_message

_XML = "application/xml"

router = APIRouter(tags=["banking"])


class AccountBody(BaseModel):
    """An account its owner tells the gateway of; the bank gave the commitment when it was opened."""

    model_config = ConfigDict(extra="forbid")

    bank: int
    bic: str
    account: str
    commitment: str
    owner: int
    owner_name: str
    currency: str
    purpose: str


@router.post("/accounts", status_code=201)
def add_account(body: AccountBody, gateway: TheGateway) -> dict[str, Any]:
    """Tell which account stands behind a commitment; the same again changes nothing."""
    with gateway.unit() as unit:
        commitment = bytes.fromhex(body.commitment.removeprefix("0x"))
        links.wait_for_turn(unit.connection, links.ACCOUNTS)
        if Accounts(unit.connection).by_commitment(commitment) is None:
            row = body.model_dump() | {"commitment": commitment}
            links.append(unit.connection, links.ACCOUNTS, own.accounts, row)
        return {"account": body.account, "commitment": body.commitment}


@router.get("/payment-orders")
def expected(unit: Reading, gateway: TheGateway) -> dict[str, Any]:
    """Every payment that the ledger expects and no bank has confirmed."""
    return {"payments": [_describe(each) for each in _orders(unit, gateway)]}


Day = Annotated[date, Query(description="on which the payer's bank is to pay")]
State = Literal["recorded", "prepared", "waiting", "exception", "other"]


@router.get("/payment-orders/{end_to_end}/pain.001")
def order_document(end_to_end: str, unit: Reading, gateway: TheGateway, day: Day) -> Response:
    """The credit transfer as it was given to its payer, or as it would be; asking again gives the same bytes."""
    kept = orders.kept_document(unit.connection, end_to_end)
    if kept is None:
        kept = orders.document(_order(unit, gateway, end_to_end), day)
    return Response(kept, media_type=_XML)


@router.post("/payment-orders/{end_to_end}/pain.001")
def give_order(end_to_end: str, gateway: TheGateway, day: Day) -> Response:
    """Give the payer the credit transfer to send to its bank, and keep it; once given, it never changes."""
    with gateway.unit() as unit:
        order = _order(unit, gateway, end_to_end)
        return Response(orders.give(unit.connection, order, day, now()), media_type=_XML)


@router.post("/callbacks/banks/{bic}")
async def callback(bic: str, request: Request, gateway: TheGateway) -> dict[str, Any]:
    """What a bank reports, signed by the bank (RFC 9421); the same message twice counts once."""
    body = await request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    # Off the event loop: the database may make it wait.
    return await run_in_threadpool(_take_callback, gateway, bic, str(request.url), headers, body)


def _take_callback(
    gateway: Gateway, bic: str, url: str, headers: dict[str, str], body: bytes
) -> dict[str, Any]:
    delivery = check_callback(gateway.settings.bank_keys, bic, url, headers, body)
    with gateway.unit() as unit:
        found = receive(unit.connection, delivery, now())
    return {
        "message": found.message_id,
        "state": found.state,
        "entries": found.entries,
        "problem": found.problem,
    }


@router.get("/bank-messages")
def messages(unit: Reading, state: Annotated[str | None, Query()] = None) -> dict[str, Any]:
    """Messages as banks sent them: `read`, `refused` with the reason, or `differs` from what was told before."""
    table = own.messages
    wanted = ("bic", "message_id", "kind", "sha256", "received_at", "state", "problem")
    query = select(*(table.c[name] for name in wanted)).order_by(table.c.bic, table.c.place)
    if state is not None:
        query = query.where(table.c.state == state)
    return {"messages": [dict(row) for row in unit.connection.execute(query).mappings()]}


@router.get("/bank-entries")
def entries(unit: Reading, state: Annotated[State | None, Query()] = None) -> dict[str, Any]:
    """Booked entries, and what each is about as the ledger stands now.

    `prepared`: a fact to be signed by the bank. `waiting`: another entry has to be recorded first. `recorded`: the
    ledger has it. `exception`: a person decides. `other`: no money came in.
    """
    unsettled = state in ("prepared", "waiting", "exception")
    found = facts.shown(unit.connection, unsettled=unsettled)
    return {"entries": [_entry(each) for each in found if state in (None, each.state)]}


def _entry(each: facts.Shown) -> dict[str, Any]:
    row = each.row
    return {
        "bic": row["bic"],
        "account": row["account"],
        "reference": row["reference"],
        "side": row["side"],
        "amount": decimal_text(row["amount"], exponent(row["currency"])),
        "currency": row["currency"],
        "value_day": row["value_day"],
        "end_to_end": row["end_to_end"],
        "state": each.state,
        "fact": write_message(each.fact) if each.fact else None,
        "problem": each.problem,
    }


def _orders(unit: Any, gateway: Any) -> list[payments.PaymentOrder]:
    block = gateway.chain.block()
    today = day_of(block.time)
    return list(payment_orders(unit.connection, today, currency_codes()))


def _order(unit: Any, gateway: Any, end_to_end: str) -> payments.PaymentOrder:
    for each in _orders(unit, gateway):
        if each.end_to_end == end_to_end:
            return each
    raise Problem("PAYMENT-UNKNOWN", "the ledger expects no such payment", status=404, end_to_end=end_to_end)


def _describe(order: payments.PaymentOrder) -> dict[str, Any]:
    return {
        "end_to_end": order.end_to_end,
        "kind": order.kind.name,
        "subject": str(order.subject),
        "payer": {"party": order.payer.owner, "bic": order.payer.bic, "account": order.payer.number},
        "payee": {"party": order.payee.owner, "bic": order.payee.bic, "account": order.payee.number},
        "amount": decimal_text(order.amount, exponent(order.payer.currency)),
        "amount_minor": order.amount,
        "currency": order.payer.currency,
    }
