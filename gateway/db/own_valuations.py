"""Valuations of goods that were taken: the appraiser's document under its hash, and the rates that follow from it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from gateway.db.columns import identity
from gateway.db.own import linked, metadata
from gateway.db.types import Unsigned64

valuations = Table(
    "own_valuations",
    metadata,
    Column("sha256", String(64), primary_key=True, comment="of the document in canonical form (RFC 8785)"),
    identity("lot"),
    Column("day", BigInteger, nullable=False, comment="on which the goods were valued"),
    Column(
        "rate", Unsigned64, nullable=False, comment="minor units for a million of the lot's smallest units"
    ),
    Column(
        "lending_rate", Unsigned64, nullable=False, comment="of it, what counts: it rises by so much a day"
    ),
    Column("content", Text, nullable=False, comment="the document, canonical JSON"),
    Column("kept_at", BigInteger, nullable=False, comment="seconds since 1970"),
    *linked(),
    Index("own_valuations_by_lot", "lot", "place"),
    Index("own_valuations_by_place", "place", unique=True),
)
"""Rows are only ever added, one after the other: the rate that counts follows from those before."""
