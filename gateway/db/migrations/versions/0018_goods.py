"""goods: lots and liens

Revision: 0018, after 0017.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.db.types import Hash, Unsigned64

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_LOTS = (
    ("keeper", None),
    ("inspector", None),
    ("unit", "number of the unit, a code of UN/ECE Recommendation 20: see domain/goods_units"),
    ("decimals", "of the unit that a quantity counts"),
    ("last_day", "of storage"),
    ("opened_day", None),
    ("kind", "2 goods told from all others, 3 pool"),
    ("phase", "2 live, 3 closed"),
    ("first_quantity", "of the lot's first receipt"),
    ("deposited", "came into a pool after it"),
    ("redeemed", "given up of receipts"),
    ("delivered", "handed over for it"),
    ("lost", "found missing or spoilt"),
    ("counted_day", "of the last count; 0: never"),
    ("counts", None),
)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "ledger_lots",
        sa.Column("lot", Unsigned64, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.BigInteger, nullable=False, comment=comment) for name, comment in _LOTS),
        sa.Column(
            "number_hash",
            Hash,
            nullable=False,
            comment="commitment to keeper, place and the keeper's number of the lot",
        ),
        sa.Column(
            "evidence",
            Hash,
            nullable=False,
            comment="of the first receipt: the document with the items of CC-909",
        ),
        sa.Column("count_evidence", Hash, nullable=True, comment="of the last count"),
        sa.Column("block_number", sa.BigInteger, nullable=False),
        sa.Column("transaction_hash", Hash, nullable=False),
    )
    op.create_index("ledger_lots_by_keeper", "ledger_lots", ["keeper"])
    op.create_index("ledger_lots_by_number", "ledger_lots", ["number_hash"])
    op.create_table(
        "ledger_liens",
        sa.Column("title", Unsigned64, primary_key=True, autoincrement=False),
        sa.Column("amount", sa.BigInteger, nullable=False, comment="minor units; 0: paid"),
        sa.Column("currency", sa.BigInteger, nullable=False),
        sa.Column("evidence", Hash, nullable=False),
        sa.Column("block_number", sa.BigInteger, nullable=False),
        sa.Column("transaction_hash", Hash, nullable=False),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("ledger_liens")
    op.drop_table("ledger_lots")
