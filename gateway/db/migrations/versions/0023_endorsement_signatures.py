"""endorsements of receipts on their way from holder to acquirer to keeper

Revision: 0023, after 0022.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.db.types import Unsigned64

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_endorsement_signatures",
        sa.Column(
            "endorsement",
            sa.LargeBinary(32),
            primary_key=True,
            comment="digest of the act that its parties sign",
        ),
        sa.Column("part", sa.String(8), primary_key=True, comment="holder, acquirer or keeper"),
        sa.Column("receipt", Unsigned64, nullable=False),
        sa.Column("message", sa.Text, nullable=False, comment="the act, canonical JSON"),
        sa.Column("party", sa.BigInteger, nullable=False),
        sa.Column("person", sa.BigInteger, nullable=False),
        sa.Column("key", sa.String(42), nullable=False, comment="address of the key that signed"),
        sa.Column("signature", sa.String(130), nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False, comment="ledger day"),
        sa.Column("signed_at", sa.BigInteger, nullable=False, comment="seconds since 1970"),
        sa.Column("place", sa.BigInteger, nullable=False, comment="in its book, from 1 on"),
        sa.Column(
            "link",
            sa.String(64),
            nullable=False,
            comment="SHA-256 of the link before it and of this row",
        ),
    )
    op.create_index("own_endorsement_signatures_by_receipt", "own_endorsement_signatures", ["receipt"])
    op.create_index(
        "own_endorsement_signatures_by_place", "own_endorsement_signatures", ["place"], unique=True
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("own_endorsement_signatures")
