"""Follow the chain, fall back with it, and make the tables anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import Connection, Engine, delete, select

from gateway.adapters.ledger.chain import Book, Chain, Fact, Indexer, Progress, facts_after
from gateway.db.engine import reading
from gateway.db.tables import metadata
from gateway.projections import HANDLERS
from gateway.projections.fold import Fold


def apply(connection: Connection, fact: Fact) -> None:
    """Fold one fact and write it at once: for a few facts; `follow` is many times faster."""
    with Fold(connection, HANDLERS) as fold:
        fold.apply(connection, fact)


def rollback(connection: Connection, book: Book) -> None:
    """The index has dropped the facts of blocks that are no longer the chain's: fold what is left anew.

    Undoing each event would need an inverse of every handler, as exact as the handler; this needs none.
    """
    _clear(connection)
    with Fold(connection, HANDLERS) as fold:
        for fact in facts_after(connection, book):
            fold.apply(connection, fact)


def follow(engine: Engine, indexer: Indexer, book: Book) -> Progress:
    """One step of the index in one transaction: cursor, facts and tables move together or not at all.

    The node is asked before the transaction: a slow node must not keep the database's only write lock.
    Raises UnexplainedFact, and what Indexer.step raises.
    """

    def fall_back(connection: Connection, _: int) -> None:
        rollback(connection, book)

    with reading(engine).connect() as connection:
        ahead = indexer.look(connection)
    if ahead.nothing:
        return Progress(ahead.at, ahead.head, 0)
    with engine.begin() as connection, Fold(connection, HANDLERS) as fold:
        return indexer.step(connection, fold.apply, fall_back, ahead)


def reindex(
    engine: Engine, chain: Chain, *, start_block: int = 0, told: Callable[[Progress], None] = lambda _: None
) -> int:
    """Forget all that was read and folded, and read the chain from `start_block` to its head.

    `told` hears of each step. Returns the number of facts folded.
    """
    indexer = chain.indexer(start_block=start_block)
    with engine.begin() as connection:
        indexer.reset(connection)
        _clear(connection)
    total = 0
    while True:
        progress = follow(engine, indexer, chain.book)
        total += progress.facts
        told(progress)
        if progress.caught_up:
            return total


def dump_ledger_tables(connection: Connection) -> dict[str, str]:
    """SHA-256 of each `ledger_*` table's rows in the order of their keys: equal where the tables are."""
    digests = {}
    for table in metadata.sorted_tables:
        digest = hashlib.sha256()
        for row in connection.execute(select(table).order_by(*table.primary_key)):
            digest.update(repr(tuple(row)).encode())
        digests[table.name] = digest.hexdigest()
    return digests


def _clear(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        connection.execute(delete(table))
