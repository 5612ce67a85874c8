"""webhooks: who is told of what happens, what is on its way to them, and every attempt

Revision: 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_webhooks",
        sa.Column("webhook", sa.String(length=40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False, comment="kinds, JSON; empty: all"),
        sa.Column(
            "secret", sa.LargeBinary(length=32), nullable=False, comment="what messages are signed with"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=True, comment="the sink said that it is gone"),
        sa.Column("since_block", sa.BigInteger(), nullable=False, comment="told of nothing up to here"),
        sa.Column("block_number", sa.BigInteger(), nullable=False, comment="told of all facts up to here"),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=False, comment="empty: none yet"),
        sa.Column("instruction", sa.BigInteger(), nullable=False, comment="told of all refusals up to here"),
        sa.Column("failures", sa.BigInteger(), nullable=False, comment="of the sink, one after another"),
        sa.Column("quiet_until", sa.BigInteger(), nullable=False, comment="nothing is tried before"),
        sa.PrimaryKeyConstraint("webhook"),
    )
    op.create_table(
        "own_deliveries",
        sa.Column("webhook", sa.String(length=40), nullable=False),
        sa.Column(
            "message", sa.String(length=80), nullable=False, comment="webhook-id: the same at every attempt"
        ),
        sa.Column("place", sa.BigInteger(), nullable=False, comment="in its webhook, from 1 on"),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="as it is sent, byte for byte"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="pending, delivered or given up"),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False, comment="when to try, or to try again"),
        sa.PrimaryKeyConstraint("webhook", "message"),
        sa.UniqueConstraint("webhook", "place", name="own_deliveries_one_place"),
    )
    with op.batch_alter_table("own_deliveries", schema=None) as batch_op:
        batch_op.create_index("own_deliveries_by_state", ["state", "webhook", "next_at"], unique=False)
    op.create_table(
        "own_attempts",
        sa.Column("webhook", sa.String(length=40), nullable=False),
        sa.Column("message", sa.String(length=80), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False, comment="from 1 on"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True, comment="of HTTP, when there was an answer"),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("webhook", "message", "attempt"),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("own_attempts")
    with op.batch_alter_table("own_deliveries", schema=None) as batch_op:
        batch_op.drop_index("own_deliveries_by_state")
    op.drop_table("own_deliveries")
    op.drop_table("own_webhooks")
