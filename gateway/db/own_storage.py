"""Receipts' documents, as keepers gave them, and which receipt was prepared for which request.

Each document is kept under its hash, which its receipt bears on the ledger: one that was altered is found by nobody,
and needs no other seal.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from gateway.db.own import linked, metadata
from gateway.db.types import Unsigned64

receipt_documents = Table(
    "own_receipt_documents",
    metadata,
    Column("sha256", String(64), primary_key=True, comment="of the document in canonical form (RFC 8785)"),
    Column(
        "number_hash", String(64), nullable=False, comment="commitment to keeper, place and the lot's number"
    ),
    Column("keeper", BigInteger, nullable=False),
    Column("place", Text, nullable=False, comment="where the goods lie"),
    Column("lot", Text, nullable=False, comment="the keeper's number of the lot"),
    Column("content", Text, nullable=False, comment="the document, canonical JSON"),
    Column("kept_at", BigInteger, nullable=False, comment="seconds since 1970"),
    Index("own_receipt_documents_by_number", "number_hash"),
)

requested_receipts = Table(
    "own_requested_receipts",
    metadata,
    Column("request", LargeBinary(32), primary_key=True, comment="declaration that asked for storage"),
    Column(
        "receipt", Unsigned64, nullable=False, unique=True, comment="the only one that is prepared for it"
    ),
    Column("prepared_at", BigInteger, nullable=False, comment="seconds since 1970"),
    *linked(),
)
