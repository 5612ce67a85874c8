"""rules: versions of the rule pack, rulings under them, and requests to confirm

Revision: 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_rule_packs",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("effective_from", sa.BigInteger(), nullable=False, comment="ledger day"),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of the content"),
        sa.Column(
            "previous",
            sa.String(length=64),
            nullable=False,
            comment="hash of the version before; empty in the first",
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="the whole version, RFC 8785"),
        sa.Column("person", sa.Text(), nullable=False, comment="who published it"),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_table(
        "own_rulings",
        sa.Column(
            "place", sa.BigInteger(), autoincrement=False, nullable=False, comment="in the book, from 1 on"
        ),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column(
            "subject",
            sa.String(length=200),
            nullable=False,
            comment="what was ruled on: receivable, loan, invoice",
        ),
        sa.Column(
            "party", sa.BigInteger(), nullable=False, comment="whose ruling it is; 0: the gateway's own"
        ),
        sa.Column("pack_version", sa.BigInteger(), nullable=False),
        sa.Column("pack_sha256", sa.String(length=64), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False, comment="ledger day as of which it was answered"),
        sa.Column("inputs", sa.Text(), nullable=False, comment="the case, canonical JSON"),
        sa.Column("holds", sa.BigInteger(), nullable=False, comment="1 when the case keeps the rule"),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column(
            "figures", sa.Text(), nullable=False, comment="what the answer follows from, canonical JSON"
        ),
        sa.Column("person", sa.Text(), nullable=False, comment="empty: nobody but the rule decided"),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "link",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the link before it and of this row",
        ),
        sa.PrimaryKeyConstraint("place"),
    )
    with op.batch_alter_table("own_rulings", schema=None) as batch_op:
        batch_op.create_index("own_rulings_by_rule", ["rule", "place"], unique=False)
        batch_op.create_index("own_rulings_by_subject", ["subject", "rule"], unique=False)
    op.create_table(
        "own_confirmation_requests",
        sa.Column(
            "invoice",
            sa.String(length=400),
            nullable=False,
            comment="the invoice's identity, as matching spells it",
        ),
        sa.Column("debtor", sa.BigInteger(), nullable=False, comment="party asked to confirm"),
        sa.Column("person", sa.Text(), nullable=False, comment="of the seller, who asked"),
        sa.Column("requested_day", sa.BigInteger(), nullable=False, comment="ledger day"),
        sa.Column(
            "confirmed_day", sa.BigInteger(), nullable=True, comment="ledger day; null while it is open"
        ),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("invoice"),
    )
    with op.batch_alter_table("own_confirmation_requests", schema=None) as batch_op:
        batch_op.create_index("own_confirmation_requests_by_debtor", ["debtor"], unique=False)


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("own_confirmation_requests", schema=None) as batch_op:
        batch_op.drop_index("own_confirmation_requests_by_debtor")
    op.drop_table("own_confirmation_requests")
    with op.batch_alter_table("own_rulings", schema=None) as batch_op:
        batch_op.drop_index("own_rulings_by_subject")
        batch_op.drop_index("own_rulings_by_rule")
    op.drop_table("own_rulings")
    op.drop_table("own_rule_packs")
