"""The service's own tables, in the caller's database: `chain_*` on SQLite and PostgreSQL alike."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# SQLite numbers rows by itself only in a column of exactly this type.
_Id = BigInteger().with_variant(Integer, "sqlite")

transactions = Table(
    "chain_transactions",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("sender", Text, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("kind", Text, nullable=False, comment="batch, or void: an empty one that frees a refused nonce"),
    Column("contract", Text, nullable=False),
    Column("function", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("raw", LargeBinary, nullable=False, comment="the signed bytes: sent again, never signed again"),
    Column("state", Text, nullable=False),
    Column("status", SmallInteger, comment="1 succeeded, 0 reverted; of the block it is in now"),
    Column("block_number", BigInteger),
    Column("block_hash", LargeBinary),
    Column("gas_used", BigInteger),
    Column("created_at", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("sent_at", BigInteger, comment="seconds since 1970 of the last attempt"),
    Column("refusals", Integer, nullable=False, default=0, server_default="0"),
    Column("refusal", Text),
    UniqueConstraint("sender", "nonce", "kind", name="chain_transactions_one_per_nonce"),
    Index("chain_transactions_by_state", "sender", "state"),
)

instructions = Table(
    "chain_instructions",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("contract", Text, nullable=False),
    Column("function", Text, nullable=False),
    Column("order_key", Text, comment="instructions with the same one take effect in the order they came"),
    Column("item", LargeBinary, nullable=False, comment="one element of the batch, ABI-encoded"),
    Column("created_at", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("state", Text, nullable=False),
    Column("claimed_by", Text, comment="the sender whose worker tries it out"),
    Column("transaction_id", _Id, ForeignKey("chain_transactions.id")),
    Column("reverts", SmallInteger, nullable=False, default=0, server_default="0"),
    Column("reason", SmallInteger, comment="the contract's reason code, 0 when it took effect"),
    Column("error", Text),
    Index("chain_instructions_by_state", "state", "id"),
    Index("chain_instructions_by_order", "order_key", "state", "id"),
    Index("chain_instructions_by_transaction", "transaction_id"),
)

nonces = Table(
    "chain_nonces",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("next_nonce", BigInteger, nullable=False),
)

blocks = Table(
    "chain_blocks",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("parent_hash", LargeBinary, nullable=False),
    Column("time", BigInteger, nullable=False, comment="seconds since 1970"),
)

facts = Table(
    "chain_facts",
    metadata,
    Column(
        "block_number", BigInteger, ForeignKey("chain_blocks.number"), primary_key=True, autoincrement=False
    ),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("transaction_hash", LargeBinary, nullable=False),
    Column("transaction_index", Integer, nullable=False),
    Column("address", LargeBinary, nullable=False),
    Column("topics", LargeBinary, nullable=False, comment="1 to 4 words of 32 bytes, joined"),
    Column("data", LargeBinary, nullable=False),
    Index("chain_facts_by_transaction", "transaction_hash"),
)

cursors = Table(
    "chain_cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("block_number", BigInteger, nullable=False, comment="the last block read in full"),
    Column("block_hash", LargeBinary, nullable=False),
)
