"""orders, their lists, and what became of them

Revision: 0024, after 0023.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.db.types import Hash, Unsigned64

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def _number(name: str, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, comment=comment)


def _digest(name: str, comment: str | None = None, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, Hash, nullable=nullable, comment=comment)


def _identity(name: str, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, Unsigned64, nullable=False, comment=comment)


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, Unsigned64, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "ledger_purchase_orders",
        _key("order"),
        _number("buyer"),
        _number("seller"),
        _number("currency", "ISO 4217 number"),
        _number("last_day", "of delivery: later nothing of it becomes a receivable"),
        _number("opened_day"),
        _number("phase", "2 live, 3 closed: nothing is to come any more"),
        _number("policy_version"),
        _number("quantity", "as confirmed"),
        _number("taken", "received, at the order's price"),
        _number("promised", "receivables that came of it"),
        _number("reduced", "will not come, or not at that price"),
        _digest("nullifier", "of the order itself, as the evidence service attested it"),
        _identity("list", "that it was taken from; 0: confirmed by itself"),
        _digest("evidence", "of the order as the two agreed it"),
        _digest("reduce_evidence", "of the last reduction", nullable=True),
        _number("block_number"),
        _digest("transaction_hash"),
    )
    op.create_index("ledger_purchase_orders_by_buyer", "ledger_purchase_orders", ["buyer"])
    op.create_index("ledger_purchase_orders_by_seller", "ledger_purchase_orders", ["seller"])
    op.create_table(
        "ledger_purchase_order_lists",
        _key("list"),
        _number("debtor"),
        _number("currency"),
        _number("opened_day"),
        _number("total"),
        _number("taken"),
        _number("policy_version"),
        _number("maximum_tenor_months"),
        _number("maximum_depth"),
        _number("accept_days"),
        _number("release_days"),
        _number("minimum_late_interest"),
        _number("minimum_piece"),
        _digest("orders", "Merkle root"),
        _digest("evidence"),
        _number("block_number"),
        _digest("transaction_hash"),
    )
    op.create_table(
        "ledger_conversions",
        _key("receivable"),
        _identity("order"),
        _identity("title", "of the order, that it was taken from"),
        _number("taken", "received, at the order's price"),
        _number("promised", "the receivable"),
        _digest("evidence", "of what says that it was received"),
        _number("block_number"),
        _digest("transaction_hash"),
    )
    op.create_index("ledger_conversions_by_order", "ledger_conversions", ["order"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("ledger_conversions")
    op.drop_table("ledger_purchase_order_lists")
    op.drop_table("ledger_purchase_orders")
