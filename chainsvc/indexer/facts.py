"""A fact: one event of one of our contracts, decoded, with its exact place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, tuple_

from chainsvc.book import Book
from chainsvc.codec import CodecError
from chainsvc.tables import blocks, facts

_WORD = 32
_PAGE = 2_000


class Cursor(NamedTuple):
    """The place of a fact; what comes after it is greater."""

    block_number: int
    log_index: int


BEGINNING = Cursor(-1, -1)


@dataclass(frozen=True, slots=True)
class Fact:
    """`args` by name in the event's order, structs as tuples; hashes are 0x strings, time in seconds."""

    block_number: int
    block_hash: str
    block_time: int
    transaction_hash: str
    transaction_index: int
    log_index: int
    contract: str
    event: str
    args: dict[str, Any]

    @property
    def cursor(self) -> Cursor:
        """Where it stands."""
        return Cursor(self.block_number, self.log_index)


class FactDecoder:
    """Turns a log of a known contract into name and arguments."""

    def __init__(self, book: Book) -> None:
        self._events = {
            (bytes.fromhex(contract.address[2:]), topic): (contract.name, event)
            for contract in book
            for topic, event in contract.interface.events.items()
        }

    def decode(self, address: bytes, topics: bytes, data: bytes) -> tuple[str, str, dict[str, Any]]:
        """Contract, event and arguments; raises CodecError for a log that our artifacts do not explain."""
        try:
            contract, event = self._events[address, topics[:_WORD]]
        except KeyError:
            raise CodecError(f"0x{address.hex()} logged an unknown event 0x{topics[:_WORD].hex()}") from None
        words = [topics[start : start + _WORD] for start in range(0, len(topics), _WORD)]
        return contract, event.name, event.decode(words, data)


def facts_after(
    connection: Connection, book: Book, cursor: Cursor = BEGINNING, *, limit: int | None = None
) -> Iterator[Fact]:
    """Stored facts after `cursor` in their order, read page by page; at most `limit`."""
    decoder = FactDecoder(book)
    left = limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(left, _PAGE)
        query = (
            select(facts, blocks.c.hash, blocks.c.time)
            .join(blocks, facts.c.block_number == blocks.c.number)
            .where(tuple_(facts.c.block_number, facts.c.log_index) > tuple_(*cursor))
            .order_by(facts.c.block_number, facts.c.log_index)
            .limit(size)
        )
        rows = connection.execute(query).all()
        for row in rows:
            yield _fact(decoder, row)
        if len(rows) < size:
            return
        cursor = Cursor(rows[-1].block_number, rows[-1].log_index)
        left = None if left is None else left - len(rows)


def facts_about(connection: Connection, book: Book, contract: str, event: str, subject: int) -> list[Fact]:
    """Stored facts of an event that indexes one number, about that number, in their order."""
    known = book[contract]
    topic = next(topic for topic, each in known.interface.events.items() if each.name == event)
    query = (
        select(facts, blocks.c.hash, blocks.c.time)
        .join(blocks, facts.c.block_number == blocks.c.number)
        .where(
            facts.c.address == bytes.fromhex(known.address[2:]),
            facts.c.topics == topic + subject.to_bytes(_WORD, "big"),
        )
        .order_by(facts.c.block_number, facts.c.log_index)
    )
    decoder = FactDecoder(book)
    return [_fact(decoder, row) for row in connection.execute(query)]


def _fact(decoder: FactDecoder, row: Any) -> Fact:
    contract, event, args = decoder.decode(row.address, row.topics, row.data)
    return Fact(
        block_number=row.block_number,
        block_hash="0x" + row.hash.hex(),
        block_time=row.time,
        transaction_hash="0x" + row.transaction_hash.hex(),
        transaction_index=row.transaction_index,
        log_index=row.log_index,
        contract=contract,
        event=event,
        args=args,
    )


def data_before(connection: Connection, fact: Fact, *, first_block: int = 0) -> bytes | None:
    """The unindexed data of the last stored event before `fact` of the same kind and with the same indexed values.

    None where there is none from `first_block` on. Raises LookupError for a fact that is not stored.
    """
    place = (facts.c.block_number == fact.block_number) & (facts.c.log_index == fact.log_index)
    this = connection.execute(select(facts.c.address, facts.c.topics).where(place)).one_or_none()
    if this is None:
        raise LookupError(f"no fact is stored at {tuple(fact.cursor)}")
    found = connection.execute(
        select(facts.c.data)
        .where(
            tuple_(facts.c.block_number, facts.c.log_index) < tuple_(*fact.cursor),
            facts.c.block_number >= first_block,
            facts.c.address == this.address,
            facts.c.topics == this.topics,
        )
        .order_by(facts.c.block_number.desc(), facts.c.log_index.desc())
        .limit(1)
    ).scalar_one_or_none()
    return None if found is None else bytes(found)
