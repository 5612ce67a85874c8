"""The service's own database: SQLite in WAL mode, fully synchronous, one writer, one process."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

Clock = Callable[[], datetime]


class Store:
    """Opens the register, refuses a second process on it, and hands out transactions one at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._turn = threading.RLock()
        self._hold = os.open(folder / "evidence.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._hold)
            raise RuntimeError(f"another evidence service holds {folder}") from error
        self._conn = sqlite3.connect(
            folder / "evidence.sqlite", check_same_thread=False, isolation_level=None
        )
        self._conn.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._conn.execute(f"PRAGMA {pragma}")
        self._conn.executescript(files(__package__).joinpath("schema.sql").read_text("utf-8"))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction: commits when the block ends, rolls back when it raises."""
        with self._turn:
            self._conn.execute("BEGIN IMMEDIATE")
            try:
                yield self._conn
                self._conn.execute("COMMIT")
            except BaseException:
                if self._conn.in_transaction:
                    self._conn.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the database and give up the hold on its folder."""
        with self._turn:
            self._conn.close()
            os.close(self._hold)


def insert(conn: sqlite3.Connection, table: str, **values: Any) -> sqlite3.Row:
    """Insert one row of the named columns and return it whole."""
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    statement = f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING *"
    row: sqlite3.Row = conn.execute(statement, tuple(values.values())).fetchone()
    return row
