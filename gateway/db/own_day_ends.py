"""What day ends leave behind: runs with their figures, differences and who decides about them, statements reconciled.

These tables are the gateway's own (`own_*`), like those of `own`. Amounts are minor units, days ledger days.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text, UniqueConstraint

from gateway.db.own import linked, metadata

reconciliations = Table(
    "own_reconciliations",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False, comment="from 1 on"),
    Column("day", BigInteger, nullable=False, comment="business day"),
    Column("closes", BigInteger, unique=True, comment="the day, when the run closed it"),
    Column("bank", String(11), nullable=False, comment="BIC, when it was of one bank only"),
    Column("person", Text, nullable=False),
    Column("block_number", BigInteger, nullable=False, comment="the ledger's tables stood at"),
    Column("node", BigInteger, nullable=False, comment="1 when the chain itself was asked"),
    Column("inputs", String(64), nullable=False, comment="SHA-256 of the statements' digests"),
    Column("figures", Text, nullable=False, comment="all that was found, canonical JSON (RFC 8785)"),
    Column("sha256", String(64), nullable=False, comment="of the figures"),
    Column("run_at", BigInteger, nullable=False),
    *linked(),
)

differences = Table(
    "own_differences",
    metadata,
    Column("id", String(32), primary_key=True, comment="of identity and occurrence"),
    Column("identity", String(64), nullable=False, comment="SHA-256 of rule, bank, account and item"),
    Column("occurrence", BigInteger, nullable=False, comment="from 1 on: found again after it was closed"),
    Column("rule", String(40), nullable=False),
    Column("bic", String(11), nullable=False),
    Column("account", String(34), nullable=False),
    Column("item", Text, nullable=False),
    Column("day", BigInteger, nullable=False, comment="it belongs to, and ages from"),
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, nullable=False, comment="minor units at stake"),
    Column("reference", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("found", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("line", Text, nullable=False, comment="the bank's entry, JSON, to be compared again; or empty"),
    Column("opened_run", BigInteger, nullable=False),
    Column("opened_day", BigInteger, nullable=False, comment="business day of that run"),
    Column("last_run", BigInteger, nullable=False, comment="that found it"),
    Column("state", String(8), nullable=False, comment="open or closed"),
    Column("assigned_to", Text, nullable=False),
    Column("closed_by", Text, nullable=False, comment="a person; empty for a run"),
    Column("closed_run", BigInteger, comment="the run that found the missing side"),
    Column("closed_day", BigInteger, comment="business day of that run"),
    Column("reason", Text, nullable=False),
    UniqueConstraint("identity", "occurrence", name="own_differences_one_occurrence"),
    Index("own_differences_by_state", "state", "day", "id"),
)

difference_events = Table(
    "own_difference_events",
    metadata,
    Column("difference", String(32), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="from 1 on"),
    Column("event", String(10), nullable=False, comment="opened, assigned or closed"),
    Column("run", BigInteger, comment="that did it"),
    Column("person", Text, nullable=False, comment="that it was assigned to, or that closed it"),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *linked(),
)

statements = Table(
    "own_statements",
    metadata,
    Column("bic", String(11), primary_key=True),
    Column("account", String(34), primary_key=True),
    Column("digest", String(64), primary_key=True, comment="SHA-256 of what it says"),
    Column("statement_id", Text, nullable=False),
    Column("document", Text, nullable=False, comment="file, or id of the kept message"),
    Column("currency", String(3), nullable=False),
    Column("sequence", BigInteger, comment="the bank's own number"),
    Column("first_day", BigInteger, nullable=False),
    Column("last_day", BigInteger, nullable=False),
    Column("opening", BigInteger, nullable=False),
    Column("closing", BigInteger, nullable=False),
    Column("closed_day", BigInteger, nullable=False, comment="whose day end reconciled it first"),
    Index("own_statements_by_day", "closed_day"),
)

stated_entries = Table(
    "own_stated_entries",
    metadata,
    Column("bic", String(11), primary_key=True),
    Column("account", String(34), primary_key=True),
    Column("entry", LargeBinary(32), primary_key=True, comment="what the ledger knows the reference by"),
    Column("digest", String(64), nullable=False, comment="of the statement"),
    Column("closed_day", BigInteger, nullable=False),
)
