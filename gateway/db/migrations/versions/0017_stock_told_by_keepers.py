"""what warehouse keepers tell: their files and messages, and every telling of their events

Revision: 0017, after 0016.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_stock_feeds",
        sa.Column("keeper", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of the file as it came"),
        sa.Column("name", sa.Text(), nullable=False, comment="file name, as findings name it"),
        sa.Column("form", sa.String(length=64), nullable=False, comment="format that read it; empty: none"),
        sa.Column("status", sa.String(length=16), nullable=False, comment="used, exception or unsupported"),
        sa.Column("events", sa.BigInteger(), nullable=False, comment="that were used"),
        sa.Column("said_at", sa.BigInteger(), comment="when it says that it was made; null: it does not say"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False, comment="findings and counts, as answered, JSON"),
        sa.Column(
            "message",
            sa.String(length=100),
            nullable=False,
            comment="id of the signed message; empty: uploaded",
        ),
        sa.Column("address", sa.Text(), nullable=False, comment="it was sent to: the keeper signed it too"),
        sa.Column(
            "headers", sa.Text(), nullable=False, comment="signed headers and the signature (RFC 9421), JSON"
        ),
        sa.Column(
            "public_key", sa.LargeBinary(length=32), nullable=False, comment="Ed25519 key it was checked with"
        ),
        sa.Column("place", sa.BigInteger(), nullable=False, comment="in its book, from 1 on"),
        sa.Column(
            "link",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the link before it and of this row",
        ),
        sa.PrimaryKeyConstraint("keeper", "sha256"),
    )
    op.create_index("own_stock_feeds_by_message", "own_stock_feeds", ["keeper", "message"])
    op.create_index("own_stock_feeds_by_place", "own_stock_feeds", ["place"], unique=True)
    op.create_table(
        "own_stock_tellings",
        sa.Column("keeper", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "event",
            sa.String(length=200),
            nullable=False,
            comment="the keeper's id, or a hash of the content",
        ),
        sa.Column(
            "content", sa.String(length=64), nullable=False, comment="SHA-256 of all that the event tells"
        ),
        sa.Column(
            "taken_back", sa.BigInteger(), autoincrement=False, nullable=False, comment="1: as an error"
        ),
        sa.Column(
            "part",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="from 1 on; 0: it tells nothing",
        ),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column(
            "lot", sa.Text(), nullable=False, comment="by its full name, with the GTIN where there is one"
        ),
        sa.Column("quantity", sa.Text(), nullable=False, comment="exact; empty: none is told"),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="of the event, microseconds since 1970"),
        sa.Column("zone", sa.String(length=6), nullable=False, comment="of the event, +08:00"),
        sa.Column("feed", sa.String(length=64), nullable=False, comment="file that told it first"),
        sa.Column("position", sa.Text(), nullable=False, comment="in that file"),
        sa.Column("detail", sa.Text(), nullable=False, comment="what else is told, JSON"),
        sa.PrimaryKeyConstraint("keeper", "event", "content", "taken_back", "part"),
    )
    op.create_index("own_stock_tellings_by_time", "own_stock_tellings", ["keeper", "at"])


def downgrade() -> None:
    """Undo it; indexes go with their tables."""
    op.drop_table("own_stock_tellings")
    op.drop_table("own_stock_feeds")
