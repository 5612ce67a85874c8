"""chain and ledger tables

Revision: 0001, after .
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "chain_blocks",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("parent_hash", sa.LargeBinary(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "chain_cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False, comment="the last block read in full"),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "chain_nonces",
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("next_nonce", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sender"),
    )
    op.create_table(
        "chain_transactions",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="batch, or void: an empty one that frees a refused nonce",
        ),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "raw",
            sa.LargeBinary(),
            nullable=False,
            comment="the signed bytes: sent again, never signed again",
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.SmallInteger(),
            nullable=True,
            comment="1 succeeded, 0 reverted; of the block it is in now",
        ),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(), nullable=True),
        sa.Column("gas_used", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column(
            "sent_at", sa.BigInteger(), nullable=True, comment="seconds since 1970 of the last attempt"
        ),
        sa.Column("refusals", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
        sa.UniqueConstraint("sender", "nonce", "kind", name="chain_transactions_one_per_nonce"),
    )
    with op.batch_alter_table("chain_transactions", schema=None) as batch_op:
        batch_op.create_index("chain_transactions_by_state", ["sender", "state"], unique=False)

    op.create_table(
        "chain_facts",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=False),
        sa.Column("transaction_index", sa.Integer(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("topics", sa.LargeBinary(), nullable=False, comment="1 to 4 words of 32 bytes, joined"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["block_number"],
            ["chain_blocks.number"],
        ),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    with op.batch_alter_table("chain_facts", schema=None) as batch_op:
        batch_op.create_index("chain_facts_by_transaction", ["transaction_hash"], unique=False)

    op.create_table(
        "chain_instructions",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column(
            "order_key",
            sa.Text(),
            nullable=True,
            comment="instructions with the same one take effect in the order they came",
        ),
        sa.Column("item", sa.LargeBinary(), nullable=False, comment="one element of the batch, ABI-encoded"),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True, comment="the sender whose worker tries it out"),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reverts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column(
            "reason",
            sa.SmallInteger(),
            nullable=True,
            comment="the contract's reason code, 0 when it took effect",
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["chain_transactions.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("chain_instructions", schema=None) as batch_op:
        batch_op.create_index("chain_instructions_by_order", ["order_key", "state", "id"], unique=False)
        batch_op.create_index("chain_instructions_by_state", ["state", "id"], unique=False)
        batch_op.create_index("chain_instructions_by_transaction", ["transaction_id"], unique=False)

    op.create_table(
        "ledger_accounts",
        sa.Column("party", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bank", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.LargeBinary(length=32), nullable=False, comment="commitment"),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("party", "currency"),
    )
    op.create_table(
        "ledger_approvals",
        sa.Column("digest", sa.LargeBinary(length=32), autoincrement=False, nullable=False),
        sa.Column("wallet", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("digest", "wallet"),
    )
    op.create_table(
        "ledger_co_signatures",
        sa.Column("digest", sa.LargeBinary(length=32), autoincrement=False, nullable=False),
        sa.Column("party", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("digest", "party", "key"),
    )
    op.create_table(
        "ledger_facilities",
        sa.Column("facility", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lender", sa.BigInteger(), nullable=False),
        sa.Column("borrower", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.BigInteger(), nullable=False),
        sa.Column("advance_bps", sa.BigInteger(), nullable=False),
        sa.Column("limit_amount", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False, comment="reserved and outstanding"),
        sa.Column("end_day", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.BigInteger(), nullable=False, comment="bits: locks end with the debt 1"),
        sa.Column("release_days", sa.BigInteger(), nullable=False),
        sa.Column("loans", sa.BigInteger(), nullable=False, comment="reserved or outstanding"),
        sa.Column(
            "written_off",
            sa.BigInteger(),
            nullable=False,
            comment="loans written off whose claim is still open",
        ),
        sa.Column("collection_bank", sa.BigInteger(), nullable=False),
        sa.Column("collection_account", sa.LargeBinary(length=32), nullable=False),
        sa.Column("face", sa.BigInteger(), nullable=False, comment="face value locked to it"),
        sa.Column("debt_paid", sa.BigInteger(), nullable=False, comment="1 when a payment ended the debt"),
        sa.Column("zero_debt_day", sa.BigInteger(), nullable=False, comment="0 while something is owed"),
        sa.Column("evidence", sa.LargeBinary(length=32), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("facility"),
    )
    with op.batch_alter_table("ledger_facilities", schema=None) as batch_op:
        batch_op.create_index("ledger_facilities_by_borrower", ["borrower"], unique=False)
        batch_op.create_index("ledger_facilities_by_lender", ["lender"], unique=False)

    op.create_table(
        "ledger_invoices",
        sa.Column("nullifier", sa.LargeBinary(length=32), autoincrement=False, nullable=False),
        sa.Column("cap", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("seller", sa.BigInteger(), nullable=False),
        sa.Column("debtor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.BigInteger(), nullable=False),
        sa.Column(
            "service", sa.BigInteger(), nullable=False, comment="the evidence service that attested it"
        ),
        sa.Column("document", sa.LargeBinary(length=32), nullable=False, comment="hash of what was attested"),
        sa.Column(
            "credit_document",
            sa.LargeBinary(length=32),
            nullable=True,
            comment="hash of the latest credit note",
        ),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("nullifier"),
    )
    op.create_table(
        "ledger_limits",
        sa.Column("debtor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("limit_amount", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("debtor", "currency"),
    )
    op.create_table(
        "ledger_lines",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column(
            "lock",
            sa.BigInteger(),
            nullable=False,
            comment="facility whose collection account it goes to; 0: to the holder",
        ),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="due or late"),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", "row"),
    )
    with op.batch_alter_table("ledger_lines", schema=None) as batch_op:
        batch_op.create_index("ledger_lines_by_root", ["root"], unique=False)
        batch_op.create_index("ledger_lines_by_title", ["title"], unique=False)

    op.create_table(
        "ledger_loans",
        sa.Column("loan", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("facility", sa.BigInteger(), nullable=False),
        sa.Column("principal", sa.BigInteger(), nullable=False, comment="outstanding, or reserved"),
        sa.Column("drawn", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False, comment="parts per million a year"),
        sa.Column("due_day", sa.BigInteger(), nullable=False),
        sa.Column("start_day", sa.BigInteger(), nullable=False),
        sa.Column("accrued_day", sa.BigInteger(), nullable=False),
        sa.Column("penalty_bps", sa.BigInteger(), nullable=False),
        sa.Column("minimum_days", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.BigInteger(), nullable=False, comment="0: 360 days a year, 1: 365"),
        sa.Column(
            "phase",
            sa.BigInteger(),
            nullable=False,
            comment="1 reserved, 2 outstanding, 3 settled, 4 void, 5 written off",
        ),
        sa.Column(
            "principal_days", sa.LargeBinary(length=32), nullable=False, comment="minor units times days"
        ),
        sa.Column(
            "overdue_days",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="minor units times days after the due day",
        ),
        sa.Column("interest_paid", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "end_evidence",
            sa.LargeBinary(length=32),
            nullable=True,
            comment="reason of a void, document of a write-off",
        ),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("loan"),
    )
    with op.batch_alter_table("ledger_loans", schema=None) as batch_op:
        batch_op.create_index("ledger_loans_by_facility", ["facility"], unique=False)

    op.create_table(
        "ledger_movements",
        sa.Column("movement", sa.LargeBinary(length=32), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.BigInteger(),
            nullable=False,
            comment="1 pay-out to 10 late interest, as ISettlement counts them",
        ),
        sa.Column(
            "subject", sa.BigInteger(), nullable=False, comment="loan, root or title, as the kind says"
        ),
        sa.Column("loan", sa.BigInteger(), nullable=False, comment="0: none"),
        sa.Column("bank", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.LargeBinary(length=32), nullable=False),
        sa.Column("value_day", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.LargeBinary(length=32), nullable=False, comment="the bank's own reference"),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("movement"),
    )
    with op.batch_alter_table("ledger_movements", schema=None) as batch_op:
        batch_op.create_index("ledger_movements_by_subject", ["subject"], unique=False)

    op.create_table(
        "ledger_nonces",
        sa.Column("party", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("party", "nonce"),
    )
    op.create_table(
        "ledger_offer_lists",
        sa.Column("list", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("debtor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.BigInteger(), nullable=False),
        sa.Column("opened_day", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False, comment="after closing: what was taken"),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("maximum_tenor_months", sa.BigInteger(), nullable=False),
        sa.Column("maximum_depth", sa.BigInteger(), nullable=False),
        sa.Column("accept_days", sa.BigInteger(), nullable=False),
        sa.Column("release_days", sa.BigInteger(), nullable=False),
        sa.Column("minimum_late_interest", sa.BigInteger(), nullable=False),
        sa.Column("minimum_piece", sa.BigInteger(), nullable=False),
        sa.Column("offers", sa.LargeBinary(length=32), nullable=False, comment="Merkle root"),
        sa.Column("returned", sa.BigInteger(), nullable=False, comment="limit given back at closing"),
        sa.Column("evidence", sa.LargeBinary(length=32), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("list"),
    )
    op.create_table(
        "ledger_orders",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "act",
            sa.String(length=16),
            nullable=False,
            comment="freeze, lift, stop, cure, suspend or reinstate",
        ),
        sa.Column("subject", sa.BigInteger(), nullable=False, comment="title or party"),
        sa.Column("order_hash", sa.LargeBinary(length=32), nullable=False, comment="court order or reason"),
        sa.Column("end_day", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    with op.batch_alter_table("ledger_orders", schema=None) as batch_op:
        batch_op.create_index("ledger_orders_by_subject", ["subject"], unique=False)

    op.create_table(
        "ledger_parties",
        sa.Column("party", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "kinds",
            sa.BigInteger(),
            nullable=False,
            comment="bits: enterprise 1, bank 2, lender 4, keeper 8, evidence 16, platform 32, guarantor 64",
        ),
        sa.Column("group_number", sa.BigInteger(), nullable=False, comment="the group the party belongs to"),
        sa.Column("status", sa.BigInteger(), nullable=False, comment="1 admitted, 2 suspended"),
        sa.Column(
            "quorum",
            sa.BigInteger(),
            nullable=False,
            comment="administrators whose signatures change the party's signers",
        ),
        sa.Column("signers", sa.BigInteger(), nullable=False, comment="signers that are not revoked"),
        sa.Column(
            "stopped",
            sa.BigInteger(),
            nullable=False,
            comment="1 while a stop stands, until its end day has passed",
        ),
        sa.Column("stopped_until_day", sa.BigInteger(), nullable=False),
        sa.Column("suspended_until_day", sa.BigInteger(), nullable=False, comment="0: not suspended"),
        sa.Column(
            "administrators",
            sa.BigInteger(),
            nullable=False,
            comment="signers among them that may change the party's signers",
        ),
        sa.Column(
            "identity",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="commitment to the party's identifiers",
        ),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("party"),
    )
    op.create_table(
        "ledger_policies",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("effective_day", sa.BigInteger(), nullable=False),
        sa.Column("maximum_tenor_months", sa.BigInteger(), nullable=False),
        sa.Column("maximum_depth", sa.BigInteger(), nullable=False),
        sa.Column("accept_days", sa.BigInteger(), nullable=False),
        sa.Column("release_days", sa.BigInteger(), nullable=False),
        sa.Column("minimum_late_interest", sa.BigInteger(), nullable=False),
        sa.Column("minimum_piece", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(length=32), nullable=False),
        sa.Column("replaced", sa.Boolean(), nullable=False, comment="by another before it took effect"),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    op.create_table(
        "ledger_recoveries",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party", sa.BigInteger(), nullable=False),
        sa.Column("recovery", sa.LargeBinary(length=32), nullable=False),
        sa.Column("succession", sa.Boolean(), nullable=False),
        sa.Column("order_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="announced, replaced, vetoed or completed"
        ),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    with op.batch_alter_table("ledger_recoveries", schema=None) as batch_op:
        batch_op.create_index("ledger_recoveries_by_party", ["party"], unique=False)

    op.create_table(
        "ledger_refusals",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contract", sa.String(length=16), nullable=False),
        sa.Column("item", sa.BigInteger(), nullable=False, comment="place in its batch"),
        sa.Column("reason", sa.BigInteger(), nullable=False, comment="the contracts' reason code"),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", "row"),
    )
    with op.batch_alter_table("ledger_refusals", schema=None) as batch_op:
        batch_op.create_index("ledger_refusals_by_transaction", ["transaction_hash"], unique=False)

    op.create_table(
        "ledger_repayments",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("loan", sa.BigInteger(), nullable=False),
        sa.Column("interest", sa.BigInteger(), nullable=False),
        sa.Column("principal", sa.BigInteger(), nullable=False),
        sa.Column("surplus", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    with op.batch_alter_table("ledger_repayments", schema=None) as batch_op:
        batch_op.create_index("ledger_repayments_by_loan", ["loan"], unique=False)

    op.create_table(
        "ledger_role_holders",
        sa.Column("role", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("delay", sa.BigInteger(), nullable=False, comment="seconds between an act and its effect"),
        sa.Column("since", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("role", "account"),
    )
    op.create_table(
        "ledger_root_invoices",
        sa.Column("root", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nullifier", sa.LargeBinary(length=32), autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("root", "nullifier"),
    )
    with op.batch_alter_table("ledger_root_invoices", schema=None) as batch_op:
        batch_op.create_index("ledger_root_invoices_by_nullifier", ["nullifier"], unique=False)

    op.create_table(
        "ledger_roots",
        sa.Column("root", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("debtor", sa.BigInteger(), nullable=False),
        sa.Column("clearing_bank", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.BigInteger(), nullable=False, comment="ISO 4217 number"),
        sa.Column("due_day", sa.BigInteger(), nullable=False),
        sa.Column("opened_day", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.BigInteger(), nullable=False, comment="1 receivable"),
        sa.Column(
            "phase", sa.BigInteger(), nullable=False, comment="1 offered, 2 live, 3 closed, 4 cancelled"
        ),
        sa.Column("terms", sa.BigInteger(), nullable=False, comment="late interest, parts per million a day"),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("accept_days", sa.BigInteger(), nullable=False),
        sa.Column("maximum_depth", sa.BigInteger(), nullable=False),
        sa.Column("minimum_piece", sa.BigInteger(), nullable=False, comment="hundreds of minor units"),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("distributed", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=False, comment="settled early"),
        sa.Column("written_off", sa.BigInteger(), nullable=False),
        sa.Column("late_interest", sa.BigInteger(), nullable=False),
        sa.Column(
            "given_up_quantity",
            sa.BigInteger(),
            nullable=False,
            comment="of titles whose holders gave up the rest: they share in no further money",
        ),
        sa.Column("given_up_paid", sa.BigInteger(), nullable=False, comment="what those had got"),
        sa.Column("payee", sa.BigInteger(), nullable=False),
        sa.Column(
            "list",
            sa.BigInteger(),
            nullable=False,
            comment="offer list it was taken from; 0: offered by itself",
        ),
        sa.Column(
            "evidence", sa.LargeBinary(length=32), nullable=False, comment="documents behind the promise"
        ),
        sa.Column("accept_evidence", sa.LargeBinary(length=32), nullable=True),
        sa.Column("accept_transaction", sa.LargeBinary(length=32), nullable=True),
        sa.Column(
            "end_reason",
            sa.LargeBinary(length=32),
            nullable=True,
            comment="of an offer declined, zero when it expired",
        ),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("root"),
    )
    with op.batch_alter_table("ledger_roots", schema=None) as batch_op:
        batch_op.create_index("ledger_roots_by_debtor", ["debtor"], unique=False)
        batch_op.create_index("ledger_roots_by_payee", ["payee"], unique=False)

    op.create_table(
        "ledger_signers",
        sa.Column("key", sa.String(length=42), autoincrement=False, nullable=False),
        sa.Column("party", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("roles", sa.BigInteger(), nullable=False),
        sa.Column(
            "solo_cap", sa.BigInteger(), nullable=False, comment="largest amount this signer signs alone"
        ),
        sa.Column("valid_from", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column("valid_until", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column(
            "flags", sa.BigInteger(), nullable=False, comment="bits: revoked 1, suspended 2, managed 4"
        ),
        sa.Column("certificate", sa.LargeBinary(length=32), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("ledger_signers", schema=None) as batch_op:
        batch_op.create_index("ledger_signers_by_party", ["party"], unique=False)

    op.create_table(
        "ledger_title_history",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column(
            "counterpart",
            sa.BigInteger(),
            nullable=True,
            comment="the other title of a split, carve or merge",
        ),
        sa.Column("from_holder", sa.BigInteger(), nullable=False, comment="0: none before"),
        sa.Column("to_holder", sa.BigInteger(), nullable=False),
        sa.Column(
            "quantity",
            sa.BigInteger(),
            nullable=False,
            comment="what the act concerned: passed on, locked, paid",
        ),
        sa.Column("word", sa.LargeBinary(length=32), nullable=False, comment="the title afterwards"),
        sa.Column(
            "evidence", sa.LargeBinary(length=32), nullable=True, comment="document or order behind the act"
        ),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", "row"),
    )
    with op.batch_alter_table("ledger_title_history", schema=None) as batch_op:
        batch_op.create_index(
            "ledger_title_history_by_title", ["title", "block_number", "log_index", "row"], unique=False
        )

    op.create_table(
        "ledger_titles",
        sa.Column("title", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.BigInteger(), nullable=False),
        sa.Column("parent", sa.BigInteger(), nullable=True, comment="the title it was split off from"),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("holder", sa.BigInteger(), nullable=False),
        sa.Column("lock", sa.BigInteger(), nullable=False, comment="facility it secures; 0: free"),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.BigInteger(), nullable=False),
        sa.Column(
            "flags",
            sa.BigInteger(),
            nullable=False,
            comment="bits: frozen 1, spent 2, settled 4, held 8, paper 16, early 32",
        ),
        sa.Column("credited", sa.BigInteger(), nullable=False, comment="arrived on its holder's account"),
        sa.Column(
            "collected",
            sa.BigInteger(),
            nullable=False,
            comment="arrived on the facility's collection account",
        ),
        sa.Column(
            "surplus",
            sa.BigInteger(),
            nullable=False,
            comment="of what was collected, still owed to the holder",
        ),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False, comment="late interest instructed"),
        sa.Column("frozen_until_day", sa.BigInteger(), nullable=False, comment="0: no order stands"),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("title"),
    )
    with op.batch_alter_table("ledger_titles", schema=None) as batch_op:
        batch_op.create_index("ledger_titles_by_holder", ["holder"], unique=False)
        batch_op.create_index("ledger_titles_by_lock", ["lock"], unique=False)
        batch_op.create_index("ledger_titles_by_merged_into", ["merged_into"], unique=False)
        batch_op.create_index("ledger_titles_by_parent", ["parent"], unique=False)
        batch_op.create_index("ledger_titles_by_root", ["root"], unique=False)


_TABLES = (  # from those that refer to others on
    "ledger_titles",
    "ledger_title_history",
    "ledger_signers",
    "ledger_roots",
    "ledger_root_invoices",
    "ledger_role_holders",
    "ledger_repayments",
    "ledger_refusals",
    "ledger_recoveries",
    "ledger_policies",
    "ledger_parties",
    "ledger_orders",
    "ledger_offer_lists",
    "ledger_nonces",
    "ledger_movements",
    "ledger_loans",
    "ledger_lines",
    "ledger_limits",
    "ledger_invoices",
    "ledger_facilities",
    "ledger_co_signatures",
    "ledger_approvals",
    "ledger_accounts",
    "chain_instructions",
    "chain_facts",
    "chain_transactions",
    "chain_nonces",
    "chain_cursors",
    "chain_blocks",
)


def downgrade() -> None:
    """Undo it; indexes go with their tables."""
    for table in _TABLES:
        op.drop_table(table)
