"""The migrations make exactly the tables that the code declares."""

from __future__ import annotations

import sqlite3
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeEngine

from gateway.db.engine import UnsupportedDatabase, open_engine, reading
from gateway.db.schema import METADATA, configuration, upgrade
from tests.databases import opened

REVISIONS = [each.revision for each in ScriptDirectory.from_config(configuration()).walk_revisions()][1:]
"""All but the newest."""
REPLACED = {(revision, "own_identities") for revision in ("0002", "0003", "0004")}
"""Nothing was ever written there; revision 0005 makes another table of that name."""


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


def test_migrations_can_be_undone(database: Engine) -> None:
    with database.begin() as connection:
        command.downgrade(configuration(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade(database)
    with database.connect() as connection:
        assert described(connection) == declared()


def test_both_databases_have_one_schema(database: Engine, sqlite: Engine) -> None:
    """Columns with their kinds, lengths and nullability, keys, uniqueness, foreign keys and indexes."""
    with database.connect() as here, sqlite.connect() as there:
        assert described(here) == described(there) == declared()


def test_text_on_postgresql_is_compared_byte_by_byte(database: Engine) -> None:
    if database.dialect.name == "sqlite":
        return  # SQLite compares text in no other way
    with database.connect() as connection:
        inspected = inspect(connection)
        kinds = [
            (table, column["name"], column["type"].collation)
            for table in inspected.get_table_names()
            for column in inspected.get_columns(table)
            if isinstance(column["type"], String)
        ]
    assert [each for each in kinds if each[2] != "C"] == []
    assert len(kinds) > 50


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_earlier_schema_is_brought_up_to_date_with_what_it_holds(
    empty_database: Engine, revision: str
) -> None:
    upgrade(empty_database, revision)
    before = MetaData()
    with empty_database.begin() as connection:
        before.reflect(connection)
        filled = [table for table in before.sorted_tables if table.name != "alembic_version"]
        for table in filled:
            connection.execute(table.insert().values({each.name: _any(each) for each in table.columns}))
    upgrade(empty_database)
    after = MetaData()
    with empty_database.connect() as connection:
        assert described(connection) == declared()
        after.reflect(connection)
        for table in filled:
            if (revision, table.name) in REPLACED:
                continue
            (row,) = connection.execute(select(after.tables[table.name])).mappings()
            kept = {each.name: _any(each) for each in table.columns if each.name in row}
            assert {name: row[name] for name in kept} == kept, table.name


def _any(column: Column[Any]) -> Any:
    """A value that fits: the same for columns of one kind, so that rows find the rows they belong to."""
    kind = column.type
    if isinstance(kind, String):
        return "text"[: kind.length or 4]
    values: list[tuple[type[TypeEngine[Any]], Any]] = [
        (Boolean, True), (LargeBinary, b"\x07" * 32), (Date, date(2026, 2, 28)), (Integer, 7)
    ]  # fmt: skip
    return next(value for each, value in values if isinstance(kind, each))


def described(connection: Connection) -> dict[str, Any]:
    """What a database says its tables are, in words that are no database's."""
    found = inspect(connection)
    return {
        table: {
            "columns": {
                each["name"]: (_kind(each["type"]), each["nullable"], each["default"] is not None and "nextval"
                               not in str(each["default"]))
                for each in found.get_columns(table)
            },
            "key": found.get_pk_constraint(table)["constrained_columns"],
            "unique": sorted(
                {tuple(each["column_names"]) for each in found.get_unique_constraints(table)}
                | {tuple(each["column_names"]) for each in found.get_indexes(table) if each["unique"]}
            ),
            "indexes": sorted(
                (str(each["name"]), tuple(each["column_names"]))
                for each in found.get_indexes(table) if not each.get("duplicates_constraint")
            ),
            "others": sorted(
                (tuple(each["constrained_columns"]), each["referred_table"], tuple(each["referred_columns"]))
                for each in found.get_foreign_keys(table)
            ),
        }
        for table in found.get_table_names() if table != "alembic_version"
    }  # fmt: skip


@cache
def declared() -> dict[str, Any]:
    """The same of an empty SQLite database whose tables the code makes, without a migration."""
    with opened("sqlite://") as engine, engine.begin() as connection:
        for metadata in METADATA:
            metadata.create_all(connection)
        return described(connection)


def _kind(kind: TypeEngine[Any]) -> tuple[str, int | None]:
    """Whole numbers are told apart by nobody here: SQLite numbers rows in a column of one kind only."""
    known: list[type[TypeEngine[Any]]] = [Boolean, Integer, String, Date, LargeBinary]
    name = next(each.__name__ for each in known if isinstance(kind, each))
    return name, kind.length if isinstance(kind, String) else None
