"""As much of the ledger's state as an act on receipts needs, out of the tables."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Row, select

from gateway.db import tables as ledger
from gateway.db.goods_tables import liens, lots
from gateway.domain.goods_records import Lien, Lot, RootKind
from gateway.domain.ledger_state import LedgerState
from gateway.domain.records import Phase, Root, Title


def goods_state(connection: Connection, numbers: Collection[int]) -> LedgerState:
    """The titles and lots of these numbers, and the lots and liens of these titles."""
    title = ledger.titles.c
    titles = connection.execute(select(ledger.titles).where(title.title.in_(list(numbers)))).all()
    roots = {*numbers, *(row.root for row in titles)}
    state = LedgerState()
    for row in titles:
        state.titles[row.title] = Title(
            row.holder, row.root, row.quantity, row.depth, row.lock, row.paid, row.sequence, row.flags
        )
    for row in connection.execute(select(lots).where(lots.c.lot.in_(roots))):
        state.roots[row.lot] = _root(row)
        state.lots[row.lot] = Lot(
            row.deposited, row.redeemed, row.delivered, row.lost, row.counted_day, row.counts
        )
    owed = select(liens).where(liens.c.title.in_(list(numbers)), liens.c.amount > 0)
    for row in connection.execute(owed):
        state.liens[row.title] = Lien(row.amount, row.currency)
    return state


def _root(row: Row[tuple[object, ...]]) -> Root:
    lot = row._mapping
    return Root(
        debtor=lot["keeper"], clearing_bank=lot["inspector"], currency=lot["unit"], due_day=lot["last_day"],
        opened_day=lot["opened_day"], phase=Phase(lot["phase"]), terms=lot["decimals"], policy_version=0,
        quantity=lot["first_quantity"], accept_days=0, maximum_depth=255, minimum_piece=0,
        kind=RootKind(lot["kind"]),
    )  # fmt: skip
