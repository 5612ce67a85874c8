"""webhooks are told of declarations, of signatures of endorsements and of valuations: from now on

Revision: 0029, after 0028.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_BOOKS = (
    ("declaration", "own_declarations", "told of all declarations up to this place"),
    ("endorsement", "own_endorsement_signatures", "told of all signatures of endorsements up to this place"),
    ("valuation", "own_valuations", "told of all valuations up to this place"),
)


def upgrade() -> None:
    """Make it so; who subscribed before is told of what comes, not of what was."""
    with op.batch_alter_table("own_webhooks", schema=None) as batch_op:
        for name, _, comment in _BOOKS:
            batch_op.add_column(
                sa.Column(name, sa.BigInteger(), nullable=False, server_default="0", comment=comment)
            )
    for name, table, _ in _BOOKS:
        op.execute(sa.text(f"UPDATE own_webhooks SET {name} = (SELECT coalesce(max(place), 0) FROM {table})"))
    with op.batch_alter_table("own_webhooks", schema=None) as batch_op:
        for name, _, comment in _BOOKS:
            batch_op.alter_column(
                name, existing_type=sa.BigInteger(), existing_nullable=False, existing_comment=comment,
                server_default=None,
            )  # fmt: skip


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("own_webhooks", schema=None) as batch_op:
        for name, _, _ in _BOOKS:
            batch_op.drop_column(name)
