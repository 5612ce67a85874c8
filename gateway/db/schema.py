"""Bring a database to the newest schema; every table of the house is made here and nowhere else."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, text

from chainsvc import tables as chain_tables
from gateway.db import (
    goods_tables,
    lease_tables,
    margin_tables,
    order_tables,
    own_day_ends,
    own_stock,
    own_storage,
    own_valuations,
    own_vehicles,
    stage_tables,
)
from gateway.db import own as own_tables
from gateway.db import tables as ledger_tables

MIGRATIONS = Path(__file__).with_name("migrations")

METADATA: tuple[MetaData, ...] = (
    chain_tables.metadata,
    ledger_tables.metadata,
    own_tables.metadata,
)
"""Whose tables the migrations make: `chain_*` of the ledger service, `ledger_*` folded from the chain,
`own_*` what the gateway keeps itself."""

assert own_day_ends.reconciliations.metadata is own_stock.feeds.metadata is own_tables.metadata
assert own_storage.receipt_documents.metadata is own_valuations.valuations.metadata is own_tables.metadata
assert own_vehicles.vehicles.metadata is own_tables.metadata
assert goods_tables.lots.metadata is margin_tables.marks.metadata is ledger_tables.metadata
assert order_tables.orders.metadata is lease_tables.leases.metadata is ledger_tables.metadata
assert stage_tables.stages.metadata is ledger_tables.metadata


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction."""
    with engine.begin() as connection:
        command.upgrade(configuration(connection), revision)
        if connection.dialect.name == "postgresql":
            _sort_by_code_point(connection)


def _sort_by_code_point(connection: Connection) -> None:
    """Text sorts as on SQLite and in Python, whatever language the PostgreSQL server was set up for.

    Which of two documents comes first, and where a page of a list ends, must not depend on that. Every column with
    text is looked at, not only those of today: a later migration need not think of it.
    """
    for table, column, kind in connection.execute(_SORTED_OTHERWISE).all():
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE {kind} COLLATE "C"')


_SORTED_OTHERWISE = text(
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
    "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_collation o ON o.oid = a.attcollation "
    "WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND NOT a.attisdropped "
    "AND o.collname <> 'C'"
)


def configuration(connection: Connection | None = None) -> Config:
    """What alembic needs to know; it works on `connection` when there is one."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS.as_posix())
    config.attributes["connection"] = connection
    return config
