"""valuations of goods: appraisers' documents, and the lending rates that follow from them

Revision: 0021, after 0020.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_valuations",
        sa.Column(
            "sha256",
            sa.String(64),
            primary_key=True,
            comment="of the document in canonical form (RFC 8785)",
        ),
        sa.Column("lot", sa.BigInteger, nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False, comment="on which the goods were valued"),
        sa.Column(
            "rate",
            sa.BigInteger,
            nullable=False,
            comment="minor units for a million of the lot's smallest units",
        ),
        sa.Column(
            "lending_rate",
            sa.BigInteger,
            nullable=False,
            comment="of it, what counts: it rises by so much a day",
        ),
        sa.Column("content", sa.Text, nullable=False, comment="the document, canonical JSON"),
        sa.Column("kept_at", sa.BigInteger, nullable=False, comment="seconds since 1970"),
        sa.Column("place", sa.BigInteger, nullable=False, comment="in its book, from 1 on"),
        sa.Column(
            "link", sa.String(64), nullable=False, comment="SHA-256 of the link before it and of this row"
        ),
    )
    op.create_index("own_valuations_by_lot", "own_valuations", ["lot", "place"])
    op.create_index("own_valuations_by_place", "own_valuations", ["place"], unique=True)


def downgrade() -> None:
    """Undo it."""
    op.drop_table("own_valuations")
