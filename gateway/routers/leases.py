"""Leased goods: who holds them, for which rentals, and what is owed to a lessee whose goods were taken back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from sqlalchemy import Row, select

from gateway.adapters.ledger.words import RESERVED
from gateway.db import lease_tables, tables
from gateway.domain.calendar import iso
from gateway.ids import format_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.routers.as_of import TheView, View
from gateway.schemas import leases as schemas
from gateway.schemas.fields import PARTY_MOST

router = APIRouter(tags=["goods"])

FacilityNumber = Annotated[int, Path(ge=1, le=PARTY_MOST, description="a facility's number")]
_STANDING = (RESERVED, 2, 5)
"""Phases of a loan on which a lease stands."""


@router.get("/facilities/{facility}/leases", response_model=schemas.Leases)
def leases(facility: FacilityNumber, view: TheView) -> dict[str, Any]:
    """Leases under a facility: each receipt with its rentals' loan and the notice that was given, and those that the
    lessor ended, with what it owes the lessee (CC-752, CC-758).
    """
    table = tables.facilities
    found = view.ledger.execute(select(table).where(table.c.facility == facility)).one_or_none()
    if found is None:
        raise Problem("FACILITY_UNKNOWN", "no such facility", status=404, facility=facility)
    return {
        "facility": facility, "lessor": found.lender, "lessee": found.borrower,
        "currency": currency_codes()[found.currency], "leases": _leases(view, found), "ended": _ended(view, found),
        "as_of": view.seen,
    }  # fmt: skip


def _leases(view: View, facility: Row[Any]) -> list[dict[str, Any]]:
    lease, title, loan = lease_tables.leases, tables.titles, tables.loans
    drawn = (
        (loan.c.title == lease.c.title) & loan.c.phase.in_(_STANDING) & (loan.c.facility == lease.c.facility)
    )
    query = (
        select(lease, title.c.holder, loan.c.loan, loan.c.phase)
        .join(title, title.c.title == lease.c.title)
        .outerjoin(loan, drawn)
        .where(lease.c.facility == facility.facility, lease.c.standing == 1)
        .order_by(lease.c.title)
    )
    return [
        {
            "receipt": format_id(row.title), "holder": row.holder, "seller": row.seller,
            "price": text(row.price, facility.currency), "appraiser": row.appraiser,
            "loan": None if row.loan is None else format_id(row.loan), "state": _state(row),
            "notice_days": row.notice_days, "noticed": iso(row.notice_day) if row.notice_day else None,
            "ends_from": iso(row.from_day) if row.notice_day else None, "evidence": "0x" + row.evidence.hex(),
        }
        for row in view.ledger.execute(query)
    ]  # fmt: skip


def _state(row: Row[Any]) -> str:
    if row.loan is None:
        return "agreed"
    if row.phase == RESERVED:
        return "drawn"
    return "notice" if row.notice_day else "running"


def _ended(view: View, facility: Row[Any]) -> list[dict[str, Any]]:
    end, loan = lease_tables.lease_ends, tables.loans
    query = (
        select(end)
        .join(loan, loan.c.loan == end.c.loan)
        .where(loan.c.facility == facility.facility)
        .order_by(end.c.loan)
    )
    return [
        {
            "receipt": format_id(row.title), "loan": format_id(row.loan),
            "value": text(row.costs + row.interest + row.principal + row.difference, facility.currency),
            "costs": text(row.costs, facility.currency), "interest": text(row.interest, facility.currency),
            "principal": text(row.principal, facility.currency),
            "owed_to_lessee": text(row.difference, facility.currency), "evidence": "0x" + row.evidence.hex(),
        }
        for row in view.ledger.execute(query)
    ]  # fmt: skip
