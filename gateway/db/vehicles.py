"""Vehicles that were taken in, on one connection."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from gateway.db import links
from gateway.db.own_vehicles import vehicles
from gateway.problems import Problem
from gateway.schemas.storage import ConformityCertificate
from gateway.services.vehicles import certificate_content, certificate_hash


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle: what its lot bears of its number, and its certificate with that one's hash (0x hex, both)."""

    number: str
    certificate: ConformityCertificate
    hash: str

    @property
    def vin(self) -> str:
        """Its number."""
        return self.certificate.vin


class VehicleBook:
    """Every vehicle, by whatever names it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_certificate(self, digest: str) -> Vehicle | None:
        """The vehicle whose certificate has this hash."""
        return self._one(vehicles.c.certificate == _bare(digest))

    def of_numbers(self, numbers: Iterable[str]) -> dict[str, Vehicle]:
        """Those of these that are vehicles, by what their lots bear, in bare hex."""
        wanted = [_bare(each) for each in numbers]
        query = select(vehicles).where(vehicles.c.number_hash.in_(wanted))
        return {row.number_hash: vehicle_of(row) for row in self._connection.execute(query)}

    def of_vins(self, vins: Collection[str]) -> dict[str, Vehicle]:
        """Those of these that were taken in, by their numbers."""
        query = select(vehicles).where(vehicles.c.vin.in_(list(vins)))
        return {row.vin: vehicle_of(row) for row in self._connection.execute(query)}

    def add(self, number: str, certificate: ConformityCertificate, now: int, field: str) -> Vehicle:
        """Take a vehicle in; the same again changes nothing. `number`: the evidence service's; `now`: seconds.

        Raises Problem(CERTIFICATE-TWICE): a vehicle has one certificate, and a certificate one vehicle.
        """
        links.wait_for_turn(self._connection, links.VEHICLES)
        found = Vehicle(number, certificate, certificate_hash(certificate))
        for known in (
            self._one(vehicles.c.vin == certificate.vin),
            self._one(vehicles.c.certificate_number == certificate.number),
        ):
            if known is not None and known.hash != found.hash:
                raise _twice(known, certificate, field)
            if known is not None:
                return known
        row = {
            "number_hash": _bare(number), "vin": certificate.vin, "certificate": _bare(found.hash),
            "certificate_number": certificate.number, "content": certificate_content(certificate).decode(),
            "kept_at": now,
        }  # fmt: skip
        links.append(self._connection, links.VEHICLES, vehicles, row)
        return found

    def _one(self, that: ColumnElement[bool]) -> Vehicle | None:
        row = self._connection.execute(select(vehicles).where(that)).one_or_none()
        return None if row is None else vehicle_of(row)


def _twice(known: Vehicle, certificate: ConformityCertificate, field: str) -> Problem:
    if known.vin != certificate.vin:
        sentence = "a certificate of this number is another vehicle's"
        return Problem(
            "CERTIFICATE-TWICE", sentence, status=409, field=f"{field}.number", document=certificate.number
        )
    if known.certificate.number != certificate.number:
        sentence = "the vehicle has a certificate of another number: there is one to a vehicle"
        return Problem(
            "CERTIFICATE-TWICE", sentence, status=409, field=f"{field}.number", document=certificate.number
        )
    sentence = "the same certificate was told otherwise before"
    return Problem("CERTIFICATE-TWICE", sentence, status=409, field=field, document=certificate.number)


def vehicle_of(row: Row[Any]) -> Vehicle:
    """A vehicle from its row."""
    certificate = ConformityCertificate.model_validate(json.loads(row.content))
    return Vehicle("0x" + row.number_hash, certificate, "0x" + row.certificate)


def _bare(text: str) -> str:
    return text.removeprefix("0x").lower()
