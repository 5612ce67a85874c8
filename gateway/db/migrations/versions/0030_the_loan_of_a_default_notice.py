"""a default notice names the overdue loan that it was given for

Revision: 0030, after 0029. Notices that were read before name none, as they stood on the ledger.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.db.types import Unsigned64

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_COMMENT = "overdue, that a default notice names; 0: a call ran out"


def upgrade() -> None:
    """Make it so."""
    with op.batch_alter_table("ledger_marks", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("loan", Unsigned64, nullable=False, server_default="0", comment=_COMMENT)
        )
    with op.batch_alter_table("ledger_marks", schema=None) as batch_op:
        batch_op.alter_column(
            "loan", existing_type=Unsigned64, existing_nullable=False, existing_comment=_COMMENT,
            server_default=None,
        )  # fmt: skip


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("ledger_marks", schema=None) as batch_op:
        batch_op.drop_column("loan")
