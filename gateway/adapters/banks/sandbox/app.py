"""The bank's HTTP door. Each request is one transaction; a refusal is problem+json with the rule's id."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import httpx2
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter, ValidationError

from gateway.adapters.banks.sandbox import books, days, interbank, notifications, payments, signing
from gateway.adapters.banks.sandbox.behaviour import Behaviour, keep_behaviour
from gateway.adapters.banks.sandbox.bodies import (
    AccountBody,
    BehaviourBody,
    ClockBody,
    InterbankMessage,
    LedgerBody,
    ReleaseBody,
    SignBody,
)
from gateway.adapters.banks.sandbox.config import BankConfig
from gateway.adapters.banks.sandbox.couriers import (
    TIMEOUT_SECONDS,
    Courier,
    PeerKeys,
    interbank_errand,
    notification_errand,
)
from gateway.adapters.banks.sandbox.errors import Refused
from gateway.adapters.banks.sandbox.httpsig import TransportKey, check_signature, load_transport_key
from gateway.adapters.banks.sandbox.keys import Staff, load_staff
from gateway.adapters.banks.sandbox.messages.pain001 import read_pain001
from gateway.adapters.banks.sandbox.messages.xml import MAX_BYTES
from gateway.adapters.banks.sandbox.store import Clock, Store

XML = "application/xml"
_interbank_message: TypeAdapter[Any] = TypeAdapter(InterbankMessage)


@dataclass(frozen=True, slots=True)
class Bank:
    """Everything a request needs."""

    config: BankConfig
    store: Store
    staff: Staff
    transport: TransportKey
    peers: PeerKeys
    couriers: tuple[Courier, ...]

    def wake(self) -> None:
        """Let the couriers look at their queues now."""
        for courier in self.couriers:
            courier.wake()


def open_bank(config: BankConfig, now: Clock) -> Bank:
    """Open books and keys, making them at first start. The couriers are not started yet."""
    store = Store(config, now)
    keys = config.data / "keys"
    staff = load_staff(keys, config.persons)
    transport = load_transport_key(keys, config.bic)
    if config.ledger is not None:
        with store.work() as work:
            signing.set_ledger(work, config.ledger)
    client = httpx2.Client(timeout=TIMEOUT_SECONDS, trust_env=False)
    couriers: list[Courier] = []

    def wake_all() -> None:
        for courier in couriers:
            courier.wake()

    couriers.extend(
        Courier(f"to-{bic}", interbank_errand(store, client, transport, bic, url.rstrip("/"), wake_all))
        for bic, url in config.peers.items()
    )
    if config.callback is not None:
        couriers.append(Courier("to-gateway", notification_errand(store, client, transport, config.callback)))
    return Bank(config, store, staff, transport, PeerKeys(config, client), tuple(couriers))


def create_app(bank: Bank) -> FastAPI:
    """The application over an open bank; starts and stops its couriers."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for courier in bank.couriers:
            courier.start()
        yield
        for courier in bank.couriers:
            courier.stop()
        bank.store.close()

    app = FastAPI(title=f"Sandbox bank {bank.config.name}", version="1", lifespan=lifespan)
    app.state.bank = bank
    app.include_router(public)
    app.include_router(desk)

    @app.exception_handler(Refused)
    async def _refused(_: Request, error: Refused) -> Response:
        return JSONResponse(error.problem(), error.status, media_type="application/problem+json")

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> Response:
        fields = [
            {"field": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors()
        ]
        refused = Refused(
            "BODY-INVALID", "the request does not have the form asked for", status=422, errors=fields
        )
        return JSONResponse(refused.problem(), 422, media_type="application/problem+json")

    return app


def _bank(request: Request) -> Bank:
    bank: Bank = request.app.state.bank
    return bank


TheBank = Annotated[Bank, Depends(_bank)]


def _at_the_desk(request: Request, bank: TheBank) -> None:
    token = bank.config.desk_token
    given = request.headers.get("authorization", "")
    if token is not None and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise Refused("DESK-TOKEN", "this is for the bank's staff and needs their token", status=401)


async def _body(request: Request) -> bytes:
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MAX_BYTES:
            raise Refused("BODY-TOO-LARGE", f"the bank takes at most {MAX_BYTES} bytes", status=413)
    return bytes(read)


RawBody = Annotated[bytes, Depends(_body)]

public = APIRouter()
desk = APIRouter(dependencies=[Depends(_at_the_desk)])


@public.get("/health")
def health(bank: TheBank) -> dict[str, Any]:
    """Who this is and which business day it is."""
    with bank.store.work() as work:
        return {
            "bic": bank.config.bic,
            "name": bank.config.name,
            "party_number": bank.config.party_number,
            "business_day": work.day.isoformat(),
            "ledger": signing.ledger_domain(work),
        }


@public.get("/keys")
def keys(bank: TheBank) -> dict[str, Any]:
    """The public key of the bank's HTTP message signatures, as a JWK set."""
    return {"keys": [bank.transport.jwk]}


@public.get("/signers")
def signers(bank: TheBank) -> dict[str, Any]:
    """The officers who sign for the ledger: name, role and address."""
    found = [
        {"person": officer.person.name, "role": officer.person.role, "address": officer.account.address}
        for officer in bank.staff.officers
    ]
    return {"party_number": bank.config.party_number, "signers": found}


@public.post("/payments")
def post_payment(bank: TheBank, raw: RawBody) -> Response:
    """Take a pain.001 and answer with its pain.002: 200, or 409 when an id was used for something else.

    202 without a body means that the bank says nothing yet: only a statement will tell.
    """
    initiation = read_pain001(raw)
    with bank.store.work() as work:
        report = payments.take_initiation(work, initiation)
        days.do_what_is_due(work)
    bank.wake()
    if report.body is None:
        return Response(status_code=202)
    return Response(report.body, 409 if report.duplicate else 200, media_type=XML)


@public.get("/payments/{message_id}/status")
def payment_status(bank: TheBank, message_id: str) -> Response:
    """The pain.002 of a message as things stand; 404 while the bank is silent about it."""
    with bank.store.work() as work:
        report = payments.report(work, message_id)
    if report.body is None:
        raise Refused(
            "STATUS-UNKNOWN", f"nothing is known yet of {message_id}; see the statement", status=404
        )
    return Response(report.body, media_type=XML)


@public.get("/notifications")
def get_notifications(bank: TheBank, after: int = 0, limit: int = 100) -> dict[str, Any]:
    """The messages sent since number `after`, at most 500."""
    with bank.store.work() as work:
        return notifications.notifications_after(work, after, max(1, limit))


@public.get("/statements/{account}/{day}")
def get_statement(bank: TheBank, account: str, day: date) -> Response:
    """The camt.053 of one account over one closed day."""
    with bank.store.work() as work:
        body = days.statement(work, account, day)
    return Response(body, media_type=XML)


@public.post("/interbank")
def post_interbank(bank: TheBank, request: Request, raw: RawBody) -> dict[str, str]:
    """Take a message another bank signed; a repeat gets the first answer again."""
    try:
        message = _interbank_message.validate_json(raw)
    except ValidationError as error:
        raise Refused("BODY-INVALID", f"not an interbank message: {error}", status=422) from error
    check_signature(
        method=request.method,
        url=str(request.url),
        headers=request.headers,
        body=raw,
        find=lambda key_id: bank.peers.find(message.sender, key_id),
    )
    with bank.store.work() as work:
        answer = interbank.receive(work, message.sender, message.model_dump(mode="json"))
        days.do_what_is_due(work)
    bank.wake()
    return answer


@desk.get("/books")
def get_books(bank: TheBank) -> dict[str, Any]:
    """All accounts, entries and sums."""
    with bank.store.work() as work:
        return books.whole_books(work)


@desk.post("/accounts")
def post_account(bank: TheBank, body: AccountBody) -> dict[str, Any]:
    """Open an account; the answer, for its owner alone, holds the salt of the commitment."""
    with bank.store.work() as work:
        row = books.open_account(
            work,
            owner_name=body.owner_name,
            owner_reference=body.owner_reference,
            currency=body.currency,
            opening=body.opening_balance_minor,
        )
    return {
        "account_id": row["id"],
        "currency": row["currency"],
        "bic": bank.config.bic,
        "salt": row["salt"],
        "commitment": row["commitment"],
    }


@desk.post("/ledger")
def post_ledger(bank: TheBank, body: LedgerBody) -> dict[str, Any]:
    """Say once which ledger the officers sign for."""
    with bank.store.work() as work:
        signing.set_ledger(work, body.model_dump())
        return signing.ledger_domain(work) or {}


@desk.post("/sign")
def post_sign(bank: TheBank, body: SignBody) -> dict[str, str]:
    """Have a person sign a typed instruction; 403 with the rule when the bank does not allow it."""
    with bank.store.work() as work:
        return signing.sign(
            work,
            bank.staff,
            person=body.person,
            role=body.role,
            typed_data=body.typed_data.model_dump(),
            entries=body.entries,
        )


@desk.get("/sign-log")
def get_sign_log(bank: TheBank) -> dict[str, Any]:
    """Everything the officers ever signed."""
    with bank.store.work() as work:
        return {"signed": signing.sign_log(work)}


@desk.post("/behaviour")
def post_behaviour(bank: TheBank, body: BehaviourBody) -> dict[str, int]:
    """Order how coming payments go."""
    with bank.store.work() as work:
        return {"id": keep_behaviour(work, Behaviour(**body.model_dump()))}


@desk.post("/releases")
def post_release(bank: TheBank, body: ReleaseBody) -> dict[str, int]:
    """Do now what is delayed or planned for an end-to-end id."""
    with bank.store.work() as work:
        done = days.release(work, body.end_to_end)
    bank.wake()
    return {"released": done}


@desk.post("/clock")
def post_clock(bank: TheBank, body: ClockBody) -> dict[str, Any]:
    """Move the business day forward; the days left behind are closed with statements."""
    with bank.store.work() as work:
        made = days.move_to(work, body.day)
        today = work.day
    bank.wake()
    return {"business_day": today.isoformat(), "statements": made}
