"""Rulings: a case put to one rule as it binds on a day, answered with the figures the answer follows from.

Each case is a plain record of what matters. The same case under another version may have another answer; both are
kept (adapters.rulings).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gateway.domain.calendar import LAST_DAY, add_months, iso
from gateway.domain.interest import days_a_year
from gateway.domain.life_cycle import LoanClass, class_on, overdue_days
from gateway.domain.rules import Pack, Rule, in_force


@dataclass(frozen=True, slots=True)
class TenorCase:
    """CN77-11: a receivable promised on a day and due on another."""

    opened: int
    due: int


@dataclass(frozen=True, slots=True)
class DeliveryCase:
    """SME-9: goods delivered on a day, to be paid on another."""

    delivered: int
    due: int


@dataclass(frozen=True, slots=True)
class UndisputedCase:
    """SME-15: of a net invoice (minor units), so much is held back, so much confirmed."""

    invoiced_minor: int
    held_back_minor: int
    confirmed_minor: int


@dataclass(frozen=True, slots=True)
class ClockCase:
    """SME-16: confirmation asked for on a day, given on another or not yet."""

    requested: int
    confirmed: int | None = None


@dataclass(frozen=True, slots=True)
class LateInterestCase:
    """SME-17: late interest agreed, in parts per million a day; None where the parties agreed nothing."""

    agreed_ppm_a_day: int | None = None


@dataclass(frozen=True, slots=True)
class SplitCase:
    """CN77-split: splits of one receivable within the days the rule watches, and its deepest piece."""

    splits_times: int
    depth: int


@dataclass(frozen=True, slots=True)
class ClassCase:
    """CLASS: a claim due on a day, owed still."""

    due: int


Case = TenorCase | DeliveryCase | UndisputedCase | ClockCase | LateInterestCase | SplitCase | ClassCase

RULE_OF: Mapping[type[Case], str] = {
    TenorCase: "CN77-11",
    SplitCase: "CN77-split",
    DeliveryCase: "SME-9",
    UndisputedCase: "SME-15",
    ClockCase: "SME-16",
    LateInterestCase: "SME-17",
    ClassCase: "CLASS",
}
"""Which rule a case is put to."""


_DAYS = frozenset({"opened", "due", "delivered", "requested", "confirmed"})


def inputs_of(case: Case) -> dict[str, int | str | None]:
    """What a case says, days as ISO 8601 writes them."""
    return {
        name: iso(value) if name in _DAYS and value is not None else value
        for name, value in asdict(case).items()
    }


Figures = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says to a case: whether it is kept, one word for the outcome, why, and the figures."""

    holds: bool
    outcome: str
    sentence: str
    figures: Figures


TENOR_REVIEW = "review"
"""Outcome of a tenor that a bank has to examine before it finances (CN77-11)."""


class CaseContradicts(ValueError):
    """The case contradicts itself. `field` is the one at fault."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def decide(pack: Pack, case: Case, day: int) -> Answer:
    """What the pack says to a case on a day. Raises CaseContradicts, UnknownRule, NotInForce."""
    rule = in_force(pack, RULE_OF[type(case)], day)
    return _DECIDE[type(case)](rule, case, day)


def _tenor(rule: Rule, case: TenorCase, _: int) -> Answer:
    if case.due < case.opened:
        raise CaseContradicts("due", f"{iso(case.due)} lies before the promise of {iso(case.opened)}")
    longest, review = rule.parameters["maximum_months"], rule.parameters["review_above_months"]
    last = min(add_months(case.opened, longest), LAST_DAY)
    review_after = min(add_months(case.opened, review), LAST_DAY)
    figures: Figures = {
        "last_due_day": iso(last),
        "review_after": iso(review_after),
        "maximum_months": longest,
    }
    if case.due > last:
        sentence = f"{iso(case.due)} is later than {longest} months from {iso(case.opened)}: {iso(last)}"
        return Answer(False, "above the maximum", sentence, figures)
    if case.due > review_after:
        sentence = f"above {review} months a bank records a review of the tenor before it finances"
        return Answer(True, TENOR_REVIEW, sentence, figures)
    return Answer(True, "kept", f"due within {review} months", figures)


def _delivery(rule: Rule, case: DeliveryCase, _: int) -> Answer:
    within = rule.parameters["pay_within_days"]
    last = case.delivered + within
    figures: Figures = {"last_due_day": iso(min(last, LAST_DAY)), "days": case.due - case.delivered}
    if case.due > last:
        sentence = f"due {case.due - case.delivered} days after delivery: a large buyer pays within {within}"
        return Answer(False, "too late", sentence, figures)
    return Answer(True, "kept", f"due within {within} days of delivery", figures)


def _undisputed(_: Rule, case: UndisputedCase, __: int) -> Answer:
    if case.held_back_minor > case.invoiced_minor:
        raise CaseContradicts("held_back_minor", "more is held back than was invoiced")
    undisputed = case.invoiced_minor - case.held_back_minor
    figures: Figures = {"undisputed_minor": undisputed}
    if case.confirmed_minor < undisputed:
        sentence = f"{undisputed - case.confirmed_minor} minor units that nobody disputes are not confirmed"
        return Answer(False, "undisputed part missing", sentence, figures)
    return Answer(True, "kept", "what is undisputed is confirmed", figures)


def _clock(rule: Rule, case: ClockCase, day: int) -> Answer:
    within, remind = rule.parameters["confirm_within_days"], rule.parameters["remind_after_days"]
    if case.confirmed is not None and case.confirmed < case.requested:
        raise CaseContradicts("confirmed", "the confirmation lies before the request")
    last = case.requested + within
    taken = (day if case.confirmed is None else case.confirmed) - case.requested
    figures: Figures = {"last_day": iso(min(last, LAST_DAY)), "days": max(0, taken)}
    if case.confirmed is not None:
        late = case.confirmed > last
        return Answer(not late, "confirmed late" if late else "confirmed", f"after {taken} days", figures)
    if day > last:
        return Answer(False, "overdue", f"{day - last} days beyond the {within} days to confirm", figures)
    if taken >= remind:
        return Answer(True, "remind", f"{last - day} of {within} days are left to confirm", figures)
    return Answer(True, "open", f"{last - day} of {within} days are left to confirm", figures)


def _late_interest(rule: Rule, case: LateInterestCase, _: int) -> Answer:
    default, prime = rule.parameters["default_ppm_a_day"], rule.parameters["loan_prime_rate_ppm_a_year"]
    if case.agreed_ppm_a_day is None:
        sentence = f"nothing was agreed: {default} parts per million a day"
        return Answer(True, "default", sentence, {"ppm_a_day": default})
    least = -(-prime // days_a_year(0))
    figures: Figures = {"ppm_a_day": case.agreed_ppm_a_day, "least_ppm_a_day": least}
    if case.agreed_ppm_a_day < least:
        sentence = f"below the loan prime rate of {prime} parts per million a year, {least} a day"
        return Answer(False, "too low", sentence, figures)
    return Answer(True, "kept", "not below the loan prime rate", figures)


def _splits(rule: Rule, case: SplitCase, _: int) -> Answer:
    times, days = rule.parameters["watch_splits_times"], rule.parameters["within_days"]
    deep = rule.parameters["watch_depth"]
    figures: Figures = {"watch_splits_times": times, "within_days": days, "watch_depth": deep}
    if case.splits_times >= times:
        return Answer(False, "alert", f"split {case.splits_times} times within {days} days", figures)
    if case.depth >= deep:
        return Answer(False, "alert", f"a piece is {case.depth} splits deep", figures)
    return Answer(True, "quiet", f"split {case.splits_times} times within {days} days", figures)


def _class(rule: Rule, case: ClassCase, day: int) -> Answer:
    overdue = overdue_days(case.due, day)
    found = class_on(case.due, day, class_boundaries(rule))
    return Answer(found is LoanClass.NORMAL, str(found), f"{overdue} days overdue", {"overdue_days": overdue})


def class_boundaries(rule: Rule) -> tuple[tuple[int, LoanClass], ...]:
    """From how many days after the due day each class begins, latest first (CLASS)."""
    return (
        (rule.parameters["loss_from_days"], LoanClass.LOSS),
        (rule.parameters["doubtful_from_days"], LoanClass.DOUBTFUL),
        (rule.parameters["substandard_from_days"], LoanClass.SUBSTANDARD),
        (rule.parameters["special_mention_from_days"], LoanClass.SPECIAL_MENTION),
        (0, LoanClass.NORMAL),
    )


_DECIDE: Mapping[type[Case], Callable[[Rule, Any, int], Answer]] = {
    TenorCase: _tenor,
    DeliveryCase: _delivery,
    UndisputedCase: _undisputed,
    ClockCase: _clock,
    LateInterestCase: _late_interest,
    SplitCase: _splits,
    ClassCase: _class,
}
