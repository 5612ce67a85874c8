"""reversals: a bank takes back a booking of its own

Revision: 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KINDS = "1 pay-out to 10 late interest, {}as ISettlement counts them"
_UNDONE = "negative where the bank took the repayment back"


def upgrade() -> None:
    """Make it so."""
    with op.batch_alter_table("ledger_movements", schema=None) as batch_op:
        comment = "the movement that this one, a debit, takes back"
        batch_op.add_column(sa.Column("reverses", sa.LargeBinary(length=32), nullable=True, comment=comment))
        batch_op.alter_column("kind", comment=_KINDS.format("11 a reversal, "), existing_type=sa.BigInteger())
    with op.batch_alter_table("ledger_repayments", schema=None) as batch_op:
        for name in ("interest", "principal"):
            batch_op.alter_column(name, comment=_UNDONE, existing_type=sa.BigInteger())


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("ledger_repayments", schema=None) as batch_op:
        for name in ("interest", "principal"):
            batch_op.alter_column(name, comment=None, existing_type=sa.BigInteger())
    with op.batch_alter_table("ledger_movements", schema=None) as batch_op:
        batch_op.alter_column("kind", comment=_KINDS.format(""), existing_type=sa.BigInteger())
        batch_op.drop_column("reverses")
