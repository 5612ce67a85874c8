"""Goods count once: what an order on the ledger is about is promised by converting the order, not beside it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.order_tables import orders
from gateway.db.trade import TradeBook
from gateway.domain.matching import MatchResult
from gateway.ids import format_id
from gateway.money import text
from gateway.problems import Problem


def check_beside_orders(connection: Connection, result: MatchResult, field: str) -> None:
    """Raise Problem(ORDER-OPEN) when an order on the ledger, with something left of it, is about an invoice's goods."""
    named = set(result.chain.orders)
    known = [each for each in TradeBook(connection).match().orders if each.order in named]
    by_evidence = {digest: each for each in known for digest in each.evidence()}
    table = orders.c
    query = select(orders).where(
        table.evidence.in_(list(by_evidence)), table.quantity > table.taken + table.reduced
    )
    row = connection.execute(query.order_by(table.order).limit(1)).one_or_none()
    if row is None:
        return
    left = text(row.quantity - row.taken - row.reduced, row.currency)
    label = by_evidence[bytes(row.evidence)].order.label
    raise Problem(
        "ORDER-OPEN",
        f"invoice {result.invoice.label} is for order {label}, confirmed as {format_id(row.order)} with {left} left: "
        "convert the order, or reduce it by what will not come",
        status=409, field=field, document=result.invoice.label, order=format_id(row.order), left=left,
    )  # fmt: skip


def check_promises(connection: Connection, nullifiers: Collection[bytes], field: str) -> None:
    """The same for invoices by their nullifiers, as far as the gateway knows which documents those stand for: it gave
    them a number, or they were attested under the hash of an imported file.
    """
    some = select(orders.c.order).where(orders.c.quantity > orders.c.taken + orders.c.reduced).limit(1)
    if not nullifiers or connection.execute(some).first() is None:
        return
    numbered, attested = own.confirmations.c, ledger.invoices.c
    keys = set(
        connection.execute(select(numbered.invoice).where(numbered.nullifier.in_(list(nullifiers)))).scalars()
    )
    documents = select(attested.document).where(attested.nullifier.in_(list(nullifiers)))
    hashes = {bytes(document).hex() for document in connection.execute(documents).scalars()}
    for result in TradeBook(connection).match().results:
        if result.invoice.sha256 in hashes or (result.key is not None and result.key.text() in keys):
            check_beside_orders(connection, result, field)
