"""Vehicles that were taken in: each number once, with its certificate of conformity.

The ledger has the evidence service's name of a number and never the number itself.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from gateway.db.own import linked, metadata

vehicles = Table(
    "own_vehicles",
    metadata,
    Column("number_hash", String(64), primary_key=True, comment="the evidence service's name of the number"),
    Column("vin", String(17), nullable=False, unique=True),
    Column("certificate", String(64), nullable=False, unique=True, comment="SHA-256 of its canonical form"),
    Column("certificate_number", String(40), nullable=False, unique=True, comment="as printed"),
    Column("content", Text, nullable=False, comment="the certificate, canonical JSON"),
    Column("kept_at", BigInteger, nullable=False, comment="seconds since 1970"),
    *linked(),
    Index("own_vehicles_by_place", "place", unique=True),
)
"""Rows are only ever added: a vehicle has one certificate for good."""
