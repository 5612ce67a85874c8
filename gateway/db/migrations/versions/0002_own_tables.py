"""own tables

Revision: 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "own_accounts",
        sa.Column(
            "commitment",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="what the ledger knows of the account",
        ),
        sa.Column(
            "bank", sa.BigInteger(), nullable=False, comment="party number of the bank that services it"
        ),
        sa.Column("bic", sa.String(length=11), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("owner", sa.BigInteger(), nullable=False),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "purpose", sa.String(length=16), nullable=False, comment="bound, collection, clearing or funding"
        ),
        sa.PrimaryKeyConstraint("commitment"),
    )
    with op.batch_alter_table("own_accounts", schema=None) as batch_op:
        batch_op.create_index("own_accounts_by_number", ["bic", "account"], unique=True)

    op.create_table(
        "own_bank_entries",
        sa.Column("bic", sa.String(length=11), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column(
            "reference", sa.String(length=40), nullable=False, comment="the bank's own reference of the entry"
        ),
        sa.Column("side", sa.String(length=6), nullable=False, comment="credit or debit"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("value_day", sa.BigInteger(), nullable=False),
        sa.Column("end_to_end", sa.String(length=35), nullable=False),
        sa.Column("reversal", sa.BigInteger(), nullable=False, comment="1 when it takes back another entry"),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="prepared, exception or other"),
        sa.Column("fact", sa.Text(), nullable=False, comment="the Fact act prepared from it, as JSON"),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bic", "account", "reference"),
    )
    op.create_table(
        "own_bank_messages",
        sa.Column("bic", sa.String(length=11), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="camt.054, pain.002"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="read or refused"),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bic", "message_id"),
    )
    op.create_table(
        "own_confirmations",
        sa.Column(
            "invoice", sa.Text(), nullable=False, comment="the invoice's identity, as matching spells it"
        ),
        sa.Column("root", sa.BigInteger(), nullable=False),
        sa.Column("nullifier", sa.LargeBinary(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("invoice"),
        sa.UniqueConstraint("root"),
    )
    op.create_table(
        "own_decisions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "own_documents",
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of the file as it came"),
        sa.Column("name", sa.Text(), nullable=False, comment="file name, as findings name it"),
        sa.Column("status", sa.String(length=16), nullable=False, comment="used, exception or unsupported"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "own_identities",
        sa.Column("scheme", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("party", sa.BigInteger(), nullable=False, comment="the party's number on the ledger"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "value"),
    )
    op.create_table(
        "own_instructions",
        sa.Column(
            "key",
            sa.String(length=120),
            nullable=False,
            comment="idempotency key; items of a list end in their place",
        ),
        sa.Column("body_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("function", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="the instruction as it came, canonical JSON"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "own_receipts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False, comment="exact decimal"),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("person", sa.Text(), nullable=False, comment="of the buyer, who saw the goods"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "own_serials",
        sa.Column("party", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "next",
            sa.BigInteger(),
            nullable=False,
            comment="next serial for ids this party makes through the gateway",
        ),
        sa.PrimaryKeyConstraint("party"),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("own_serials")
    op.drop_table("own_receipts")
    op.drop_table("own_instructions")
    op.drop_table("own_identities")
    op.drop_table("own_documents")
    op.drop_table("own_decisions")
    op.drop_table("own_confirmations")
    op.drop_table("own_bank_messages")
    op.drop_table("own_bank_entries")
    with op.batch_alter_table("own_accounts", schema=None) as batch_op:
        batch_op.drop_index("own_accounts_by_number")

    op.drop_table("own_accounts")
