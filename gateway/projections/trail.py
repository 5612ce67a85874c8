"""Which blocks concern a root, by the read model: a hint for who reads the chain itself."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from gateway.adapters.ledger.chain import blocks
from gateway.db.tables import invoices, root_invoices, title_history, titles
from gateway.ports.verification import Trail


def trail_of(connection: Connection, root: int) -> Trail | None:
    """The blocks in which the root's titles changed and its invoices were attested; None before anything is indexed."""
    until: int | None = connection.execute(select(func.max(blocks.c.number))).scalar_one()
    if until is None:
        return None
    changed = (
        select(title_history.c.block_number)
        .join(titles, titles.c.title == title_history.c.title)
        .where(titles.c.root == root)
        .distinct()
    )
    attested = (
        select(invoices.c.block_number)
        .join(root_invoices, root_invoices.c.nullifier == invoices.c.nullifier)
        .where(root_invoices.c.root == root)
        .distinct()
    )
    return Trail(
        titles=list(connection.execute(changed).scalars()),
        invoices=list(connection.execute(attested).scalars()),
        until=until,
    )
