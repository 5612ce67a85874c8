"""Rows of loans as the domain's records, so that its arithmetic can be asked about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from gateway.domain.records import Accrual, Loan, LoanPhase
from gateway.domain.terms import standing

_FLAGS = {"has_costs": 1, "buys": 2, "staged": 4}
"""What the flags of a loan say."""


def loan_of(row: Mapping[str, Any]) -> Loan:
    """A row of `ledger_loans`, by column name; others among its values are passed over."""
    values = {field.name: row[field.name] for field in fields(Loan) if field.name not in _FLAGS}
    flags = {name: bool(row["flags"] & bit) for name, bit in _FLAGS.items()}
    return Loan(**{**values, "phase": LoanPhase(row["phase"]), **flags})


def accrual_of(row: Mapping[str, Any]) -> Accrual:
    """What accrued on it so far."""
    return Accrual(**{field.name: row[field.name] for field in fields(Accrual)})


def days_overdue(row: Mapping[str, Any], day: int) -> int:
    """For how many days the oldest unpaid instalment of a row's loan has been overdue; 0 for none."""
    since = standing.overdue_since(loan_of(row), accrual_of(row), day)
    return day - since if since else 0
