"""receipts' documents, as keepers gave them

Revision: 0019, after 0018.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_receipt_documents",
        sa.Column(
            "sha256",
            sa.String(64),
            primary_key=True,
            comment="of the document in canonical form (RFC 8785)",
        ),
        sa.Column(
            "number_hash",
            sa.String(64),
            nullable=False,
            comment="commitment to keeper, place and the lot's number",
        ),
        sa.Column("keeper", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Text, nullable=False, comment="where the goods lie"),
        sa.Column("lot", sa.Text, nullable=False, comment="the keeper's number of the lot"),
        sa.Column("content", sa.Text, nullable=False, comment="the document, canonical JSON"),
        sa.Column("kept_at", sa.BigInteger, nullable=False, comment="seconds since 1970"),
    )
    op.create_index("own_receipt_documents_by_number", "own_receipt_documents", ["number_hash"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("own_receipt_documents")
