"""The index: store what was read, move the cursor, roll back above a fork; in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from chainsvc.backends.rpc import Rpc
from chainsvc.book import Book
from chainsvc.indexer.facts import Fact
from chainsvc.indexer.reader import MAX_SPAN, Reader, Stretch
from chainsvc.tables import blocks, cursors, facts

Apply = Callable[[Connection, Fact], None]
OnRollback = Callable[[Connection, int], None]

_CURSOR = "index"
_HEADERS_A_LOOK = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """After one step: last block read, last that may be read, facts applied, where it fell back to."""

    block: int
    head: int
    facts: int
    rolled_back_to: int | None = None

    @property
    def caught_up(self) -> bool:
        """Nothing more to read at this moment."""
        return self.block >= self.head


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the node has beyond the cursor: the next span, or the block to fall back to, or neither."""

    at: int
    head: int
    fork: int | None
    stretch: Stretch | None

    @property
    def nothing(self) -> bool:
        """There is nothing to write."""
        return self.fork is None and self.stretch is None


class Indexer:
    """Follows the chain from `start_block`, staying `confirmations` blocks behind its head."""

    def __init__(
        self, rpc: Rpc, book: Book, *, start_block: int = 0, confirmations: int = 0, max_span: int = MAX_SPAN
    ) -> None:
        self._reader = Reader(rpc, book, max_span)
        self._start_block = start_block
        self._confirmations = confirmations

    def look(self, connection: Connection) -> Ahead:
        """Ask the node what comes next; only reads, so that nobody waits for the node with the caller.

        Raises Unreachable or Refused, and CodecError for a log our artifacts do not explain.
        """
        head = self._reader.head() - self._confirmations
        at = self._at(connection)
        fork = self._fork(connection, at)
        if fork is not None or at >= head:
            return Ahead(at, head, fork, None)
        return Ahead(at, head, None, self._reader.read(at + 1, head))

    def step(
        self, connection: Connection, apply: Apply, on_rollback: OnRollback, ahead: Ahead | None = None
    ) -> Progress:
        """Store the next span and apply its facts; the caller commits cursor, facts and projection as one.

        `ahead` is what a look before this transaction found; it is looked anew when there was none, or when
        another has moved the cursor since. When blocks already read are no longer the chain's, their rows go,
        `on_rollback(connection, n)` is told that everything above block n is undone, and the next step reads on
        from there. Raises what `look` raises.
        """
        if ahead is None or ahead.at != self._at(connection):
            ahead = self.look(connection)
        if ahead.fork is not None:
            self._roll_back(connection, ahead.fork)
            on_rollback(connection, ahead.fork)
            return Progress(ahead.fork, ahead.head, 0, rolled_back_to=ahead.fork)
        if ahead.stretch is None:
            return Progress(ahead.at, ahead.head, 0)
        self._store(connection, ahead.stretch)
        for fact in ahead.stretch.facts:
            apply(connection, fact)
        return Progress(ahead.stretch.headers[-1].number, ahead.head, len(ahead.stretch.facts))

    def reset(self, connection: Connection) -> None:
        """Forget everything read, so that the next steps read the chain from the start."""
        for table in (facts, blocks, cursors):
            connection.execute(delete(table))

    def _at(self, connection: Connection) -> int:
        query = select(cursors.c.block_number).where(cursors.c.name == _CURSOR)
        found = connection.execute(query).scalar_one_or_none()
        return self._start_block - 1 if found is None else int(found)

    def _fork(self, connection: Connection, at: int) -> int | None:
        """The last block read that is still the chain's, if one above it is not.

        A block the node does not have says nothing: the node may only be behind.
        """
        bound, differs = at, False
        while True:
            query = select(blocks.c.number, blocks.c.hash).where(blocks.c.number <= bound)
            look = 1 if bound == at else _HEADERS_A_LOOK
            stored = connection.execute(query.order_by(blocks.c.number.desc()).limit(look)).all()
            if not stored:
                return self._start_block - 1 if differs else None
            headers = self._reader.headers([row.number for row in stored])
            for row, header in zip(stored, headers, strict=True):
                if header is None:
                    continue
                if header.hash == row.hash:
                    return int(row.number) if differs else None
                differs = True
            bound = stored[-1].number - 1

    def _roll_back(self, connection: Connection, fork: int) -> None:
        connection.execute(delete(facts).where(facts.c.block_number > fork))
        connection.execute(delete(blocks).where(blocks.c.number > fork))
        kept = connection.execute(select(func.max(blocks.c.number))).scalar_one()
        if kept is None:
            connection.execute(delete(cursors).where(cursors.c.name == _CURSOR))
        else:
            _set_cursor(connection, fork, self._hash(connection, kept))

    def _hash(self, connection: Connection, number: int) -> bytes:
        return bytes(connection.execute(select(blocks.c.hash).where(blocks.c.number == number)).scalar_one())

    def _store(self, connection: Connection, stretch: Stretch) -> None:
        connection.execute(
            insert(blocks),
            [
                {
                    "number": header.number,
                    "hash": header.hash,
                    "parent_hash": header.parent_hash,
                    "time": header.time,
                }
                for header in stretch.headers
            ],
        )
        if stretch.rows:
            connection.execute(insert(facts), stretch.rows)
        last = stretch.headers[-1]
        _set_cursor(connection, last.number, last.hash)


def _set_cursor(connection: Connection, number: int, block_hash: bytes) -> None:
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"block_number": number, "block_hash": block_hash}
    statement = dialect(cursors).values(name=_CURSOR, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
