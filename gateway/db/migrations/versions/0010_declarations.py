"""declarations: what persons of the parties said and signed beside the ledger

Revision: 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_declarations",
        sa.Column(
            "declaration",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="digest that its signers signed",
        ),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("party", sa.BigInteger(), nullable=False, comment="that declares"),
        sa.Column(
            "subject",
            sa.String(length=80),
            nullable=False,
            comment="what it is looked up by, as its kind says",
        ),
        sa.Column("effective_day", sa.BigInteger(), nullable=False, comment="0: at once"),
        sa.Column("fields", sa.Text(), nullable=False, comment="as signed, JSON"),
        sa.Column(
            "signatures", sa.Text(), nullable=False, comment="key, person and signature of each signer, JSON"
        ),
        sa.Column(
            "block",
            sa.BigInteger(),
            nullable=False,
            comment="the ledger's last that had been read when it came",
        ),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False, comment="in its book, from 1 on"),
        sa.Column(
            "link",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the link before it and of this row",
        ),
        sa.PrimaryKeyConstraint("declaration"),
        sa.UniqueConstraint("place", name="own_declarations_one_place"),
    )
    op.create_index("own_declarations_by_subject", "own_declarations", ["kind", "subject"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index("own_declarations_by_subject", table_name="own_declarations")
    op.drop_table("own_declarations")
