"""protection: who stands behind a facility, what was called, what it may recover; costs of enforcement

Revision: 0014, after 0013.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from gateway.db.types import Unsigned64

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_LOANS = (
    ("costs_added", "of enforcing it"),
    ("costs_paid", None),
)
_PROTECTIONS = (
    ("protector", None),
    ("facility", None),
    ("kind", "1 guarantee, 2 share, 3 reserve, 4 insurance"),
    ("order_number", "within its kind the lower one is called first"),
    ("bps", "a share's part of the loss"),
    ("cap", None),
    ("called", None),
    ("paid", None),
    ("reimbursed", "came back to the protector, or was given up by it"),
    ("until_day", "0: six months after the due day of the loan called for"),
    ("rate", "parts per million a year: the dearest loan it stands for without consent"),
    ("custodian", "of a reserve, as are the six after it; 0: none"),
    ("balance", "what the custodian attested last, less what was paid out since"),
    ("floor_amount", None),
    ("target", None),
    ("attested_day", None),
    ("top_up_day", "the day by which it must be filled up; 0: not below its floor"),
    ("top_up_days", None),
)
_CALLS = (
    ("called", None),
    ("paid", None),
    ("reimbursed", None),
    ("day", "of the latest call"),
    ("consented", "1 when the protector agreed to a dearer loan"),
)
_CLAIMS = (
    ("first_open", "of guarantors, partners and reserves"),
    ("later_open", "of insurers"),
    ("pot", "collected for them"),
    ("shared", "what partners paid"),
)


_COMMENTS = (
    (
        "ledger_facilities",
        "flags",
        "bits: locks end with the debt 1, purchase 2, recourse 4, entrusted 8",
        "bits: locks end with the debt 1, purchase 2, recourse 4, entrusted 8, reserve short 64, claims open 128",
    ),
    (
        "ledger_movements",
        "kind",
        "1 pay-out to 10 late interest, 11 a reversal, as ISettlement counts them",
        "1 pay-out to 10 late interest, 11 a reversal, 12 protected, 13 reimbursed, as ISettlement counts them",
    ),
    (
        "ledger_movements",
        "subject",
        "loan, root or title, as the kind says",
        "loan, root, title or protection, as the kind says",
    ),
)
"""Columns that mean more than before: table, column, what was said of it, what is."""


def _numbers(names: Sequence[tuple[str, str | None]]) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False, comment=comment) for name, comment in names]


def _origin() -> list[sa.Column[object]]:
    return [
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
    ]


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, Unsigned64(), autoincrement=False, nullable=False)


def _comment(table: str, name: str, old: str, new: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.alter_column(
            name, existing_type=sa.BigInteger(), existing_nullable=False, existing_comment=old, comment=new
        )


def upgrade() -> None:
    """Make it so. Loans and repayments from before had no costs; their tables are folded anew from the chain."""
    with op.batch_alter_table("ledger_loans", schema=None) as batch_op:
        for name, comment in _LOANS:
            column = sa.Column(name, sa.BigInteger(), nullable=False, comment=comment, server_default="0")
            batch_op.add_column(column)
    with op.batch_alter_table("ledger_loans", schema=None) as batch_op:
        for name, _ in _LOANS:
            batch_op.alter_column(name, server_default=None)
    with op.batch_alter_table("ledger_repayments", schema=None) as batch_op:
        comment = "negative where the bank took the repayment back"
        batch_op.add_column(
            sa.Column("costs", sa.BigInteger(), nullable=False, comment=comment, server_default="0")
        )
    with op.batch_alter_table("ledger_repayments", schema=None) as batch_op:
        batch_op.alter_column("costs", server_default=None)
    for table, name, old, new in _COMMENTS:
        _comment(table, name, old, new)
    op.create_table(
        "ledger_protections",
        _key("protection"),
        *_numbers(_PROTECTIONS),
        sa.Column("evidence", sa.LargeBinary(length=32), nullable=False),
        sa.Column("attested_evidence", sa.LargeBinary(length=32), nullable=True),
        *_origin(),
        sa.PrimaryKeyConstraint("protection"),
    )
    op.create_index("ledger_protections_by_facility", "ledger_protections", ["facility"])
    op.create_index("ledger_protections_by_protector", "ledger_protections", ["protector"])
    op.create_table(
        "ledger_calls",
        _key("protection"),
        _key("loan"),
        *_numbers(_CALLS),
        sa.Column("evidence", sa.LargeBinary(length=32), nullable=False, comment="of the latest act"),
        *_origin(),
        sa.PrimaryKeyConstraint("protection", "loan"),
    )
    op.create_index("ledger_calls_by_loan", "ledger_calls", ["loan"])
    op.create_table(
        "ledger_claims", _key("loan"), *_numbers(_CLAIMS), *_origin(), sa.PrimaryKeyConstraint("loan")
    )


def downgrade() -> None:
    """Undo it; indexes go with their tables."""
    for table in ("ledger_claims", "ledger_calls", "ledger_protections"):
        op.drop_table(table)
    for table, name, old, new in _COMMENTS:
        _comment(table, name, new, old)
    with op.batch_alter_table("ledger_repayments", schema=None) as batch_op:
        batch_op.drop_column("costs")
    with op.batch_alter_table("ledger_loans", schema=None) as batch_op:
        for name, _ in _LOANS:
            batch_op.drop_column(name)
