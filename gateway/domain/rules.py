"""The rule pack: law and regulation as rows with ids, and which version of them a day stands under.

A pack is one whole version of all rules and calendar rows. A later version takes effect on a day of its own; what was
decided before keeps the version it was decided under (decision 15). Days are ledger days (see `calendar`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.business_days import BusinessCalendar
from gateway.domain.calendar import iso

NOTICE_DAYS = 7
"""A later version is published at least this many days before it takes effect (decision 15)."""


class Place(StrEnum):
    """Where a rule is kept: what refuses or shows what it forbids."""

    CONTRACT = "contract"
    GATEWAY = "gateway"
    PRODUCT = "product"
    EXPORT = "export"


class UnknownRule(KeyError):
    """The pack has no rule of this id."""


class NotInForce(LookupError):
    """The pack has the rule, but the law is not in force on the day asked about."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the pack.

    `also` are further ids that name the same row (CC-545 of CC-545/546). `second_hand`: known from reports only, so
    a default that an operator can change. `until` is the last day in force, None while no end is known. `parameters`
    are whole numbers whose names tell the unit: days, months, percent, ppm (parts per million), times.
    `kept_by` says where a rule belongs, `how` what keeps it there today; empty: nothing does yet.
    """

    id: str
    also: tuple[str, ...]
    title: str
    source: str
    article: str
    since: int
    until: int | None
    second_hand: bool
    sentence: str
    kept_by: tuple[Place, ...]
    how: str
    parameters: Mapping[str, int]

    def holds_on(self, day: int) -> bool:
        """Whether the law is in force on a day, its first and its last among them."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Pack:
    """One version of the rules. `sha256` is over its canonical form, in which `previous` is the hash of the version
    before it, empty in the first. The first answers for every earlier day too."""

    version: int
    effective_from: int
    previous: str
    sha256: str
    rules: Mapping[str, Rule]
    calendar: BusinessCalendar


def find(pack: Pack, rule_id: str) -> Rule:
    """The rule of an id, or of one of a row's further ids. Raises UnknownRule."""
    rule = pack.rules.get(rule_id)
    if rule is None:
        rule = next((each for each in pack.rules.values() if rule_id in each.also), None)
    if rule is None:
        raise UnknownRule(rule_id)
    return rule


def in_force(pack: Pack, rule_id: str, day: int) -> Rule:
    """The rule as it binds on a day: `in_force(pack, "CN77-11", day).parameters["maximum_months"]`.

    Raises UnknownRule, and NotInForce for a day outside the rule's own first and last day.
    """
    rule = find(pack, rule_id)
    if not rule.holds_on(day):
        until = "" if rule.until is None else f" until {iso(rule.until)}"
        raise NotInForce(f"{rule_id} is in force from {iso(rule.since)}{until}, not on {iso(day)}")
    return rule


def pack_on(packs: Sequence[Pack], day: int) -> Pack:
    """The version that a day stands under: of those effective by then the highest. `packs` are all versions, the
    first among them."""
    effective = [pack for pack in packs if pack.effective_from <= day]
    return max(effective or packs[:1], key=lambda pack: pack.version)


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a version cannot be published: the field at fault, and the rule it breaks in a sentence."""

    field: str
    sentence: str


def objections(pack: Pack) -> Iterator[Objection]:
    """What is wrong with a pack in itself: ids named twice, and parameters that contradict each other."""
    names: set[str] = set()
    for rule in pack.rules.values():
        where = f"rules.{rule.id}"
        for name in (rule.id, *rule.also):
            if name in names:
                yield Objection(where, f"the id {name} names two rules")
            names.add(name)
        if rule.until is not None and rule.until < rule.since:
            yield Objection(where, "the last day in force lies before the first")
    for rule_id, rising in _RISING:
        parameters = pack.rules[rule_id].parameters if rule_id in pack.rules else {}
        values = [parameters[name] for name in rising if name in parameters]
        if values != sorted(set(values)):
            yield Objection(f"rules.{rule_id}", f"{', '.join(rising)} must rise")


_RISING: Sequence[tuple[str, tuple[str, ...]]] = (
    ("CN77-11", ("review_above_months", "maximum_months")),
    ("SME-16", ("remind_after_days", "confirm_within_days")),
    ("S25-ladder", ("warn_days", "block_days", "call_days", "accelerate_days", "dispose_days")),
    (
        "CLASS",
        ("special_mention_from_days", "substandard_from_days", "doubtful_from_days", "loss_from_days"),
    ),
    ("GI-55-feed", ("late_from_days", "stale_from_days", "silent_from_days")),
    ("GI-55-feed", ("silent_percent", "stale_percent", "late_percent")),
    ("GI-55-count", ("late_from_days", "stale_from_days", "silent_from_days")),
    ("GI-55-count", ("silent_percent", "stale_percent", "late_percent")),
)


def publication_objections(
    last: Pack, effective_from: int, today: int, changed: Mapping[str, bool]
) -> Iterator[Objection]:
    """Why a version may not follow `last`: rules never change backwards, nor unannounced (decision 15).

    `changed` has the ids of the rules whose row differs; true where the change names the source it goes by.
    """
    if effective_from < today + NOTICE_DAYS:
        yield Objection(
            "effective_from",
            f"a version takes effect at least {NOTICE_DAYS} days after its publication on {iso(today)}",
        )
    if effective_from < last.effective_from:
        yield Objection(
            "effective_from",
            f"version {last.version} takes effect on {iso(last.effective_from)}: a later one not before it",
        )
    for rule_id, names_source in changed.items():
        before = last.rules.get(rule_id)
        if before is not None and not before.second_hand and not names_source:
            yield Objection(
                f"rules.{rule_id}.source", "a rule of law changes by another law: name its source and article"
            )
