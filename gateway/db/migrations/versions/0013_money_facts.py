"""entries keep all that messages say of them, what became of orders is kept, and what persons decide about money

Revision: 0013, after 0012. Entries kept before say what their columns said: the doctor names each that its messages
tell more of.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("contested", "columns in which messages contradict each other"),
    ("tellings", "every different thing that messages say of it, JSON"),
)
_KEYS = ("bic", "account", "reference")
_CORE = ("side", "amount", "currency", "value_day", "reversal")


def upgrade() -> None:
    """Make it so."""
    with op.batch_alter_table("own_bank_entries", schema=None) as batch_op:
        for name, comment in _COLUMNS:
            batch_op.add_column(
                sa.Column(name, sa.Text(), nullable=False, server_default="", comment=comment)
            )
    _tell()
    with op.batch_alter_table("own_bank_entries", schema=None) as batch_op:
        for name, comment in _COLUMNS:
            batch_op.alter_column(
                name, existing_type=sa.Text(), existing_nullable=False, existing_comment=comment,
                server_default=None,
            )  # fmt: skip
    op.create_table(
        "own_bank_statuses",
        sa.Column("bic", sa.String(length=11), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False, comment="the bank's, that said it"),
        sa.Column(
            "number",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="in the message, from 1 on",
        ),
        sa.Column("original", sa.Text(), nullable=False, comment="id of the message with the order"),
        sa.Column(
            "end_to_end", sa.Text(), nullable=False, comment="of one transfer; empty: of all of that message"
        ),
        sa.Column("status", sa.String(length=35), nullable=False, comment="the bank's code"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bic", "message_id", "number"),
    )
    op.create_index("own_bank_statuses_by_original", "own_bank_statuses", ["original"])

    _decisions()


def _decisions() -> None:
    op.create_table(
        "own_money_decisions",
        sa.Column("step", sa.String(length=10), nullable=False, comment="proposed, decided or seconded"),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("exit", sa.String(length=10), nullable=False, comment="allocate, link or return"),
        sa.Column("bic", sa.String(length=11), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False, comment="of the entry it is about"),
        sa.Column("rule", sa.String(length=40), nullable=False, comment="that brought it before a person"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="what was decided, JSON"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False, comment="in its book, from 1 on"),
        sa.Column(
            "link",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the link before it and of this row",
        ),
        sa.PrimaryKeyConstraint("step", "decision"),
    )
    op.create_index("own_money_decisions_by_entry", "own_money_decisions", ["bic", "account", "reference"])


def _tell() -> None:
    names = (*_KEYS, *_CORE, "end_to_end", "returned", "transactions")
    entries = sa.table("own_bank_entries", *(sa.column(name) for name in (*names, "tellings")))
    bind = op.get_bind()
    for row in bind.execute(sa.select(*(entries.c[name] for name in names))).mappings().all():
        said = {name: row[name] for name in ("end_to_end", "returned") if row[name]}
        transaction = {**said, "amount": row["amount"], "side": row["side"]}
        telling = {
            "by": "", **{name: row[name] for name in _CORE}, "batch": row["transactions"] > 1,
            "transactions": [transaction] if row["transactions"] == 1 else [],
        }  # fmt: skip
        here = [entries.c[key] == row[key] for key in _KEYS]
        kept = json.dumps([telling], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        bind.execute(sa.update(entries).where(*here).values(tellings=kept))


def downgrade() -> None:
    """Undo it."""
    op.drop_index("own_money_decisions_by_entry", table_name="own_money_decisions")
    op.drop_table("own_money_decisions")
    op.drop_index("own_bank_statuses_by_original", table_name="own_bank_statuses")
    op.drop_table("own_bank_statuses")
    with op.batch_alter_table("own_bank_entries", schema=None) as batch_op:
        for name, _ in _COLUMNS:
            batch_op.drop_column(name)
