"""What the `ledger_*` tables must be at a block, made out of the chain alone, and what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, create_engine, select
from sqlalchemy.pool import StaticPool

from gateway.adapters.ledger.chain import Chain, Reader, Rpc
from gateway.adapters.ledger.views import correct
from gateway.db.tables import metadata
from gateway.ports.verification import BlockUnknown, ChainMoved
from gateway.projections import HANDLERS
from gateway.projections.fold import Fold
from gateway.services.doctor import Mismatch, TableOf, compare

_SHANGHAI_SECONDS, _DAY_SECONDS = 28_800, 86_400


def examine(
    connection: Connection, rpc: Rpc, chain: Chain, *, block: int, start_block: int = 0
) -> list[Mismatch]:
    """Every `ledger_*` value in the database that is not what the chain says at `block`.

    `block` is the one the database has been brought to; nothing the gateway stored is believed.
    Raises ChainMoved, BlockUnknown, Unreachable, Refused, UnexplainedFact.
    """
    return compare(tables_in(connection), tables_of(rpc, chain, block=block, start_block=start_block))


def tables_in(connection: Connection) -> dict[str, TableOf]:
    """The tables as they lie in a database."""
    return {
        table.name: TableOf(tuple(column.name for column in table.primary_key), rows)
        for table, rows in ((table, _rows(connection, table)) for table in metadata.sorted_tables)
    }


def tables_of(rpc: Rpc, chain: Chain, *, block: int, start_block: int = 0) -> dict[str, TableOf]:
    """The tables as the chain's events make them, put right where the contracts' views say otherwise."""
    named = chain.block(block)
    if named is None:
        raise BlockUnknown(f"the node has no block {block}")
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as scratch:
            metadata.create_all(scratch)
            _fold(scratch, Reader(rpc, chain.book), start_block, block)
            tables = tables_in(scratch)
    finally:
        engine.dispose()
    writable: Mapping[str, Any] = {name: table.rows for name, table in tables.items()}
    correct(chain, writable, block=block, today=(named.time + _SHANGHAI_SECONDS) // _DAY_SECONDS)
    if chain.block(block) != named:
        raise ChainMoved(f"block {block} is another one now")
    return tables


def _fold(connection: Connection, reader: Reader, first: int, last: int) -> None:
    with Fold(connection, HANDLERS) as fold:
        while first <= last:
            stretch = reader.read(first, last)
            if stretch is None:
                raise ChainMoved(f"the chain changed while blocks {first} to {last} were read")
            for fact in stretch.facts:
                fold.apply(connection, fact)
            first = stretch.headers[-1].number + 1


def _rows(connection: Connection, table: Any) -> dict[tuple[Any, ...], dict[str, Any]]:
    key = [column.name for column in table.primary_key]
    found = (dict(row) for row in connection.execute(select(table)).mappings())
    return {tuple(row[name] for name in key): row for row in found}
