"""Banks: accounts, the payments the ledger expects, what banks report, and the facts prepared from it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict
from sqlalchemy import insert, select

from gateway.adapters.banks.inbox import receive
from gateway.adapters.banks.transport import check_callback
from gateway.adapters.kit.iso20022.pain001 import build_pain001
from gateway.adapters.kit.iso20022.records import Account, PartyAccount, PaymentOrder, Transfer
from gateway.bootstrap import Gateway, now
from gateway.db import own
from gateway.db.queries import Accounts, payment_orders
from gateway.domain.calendar import day_of
from gateway.domain.trade import decimal_text
from gateway.money import currency_codes, exponent
from gateway.problems import Problem
from gateway.routers.common import Reading, TheGateway
from gateway.services import payments

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
        if Accounts(unit.connection).by_commitment(commitment) is None:
            unit.connection.execute(
                insert(own.accounts).values(**(body.model_dump() | {"commitment": commitment}))
            )
        return {"account": body.account, "commitment": body.commitment}


@router.get("/payment-orders")
def expected(unit: Reading, gateway: TheGateway) -> dict[str, Any]:
    """Every payment that the ledger expects and no bank has confirmed."""
    return {"payments": [_describe(each) for each in _orders(unit, gateway)]}


@router.get("/payment-orders/{end_to_end}/pain.001")
def order_document(
    end_to_end: str, unit: Reading, gateway: TheGateway, day: Annotated[date, Query()]
) -> Response:
    """The credit transfer as the payer sends it to its bank; asking again gives the same bytes."""
    for each in _orders(unit, gateway):
        if each.end_to_end == end_to_end:
            return Response(_pain001(each, day), media_type="application/xml")
    raise Problem("PAYMENT-UNKNOWN", "the ledger expects no such payment", status=404, end_to_end=end_to_end)


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
    check_callback(gateway.settings.bank_keys, bic, url, headers, body)
    with gateway.unit() as unit:
        found = receive(
            unit.connection, bic, headers["message-name"], headers["idempotency-key"], body, now()
        )
    return {
        "message": found.message_id,
        "state": found.state,
        "entries": found.entries,
        "problem": found.problem,
    }


@router.get("/bank-entries")
def entries(unit: Reading, state: Annotated[str | None, Query()] = None) -> dict[str, Any]:
    """Booked entries: prepared as facts to be signed by the bank, set aside as exceptions, or of no concern."""
    table = own.entries
    query = select(table).order_by(table.c.value_day, table.c.reference)
    if state is not None:
        query = query.where(table.c.state == state)
    return {
        "entries": [
            {
                "bic": row.bic,
                "account": row.account,
                "reference": row.reference,
                "side": row.side,
                "amount": decimal_text(row.amount, exponent(row.currency)),
                "currency": row.currency,
                "value_day": row.value_day,
                "end_to_end": row.end_to_end,
                "state": row.state,
                "fact": json.loads(row.fact) if row.fact else None,
                "problem": row.problem,
            }
            for row in unit.connection.execute(query)
        ]
    }


def _orders(unit: Any, gateway: Any) -> list[payments.PaymentOrder]:
    block = gateway.chain.block()
    today = day_of(block.time)
    return list(payment_orders(unit.connection, today, currency_codes()))


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


def _pain001(order: payments.PaymentOrder, day: date) -> bytes:
    payer, payee = order.payer, order.payee
    transfer = Transfer(
        end_to_end=order.end_to_end,
        amount_minor=order.amount,
        currency=payer.currency,
        creditor=PartyAccount(payee.owner_name, Account("OTHER", payee.number), payee.bic),
        instruction_id=order.end_to_end,
        remittance=f"{order.kind.name} {order.subject}",
    )
    return build_pain001(
        PaymentOrder(
            message_id=order.end_to_end,
            created_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
            initiating_party=payer.owner_name,
            debtor=PartyAccount(payer.owner_name, Account("OTHER", payer.number), payer.bic),
            execution_day=day,
            transfers=(transfer,),
        )
    )
