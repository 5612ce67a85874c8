"""Vehicles: taken in by their numbers, many at once, and shown without them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from gateway.bootstrap import Unit, now
from gateway.db.goods_tables import lots
from gateway.db.own_vehicles import vehicles as table
from gateway.db.vehicles import Vehicle, vehicle_of
from gateway.ids import format_id
from gateway.problems import Problem
from gateway.risk.custody import Custody, custody_of
from gateway.risk.storing import prepare_all, read_all, vins_of
from gateway.routers.common import DryRun, Reading, TheGateway, TheWrite
from gateway.routers.pages import ThePage, last
from gateway.schemas import vehicles as schemas
from gateway.services.vehicle_numbers import masked, read_vin
from gateway.services.vehicles import certificate_hash

router = APIRouter(tags=["goods"])

VinQuery = Annotated[str | None, Query(max_length=40, description="of the vehicle of this number only")]


@router.post(
    "/vehicles",
    status_code=201,
    response_model=schemas.PreparedVehicles,
    responses={200: {"model": schemas.PreparedVehicles, "description": "of a dry run"}},
)
def take_in(
    body: schemas.VehiclesBody, write: TheWrite, gateway: TheGateway, dry_run: DryRun = False
) -> Response:
    """Keep the documents of a dealer's vehicles with their certificates, and prepare the act that depositor, keeper and
    inspector sign for each.

    All of them or none: where one is refused, `errors` names each vehicle at fault by its place in the list.
    """
    documents = read_all(body)
    numbers = gateway.vehicle_numbers.of(vins_of(documents))

    def work(unit: Unit) -> dict[str, Any]:
        made = prepare_all(unit.connection, body, documents, numbers, now())
        return {
            "vehicles": [
                {
                    "receipt": each["receipt"], "vin": masked(document.certificate.vin),
                    "certificate": certificate_hash(document.certificate), "evidence": each["evidence"],
                    "message": each["message"],
                }
                for document, each in zip(documents, made, strict=True)
            ]
        }  # fmt: skip

    return write.once(body, work, dry_run=dry_run)


@router.get("/vehicles", response_model=schemas.VehiclesShown)
def all_vehicles(unit: Reading, page: ThePage, vin: VinQuery = None) -> dict[str, Any]:
    """Vehicles in the order in which they came, each with its lot, and who holds its certificate for a lender."""
    query = select(table) if vin is None else select(table).where(table.c.vin == _read(vin))
    rows = page.rows(unit.connection, query, table.c.place)
    hashes = [bytes.fromhex(row.number_hash) for row in rows]
    found = unit.connection.execute(
        select(lots.c.number_hash, lots.c.lot).where(lots.c.number_hash.in_(hashes))
    )
    known = {row.number_hash.hex(): row.lot for row in found}

    def show(row: Any) -> dict[str, Any]:
        vehicle = vehicle_of(row)
        return _shown(vehicle, known.get(row.number_hash), custody_of(unit.connection, vehicle.hash))

    return page.answer("vehicles", rows, show, last("place"))


def _read(vin: str) -> str:
    try:
        return read_vin(vin)
    except ValueError as error:
        raise Problem("VEHICLE-NUMBER", str(error), field="vin") from None


def _shown(vehicle: Vehicle, lot: int | None, custody: Custody | None) -> dict[str, Any]:
    return {
        "vin": masked(vehicle.vin), "number": vehicle.number, "certificate": vehicle.hash,
        "manufacturer": vehicle.certificate.manufacturer, "model": vehicle.certificate.model,
        "lot": None if lot is None else format_id(lot), "id": None if lot is None else str(lot),
        "custodian": None if custody is None else custody.custodian,
        "held_for": None if custody is None else custody.facility,
    }  # fmt: skip
