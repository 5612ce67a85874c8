"""which receipt was prepared for which request of storage

Revision: 0020, after 0019.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.db.types import Unsigned64

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_requested_receipts",
        sa.Column(
            "request",
            sa.LargeBinary(32),
            primary_key=True,
            comment="declaration that asked for storage",
        ),
        sa.Column(
            "receipt",
            Unsigned64,
            nullable=False,
            unique=True,
            comment="the only one that is prepared for it",
        ),
        sa.Column("prepared_at", sa.BigInteger, nullable=False, comment="seconds since 1970"),
        sa.Column("place", sa.BigInteger, nullable=False, comment="in its book, from 1 on"),
        sa.Column(
            "link",
            sa.String(64),
            nullable=False,
            comment="SHA-256 of the link before it and of this row",
        ),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("own_requested_receipts")
