"""day ends: runs, differences and their events, statements that were reconciled

Revision: 0011, after 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_difference_events",
        sa.Column("difference", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False, comment="from 1 on"),
        sa.Column("event", sa.String(length=10), nullable=False, comment="opened, assigned or closed"),
        sa.Column("run", sa.BigInteger(), nullable=True, comment="that did it"),
        sa.Column("person", sa.Text(), nullable=False, comment="that it was assigned to, or that closed it"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False, comment="in its book, from 1 on"),
        sa.Column(
            "link",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the link before it and of this row",
        ),
        sa.PrimaryKeyConstraint("difference", "number"),
    )
    op.create_table(
        "own_differences",
        sa.Column("id", sa.String(length=32), nullable=False, comment="of identity and occurrence"),
        sa.Column(
            "identity",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of rule, bank, account and item",
        ),
        sa.Column(
            "occurrence",
            sa.BigInteger(),
            nullable=False,
            comment="from 1 on: found again after it was closed",
        ),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("bic", sa.String(length=11), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False, comment="it belongs to, and ages from"),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="minor units at stake"),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column(
            "line",
            sa.Text(),
            nullable=False,
            comment="the bank's entry, JSON, to be compared again; or empty",
        ),
        sa.Column("opened_run", sa.BigInteger(), nullable=False),
        sa.Column("opened_day", sa.BigInteger(), nullable=False, comment="business day of that run"),
        sa.Column("last_run", sa.BigInteger(), nullable=False, comment="that found it"),
        sa.Column("state", sa.String(length=8), nullable=False, comment="open or closed"),
        sa.Column("assigned_to", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False, comment="a person; empty for a run"),
        sa.Column(
            "closed_run", sa.BigInteger(), nullable=True, comment="the run that found the missing side"
        ),
        sa.Column("closed_day", sa.BigInteger(), nullable=True, comment="business day of that run"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("identity", "occurrence", name="own_differences_one_occurrence"),
    )
    with op.batch_alter_table("own_differences", schema=None) as batch_op:
        batch_op.create_index("own_differences_by_state", ["state", "day", "id"], unique=False)
    op.create_table(
        "own_reconciliations",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False, comment="from 1 on"),
        sa.Column("day", sa.BigInteger(), nullable=False, comment="business day"),
        sa.Column("closes", sa.BigInteger(), nullable=True, comment="the day, when the run closed it"),
        sa.Column("bank", sa.String(length=11), nullable=False, comment="BIC, when it was of one bank only"),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False, comment="the ledger's tables stood at"),
        sa.Column("node", sa.BigInteger(), nullable=False, comment="1 when the chain itself was asked"),
        sa.Column(
            "inputs", sa.String(length=64), nullable=False, comment="SHA-256 of the statements' digests"
        ),
        sa.Column(
            "figures", sa.Text(), nullable=False, comment="all that was found, canonical JSON (RFC 8785)"
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of the figures"),
        sa.Column("run_at", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False, comment="in its book, from 1 on"),
        sa.Column(
            "link",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the link before it and of this row",
        ),
        sa.PrimaryKeyConstraint("run"),
        sa.UniqueConstraint("closes"),
    )
    op.create_table(
        "own_stated_entries",
        sa.Column("bic", sa.String(length=11), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column(
            "entry",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="what the ledger knows the reference by",
        ),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="of the statement"),
        sa.Column("closed_day", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bic", "account", "entry"),
    )
    op.create_table(
        "own_statements",
        sa.Column("bic", sa.String(length=11), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of what it says"),
        sa.Column("statement_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="file, or id of the kept message"),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True, comment="the bank's own number"),
        sa.Column("first_day", sa.BigInteger(), nullable=False),
        sa.Column("last_day", sa.BigInteger(), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=False),
        sa.Column("closing", sa.BigInteger(), nullable=False),
        sa.Column("closed_day", sa.BigInteger(), nullable=False, comment="whose day end reconciled it first"),
        sa.PrimaryKeyConstraint("bic", "account", "digest"),
    )
    with op.batch_alter_table("own_statements", schema=None) as batch_op:
        batch_op.create_index("own_statements_by_day", ["closed_day"], unique=False)


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("own_statements", schema=None) as batch_op:
        batch_op.drop_index("own_statements_by_day")
    op.drop_table("own_statements")
    op.drop_table("own_stated_entries")
    op.drop_table("own_reconciliations")
    with op.batch_alter_table("own_differences", schema=None) as batch_op:
        batch_op.drop_index("own_differences_by_state")
    op.drop_table("own_differences")
    op.drop_table("own_difference_events")
