"""bank messages keep their signatures and hang together; orders are kept; entries say only what messages say

Revision: 0004, after 0003. Messages kept before have no signature: the doctor says so of each.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from eth_utils.crypto import keccak

from gateway.db.types import Unsigned64

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LINK = "SHA-256 of the link before it and of this row"


def _linked(number: str | None = None, text: str | None = None) -> list[sa.Column[Any]]:
    return [
        sa.Column(
            "place", sa.BigInteger(), nullable=False, server_default=number, comment="in its book, from 1 on"
        ),
        sa.Column("link", sa.String(length=64), nullable=False, server_default=text, comment=_LINK),
    ]


def upgrade() -> None:
    """Make it so."""
    _new_tables()
    _messages()
    _entries()
    with op.batch_alter_table("own_accounts", schema=None) as batch_op:
        for column in _linked("0", ""):
            batch_op.add_column(column)
    for table in ("own_accounts", "own_bank_messages"):
        _without_defaults(table)


def _new_tables() -> None:
    op.create_table(
        "own_links",
        sa.Column(
            "book",
            sa.String(length=32),
            nullable=False,
            comment="whose rows hang together: accounts, orders, a bank's BIC",
        ),
        sa.Column("places", sa.BigInteger(), nullable=False, comment="rows written so far"),
        sa.Column("link", sa.String(length=64), nullable=False, comment="of the last row"),
        sa.PrimaryKeyConstraint("book"),
    )
    op.create_table(
        "own_bank_orders",
        sa.Column("end_to_end", sa.String(length=35), nullable=False),
        sa.Column("kind", sa.BigInteger(), nullable=False, comment="of fact that the payment will be"),
        sa.Column("subject", Unsigned64(), nullable=False, comment="loan, root or title"),
        sa.Column("payer_bic", sa.String(length=11), nullable=False),
        sa.Column("payer_account", sa.String(length=34), nullable=False),
        sa.Column("payee_bic", sa.String(length=11), nullable=False),
        sa.Column("payee_account", sa.String(length=34), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False, comment="of execution, as ordered"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="the pain.001 as the payer got it"),
        sa.Column(
            "reading", sa.Text(), nullable=False, comment="every element with its text, as written, JSON"
        ),
        sa.Column("ordered_at", sa.BigInteger(), nullable=False),
        *_linked(),
        sa.PrimaryKeyConstraint("end_to_end"),
    )


def _messages() -> None:
    added: list[sa.Column[Any]] = [
        sa.Column(
            "address", sa.Text(), nullable=False, server_default="",
            comment="it was sent to: the bank signed it too",
        ),
        sa.Column(
            "headers", sa.Text(), nullable=False, server_default="{}",
            comment="signed headers and the signature (RFC 9421), JSON",
        ),
        sa.Column(
            "public_key", sa.LargeBinary(length=32), nullable=False, server_default="",
            comment="Ed25519 key the signature was checked with",
        ),
        sa.Column(
            "reading", sa.Text(), nullable=False, server_default="[]",
            comment="every element with its text, as it came, JSON",
        ),
        *_linked("0", ""),
    ]  # fmt: skip
    with op.batch_alter_table("own_bank_messages", schema=None) as batch_op:
        for column in added:
            batch_op.add_column(column)
        batch_op.alter_column(
            "kind", existing_type=sa.String(length=16), existing_nullable=False,
            existing_comment="camt.054, pain.002", comment="camt.054, camt.053, pain.002",
        )  # fmt: skip
        batch_op.alter_column(
            "state", existing_type=sa.String(length=16), existing_nullable=False,
            existing_comment="read or refused", comment="read, refused or differs",
        )  # fmt: skip


def _without_defaults(table: str) -> None:
    """Old rows have their values now; new ones bring their own."""
    inspected = sa.inspect(op.get_bind()).get_columns(table)
    with op.batch_alter_table(table, schema=None) as batch_op:
        for column in inspected:
            if column["default"] is not None:
                batch_op.alter_column(
                    column["name"], existing_type=column["type"], existing_nullable=False,
                    existing_comment=column.get("comment"), server_default=None,
                )  # fmt: skip


def _entries() -> None:
    """What an entry is about is asked of the ledger from now on; the rest stays."""
    added: list[sa.Column[Any]] = [
        sa.Column(
            "entry", sa.LargeBinary(length=32), nullable=True, comment="what the ledger knows the reference by"
        ),
        sa.Column(
            "returned", sa.String(length=35), nullable=False, server_default="",
            comment="the bank's reason, of money that came back",
        ),
        sa.Column(
            "transactions", sa.BigInteger(), nullable=False, server_default="1",
            comment="booked together in it; 0: not broken down",
        ),
    ]  # fmt: skip
    with op.batch_alter_table("own_bank_entries", schema=None) as batch_op:
        for column in added:
            batch_op.add_column(column)
        for name in ("state", "fact", "problem"):
            batch_op.drop_column(name)
    entries = sa.table("own_bank_entries", sa.column("reference"), sa.column("entry"))
    bind = op.get_bind()
    for (reference,) in bind.execute(sa.select(entries.c.reference).distinct()).all():
        known = entries.c.reference == reference
        bind.execute(sa.update(entries).where(known).values(entry=keccak(reference.encode())))
    with op.batch_alter_table("own_bank_entries", schema=None) as batch_op:
        batch_op.alter_column(
            "entry", existing_type=sa.LargeBinary(length=32), nullable=False,
            existing_comment="what the ledger knows the reference by",
        )  # fmt: skip
        batch_op.alter_column(
            "message_id", existing_type=sa.String(length=64), existing_nullable=False,
            comment="that told of it first",
        )  # fmt: skip
        batch_op.create_index("own_bank_entries_by_entry", ["entry"], unique=False)
    _without_defaults("own_bank_entries")


def downgrade() -> None:
    """Undo it. What entries were prepared as is not brought back."""
    with op.batch_alter_table("own_bank_entries", schema=None) as batch_op:
        batch_op.drop_index("own_bank_entries_by_entry")
        for name in ("entry", "returned", "transactions"):
            batch_op.drop_column(name)
        batch_op.add_column(sa.Column("state", sa.String(length=16), nullable=False, server_default="other"))
        batch_op.add_column(sa.Column("fact", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("problem", sa.Text(), nullable=False, server_default=""))
    for table, names in (
        ("own_bank_messages", ("address", "headers", "public_key", "reading", "place", "link")),
        ("own_accounts", ("place", "link")),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in names:
                batch_op.drop_column(name)
    op.drop_table("own_bank_orders")
    op.drop_table("own_links")
