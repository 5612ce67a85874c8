"""The bank's own database: SQLite in WAL mode, fully synchronous, one writer, one process."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from gateway.adapters.banks.sandbox.config import BankConfig

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Work:
    """One unit of work: everything done through it commits together or not at all.

    Attributes:
        conn: the open transaction.
        config: the bank's settings.
        now: wall clock in UTC; business days come from the books, never from here.
    """

    conn: sqlite3.Connection
    config: BankConfig
    now: Clock

    @property
    def day(self) -> date:
        """The current business day of the books."""
        return date.fromisoformat(self.setting("business_day"))

    def setting(self, key: str) -> str:
        """A stored setting. Raises KeyError when it was never stored."""
        row = self.conn.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return str(row["value"])

    def keep_setting(self, key: str, value: str) -> None:
        """Store a setting, replacing what stood there."""
        self.conn.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", (key, value))

    def insert(self, table: str, **values: Any) -> sqlite3.Row:
        """Insert one row of the named columns and return it whole."""
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING *"
        row: sqlite3.Row = self.conn.execute(statement, tuple(values.values())).fetchone()
        return row

    def serial(self) -> int:
        """The next of the bank's running numbers; a number is used up only if the transaction commits."""
        row = self.conn.execute(
            "INSERT INTO settings (key, value) VALUES ('serial', '1')"
            " ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value"
        ).fetchone()
        return int(row["value"])

    def reference(self, prefix: str) -> str:
        """A new reference of this bank, unique over its life: prefix, BIC, day, running number (<= 35)."""
        return f"{prefix}{self.config.bic[:8]}{self.day:%Y%m%d}{self.serial():010d}"


class Store:
    """Opens the books, refuses a second process on them, and hands out transactions one at a time."""

    def __init__(self, config: BankConfig, now: Clock) -> None:
        config.data.mkdir(parents=True, exist_ok=True)
        self._config = config
        self._now = now
        self._turn = threading.RLock()
        self._hold = os.open(config.data / "bank.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._hold)
            raise RuntimeError(f"another bank process holds {config.data}") from error
        self._conn = sqlite3.connect(
            config.data / "bank.sqlite", check_same_thread=False, isolation_level=None, timeout=10
        )
        self._conn.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._conn.execute(f"PRAGMA {pragma}")
        self._conn.executescript(files(__package__).joinpath("schema.sql").read_text("utf-8"))
        with self.work() as work:
            work.conn.execute(
                "INSERT OR IGNORE INTO settings (key, value) VALUES ('business_day', ?)",
                (config.business_day.isoformat(),),
            )

    @contextmanager
    def work(self) -> Iterator[Work]:
        """One transaction: commits when the block ends, rolls back when it raises."""
        with self._turn:
            self._conn.execute("BEGIN IMMEDIATE")
            try:
                yield Work(self._conn, self._config, self._now)
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
