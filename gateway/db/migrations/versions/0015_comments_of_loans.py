"""what the columns of loans hold since loans have terms and titles are sold

Revision: 0015, after 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_PHASES = "1 reserved, 2 outstanding, 3 settled, 4 void, 5 written off"
_TERMS = "0 bullet, 1 equal instalments, 2 equal principal, 3 discount, 4 statement, 5 interest only"
_COMMENTS = {
    "basis": ("0: 360 days a year, 1: 365", "0: 360 days a year, 1: 365, 2: actual/actual"),
    "phase": (_PHASES, f"{_PHASES}, 6 sold"),
    "overdue_days": ("minor units times days after the due day", "minor units overdue times days"),
    "terms": ("0: all at the due day", _TERMS),
}
"""By column: as it was, and as it is."""


def _comment(which: int) -> None:
    with op.batch_alter_table("ledger_loans", schema=None) as batch_op:
        for column, told in _COMMENTS.items():
            kind = sa.LargeBinary(length=32) if column == "overdue_days" else sa.BigInteger()
            batch_op.alter_column(column, comment=told[which], existing_type=kind, existing_nullable=False)


def upgrade() -> None:
    """Make it so."""
    _comment(1)


def downgrade() -> None:
    """Undo it."""
    _comment(0)
