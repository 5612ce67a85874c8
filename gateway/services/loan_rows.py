"""Rows of loans as the domain's records, so that its arithmetic can be asked about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from gateway.domain.records import Accrual, Loan, LoanPhase
from gateway.domain.terms import standing

_BUYS, _COSTS = 2, 1
"""The flag of a loan whose draw names a title."""


def loan_of(row: Mapping[str, Any]) -> Loan:
    """A row of `ledger_loans`, by column name; others among its values are passed over."""
    values = {
        field.name: row[field.name] for field in fields(Loan) if field.name not in ("buys", "has_costs")
    }
    flags = {"buys": bool(row["flags"] & _BUYS), "has_costs": bool(row["flags"] & _COSTS)}
    return Loan(**{**values, "phase": LoanPhase(row["phase"]), **flags})


def accrual_of(row: Mapping[str, Any]) -> Accrual:
    """What accrued on it so far."""
    return Accrual(**{field.name: row[field.name] for field in fields(Accrual)})


def days_overdue(row: Mapping[str, Any], day: int) -> int:
    """For how many days the oldest unpaid instalment of a row's loan has been overdue; 0 for none."""
    since = standing.overdue_since(loan_of(row), accrual_of(row), day)
    return day - since if since else 0
