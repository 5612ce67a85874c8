"""The exception desk: money about which a person decides, what was decided, and money that is held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from gateway.adapters.banks import candidates, decisions, facts, money_desk
from gateway.adapters.banks.decisions import SENT_BACK, Decision
from gateway.adapters.banks.held import Held, held
from gateway.adapters.banks.money_desk import MoneyDesk, Person, Waiting
from gateway.adapters.banks.orders import returned_payment
from gateway.bootstrap import Gateway, Unit, now
from gateway.db.queries import Accounts, payment_orders
from gateway.domain.calendar import day_of, iso
from gateway.domain.trade import decimal_text
from gateway.money import currency_codes, exponent, text
from gateway.problems import Problem
from gateway.routers.banking import XML, Xml
from gateway.routers.common import DryRun, Reading, TheGateway, TheWrite, Write
from gateway.routers.pages import ThePage
from gateway.schemas import money as schemas
from gateway.schemas.fields import Body, IsoDate
from gateway.services.payments import PaymentOrder

_DAY_SECONDS = 86_400
_MONTH = 30

router = APIRouter(tags=["money"])

Day = Annotated[IsoDate, Query(description="on which the bank is to pay")]
Decide = Callable[[MoneyDesk], Decision]


@router.get("/exceptions/money", response_model=schemas.Queue)
def waiting(unit: Reading, gateway: TheGateway, page: ThePage) -> dict[str, Any]:
    """Booked money about which a person has to decide, the oldest first: why, since when, what it may belong to.

    `returning`: it was decided that it goes back, and the debit that ends the matter was not booked yet.
    """
    found = page.of(
        money_desk.queue(unit.connection, _expected(gateway, unit.connection)),
        lambda each: f"{each.since:012}|{each.exception}|{each.shown.part:04}",
    )
    return page.answer_of("exceptions", found, lambda each: _waiting(each, now()))


@router.post("/exceptions/money/{exception}/allocate", status_code=201, response_model=schemas.Decision)
def allocate(
    exception: str, body: schemas.Allocate, write: TheWrite, gateway: TheGateway, dry_run: DryRun = False
) -> Response:
    """Say what an entry is about, in parts that add up to it. Each part is then a draft that its bank must sign."""

    def work(desk: MoneyDesk) -> Decision:
        return desk.allocate(exception, _person(body), _minor(desk, exception, body.parts))

    return _decided(write, gateway, body, work, dry_run)


@router.post("/exceptions/money/{exception}/link", status_code=201, response_model=schemas.Decision)
def link(
    exception: str, body: schemas.Link, write: TheWrite, gateway: TheGateway, dry_run: DryRun = False
) -> Response:
    """Say which payment an entry is, which other entries tell of it, or which of contradicting messages holds."""

    def work(desk: MoneyDesk) -> Decision:
        if sum(bool(each) for each in (body.end_to_end, body.entries, body.message)) != 1:
            raise Problem("LINK-FORM", "exactly one of end_to_end, entries and message is given")
        if body.end_to_end:
            return desk.link_payment(exception, _person(body), body.end_to_end)
        if body.entries:
            return desk.link_entries(exception, _person(body), body.entries)
        return desk.link_message(exception, _person(body), body.message or "")

    return _decided(write, gateway, body, work, dry_run)


@router.post("/exceptions/money/{exception}/return", status_code=201, response_model=schemas.Decision)
def send_back(
    exception: str, body: schemas.SendBack, write: TheWrite, gateway: TheGateway, dry_run: DryRun = False
) -> Response:
    """Send an entry's money back; the order for it is at `…/pain.001`, the debit entry that bears its id ends it."""
    payee = None if body.payee is None else body.payee.model_dump()

    def work(desk: MoneyDesk) -> Decision:
        return desk.send_back(exception, _person(body), payee)

    return _decided(write, gateway, body, work, dry_run)


@router.post(
    "/exceptions/money/decisions/{decision}/second", status_code=201, response_model=schemas.Decision
)
def second(
    decision: str, body: schemas.Second, write: TheWrite, gateway: TheGateway, dry_run: DryRun = False
) -> Response:
    """Agree, as a second person, to a decision about more money than one person may decide about."""

    def work(desk: MoneyDesk) -> Decision:
        return desk.second(decision, _person(body))

    return _decided(write, gateway, body, work, dry_run)


@router.get("/exceptions/money/{exception}/pain.001", response_class=Xml)
def return_order(exception: str, unit: Reading, day: Day) -> Response:
    """The credit transfer that sends an entry, or the part decided so, back; the same day gives the same bytes."""
    for each in facts.shown(unit.connection, unsettled=True):
        if each.state == facts.RETURNING and money_desk.exception_id(each.row) == exception:
            return Response(_return_order(unit.connection, each, day), media_type=XML)
    raise Problem("EXCEPTION-UNKNOWN", "nothing of this entry is to be sent back", status=404)


@router.get("/held-money", response_model=schemas.HeldMoney)
def held_money(unit: Reading, gateway: TheGateway, page: ThePage) -> dict[str, Any]:
    """Money that is held, by title, with the act by which its clearing bank releases it."""
    block = gateway.chain.block()
    expires = (0 if block is None else block.time) + _MONTH * _DAY_SECONDS
    found = page.of(held(unit.connection), lambda each: f"{each.title:020}")
    return page.answer_of("held", found, lambda each: _held(each, expires))


# ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────


def _decided(write: Write, gateway: Gateway, body: Body, work: Decide, dry_run: bool) -> Response:
    def decide(unit: Unit) -> dict[str, Any]:
        desk = MoneyDesk(unit.connection, gateway.settings.second_person_above, now())
        return _decision(work(desk), desk.currency)

    return write.once(body, decide, dry_run=dry_run)


def _person(body: Any) -> Person:
    return Person(body.person, body.reason)


def _minor(desk: MoneyDesk, exception: str, parts: list[schemas.Part]) -> list[dict[str, Any]]:
    return [
        {
            "kind": part.kind,
            "subject": part.subject,
            "amount": desk.minor(exception, part.amount),
            **({"loan": part.loan} if int(part.loan) else {}),
            **({"payee": part.payee.model_dump()} if part.payee is not None else {}),
        }
        for part in parts
    ]


def _expected(gateway: Gateway, connection: Connection) -> list[PaymentOrder]:
    block = gateway.chain.block()
    today = 0 if block is None else day_of(block.time)
    return list(payment_orders(connection, today, currency_codes()))


def _waiting(each: Waiting, time: int) -> dict[str, Any]:
    row = each.shown.row
    currency = row["currency"]
    return {
        "id": each.exception, "rule": each.rule, "problem": each.sentence, "state": each.shown.state,
        "bic": row["bic"], "account": row["account"], "reference": row["reference"], "part": each.shown.part,
        "amount": _text(each.shown.amount, currency), "currency": currency, "value_day": iso(row["value_day"]),
        "end_to_end": row["end_to_end"], "returned": row["returned"], "since": each.since,
        "age_days": (time - each.since) // _DAY_SECONDS,
        "transactions": [_transaction(told, currency) for told in candidates.transactions(row)],
        "parts": [{**part, "amount": _text(part["amount"], currency)} for part in each.parts],
        "candidates": [
            {
                "why": found.why, "end_to_end": found.end_to_end, "kind": found.kind,
                "subject": str(found.subject), "amount": _text(found.amount, currency), "entry": found.entry,
            }
            for found in each.found
        ],
        "proposed": None if each.proposed is None else _decision(each.proposed, currency),
    }  # fmt: skip


def _transaction(told: Any, currency: str) -> dict[str, Any]:
    shown = {**told, "amount": _text(told["amount"], currency)}
    for name in ("instructed", "foreign"):
        if name in shown:
            minor, unit = shown[name]
            shown[name] = f"{_text(minor, unit)} {unit}"
    if "charges" in shown:
        shown["charges"] = [
            {"amount": f"{_text(minor, unit)} {unit}", "side": side, "included": included}
            for minor, unit, side, included in shown["charges"]
        ]
    return shown


def _decision(each: Decision, currency: str) -> dict[str, Any]:
    return {
        "decision": each.decision, "step": each.step, "exit": each.exit, "person": each.person,
        "reason": each.reason, "at": each.at, "same_as": list(each.same_as),
        "parts": [{**part, "amount": _text(int(part["amount"]), currency)} for part in each.parts],
    }  # fmt: skip


def _return_order(connection: Connection, each: facts.Shown, day: date) -> bytes:
    row, decision = each.row, each.decision
    payer = Accounts(connection).by_number(row["bic"], row["account"])
    if payer is None or decision is None:
        raise Problem("ACCOUNT-UNKNOWN", f"the account {row['account']} is not bound to anyone")
    part = decision.parts[each.part - 1]
    assert part["kind"] == SENT_BACK
    end_to_end = decisions.back_reference(decision.decision, each.part)
    return returned_payment(payer, part, end_to_end, row["reference"], day)


def _held(each: Held, expires: int) -> dict[str, Any]:
    act = {
        "title": str(each.title), "heldBefore": each.amount, "amount": each.amount, "expiresAt": expires
    }  # fmt: skip
    return {
        "title": str(each.title), "root": str(each.root), "holder": each.holder,
        "clearing_bank": each.clearing_bank, "amount": text(each.amount, each.currency),
        "currency": currency_codes()[each.currency], "because": each.because, "releasable": each.releasable,
        "act": act if each.releasable else None,
    }  # fmt: skip


def _text(minor: int, currency: str) -> str:
    return decimal_text(minor, exponent(currency))
