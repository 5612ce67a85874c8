"""Loans and their costs as answers show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.adapters.ledger.words import form_of
from gateway.domain.calendar import iso
from gateway.domain.finance import whole_ppm
from gateway.domain.quotes import Owed
from gateway.domain.terms.agreement import terms_name
from gateway.money import currency_codes, text
from gateway.risk.loan_costs import Quoted

BASES = ("360", "365", "actual/actual")
"""Day count bases by the ledger's code."""


def form_name(flags: int) -> str:
    """A facility's form, of its flags."""
    return form_of(flags).name.lower()


def shown_terms(row: Mapping[str, Any]) -> dict[str, Any]:
    """What was agreed, of a row of `ledger_loans`."""
    return {
        "terms": terms_name(row["terms"]), "count": row["count"], "basis": BASES[row["basis"]],
        "rate_ppm": row["rate"], "grace_days": row["grace_days"], "penalty_bps": row["penalty_bps"],
        "minimum_days": row["minimum_days"],
    }  # fmt: skip


def owed_on(found: Owed, currency: int) -> dict[str, str]:
    """What a payment fills."""
    parts = {
        "costs": found.costs, "interest": found.interest, "penalty": found.penalty, "principal": found.principal,
        "total": found.total,
    }  # fmt: skip
    return {name: text(amount, currency) for name, amount in parts.items()}


def shown_quote(found: Quoted, currency: int, payment_day: Callable[[int], str]) -> dict[str, Any]:
    """A draw worked out."""
    loan, cost = found.loan, found.cost
    amounts = {
        "paid_out": cost.paid_out, "interest": cost.interest, "fee": cost.fee, "net_paid_out": cost.net,
        "cost": cost.borne, "repaid": cost.repaid,
    }  # fmt: skip
    return {
        "currency": currency_codes()[currency], "terms": terms_name(loan.terms), "count": loan.count,
        "basis": BASES[loan.basis], "rate_ppm": loan.rate,
        **{name: text(amount, currency) for name, amount in amounts.items()},
        "interest_borne_by": str(found.bearer), "all_in_rate_ppm": whole_ppm(cost.rate), "offer": found.offer,
        "instalments": [
            {
                "number": line.number, "due": iso(line.due_day), "payment_day": payment_day(line.due_day),
                "principal": text(line.principal, currency), "interest": text(line.interest, currency),
                "total": text(line.total, currency),
            }
            for line in cost.lines
        ],
    }  # fmt: skip
