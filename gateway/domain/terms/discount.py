"""Discount: interest up to the due day is kept from the pay-out, and earned with it.

Nothing comes back for an early repayment: CC-677 lets the parties agree so.
"""

from __future__ import annotations

from gateway.domain import interest
from gateway.domain.records import Loan


def amount(loan: Loan, start: int) -> int:
    """Interest on what was drawn from `start` to the due day, in minor units, half-up."""
    days = loan.drawn * interest.weigh(loan.basis, start, loan.due_day)
    return interest.payable(days, 0, loan.rate, 0, loan.basis)
