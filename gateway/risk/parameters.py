"""The rules' figures, out of the rule pack that a day stands under."""

from __future__ import annotations

from dataclasses import fields

from sqlalchemy import Connection

from gateway.adapters.rulebook import shipped
from gateway.db.rules import RuleBook
from gateway.domain.business_days import BusinessCalendar
from gateway.domain.exposure import Supervision
from gateway.domain.ladder import Terms
from gateway.domain.rules import NotInForce, UnknownRule, find, in_force
from gateway.domain.stock_feeds import FeedTerms
from gateway.domain.stopping import Persistence
from gateway.domain.valuation import ValuationTerms


def supervision(own: Connection, day: int) -> Supervision | None:
    """The limits of commercial factors on a day (F205); None while that rule is not in force."""
    try:
        given = in_force(RuleBook(own).pack_on(day), "F205", day).parameters
    except NotInForce:
        return None
    return Supervision(
        debtor_bps=given["one_debtor_percent"] * 100,
        related_bps=given["related_percent"] * 100,
        reserve_bps=given["reserve_least_percent"] * 100,
        leverage=given["leverage_most_times"],
        nonperforming_after_days=given["non_performing_above_days"],
    )


def persistence(own: Connection, day: int) -> Persistence | None:
    """How many bills overdue within how many months stop a debtor (CN77-15); None while the rule is not in force."""
    try:
        given = in_force(RuleBook(own).pack_on(day), "CN77-15", day).parameters
    except NotInForce:
        return None
    return Persistence(given["overdue_times"], given["within_months"])


def ladder(own: Connection, day: int) -> Terms:
    """The thresholds of the stop-loss ladder on a day (S25-ladder); those shipped where the rules were kept before it
    was one of them.
    """
    try:
        given = in_force(RuleBook(own).pack_on(day), "S25-ladder", day).parameters
    except (NotInForce, UnknownRule):
        given = find(shipped().pack, "S25-ladder").parameters
    return Terms(**{field.name: given[field.name] for field in fields(Terms)})


def feed(own: Connection, day: int) -> FeedTerms:
    """What a warehouse's silence does to what may be drawn (GI-55-feed); what was shipped where the rules were kept
    before it was one of them.
    """
    return _feed_terms(own, day, "GI-55-feed")


def count(own: Connection, day: int) -> FeedTerms:
    """What a count that stays away does to what may be drawn on its lot (GI-55-count); what was shipped where the rules
    were kept before it was one of them.
    """
    return _feed_terms(own, day, "GI-55-count")


def _feed_terms(own: Connection, day: int, rule: str) -> FeedTerms:
    try:
        given = in_force(RuleBook(own).pack_on(day), rule, day).parameters
    except (NotInForce, UnknownRule):
        given = find(shipped().pack, rule).parameters
    return FeedTerms(**{field.name: given[field.name] for field in fields(FeedTerms)})


def valuation(own: Connection, day: int) -> ValuationTerms:
    """What valuations of goods keep to (CC-433-valuation); what was shipped where the rules were kept before it was one
    of them.
    """
    try:
        given = in_force(RuleBook(own).pack_on(day), "CC-433-valuation", day).parameters
    except (NotInForce, UnknownRule):
        given = find(shipped().pack, "CC-433-valuation").parameters
    return ValuationTerms(**{field.name: given[field.name] for field in fields(ValuationTerms)})


def calendar(own: Connection, day: int) -> BusinessCalendar:
    """Which days banks do business on, as is known on a day."""
    return RuleBook(own).pack_on(day).calendar
