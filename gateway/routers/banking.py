"""Banks: accounts, the payments the ledger expects, what banks report, and the facts prepared from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select

from gateway.adapters.banks import facts, orders
from gateway.adapters.banks import instructions as standings
from gateway.adapters.banks.inbox import receive
from gateway.adapters.banks.transport import check_callback
from gateway.bootstrap import Gateway, Unit, now
from gateway.db import links, own
from gateway.db.queries import Accounts, payment_orders
from gateway.domain.calendar import day_of, iso
from gateway.domain.trade import decimal_text
from gateway.money import currency_codes, exponent
from gateway.problems import Problem
from gateway.routers.common import Key, Reading, TheGateway, TheWrite
from gateway.routers.pages import ThePage, last
from gateway.schemas import banking as schemas
from gateway.schemas.fields import IsoDate
from gateway.services import payments
from gateway.services.json_acts import write_message

XML = "application/xml"


class Xml(Response):
    """A document in XML."""

    media_type = XML


router = APIRouter(tags=["banking"])


@router.post("/accounts", status_code=201, response_model=schemas.Account)
def add_account(body: schemas.AccountBody, write: TheWrite) -> Response:
    """Tell which account stands behind a commitment; the same again changes nothing."""

    def work(unit: Unit) -> dict[str, Any]:
        commitment = bytes.fromhex(body.commitment.removeprefix("0x"))
        links.wait_for_turn(unit.connection, links.ACCOUNTS)
        known = Accounts(unit.connection)
        if known.by_commitment(commitment) is None:
            if known.by_number(body.bic, body.account) is not None:
                raise Problem("ACCOUNT-KNOWN", "the account has another commitment already", status=409)
            row = body.model_dump() | {"commitment": commitment}
            links.append(unit.connection, links.ACCOUNTS, own.accounts, row)
        return {"account": body.account, "commitment": body.commitment}

    return write.once(body, work)


@router.get("/payment-orders", response_model=schemas.PaymentOrders)
def expected(unit: Reading, gateway: TheGateway, page: ThePage) -> dict[str, Any]:
    """Every payment that the ledger expects and no bank has confirmed."""
    found = page.of(_orders(unit, gateway), lambda order: order.end_to_end)
    return page.answer_of("payments", found, _describe)


Day = Annotated[IsoDate, Query(description="on which the payer's bank is to pay")]
State = Literal["recorded", "prepared", "waiting", "exception", "other", "linked", "returning", "returned"]
MessageState = Literal["read", "refused", "differs"]


@router.get("/payment-orders/{end_to_end}/pain.001", response_class=Xml)
def order_document(end_to_end: str, unit: Reading, gateway: TheGateway, day: Day) -> Response:
    """The credit transfer as it was given to its payer, or as it would be; asking again gives the same bytes."""
    kept = orders.kept_document(unit.connection, end_to_end)
    if kept is None:
        kept = orders.document(_order(unit, gateway, end_to_end), day)
    return Response(kept, media_type=XML)


@router.post("/payment-orders/{end_to_end}/pain.001", response_class=Xml)
def give_order(end_to_end: str, write: TheWrite, gateway: TheGateway, day: Day) -> Response:
    """Give the payer the credit transfer to send to its bank, and keep it; once given, it never changes."""

    def work(unit: Unit) -> bytes:
        return orders.give(unit.connection, _order(unit, gateway, end_to_end), day, now())

    return write.once(b"", work, 200, XML)


@router.get("/payment-instructions", response_model=schemas.Instructions)
def instructions(unit: Reading, gateway: TheGateway, page: ThePage) -> dict[str, Any]:
    """Every payment that a payer was given to order, and where it stands by all that banks have said of it.

    `unknown`: the bank rejected it and money came all the same, messages contradict each other, or nobody answered
    by its day; `problem` names the rule.
    """
    block = gateway.chain.block()
    today = 0 if block is None else day_of(block.time)
    found = page.of(standings.instructions(unit.connection, today), lambda each: each.order["end_to_end"])
    return page.answer_of("instructions", found, _instruction)


def _instruction(each: standings.Instruction) -> dict[str, Any]:
    order, standing = each.order, each.standing
    digits = exponent(order["currency"])
    return {
        "end_to_end": order["end_to_end"],
        "kind": payments.FactKind(order["kind"]).name,
        "subject": str(order["subject"]),
        "state": standing.state,
        "amount": decimal_text(order["amount"], digits),
        "settled": decimal_text(standing.settled, digits),
        "returned": decimal_text(standing.returned, digits),
        "reversed": decimal_text(standing.reversed, digits),
        "currency": order["currency"],
        "day": iso(order["day"]),
        "problem": standing.problem,
    }


@router.post("/callbacks/banks/{bic}", response_model=schemas.Received)
async def callback(bic: str, request: Request, gateway: TheGateway, _: Key) -> dict[str, Any]:
    """What a bank reports, signed by the bank (RFC 9421); the key is the message's id, which counts once."""
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


@router.get("/bank-messages", response_model=schemas.Messages)
def messages(
    unit: Reading, page: ThePage, state: Annotated[MessageState | None, Query()] = None
) -> dict[str, Any]:
    """Messages as banks sent them: `read`, `refused` with the reason, or `differs` from what was told before."""
    table = own.messages
    wanted = ("bic", "message_id", "kind", "sha256", "received_at", "state", "problem")
    query = select(table.c.place, *(table.c[name] for name in wanted))
    if state is not None:
        query = query.where(table.c.state == state)
    found = page.rows(unit.connection, query, table.c.bic, table.c.place)

    def show(row: Any) -> dict[str, Any]:
        return {name: getattr(row, name) for name in wanted}

    return page.answer("messages", found, show, last("bic", "place"))


@router.get("/bank-entries", response_model=schemas.Entries)
def entries(unit: Reading, page: ThePage, state: Annotated[State | None, Query()] = None) -> dict[str, Any]:
    """Booked entries, and what each is about as the ledger stands now.

    `prepared`: a fact to be signed by the bank. `waiting`: another entry has to be recorded first. `recorded`: the
    ledger has it. `exception`: a person decides (`/exceptions/money`). `linked`: other entries tell of this movement.
    `returning`, `returned`: it is sent back, it has left. `other`: no money came in. An entry that a person allocated
    is shown part by part.
    """
    unsettled = state in facts.UNSETTLED
    shown = facts.shown(unit.connection, unsettled=unsettled)
    found = page.of((each for each in shown if state in (None, each.state)), _place)
    return page.answer_of("entries", found, _entry)


def _place(each: facts.Shown) -> str:
    """By value day and reference."""
    row = each.row
    return f"{row['value_day']:06}|{row['reference']}|{row['bic']}|{row['account']}|{each.part:04}"


def _entry(each: facts.Shown) -> dict[str, Any]:
    row = each.row
    return {
        "bic": row["bic"],
        "account": row["account"],
        "reference": row["reference"],
        "part": each.part,
        "side": row["side"],
        "amount": decimal_text(each.amount, exponent(row["currency"])),
        "currency": row["currency"],
        "value_day": row["value_day"],
        "end_to_end": row["end_to_end"],
        "state": each.state,
        "verb": each.verb,
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
        "loan": str(order.loan) if order.loan else None,
        "payer": {"party": order.payer.owner, "bic": order.payer.bic, "account": order.payer.number},
        "payee": {"party": order.payee.owner, "bic": order.payee.bic, "account": order.payee.number},
        "amount": decimal_text(order.amount, exponent(order.payer.currency)),
        "amount_minor": order.amount,
        "currency": order.payer.currency,
    }
