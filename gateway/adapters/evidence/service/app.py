"""The service's HTTP door. Each request is one transaction; a refusal is problem+json with the rule's id."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.adapters.evidence.service import register, signing
from gateway.adapters.evidence.service.errors import Refused
from gateway.adapters.evidence.service.identity import vehicle_number
from gateway.adapters.evidence.service.keys import Secrets, load_secrets
from gateway.adapters.evidence.service.store import Clock, Store

# The ledger keeps amounts in 48 bits.
Amount = Annotated[int, Field(strict=True, gt=0, lt=2**48)]
Hash = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{64}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
PartyNumber = Annotated[int, Field(strict=True, gt=0, lt=2**32)]


class Body(BaseModel):
    """A body without room for misspelt fields."""

    model_config = ConfigDict(extra="forbid")


class InvoiceBody(Body):
    """An invoice as a document says it; `cap_minor` is its payable amount in minor units."""

    seller_id: Text
    document_type: Text
    number: Text
    issue_year: Annotated[int, Field(strict=True, ge=1900, le=9999)]
    buyer_id: Text
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    cap_minor: Amount
    document_hash: Hash

    def invoice(self) -> register.Invoice:
        """The same as a plain record."""
        return register.Invoice(**self.model_dump())


class CreditNoteBody(Body):
    """A credit note on a registered invoice; the amount lowers its cap."""

    number: Text
    amount_minor: Amount
    document_hash: Hash


class VehiclesBody(Body):
    """Numbers of vehicles."""

    vins: Annotated[list[Text], Field(min_length=1, max_length=10_000)]


class Identifier(Body):
    """One identifier of a legal entity, such as scheme USCC."""

    scheme: Text
    value: Text


class PartyBody(Body):
    """Which identifiers belong to a party number of the ledger."""

    number: PartyNumber
    identifiers: Annotated[list[Identifier], Field(min_length=1)]


class LedgerBody(Body):
    """The EIP-712 domain of the ledger the service signs for."""

    chain_id: Annotated[int, Field(gt=0)]
    verifying_contract: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$")]
    name: str | None = None
    version: str | None = None


class TypedData(Body):
    """EIP-712 JSON."""

    types: dict[str, list[dict[str, str]]]
    primaryType: str
    domain: dict[str, Any]
    message: dict[str, Any]


class SignBody(Body):
    """A typed attestation to sign; the service has one key, `person` is checked when given."""

    person: str | None = None
    typed_data: TypedData


@dataclass(frozen=True, slots=True)
class Service:
    """Everything a request needs."""

    name: str
    person: str
    desk_token: str | None
    naming_token: str | None
    store: Store
    secrets: Secrets
    now: Clock


def open_service(
    folder: Path,
    *,
    name: str,
    person: str,
    ledger: dict[str, Any] | None,
    desk_token: str | None,
    naming_token: str | None,
    now: Clock,
) -> Service:
    """Open register and secrets, making them at first start."""
    service = Service(
        name, person, desk_token, naming_token, Store(folder), load_secrets(folder / "keys"), now
    )
    if ledger is not None:
        with service.store.transaction() as conn:
            signing.set_ledger(conn, ledger)
    return service


def create_app(service: Service) -> FastAPI:
    """The application over an open register."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.store.close()

    app = FastAPI(title=service.name, version="1", lifespan=lifespan)
    app.state.service = service
    app.include_router(router)

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


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(_service)]


def _at_the_desk(request: Request, service: TheService) -> None:
    given = request.headers.get("authorization", "")
    expected = f"Bearer {service.desk_token}"
    if service.desk_token is not None and not hmac.compare_digest(given.encode(), expected.encode()):
        raise Refused("DESK-TOKEN", "this is for the service's staff and needs their token", status=401)


def _may_name(request: Request, service: TheService) -> None:
    given = request.headers.get("authorization", "")
    expected = f"Bearer {service.naming_token}"
    if service.naming_token is not None and not hmac.compare_digest(given.encode(), expected.encode()):
        raise Refused("NAMING-TOKEN", "vehicles are named for gateways, which have a token", status=401)


router = APIRouter()
AtTheDesk = [Depends(_at_the_desk)]


@router.get("/health")
def health(service: TheService) -> dict[str, Any]:
    """Who this is and which ledger it signs for."""
    with service.store.transaction() as conn:
        return {"name": service.name, "ledger": signing.ledger_domain(conn)}


@router.get("/signers")
def signers(service: TheService) -> dict[str, Any]:
    """The one signer: name, role and address."""
    signer = {"person": service.person, "role": "evidence", "address": service.secrets.account.address}
    return {"signers": [signer]}


@router.post("/parties", dependencies=AtTheDesk)
def post_party(service: TheService, body: PartyBody) -> dict[str, Any]:
    """Say which identifiers belong to a party number."""
    with service.store.transaction() as conn:
        register.keep_party(conn, body.number, [(item.scheme, item.value) for item in body.identifiers])
    return body.model_dump()


@router.post("/ledger", dependencies=AtTheDesk)
def post_ledger(service: TheService, body: LedgerBody) -> dict[str, Any]:
    """Say once which ledger the service signs for."""
    with service.store.transaction() as conn:
        signing.set_ledger(conn, body.model_dump())
        return signing.ledger_domain(conn) or {}


@router.post("/invoices")
def post_invoice(service: TheService, body: InvoiceBody) -> dict[str, Any]:
    """Register an invoice; 409 INVOICE-AMENDED when its identity is registered with other content."""
    with service.store.transaction() as conn:
        return register.register(conn, service.secrets.nullifier_secret, body.invoice(), service.now())


@router.post("/invoices/{nullifier}/credit-notes")
def post_credit_note(service: TheService, nullifier: str, body: CreditNoteBody) -> dict[str, Any]:
    """Lower an invoice's cap by a credit note."""
    with service.store.transaction() as conn:
        return register.credit(
            conn,
            nullifier.lower(),
            number=body.number,
            amount_minor=body.amount_minor,
            document_hash=body.document_hash,
            now=service.now(),
        )


@router.post("/check")
def post_check(service: TheService, body: InvoiceBody) -> dict[str, Any]:
    """What the register knows of an invoice; changes nothing."""
    with service.store.transaction() as conn:
        return register.check(conn, service.secrets.nullifier_secret, body.invoice())


@router.post("/vehicles", dependencies=[Depends(_may_name)])
def post_vehicles(service: TheService, body: VehiclesBody) -> dict[str, Any]:
    """What lots bear of these vehicles' numbers, in their order; changes nothing. For gateways, which have a token of
    their own: who could ask for any number would find out which vehicle a lot is.
    """
    secret = service.secrets.nullifier_secret
    return {"numbers": [vehicle_number(vin, secret) for vin in body.vins]}


@router.post("/sign", dependencies=AtTheDesk)
def post_sign(service: TheService, body: SignBody) -> dict[str, str]:
    """Sign an attestation; 403 with the rule when the register does not bear it out."""
    if body.person not in (None, service.person):
        raise Refused("PERSON-UNKNOWN", f"nobody here signs as {body.person!r}")
    with service.store.transaction() as conn:
        return signing.sign(
            conn,
            service.secrets,
            person=service.person,
            typed_data=body.typed_data.model_dump(),
            now=service.now(),
        )


@router.get("/sign-log", dependencies=AtTheDesk)
def get_sign_log(service: TheService) -> dict[str, Any]:
    """Everything the service ever signed."""
    with service.store.transaction() as conn:
        return {"signed": signing.sign_log(conn)}
