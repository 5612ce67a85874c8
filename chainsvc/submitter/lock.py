"""One worker per sender: its nonces have one owner, and a dead owner's lock falls by itself."""

from __future__ import annotations

import fcntl
import os

from eth_utils.crypto import keccak
from sqlalchemy import Connection, Engine, text


class WorkerLock:
    """On PostgreSQL an advisory lock per sender; on SQLite one lock file for the whole database."""

    def __init__(self, engine: Engine, sender: str) -> None:
        self._engine = engine
        self._key = int.from_bytes(keccak(text=f"chain worker {sender}")[:8], "big", signed=True)
        self._connection: Connection | None = None
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock, or keep it. False while another worker has it."""
        if self._engine.dialect.name == "postgresql":
            return self._acquire_advisory()
        database = self._engine.url.database
        if self._file is not None or not database or database == ":memory:":
            return True
        handle = os.open(f"{database}.worker", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._file = handle
        return True

    def _acquire_advisory(self) -> bool:
        if self._connection is not None:
            # A lost connection has lost the lock: this raises, and the worker starts afresh.
            self._connection.execute(text("SELECT 1"))
            return True
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": self._key}).scalar_one():
            self._connection = connection
            return True
        connection.close()
        return False

    def release(self) -> None:
        """Give the lock up; releasing what is not held does nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._connection is not None:
            self._connection.invalidate()  # the pool must not keep a session that holds the lock
            self._connection.close()
            self._connection = None
