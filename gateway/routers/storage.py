"""Goods come in: requests and what followed them, and the keeper's document that three parties sign as a receipt."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy import select

from gateway.bootstrap import Unit, now
from gateway.db import own
from gateway.ids import format_id
from gateway.problems import Problem
from gateway.risk.book import declared_of
from gateway.risk.storage_requests import REQUEST, Requested, requested
from gateway.risk.storing import prepare, vins_of
from gateway.routers.common import DryRun, Reading, TheGateway, TheWrite
from gateway.routers.pages import ThePage, last
from gateway.routers.today import today
from gateway.schemas import storage as schemas
from gateway.schemas.fields import PARTY_MOST, Hash
from gateway.services import storage as service

router = APIRouter(tags=["goods"])

PartyQuery = Annotated[int | None, Query(ge=0, le=PARTY_MOST)]


@router.post(
    "/storage",
    status_code=201,
    response_model=schemas.Storage,
    responses={200: {"model": schemas.Storage, "description": "of a dry run"}},
)
def store(
    body: schemas.StorageBody, write: TheWrite, gateway: TheGateway, dry_run: DryRun = False
) -> Response:
    """Keep a receipt's document, and prepare the act that depositor, keeper and inspector sign for it.

    A document that lacks one of the eight items is refused with CC-909, which names it. With `request`, the receipt is
    for what was weighed and inspected on it, never for what was asked for.
    """
    document = service.read_document(body.document)
    vehicle = next(iter(gateway.vehicle_numbers.of(vins_of([document]))), None)

    def work(unit: Unit) -> dict[str, Any]:
        return prepare(unit.connection, body, document, vehicle, now())

    return write.once(body, work, dry_run=dry_run)


@router.get("/storage-requests", response_model=schemas.StorageRequests)
def storage_requests(
    unit: Reading, page: ThePage, keeper: PartyQuery = None, depositor: PartyQuery = None
) -> dict[str, Any]:
    """Requests to store goods in the order in which they came, each with its steps."""
    table = own.declarations
    query = select(table).where(table.c.kind == REQUEST)
    if keeper is not None:
        query = query.where(table.c.subject == str(keeper))
    if depositor is not None:
        query = query.where(table.c.party == depositor)
    rows = page.rows(unit.connection, query, table.c.place)
    day = today(unit.connection)

    def show(row: Any) -> dict[str, Any]:
        found = requested(unit.connection, declared_of(row).declaration)
        assert found is not None
        return _request(found, day)

    return page.answer("storage_requests", rows, show, last("place"))


@router.get("/storage-requests/{request}", response_model=schemas.StorageRequest)
def storage_request(request: Annotated[Hash, Path()], unit: Reading) -> dict[str, Any]:
    """One request by the name of its declaration."""
    found = requested(unit.connection, "0x" + request.removeprefix("0x").lower())
    if found is None:
        raise Problem("DECLARATION-UNKNOWN", "no such storage request is kept", status=404, request=request)
    return _request(found, today(unit.connection))


def _request(found: Requested, day: int) -> dict[str, Any]:
    fields, course = found.request.fields, found.course
    return {
        "request": found.request.declaration, "reference": fields["reference"], "depositor": found.depositor,
        "keeper": found.keeper, "place": fields["place"], "goods": fields["goods"], "unit": fields["unit"],
        "quantity": fields["quantity"], "last_day": fields["last"], "stage": str(course.stage(day)),
        "weighing": _weighing(found), "inspection": _inspection(found), "refusal": _refusal(found),
        "entitled": None if course.entitled is None else f"{course.entitled:f}",
        "receipt": None if found.receipt is None else format_id(found.receipt),
    }  # fmt: skip


def _weighing(found: Requested) -> dict[str, Any] | None:
    if found.weighing is None or found.course.weighed is None:
        return None
    fields = found.weighing.fields
    return {
        "declaration": found.weighing.declaration, "gross": fields["gross"] or None, "tare": fields["tare"] or None,
        "quantity": fields["quantity"], "difference": f"{found.course.weighed - found.course.requested:+f}",
    }  # fmt: skip


def _inspection(found: Requested) -> dict[str, Any] | None:
    course = found.course
    if found.inspection is None or course.inspected is None or course.weighed is None:
        return None
    fields = found.inspection.fields
    return {
        "declaration": found.inspection.declaration, "inspector": found.inspection.party,
        "quality": fields["quality"], "quantity": fields["quantity"],
        "difference": f"{course.inspected - course.weighed:+f}",
    }  # fmt: skip


def _refusal(found: Requested) -> dict[str, Any] | None:
    if found.refusal is None:
        return None
    return {"declaration": found.refusal.declaration, "reason": found.refusal.fields["reason"]}
