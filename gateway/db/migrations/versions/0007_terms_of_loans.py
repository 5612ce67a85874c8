"""loans carry their terms, and what the lender declared to the registry

Revision: 0007, after 0006. Loans that stand were all due at once and declared nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NUMBERS = (
    ("instalment", "each time, where all are equal"),
    ("terms", "0: all at the due day"),
    ("count", "instalments, or days free of interest"),
    ("grace_days", "after a due day, without penalty"),
)
_DECLARED = "what the lender declared to the registry of movables, as it says"


def upgrade() -> None:
    """Make it so."""
    with op.batch_alter_table("ledger_loans", schema=None) as batch_op:
        for name, comment in _NUMBERS:
            batch_op.add_column(
                sa.Column(name, sa.BigInteger(), nullable=False, server_default="0", comment=comment)
            )
        batch_op.add_column(
            sa.Column("registration", sa.LargeBinary(length=32), nullable=True, comment=_DECLARED)
        )
    loans = sa.table("ledger_loans", sa.column("registration"))
    op.get_bind().execute(sa.update(loans).values(registration=bytes(32)))
    with op.batch_alter_table("ledger_loans", schema=None) as batch_op:
        for name, comment in _NUMBERS:
            batch_op.alter_column(
                name, existing_type=sa.BigInteger(), existing_nullable=False,
                existing_comment=comment, server_default=None,
            )  # fmt: skip
        batch_op.alter_column(
            "registration", existing_type=sa.LargeBinary(length=32), nullable=False,
            existing_comment=_DECLARED,
        )  # fmt: skip


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("ledger_loans", schema=None) as batch_op:
        for name in ("instalment", "terms", "count", "grace_days", "registration"):
            batch_op.drop_column(name)
