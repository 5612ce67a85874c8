"""signed messages of warehouse keepers whose content had come before

Revision: 0031, after 0030.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_stock_messages",
        sa.Column("keeper", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message", sa.String(length=100), nullable=False, comment="id of the signed message"),
        sa.Column(
            "sha256",
            sa.String(length=64),
            nullable=False,
            comment="of its content: a file that had come before",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="file name, as the message gives it"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
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
        sa.PrimaryKeyConstraint("keeper", "message"),
    )
    op.create_index("own_stock_messages_by_place", "own_stock_messages", ["place"], unique=True)


def downgrade() -> None:
    """Undo it; the index goes with its table."""
    op.drop_table("own_stock_messages")
