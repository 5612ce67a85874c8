"""Vehicles that were taken in: whether their book is what was told, for the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from sqlalchemy import Connection, select

from gateway.db import links
from gateway.db.own_vehicles import vehicles
from gateway.db.vehicles import vehicle_of
from gateway.services.doctor import Discrepancy
from gateway.services.vehicle_numbers import masked


def vehicle_discrepancies(connection: Connection) -> Iterator[Discrepancy]:
    """Where the book of vehicles was altered: rows that do not hang together, or belie their certificate."""
    rows = list(connection.execute(select(vehicles).order_by(vehicles.c.place)))
    for each in links.broken(connection, links.VEHICLES, [dict(row._mapping) for row in rows]):
        name = "book vehicles" if each.row is None else f"vehicle {masked(each.row['vin'])}"
        yield Discrepancy(name, each.column, each.found, each.right, "by the vehicles before it")
    for row in rows:
        certificate = vehicle_of(row).certificate
        told = {
            "certificate": (row.certificate, sha256(row.content.encode()).hexdigest()),
            "certificate_number": (row.certificate_number, certificate.number),
            "vin": (masked(row.vin), masked(certificate.vin)),
        }
        for column, (found, right) in told.items():
            if found != right:
                name = f"vehicle {masked(row.vin)}"
                yield Discrepancy(name, column, found, right, "follows from its certificate")
