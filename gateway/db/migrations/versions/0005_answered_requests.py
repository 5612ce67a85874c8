"""answers to writes are kept by idempotency key; identities are kept by their commitment

Revision: 0005, after 0004. Receipts and decisions need no key of their own any more; nothing was ever written to the
table of identities that is replaced.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = ("own_receipts", "own_decisions")


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_requests",
        sa.Column("key", sa.String(length=100), nullable=False, comment="the caller's idempotency key"),
        sa.Column(
            "fingerprint", sa.LargeBinary(length=32), nullable=False, comment="of method, address and body"
        ),
        sa.Column("status", sa.BigInteger(), nullable=False, comment="HTTP status of the answer"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="the answer's body, byte for byte"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(f"{table}_by_key")
            batch_op.drop_column("key")
    op.drop_table("own_identities")
    op.create_table(
        "own_identities",
        sa.Column(
            "commitment",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="hash of all of it, as the ledger has it",
        ),
        sa.Column("party", sa.BigInteger(), nullable=False, comment="the party's number on the ledger"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identifiers", sa.Text(), nullable=False, comment="scheme and value of each, JSON"),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("commitment"),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("own_identities")
    op.create_table(
        "own_identities",
        sa.Column("scheme", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("party", sa.BigInteger(), nullable=False, comment="the party's number on the ledger"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "value"),
    )
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            comment = "idempotency key of the request that recorded it"
            batch_op.add_column(sa.Column("key", sa.String(length=100), nullable=True, comment=comment))
            batch_op.create_index(f"{table}_by_key", ["key"], unique=True)
    op.drop_table("own_requests")
