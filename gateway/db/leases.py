"""Who is paid for goods that are leased."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, func

from gateway.db import tables as ledger
from gateway.db.lease_tables import leases

_AGREED = (leases.c.title == ledger.loans.c.title) & (leases.c.facility == ledger.loans.c.facility)


def with_payee(loans: Select[tuple[object, ...]], borrower: ColumnElement[int]) -> Select[tuple[object, ...]]:
    """A question about loans, with `payee`, whose account a pay-out goes to: the seller's of leased goods, or else the
    borrower's.
    """
    payee = func.coalesce(leases.c.seller, borrower).label("payee")
    return loans.add_columns(payee).outerjoin(leases, _AGREED)
