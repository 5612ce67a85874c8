"""goods in the place of orders, receivables in the place of goods, and sales that are agreed anew

Revision: 0027, after 0026.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.db.types import Hash, Unsigned64

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_STATE = "0 nobody paid, 1 agreed, 2 paid and delivered"
_ADDED = (
    ("ledger_goods_sales", "came_before", "this buyer's first, under sales that ended"),
    ("ledger_purchase_orders", "stored", "of what was taken: goods in store, pledged in its place"),
)


def upgrade() -> None:
    """Make it so. What came first, and what was stored, is nothing: neither could be before."""
    for table, name, comment in _ADDED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(
                sa.Column(name, sa.BigInteger(), nullable=False, server_default="0", comment=comment)
            )
    for table, name, _ in _ADDED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(name, existing_type=sa.BigInteger(), server_default=None)
    _tell(f"{_STATE}, 3 ended with a part paid")
    op.create_table(
        "ledger_goods_conversions",
        sa.Column("receivable", Unsigned64, primary_key=True, autoincrement=False),
        sa.Column("title", Unsigned64, nullable=False, comment="the receipt that is the buyer's since"),
        sa.Column("evidence", Hash, nullable=False, comment="of the sale"),
        sa.Column("block_number", sa.BigInteger, nullable=False),
        sa.Column("transaction_hash", Hash, nullable=False),
    )
    op.create_index("ledger_goods_conversions_by_title", "ledger_goods_conversions", ["title"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("ledger_goods_conversions")
    _tell(_STATE)
    for table, name, _ in _ADDED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(name)


def _tell(state: str) -> None:
    with op.batch_alter_table("ledger_goods_sales", schema=None) as batch_op:
        batch_op.alter_column("state", comment=state, existing_type=sa.BigInteger())
