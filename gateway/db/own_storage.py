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

endorsement_signatures = Table(
    "own_endorsement_signatures",
    metadata,
    Column(
        "endorsement", LargeBinary(32), primary_key=True, comment="digest of the act that its parties sign"
    ),
    Column("part", String(8), primary_key=True, comment="holder, acquirer or keeper"),
    Column("receipt", Unsigned64, nullable=False),
    Column("message", Text, nullable=False, comment="the act, canonical JSON"),
    Column("party", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("key", String(42), nullable=False, comment="address of the key that signed"),
    Column("signature", String(130), nullable=False),
    Column("day", BigInteger, nullable=False, comment="ledger day"),
    Column("signed_at", BigInteger, nullable=False, comment="seconds since 1970"),
    *linked(),
    Index("own_endorsement_signatures_by_receipt", "receipt"),
    Index("own_endorsement_signatures_by_place", "place", unique=True),
)
"""Rows are only ever added: where an endorsement stands follows from them, see `domain.endorsements`."""
