"""receipts and decisions carry the idempotency key they came under

Revision: 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = ("own_receipts", "own_decisions")


def upgrade() -> None:
    """Make it so."""
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            comment = "idempotency key of the request that recorded it"
            batch_op.add_column(sa.Column("key", sa.String(length=100), nullable=True, comment=comment))
            batch_op.create_index(f"{table}_by_key", ["key"], unique=True)


def downgrade() -> None:
    """Undo it."""
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(f"{table}_by_key")
            batch_op.drop_column("key")
