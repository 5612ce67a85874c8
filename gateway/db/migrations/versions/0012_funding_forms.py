"""funding forms: what a draw buys, who stands behind a lender, who shares

Revision: 0012, after 0011. Until then nothing was bought, entrusted or shared.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_FACILITIES = (
    ("entrustor", "who funds it and bears its loss; 0: the lender"),
    ("agent_fee_bps", "of what is collected, to the lender as the entrustor's agent"),
)
_LOANS = (
    ("flags", "bits: its draw buys a title 2"),
    ("title", "what its draw buys; 0: nothing"),
)
_TABLE = "struct hash of the share table that stands; zero: none"


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "ledger_shares",
        sa.Column("facility", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "bps", sa.BigInteger(), nullable=False, comment="of what the facility lends, gets back and loses"
        ),
        sa.PrimaryKeyConstraint("facility", "party"),
    )
    for table, columns in (("ledger_facilities", _FACILITIES), ("ledger_loans", _LOANS)):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, comment in columns:
                batch_op.add_column(
                    sa.Column(name, sa.BigInteger(), nullable=False, server_default="0", comment=comment)
                )
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, comment in columns:
                batch_op.alter_column(
                    name, existing_type=sa.BigInteger(), existing_nullable=False,
                    existing_comment=comment, server_default=None,
                )  # fmt: skip
    with op.batch_alter_table("ledger_loans", schema=None) as batch_op:
        batch_op.create_index("ledger_loans_by_title", ["title"], unique=False)
    with op.batch_alter_table("ledger_facilities", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("share_table", sa.LargeBinary(length=32), nullable=True, comment=_TABLE)
        )
    facilities = sa.table("ledger_facilities", sa.column("share_table"))
    op.get_bind().execute(sa.update(facilities).values(share_table=bytes(32)))
    with op.batch_alter_table("ledger_facilities", schema=None) as batch_op:
        batch_op.alter_column(
            "share_table", existing_type=sa.LargeBinary(length=32), nullable=False, existing_comment=_TABLE
        )


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("ledger_loans", schema=None) as batch_op:
        batch_op.drop_index("ledger_loans_by_title")
        for name, _ in _LOANS:
            batch_op.drop_column(name)
    with op.batch_alter_table("ledger_facilities", schema=None) as batch_op:
        batch_op.drop_column("share_table")
        for name, _ in _FACILITIES:
            batch_op.drop_column(name)
    op.drop_table("ledger_shares")
