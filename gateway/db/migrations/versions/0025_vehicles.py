"""vehicles that were taken in, each with its certificate of conformity

Revision: 0025, after 0024.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_vehicles",
        sa.Column(
            "number_hash",
            sa.String(64),
            primary_key=True,
            comment="the evidence service's name of the number",
        ),
        sa.Column("vin", sa.String(17), nullable=False, unique=True),
        sa.Column(
            "certificate", sa.String(64), nullable=False, unique=True, comment="SHA-256 of its canonical form"
        ),
        sa.Column("certificate_number", sa.String(40), nullable=False, unique=True, comment="as printed"),
        sa.Column("content", sa.Text, nullable=False, comment="the certificate, canonical JSON"),
        sa.Column("kept_at", sa.BigInteger, nullable=False, comment="seconds since 1970"),
        sa.Column("place", sa.BigInteger, nullable=False, comment="in its book, from 1 on"),
        sa.Column(
            "link",
            sa.String(64),
            nullable=False,
            comment="SHA-256 of the link before it and of this row",
        ),
    )
    op.create_index("own_vehicles_by_place", "own_vehicles", ["place"], unique=True)


def downgrade() -> None:
    """Undo it."""
    op.drop_table("own_vehicles")
