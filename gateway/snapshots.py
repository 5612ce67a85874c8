"""The ledger's tables as they were at a block: the facts up to it, folded anew into a database in memory.

Facts are what the index has stored; the fold is the one that makes the `ledger_*` tables. What that costs grows with
the facts before the block (docs/guides/http.md has figures), so the last few results are kept, and a later block is
folded onward from the nearest one before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import Connection, Engine, create_engine, select
from sqlalchemy.pool import StaticPool

from gateway.adapters.ledger.chain import BEGINNING, Book, Cursor, blocks, facts_after
from gateway.db.engine import reading
from gateway.db.tables import metadata
from gateway.problems import Problem
from gateway.projections import HANDLERS
from gateway.projections.fold import Fold

KEPT = 4
PATIENCE_SECONDS = 20.0
_LAST_OF_A_BLOCK = 1 << 62


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The tables at a block; one reader at a time, because they are one connection's."""

    block: int
    hash: bytes
    engine: Engine
    turn: Lock = field(default_factory=Lock)


class Snapshots:
    """Tables of the past, for many threads."""

    def __init__(self, engine: Engine, book: Book, most_facts: int) -> None:
        """`most_facts`: that a single question may have folded."""
        self._engine = engine
        self._book = book
        self._most_facts = most_facts
        self._kept: list[_Snapshot] = []
        self._turn = Lock()

    @contextmanager
    def at(self, block: int) -> Iterator[Connection]:
        """A connection to the `ledger_*` tables as they were after a block that the index has read.

        Raises Problem(AS-OF-COST) when too much would have to be folded, Problem(AS-OF-BUSY) when others wait too.
        """
        with ExitStack() as stack:
            # Taken before the other is given back: nobody drops what somebody is about to read.
            with _waiting(self._turn):
                found = self._find(block)
                stack.enter_context(_waiting(found.turn))
            yield stack.enter_context(found.engine.connect())

    def _find(self, block: int) -> _Snapshot:
        with reading(self._engine).connect() as connection:
            query = select(blocks.c.number, blocks.c.hash).where(blocks.c.number <= block)
            row = connection.execute(query.order_by(blocks.c.number.desc()).limit(1)).one_or_none()
            number, hash_ = (-1, b"") if row is None else (row.number, bytes(row.hash))
            known = next((each for each in self._kept if (each.block, each.hash) == (number, hash_)), None)
            if known is None:
                known = self._make(connection, number, hash_)
        # What was asked for last is dropped last.
        self._kept = [*(each for each in self._kept if each is not known), known]
        for dropped in self._kept[:-KEPT]:
            with dropped.turn:
                dropped.engine.dispose()
        self._kept = self._kept[-KEPT:]
        return known

    def _make(self, connection: Connection, number: int, hash_: bytes) -> _Snapshot:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        base = self._nearest(connection, number)
        try:
            with engine.begin() as scratch:
                if base is None:
                    metadata.create_all(scratch)
            if base is not None:
                with base.turn:
                    _copy(base.engine, engine)
            with engine.begin() as scratch:
                start = BEGINNING if base is None else Cursor(base.block, _LAST_OF_A_BLOCK)
                self._fold(connection, scratch, start, number)
        except BaseException:
            engine.dispose()
            raise
        return _Snapshot(number, hash_, engine)

    def _nearest(self, connection: Connection, number: int) -> _Snapshot | None:
        """The latest kept one before a block, if its block is still the chain's."""
        for each in sorted(self._kept, key=lambda kept: kept.block, reverse=True):
            if 0 <= each.block < number:
                query = select(blocks.c.hash).where(blocks.c.number == each.block)
                if connection.execute(query).scalar_one_or_none() == each.hash:
                    return each
        return None

    def _fold(self, connection: Connection, scratch: Connection, start: Cursor, last: int) -> None:
        with Fold(scratch, HANDLERS) as fold:
            for count, fact in enumerate(facts_after(connection, self._book, start)):
                if fact.block_number > last:
                    return
                if count >= self._most_facts:
                    raise Problem(
                        "AS-OF-COST",
                        f"more than {self._most_facts} events lie before that block: ask for a later one, or ask "
                        "the operator to raise the bound",
                        field="as_of",
                    )
                fold.apply(scratch, fact)


def _copy(source: Engine, target: Engine) -> None:
    with source.connect() as one, target.connect() as other:
        old, new = one.connection.driver_connection, other.connection.driver_connection
        assert isinstance(old, sqlite3.Connection)
        assert isinstance(new, sqlite3.Connection)
        old.backup(new)


@contextmanager
def _waiting(lock: Lock) -> Iterator[None]:
    if not lock.acquire(timeout=PATIENCE_SECONDS):
        raise Problem("AS-OF-BUSY", "others ask about the past too: ask again", status=503)
    try:
        yield
    finally:
        lock.release()
