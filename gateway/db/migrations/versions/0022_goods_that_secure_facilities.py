"""goods that secure facilities: terms, marks, lots, sales in enforcement

Revision: 0022, after 0021.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from gateway.db.types import Hash, Unsigned64

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TERMS = (
    ("control_agent", None),
    ("appraiser", None),
    ("second_appraiser", None),
    ("maintenance_bps", "what may be owed of each value before the lender calls"),
    ("rise_bps", "by how much of itself a rate may rise a day"),
    ("valid_days", "how long a valuation may be good for"),
    ("call_days", "how many days a call leaves at least"),
    ("floor_amount", "below which value nothing is released while anything is owed"),
    ("version", None),
)
_MARKS = (
    ("fresh_until", "day through which every valuation is good"),
    ("lots", "that are pledged"),
    ("state", "0 standing, 1 called, 2 enforced"),
    ("day", "through which a call must be met, or from which goods may be sold"),
)
_LOTS = (
    ("quantity", "of the receipts pledged there"),
    ("value", "what it counted for when it was looked at last"),
)
_VALUED = (
    ("valued_day", "0: nobody valued it"),
    ("valid_until", None),
    ("model", "version of the model that valued it"),
)
_SALES = (
    ("price", None),
    ("buyer", None),
    ("facility", None),
    ("quantity", None),
    ("pay_by", None),
    ("state", "0 nobody paid, 1 agreed, 2 paid and delivered"),
)


def _numbers(columns: tuple[tuple[str, str | None], ...]) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False, comment=comment) for name, comment in columns]


def _said(comment: str | None = None) -> list[sa.Column[Any]]:
    return [
        sa.Column("evidence", Hash, nullable=False, comment=comment),
        sa.Column("block_number", sa.BigInteger, nullable=False),
        sa.Column("transaction_hash", Hash, nullable=False),
    ]


def _key(name: str, kind: Any = sa.BigInteger) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Make it so."""
    op.create_table("ledger_goods_terms", _key("facility"), *_numbers(_TERMS), *_said())
    op.create_table(
        "ledger_marks",
        _key("facility"),
        *_numbers(_MARKS),
        *_said("of what changed it last: a call's notice, a default notice"),
    )
    op.create_table(
        "ledger_pledged_lots",
        _key("facility"),
        _key("lot", Unsigned64),
        *_numbers(_LOTS),
        sa.Column("rate", Unsigned64, nullable=False, comment="what a million units count for"),
        *_numbers(_VALUED),
        *_said("of what changed it last"),
    )
    op.create_index("ledger_pledged_lots_by_lot", "ledger_pledged_lots", ["lot"])
    op.create_table(
        "ledger_goods_sales",
        _key("title", Unsigned64),
        *_numbers(_SALES),
        *_said("the two valuations, and the terms of the sale"),
    )
    op.create_index("ledger_goods_sales_by_facility", "ledger_goods_sales", ["facility"])


def downgrade() -> None:
    """Undo it."""
    for table in ("goods_sales", "pledged_lots", "marks", "goods_terms"):
        op.drop_table(f"ledger_{table}")
