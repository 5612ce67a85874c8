"""what repaid a loan is found without reading every movement

Revision: 0016, after 0015.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_index("ledger_movements_by_loan", "ledger_movements", ["loan"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index("ledger_movements_by_loan", "ledger_movements")
