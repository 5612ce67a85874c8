"""The migrations make exactly the tables that the code declares."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from gateway.db.engine import UnsupportedDatabase, open_engine, reading
from gateway.db.schema import METADATA, configuration, upgrade


def test_migrations_and_declared_tables_agree(database: Engine) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": list(METADATA)})
        assert compare_metadata(context, list(METADATA)) == []
        names = set(inspect(connection).get_table_names())
    assert {"ledger_titles", "chain_facts"} <= names


def test_upgrading_again_changes_nothing(database: Engine) -> None:
    upgrade(database)
    upgrade(database)


def test_sqlite_keeps_what_it_was_told(sqlite: Engine) -> None:
    with sqlite.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_readers_do_not_wait_for_a_writer(database: Engine) -> None:
    with database.begin() as writer, reading(database).connect() as reader:
        writer.execute(text("INSERT INTO ledger_nonces VALUES (1, 1, 1, '')"))
        assert reader.execute(text("SELECT count(*) FROM ledger_nonces")).scalar_one() == 0


def test_a_transaction_that_may_write_holds_the_lock_from_its_start(sqlite: Engine) -> None:
    with sqlite.begin():
        other = sqlite.raw_connection()
        other.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_other_databases_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDatabase, match="mysql"):
        open_engine("mysql://host/name")
    with pytest.raises(OperationalError):
        open_engine(f"sqlite:///{tmp_path / 'missing' / 'x.sqlite'}").connect()


def test_migrations_can_be_undone(sqlite: Engine) -> None:
    with sqlite.begin() as connection:
        command.downgrade(configuration(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade(sqlite)
