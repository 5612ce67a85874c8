"""One receivable or loan of the ledger, by the id that a caller wrote."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from gateway.db import tables as ledger
from gateway.db.leases import with_payee
from gateway.ids import parse_id
from gateway.problems import Problem
from gateway.routers.as_of import View


def root_row(view: View, text: str) -> Any:
    """A row of `ledger_roots`. Raises Problem UNKNOWN_ROOT."""
    query = select(ledger.roots).where(ledger.roots.c.root == parse_id(text))
    row = view.ledger.execute(query).one_or_none()
    if row is None:
        raise Problem("UNKNOWN_ROOT", "no such receivable", status=404, root=text)
    return row


def loan_rows() -> Select[Any]:
    """Rows of `ledger_loans`, with currency and parties of their facilities, and `payee` of the pay-out."""
    table, facility = ledger.loans, ledger.facilities
    columns = (
        facility.c.currency, facility.c.borrower, facility.c.lender, facility.c.entrustor,
        facility.c.flags.label("facility_flags"),
    )  # fmt: skip
    found = select(table, *columns).join(facility, table.c.facility == facility.c.facility)
    return with_payee(found, facility.c.borrower)


def loan_row(view: View, text: str) -> Any:
    """One of them. Raises Problem LOAN_UNKNOWN."""
    row = view.ledger.execute(loan_rows().where(ledger.loans.c.loan == parse_id(text))).one_or_none()
    if row is None:
        raise Problem("LOAN_UNKNOWN", "no such loan", status=404, loan=text)
    return row
