"""A day end from beginning to end: read the books, ask the chain if that is wanted, compare, keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.adapters.banks.reconciling import Wanted, read_books
from gateway.adapters.ledger.chain import Rpc, blocks
from gateway.bootstrap import Gateway
from gateway.db import goods_tables, tables
from gateway.db.receipts import LedgerReceipts
from gateway.db.stock import StockBook
from gateway.domain.calendar import LAST_DAY, day_of, first_second, iso
from gateway.domain.stock_feeds import Rhythms
from gateway.domain.stock_lending import Counting
from gateway.ports.verification import BlockUnknown, ChainMoved
from gateway.problems import Problem
from gateway.projections.examination import tables_in, tables_of
from gateway.risk import parameters
from gateway.services.doctor import Mismatch, TableOf, compare
from gateway.services.reconciliation import Found, reconcile
from gateway.services.reconciliation.goods import Goods, reconcile_goods
from gateway.services.reconciliation.sums import TABLES, Ledger, Row
from gateway.services.stock import word_of
from gateway.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found, and the block at which the ledger's tables stood; -1 when nothing was read yet."""

    found: Found
    block: int


@dataclass(frozen=True, slots=True)
class Truth:
    """The ledger's tables as the chain makes them at a block."""

    block: int
    tables: Mapping[str, TableOf]


def ask_node(gateway: Gateway) -> Truth:
    """Fold the chain anew up to the block that the index has reached. Takes as long as the chain is.

    Raises Problem(CHAIN-MOVED, NODE-BEHIND, INDEX-EMPTY), Unreachable.
    """
    with gateway.view() as unit:
        block = _indexed(unit.connection)
    if block < 0:
        raise Problem("INDEX-EMPTY", "the gateway has read nothing of the chain yet: ask again", status=503)
    # A connection of its own: this takes long, and a connection is one thread's.
    with Rpc(gateway.settings.rpc_url) as rpc:
        chain = type(gateway.chain)(rpc, gateway.chain.book)
        try:
            return Truth(block, tables_of(rpc, chain, block=block, start_block=gateway.first_block))
        except BlockUnknown as error:
            raise Problem("NODE-BEHIND", str(error), status=503) from error
        except ChainMoved as error:
            raise Problem("CHAIN-MOVED", str(error), status=503) from error


def run(
    connection: Connection,
    wanted: Wanted,
    now: int,
    truth: Truth | None = None,
    *,
    rows: Ledger | None = None,
    lots: Sequence[Row] | None = None,
    rhythms: Rhythms | None = None,
) -> Compared:
    """Compare the three books; with `truth`, the chain itself is the ledger's book, and the tables are compared too.
    `rows` are those of the ledger's tables at another block than the last, `lots` those of the lots at the end of a day
    gone by, and `rhythms` those agreed with keepers.

    `now` is the wall clock, seconds since 1970, for databases that have read no block. Raises Problem for a file that
    cannot be used, DAY-AHEAD for a day that the ledger has not reached, CHAIN-MOVED when the tables went on.
    """
    block, today = _indexed(connection), ledger_day(connection, now)
    # A quiet chain seals no blocks: the day goes on all the same.
    if wanted.day is not None and wanted.day > max(today, day_of(now)):
        told = f"the ledger stands at {iso(today)}: a later day has not begun"
        raise Problem("DAY-AHEAD", told, field="day", found=iso(wanted.day))
    mismatches: Sequence[Mismatch] | None = None
    ledger: Ledger
    if truth is None:
        ledger = rows_of(connection) if rows is None else rows
    else:
        if truth.block != block:
            raise Problem(
                "CHAIN-MOVED", "the tables went on while the chain was asked: ask again", status=503
            )
        ledger = {name: list(truth.tables[name].rows.values()) for name in TABLES}
        mismatches = compare(tables_in(connection), truth.tables)
    books = read_books(connection, ledger, wanted, today)
    stood = ledger["ledger_lots"] if lots is None else lots
    goods = _goods(connection, stood, books.day, rhythms or Rhythms()) if books.whole else None
    return Compared(reconcile(books, ledger, mismatches, goods), block)


def lots_then(gateway: Gateway, snapshots: Snapshots, wanted: Wanted, now: int) -> Sequence[Row] | None:
    """The lots as they were at the end of the day wanted, which keepers' words of then are to be compared with; None
    where it is not gone by, or goods are not looked at. Raises Problem(AS-OF-COST, AS-OF-BUSY)."""
    with gateway.view() as unit:
        today = ledger_day(unit.connection, now)
        if wanted.day is None or wanted.day >= today or wanted.files or wanted.bank:
            return None
        earlier = blocks.c.time < first_second(wanted.day + 1)
        last = unit.connection.execute(select(func.max(blocks.c.number)).where(earlier)).scalar_one()
    if last is None:
        return ()
    with snapshots.at(int(last)) as ledger:
        return [dict(row) for row in ledger.execute(select(goods_tables.lots)).mappings()]


def _goods(connection: Connection, lots: Sequence[Row], day: int, rhythms: Rhythms) -> Goods:
    """Goods as they stood at the end of a day."""
    receipts = LedgerReceipts(connection, lots)
    terms = parameters.feed(connection, day)
    word = word_of(StockBook(connection), day, terms, rhythms.words, receipts, until=first_second(day + 1))
    counting = Counting(day, parameters.count(connection, day), rhythms.counts)
    return reconcile_goods(word, receipts, terms, counting)


def rows_of(connection: Connection) -> Ledger:
    """The rows of the tables that are summed."""
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name in TABLES:
        table = tables.metadata.tables[name]
        rows = connection.execute(select(table).order_by(*table.primary_key)).mappings()
        found[name] = [dict(row) for row in rows]
    return found


def _indexed(connection: Connection) -> int:
    found = connection.execute(select(func.max(blocks.c.number))).scalar_one()
    return -1 if found is None else int(found)


def ledger_day(connection: Connection, now: int) -> int:
    """The day of the last block that was read; without any, the day of `now`."""
    time = connection.execute(select(func.max(blocks.c.time))).scalar_one()
    return min(day_of(now if time is None else int(time)), LAST_DAY)
