"""stages of a facility: what was agreed, and how far they are

Revision: 0028, after 0027.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from gateway.db.types import Hash, Unsigned256

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def _number(name: str, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, comment=comment)


def _said(comment: str | None = None) -> list[sa.Column[Any]]:
    return [
        sa.Column("evidence", Hash, nullable=False, comment=comment),
        sa.Column("block_number", sa.BigInteger, nullable=False),
        sa.Column("transaction_hash", Hash, nullable=False),
    ]


def _facility() -> sa.Column[int]:
    return sa.Column("facility", sa.BigInteger, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "ledger_stage_terms",
        _facility(),
        _number("approver", "0: the lender opens stages by itself, with two persons"),
        _number("special_bank", "that services the account loans are paid out on"),
        sa.Column("special_account", Hash, nullable=False, comment="commitment to it"),
        _number("first_amount", "may be used before anything was sold"),
        _number("step_bps", "of each unit of sales cash opens beyond it"),
        _number("release_bps", "of each unit of sales cash may go free in goods"),
        _number("version"),
        *_said(),
    )
    op.create_table(
        "ledger_stages",
        _facility(),
        _number("opened", "may be used, as the two keys said"),
        sa.Column("sales", Unsigned256, nullable=False, comment="cash that came in and filled loans"),
        sa.Column(
            "released", Unsigned256, nullable=False, comment="value of goods that went free against it"
        ),
        *_said("of the last act: of a stage, the merchant's need"),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("ledger_stages")
    op.drop_table("ledger_stage_terms")
