"""The rules' figures, out of the rule pack that a day stands under."""

from __future__ import annotations

from gateway.adapters.rulebook import shipped
from gateway.domain.business_days import BusinessCalendar
from gateway.domain.exposure import Supervision
from gateway.domain.rules import NotInForce, Pack, in_force
from gateway.domain.stopping import Persistence


def pack_of() -> Pack:
    """The rules in force."""
    return shipped().pack


def supervision(day: int) -> Supervision | None:
    """The limits of commercial factors on a day (F205); None while that rule is not in force."""
    try:
        given = in_force(pack_of(), "F205", day).parameters
    except NotInForce:
        return None
    return Supervision(
        debtor_bps=given["one_debtor_percent"] * 100,
        related_bps=given["related_percent"] * 100,
        reserve_bps=given["reserve_least_percent"] * 100,
        leverage=given["leverage_most_times"],
        nonperforming_after_days=given["non_performing_above_days"],
    )


def persistence(day: int) -> Persistence | None:
    """How many bills overdue within how many months stop a debtor (CN77-15); None while the rule is not in force."""
    try:
        given = in_force(pack_of(), "CN77-15", day).parameters
    except NotInForce:
        return None
    return Persistence(given["overdue_times"], given["within_months"])


def calendar() -> BusinessCalendar:
    """Which days banks do business on."""
    return pack_of().calendar
