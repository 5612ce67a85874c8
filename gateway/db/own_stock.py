"""What warehouse keepers told: files and messages as they came, and every telling of their events.

These tables are the gateway's own (`own_*`), like those of `own`. Quantities are exact text, times of events
microseconds since 1970 with their zone, other times seconds.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from gateway.db.own import linked, metadata

feeds = Table(
    "own_stock_feeds",
    metadata,
    Column("keeper", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", String(64), primary_key=True, comment="of the file as it came"),
    Column("name", Text, nullable=False, comment="file name, as findings name it"),
    Column("form", String(64), nullable=False, comment="format that read it; empty: none"),
    Column("status", String(16), nullable=False, comment="used, exception or unsupported"),
    Column("events", BigInteger, nullable=False, comment="that were used"),
    Column("said_at", BigInteger, comment="when it says that it was made; null: it does not say"),
    Column("received_at", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("answer", Text, nullable=False, comment="findings and counts, as answered, JSON"),
    Column("message", String(100), nullable=False, comment="id of the signed message; empty: uploaded"),
    Column("address", Text, nullable=False, comment="it was sent to: the keeper signed it too"),
    Column("headers", Text, nullable=False, comment="signed headers and the signature (RFC 9421), JSON"),
    Column("public_key", LargeBinary(32), nullable=False, comment="Ed25519 key it was checked with"),
    *linked(),
    Index("own_stock_feeds_by_message", "keeper", "message"),
    Index("own_stock_feeds_by_place", "place", unique=True),
)

messages = Table(
    "own_stock_messages",
    metadata,
    Column("keeper", BigInteger, primary_key=True, autoincrement=False),
    Column("message", String(100), primary_key=True, comment="id of the signed message"),
    Column("sha256", String(64), nullable=False, comment="of its content: a file that had come before"),
    Column("name", Text, nullable=False, comment="file name, as the message gives it"),
    Column("received_at", BigInteger, nullable=False),
    Column("address", Text, nullable=False, comment="it was sent to: the keeper signed it too"),
    Column("headers", Text, nullable=False, comment="signed headers and the signature (RFC 9421), JSON"),
    Column("public_key", LargeBinary(32), nullable=False, comment="Ed25519 key it was checked with"),
    *linked(),
    Index("own_stock_messages_by_place", "place", unique=True),
)
"""Signed messages whose content was known: it came unsigned before, or in another message."""

tellings = Table(
    "own_stock_tellings",
    metadata,
    Column("keeper", BigInteger, primary_key=True, autoincrement=False),
    Column("event", String(200), primary_key=True, comment="the keeper's id, or a hash of the content"),
    Column("content", String(64), primary_key=True, comment="SHA-256 of all that the event tells"),
    Column("taken_back", BigInteger, primary_key=True, autoincrement=False, comment="1: as an error"),
    Column(
        "part", BigInteger, primary_key=True, autoincrement=False, comment="from 1 on; 0: it tells nothing"
    ),
    Column("kind", String(16), nullable=False),
    Column("place", Text, nullable=False),
    Column("lot", Text, nullable=False, comment="by its full name, with the GTIN where there is one"),
    Column("quantity", Text, nullable=False, comment="exact; empty: none is told"),
    Column("unit", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="of the event, microseconds since 1970"),
    Column("zone", String(6), nullable=False, comment="of the event, +08:00"),
    Column("feed", String(64), nullable=False, comment="file that told it first"),
    Column("position", Text, nullable=False, comment="in that file"),
    Column("detail", Text, nullable=False, comment="what else is told, JSON"),
    Index("own_stock_tellings_by_time", "keeper", "at"),
)
"""Rows are only ever added: stock follows from all of them, see `domain.stock_fold`."""
