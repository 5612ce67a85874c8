"""leased goods, and how leases ended early

Revision: 0026, after 0025.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from gateway.db.types import Hash, Unsigned64

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_LEASES = (
    ("owner", "who held the receipt when it was agreed"),
    ("seller", "who is paid for it"),
    ("appraiser", "who says what goods taken back are worth"),
    ("facility", None),
    ("price", None),
    ("notice_days", "how many days a notice leaves at least"),
    ("notice_day", "of the last notice; 0: none"),
    ("from_day", "since when it may be ended by that notice"),
    ("standing", "1 until it was withdrawn, its last rental was paid, or it was ended"),
)
_ENDS = (
    ("day", "on which it was"),
    ("costs", "that its value met"),
    ("interest", "that its value met"),
    ("principal", "that its value met, written off"),
    ("difference", "what it was worth beyond the debt: the lessee's"),
)


def _numbers(columns: tuple[tuple[str, str | None], ...]) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False, comment=comment) for name, comment in columns]


def _said(comment: str) -> list[sa.Column[Any]]:
    return [
        sa.Column("evidence", Hash, nullable=False, comment=comment),
        sa.Column("block_number", sa.BigInteger, nullable=False),
        sa.Column("transaction_hash", Hash, nullable=False),
    ]


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, Unsigned64, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "ledger_leases",
        _key("title"),
        *_numbers(_LEASES),
        *_said("of what changed it last: the lease, a notice"),
    )
    op.create_index("ledger_leases_by_facility", "ledger_leases", ["facility"])
    op.create_table(
        "ledger_lease_ends",
        _key("loan"),
        sa.Column("title", Unsigned64, nullable=False, comment="what was taken back"),
        *_numbers(_ENDS),
        *_said("the valuation"),
    )
    op.create_index("ledger_lease_ends_by_title", "ledger_lease_ends", ["title"])


def downgrade() -> None:
    """Undo it."""
    for table in ("lease_ends", "leases"):
        op.drop_table(f"ledger_{table}")
