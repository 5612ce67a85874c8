"""One way to open the gateway's database: SQLite by default, PostgreSQL by psycopg."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

BUSY_MILLISECONDS = 30_000


class UnsupportedDatabase(ValueError):
    """The URL names neither SQLite nor PostgreSQL."""


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`. Nothing is opened yet.

    On SQLite its transactions begin with the write lock, so that two that read first and write later never
    fail on each other; what only reads takes the engine that `reading` gives. Raises UnsupportedDatabase.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if parsed.get_backend_name() != "sqlite":
        raise UnsupportedDatabase(f"{parsed.get_backend_name()} is not supported: SQLite or PostgreSQL")
    engine = create_engine(parsed.set(drivername="sqlite+pysqlite"))
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def reading(engine: Engine) -> Engine:
    """The same database for questions only: no write lock, and all of one transaction sees one state."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(read_only=True)


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key is there, or is being written by another; whether it was new."""
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return connection.execute(dialect(table).values(row).on_conflict_do_nothing()).rowcount == 1


def _set_up(connection: Any, _: Any) -> None:
    # The driver would begin transactions by itself, and only before the first write: too late for a fold.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    only_reads = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
