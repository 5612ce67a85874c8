"""Receipts' documents, as keepers gave them. Each is kept under its hash, which its receipt bears on the ledger: one
that was altered is found by nobody, and needs no other seal.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from gateway.db.own import metadata

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
