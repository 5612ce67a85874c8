"""One SQLite file holding the state trie and the finished blocks, written once per block."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eth.db.backends.base import BaseDB

_SCHEMA = """
CREATE TABLE IF NOT EXISTS node (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS block (
    number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, document BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS mined (
    hash BLOB PRIMARY KEY, block_number INTEGER NOT NULL, position INTEGER NOT NULL,
    document BLOB NOT NULL, receipt BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS mined_in_block ON mined (block_number, position);
CREATE TABLE IF NOT EXISTS log (
    block_number INTEGER NOT NULL, log_index INTEGER NOT NULL, address BLOB NOT NULL,
    topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, document BLOB NOT NULL,
    PRIMARY KEY (block_number, log_index)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS log_of_address ON log (address, block_number);
"""

_CACHED_NODES = 200_000
"""Trie nodes kept in memory (about 100 MB at most); they are immutable, so nothing goes stale."""


class StoreLocked(RuntimeError):
    """Another process has this chain open."""


@dataclass(frozen=True, slots=True)
class MinedRow:
    """A transaction with its receipt, both as finished JSON."""

    hash: bytes
    position: int
    document: bytes
    receipt: bytes


@dataclass(frozen=True, slots=True)
class LogRow:
    """One log as finished JSON, with the columns it is looked up by."""

    log_index: int
    address: bytes
    topics: tuple[bytes, ...]
    document: bytes


@dataclass(frozen=True, slots=True)
class BlockRows:
    """Everything a node is asked about one block."""

    number: int
    hash: bytes
    document: bytes
    mined: Sequence[MinedRow]
    logs: Sequence[LogRow]


class Store(BaseDB):
    """py-evm's key-value database, plus the finished blocks. Nothing is written before `commit`."""

    def __init__(self, folder: Path) -> None:
        """Open or create the chain in `folder`; raises StoreLocked while another process has it."""
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise StoreLocked(f"{folder} is in use by another process") from None
        self._database = sqlite3.connect(
            folder / "chain.sqlite", isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(_SCHEMA)
        self._fresh: dict[bytes, bytes | None] = {}
        self._cache: dict[bytes, bytes] = {}

    def close(self) -> None:
        """Release file and lock; what was not committed is gone."""
        self._database.close()
        os.close(self._lock)

    def __getitem__(self, key: bytes) -> bytes:
        if key in self._fresh:
            value = self._fresh[key]
        elif key in self._cache:
            return self._cache[key]
        else:
            row = self._database.execute("SELECT value FROM node WHERE key = ?", (key,)).fetchone()
            value = None if row is None else bytes(row[0])
            if value is not None:
                self._remember(key, value)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._fresh[key] = value

    def __delitem__(self, key: bytes) -> None:
        self._fresh[key] = None

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def _remember(self, key: bytes, value: bytes) -> None:
        if len(self._cache) >= _CACHED_NODES:
            self._cache.clear()
        self._cache[key] = value

    def rollback(self) -> None:
        """Forget what was set since the last commit."""
        self._fresh.clear()

    def commit(self, block: BlockRows | None = None, meta: dict[str, int | None] | None = None) -> None:
        """Write the fresh nodes, `block` and `meta` (None removes an entry) in one durable transaction."""
        with self._transaction() as database:
            removed = [(key,) for key, value in self._fresh.items() if value is None]
            database.executemany("DELETE FROM node WHERE key = ?", removed)
            kept = [(key, value) for key, value in self._fresh.items() if value is not None]
            database.executemany("INSERT OR REPLACE INTO node VALUES (?, ?)", kept)
            if block is not None:
                _insert_block(database, block)
            for name, setting in (meta or {}).items():
                if setting is None:
                    database.execute("DELETE FROM meta WHERE name = ?", (name,))
                else:
                    database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, setting))
        for key, value in self._fresh.items():
            if value is None:
                self._cache.pop(key, None)
            else:
                self._remember(key, value)
        self._fresh.clear()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def meta(self, name: str) -> int | None:
        """A stored setting, or None."""
        row = self._database.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def height(self) -> int | None:
        """Number of the last committed block, or None for an empty file."""
        number: int | None = self._database.execute("SELECT max(number) FROM block").fetchone()[0]
        return number

    def block_by_number(self, number: int) -> bytes | None:
        """The block's JSON with transaction hashes."""
        return self._one("SELECT document FROM block WHERE number = ?", number)

    def block_by_hash(self, block_hash: bytes) -> bytes | None:
        """The block's JSON with transaction hashes."""
        return self._one("SELECT document FROM block WHERE hash = ?", block_hash)

    def number_of(self, block_hash: bytes) -> int | None:
        """Number of the block with this hash."""
        row = self._database.execute("SELECT number FROM block WHERE hash = ?", (block_hash,)).fetchone()
        return None if row is None else int(row[0])

    def transaction(self, transaction_hash: bytes) -> bytes | None:
        """A mined transaction's JSON."""
        return self._one("SELECT document FROM mined WHERE hash = ?", transaction_hash)

    def receipt(self, transaction_hash: bytes) -> bytes | None:
        """A mined transaction's receipt JSON."""
        return self._one("SELECT receipt FROM mined WHERE hash = ?", transaction_hash)

    def transactions_of(self, number: int) -> list[bytes]:
        """JSON of a block's transactions in order."""
        query = "SELECT document FROM mined WHERE block_number = ? ORDER BY position"
        return [row[0] for row in self._database.execute(query, (number,))]

    def receipts_of(self, number: int) -> list[bytes]:
        """JSON of a block's receipts in order."""
        query = "SELECT receipt FROM mined WHERE block_number = ? ORDER BY position"
        return [row[0] for row in self._database.execute(query, (number,))]

    def logs(
        self,
        first: int,
        last: int,
        addresses: Sequence[bytes],
        topics: Sequence[Sequence[bytes]],
        limit: int,
    ) -> list[bytes]:
        """JSON of at most `limit` logs of blocks first..last; empty lists match everything."""
        wheres = ["block_number BETWEEN ? AND ?"]
        values: list[object] = [first, last]
        for column, wanted in [("address", addresses), *((f"topic{i}", t) for i, t in enumerate(topics))]:
            if wanted:
                wheres.append(f"{column} IN ({', '.join('?' * len(wanted))})")
                values.extend(wanted)
        query = (
            f"SELECT document FROM log WHERE {' AND '.join(wheres)} ORDER BY block_number, log_index LIMIT ?"
        )
        return [row[0] for row in self._database.execute(query, (*values, limit))]

    def _one(self, query: str, value: object) -> bytes | None:
        row = self._database.execute(query, (value,)).fetchone()
        return None if row is None else bytes(row[0])


def _insert_block(database: sqlite3.Connection, block: BlockRows) -> None:
    database.execute("INSERT INTO block VALUES (?, ?, ?)", (block.number, block.hash, block.document))
    database.executemany(
        "INSERT INTO mined VALUES (?, ?, ?, ?, ?)",
        [(row.hash, block.number, row.position, row.document, row.receipt) for row in block.mined],
    )
    database.executemany(
        "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (block.number, row.log_index, row.address, *(row.topics + (None,) * 4)[:4], row.document)
            for row in block.logs
        ],
    )
