"""As much of the ledger's state as an act on an order needs, out of the tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.db import tables as ledger
from gateway.db.goods_tables import lots
from gateway.db.order_tables import order_lists, orders
from gateway.db.standing import facility_record
from gateway.domain.goods_records import OrderWord, RootKind
from gateway.domain.ledger_state import LedgerState
from gateway.domain.records import Invoice, Limit, OfferList, Party, Phase, Policy, Root, Standing, Title


def order_state(
    connection: Connection, day: int, *, ids: Collection[int], nullifiers: Collection[bytes] = ()
) -> LedgerState:
    """Titles, roots and lists of these ids, whatever they are, the documents of these nullifiers, and what the rules
    ask beside them on a day: the parties, their limits, the policy.
    """
    state = LedgerState()
    for row in _rows(connection, ledger.titles, ledger.titles.c.title, ids):
        state.titles[row.title] = Title(
            row.holder, row.root, row.quantity, row.depth, row.lock, row.paid, row.sequence, row.flags
        )
    roots = {*ids, *(title.root for title in state.titles.values())}
    for row in _rows(connection, orders, orders.c.order, roots):
        state.roots[row.order] = _root(row.buyer, row.currency, row.last_day, row)
        state.orders[row.order] = OrderWord(row.taken, row.promised, row.reduced)
    for row in _rows(connection, ledger.roots, ledger.roots.c.root, roots):
        state.roots[row.root] = _root(row.debtor, row.currency, row.due_day, row, RootKind(row.kind))
    for row in _rows(connection, lots, lots.c.lot, roots):
        state.roots[row.lot] = _taken(row)
    for row in _rows(connection, order_lists, order_lists.c.list, ids):
        state.order_lists[row.list] = _list(row)
    for row in _rows(connection, ledger.invoices, ledger.invoices.c.nullifier, nullifiers):
        state.invoices[bytes(row.nullifier)] = Invoice(
            row.cap, row.used, row.seller, row.debtor, row.currency, row.service
        )
    for lock in {title.lock for title in state.titles.values() if title.lock}:
        state.facilities[lock] = facility_record(connection, lock)
    _parties(connection, state)
    state.policy = _policy(connection, day)
    return state


def _rows(connection: Connection, table: Any, column: Any, values: Iterable[Any]) -> Iterable[Row[Any]]:
    return connection.execute(select(table).where(column.in_(list(values))))


def _root(debtor: int, currency: int, day: int, row: Row[Any], kind: RootKind = RootKind.ORDER) -> Root:
    return Root(
        debtor=debtor, clearing_bank=0, currency=currency, due_day=day, opened_day=row.opened_day,
        phase=Phase(row.phase), terms=0, policy_version=row.policy_version, quantity=row.quantity, accept_days=0,
        maximum_depth=0, minimum_piece=0, kind=kind,
    )  # fmt: skip


def _taken(row: Row[Any]) -> Root:
    """A lot's id is nobody else's; nothing else of it matters to an order."""
    return Root(
        debtor=row.keeper, clearing_bank=0, currency=0, due_day=row.last_day, opened_day=row.opened_day,
        phase=Phase(row.phase), terms=0, policy_version=0, quantity=0, accept_days=0, maximum_depth=0,
        minimum_piece=0, kind=RootKind(row.kind),
    )  # fmt: skip


def _list(row: Row[Any]) -> OfferList:
    terms = {name: getattr(row, name) for name in ledger.POLICY_TERMS}
    policy = Policy(version=row.policy_version, effective_day=0, **terms)
    return OfferList(row.debtor, row.currency, row.opened_day, row.total, row.taken, policy)


def _parties(connection: Connection, state: LedgerState) -> None:
    table = ledger.parties.c
    columns = (table.party, table.kinds, table.group_number, table.quorum, table.status, table.stopped)
    for row in connection.execute(select(*columns, table.stopped_until_day)):
        state.parties[row.party] = Party(
            row.kinds, row.group_number, row.quorum, Standing(row.status), stopped_by_order=bool(row.stopped),
            stopped_until=row.stopped_until_day,
        )  # fmt: skip
    for row in connection.execute(select(ledger.limits)):
        state.limits[row.debtor, row.currency] = Limit(row.limit_amount, row.used)


def _policy(connection: Connection, day: int) -> Policy | None:
    """The policy in force on a day."""
    table = ledger.policies.c
    standing = select(ledger.policies).where(table.replaced.is_(False), table.effective_day <= day)
    row = connection.execute(
        standing.order_by(table.effective_day.desc(), table.version.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    terms = {name: getattr(row, name) for name in ledger.POLICY_TERMS}
    return Policy(version=row.version, effective_day=row.effective_day, **terms)
