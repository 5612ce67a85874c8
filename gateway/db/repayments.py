"""What was repaid on a loan and stands, with the value days that the banks gave it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, or_, select

from gateway.db import tables
from gateway.db.lease_tables import lease_ends
from gateway.domain.terms.progress import Paid
from gateway.services.payments import FactKind


def repayments_of(connection: Connection, loan: int) -> list[Paid]:
    """A loan's repayments that no bank took back, in the order of their value days; where its lease was ended, what the
    goods met of it stands among them.

    A repayment and the movement that brought it are facts of one transaction, and of one amount.
    """
    moved = _movements(connection, loan)
    taken_back = {bytes(row.reverses) for row in moved if row.reverses is not None}
    coming = [row for row in moved if row.reverses is None and row.kind != FactKind.PAYOUT]
    table = tables.repayments.c
    query = select(tables.repayments).where(table.loan == loan).order_by(table.block_number, table.log_index)
    found = []
    for row in connection.execute(query):
        # What was taken back has a row of its own, below nothing.
        if min(row.costs, row.interest, row.principal) < 0:
            continue
        brought = next(each for each in coming if _brings(each, row))
        coming.remove(brought)
        if bytes(brought.movement) not in taken_back:
            found.append(Paid(brought.value_day, row.interest, row.principal))
    ends = connection.execute(select(lease_ends).where(lease_ends.c.loan == loan))
    found += [Paid(row.day, row.interest, row.principal) for row in ends]
    return sorted(found, key=lambda each: each.day)


def _movements(connection: Connection, loan: int) -> list[Row[Any]]:
    table = tables.movements.c
    own = or_(table.subject == loan, table.loan == loan)
    query = select(tables.movements).where(or_(own, table.reverses.in_(select(table.movement).where(own))))
    return list(connection.execute(query.order_by(table.block_number, table.log_index)))


def _brings(movement: Row[Any], repayment: Row[Any]) -> bool:
    whole = repayment.costs + repayment.interest + repayment.principal + repayment.surplus
    return bool(movement.transaction_hash == repayment.transaction_hash and movement.amount == whole)
