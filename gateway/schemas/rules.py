"""The rule pack, rulings and requests to confirm, over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gateway.adapters.rulebook.form import LawDate
from gateway.schemas.fields import ONE_LINE, Body, Day, Name, PartyNumber, Shown, Words, with_example

Minor = Annotated[int, Field(strict=True, ge=0, lt=1 << 48, description="minor units")]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Subject = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE)]
InvoiceKey = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=ONE_LINE)]


class Version(Shown):
    """Which version of the pack a day stands under."""

    version: int
    effective_from: Day
    sha256: str = Field(description="SHA-256 of the whole version's RFC 8785 form")


class Rule(Shown):
    """One rule: of the pack (`law`), a decision of the ledger, a reason of its contracts, a rule of the gateway or of
    documents. What is not of law has no source, no days and no parameters."""

    id: str
    also: list[str] = Field(description="further ids of the same rule")
    kind: Literal["law", "decision", "reason", "gateway", "document"]
    title: str
    sentence: str
    source: str | None
    article: str | None
    since: Day | None
    until: Day | None
    in_force: bool = Field(description="on the day asked about")
    second_hand: bool = Field(description="known from reports: a default that an operator can change")
    kept_by: list[str]
    how: str = Field(description="what keeps it today; empty where nothing does yet")
    parameters: dict[str, int]
    keeps: str | None = Field(description="of a reason or document rule: the rule it keeps")


class OneRule(Rule):
    """A rule as it stands on a day."""

    as_of: Day
    pack: Version


class Rules(Shown):
    """A page of the pack's rules, as they stand on a day."""

    rules: list[Rule]
    as_of: Day
    pack: Version
    next: str | None


class RulePack(Version):
    """One version and who published it."""

    previous: str = Field(description="hash of the version before it; empty in the first")
    person: str
    because: str
    published_at: int | None = Field(
        description="seconds since 1970; null: shipped, and nothing depends on it yet"
    )
    changed: list[str] = Field(
        description="ids of the rules, and years of the calendar, that this version changes"
    )


class RulePacks(Shown):
    """A page of versions, oldest first."""

    rule_packs: list[RulePack]
    next: str | None


class Tenor(Body):
    """CN77-11."""

    rule: Literal["CN77-11"]
    opened: LawDate
    due: LawDate


class Delivery(Body):
    """SME-9."""

    rule: Literal["SME-9"]
    delivered: LawDate
    due: LawDate


class Undisputed(Body):
    """SME-15."""

    rule: Literal["SME-15"]
    invoiced_minor: Minor
    held_back_minor: Minor
    confirmed_minor: Minor


class Clock(Body):
    """SME-16."""

    rule: Literal["SME-16"]
    requested: LawDate
    confirmed: LawDate | None = None


class LateInterest(Body):
    """SME-17."""

    rule: Literal["SME-17"]
    agreed_ppm_a_day: Annotated[int, Field(strict=True, ge=0, le=65_535)] | None = None


class Splits(Body):
    """CN77-split."""

    rule: Literal["CN77-split"]
    splits_times: Count
    depth: Count


class Overdue(Body):
    """CLASS."""

    rule: Literal["CLASS"]
    due: LawDate


AnyCase = Annotated[
    Tenor | Delivery | Undisputed | Clock | LateInterest | Splits | Overdue, Field(discriminator="rule")
]


class RulingBody(Body):
    """A case to be decided under the version of a day, and put on record."""

    model_config = with_example(
        subject="receivable 201-7",
        as_of="2026-12-20",
        person="Credit Officer Wu",
        case={"rule": "CN77-11", "opened": "2026-12-20", "due": "2027-09-20"},
    )

    subject: Subject
    as_of: LawDate | None = Field(
        default=None, description="day of Asia/Shanghai; default: the ledger's today"
    )
    person: Annotated[str, StringConstraints(max_length=300, pattern=ONE_LINE)] = ""
    case: AnyCase


class ReviewBody(Body):
    """A bank has examined why a receivable runs longer than the review level, before it finances it (CN77-11)."""

    model_config = with_example(
        root="201-7", bank=401, person="Credit Officer Wu",
        because="the buyer's production cycle is eight months; contract and forecast examined",
    )  # fmt: skip

    root: Annotated[str, StringConstraints(pattern=r"^[0-9]+(-[0-9]+)?$", max_length=40)]
    bank: PartyNumber
    person: Name
    because: Words


class Ruling(Shown):
    """A decision on record, with the version it was taken under."""

    ruling: int
    rule: str
    subject: str
    party: int = Field(description="whose ruling it is; 0: the gateway's own")
    pack_version: int
    pack_sha256: str
    as_of: Day
    inputs: dict[str, int | str | None]
    holds: bool = Field(description="whether the case keeps the rule")
    outcome: str
    sentence: str
    figures: dict[str, int | str]
    person: str
    recorded_at: int
    link: str = Field(description="SHA-256 of the ruling before it and of this one")


class Rulings(Shown):
    """A page of rulings, oldest first."""

    rulings: list[Ruling]
    next: str | None


class PaymentDay(Shown):
    """When money due on a day can move; the due day itself never changes."""

    due: Day
    payment_day: Day
    grace_days: int
    provisional: bool = Field(description="weekends only: no calendar of that year has been published here")
    pack: Version


class RequestBody(Body):
    """A seller asks its buyer to confirm a receivable."""

    model_config = with_example(
        invoice="91310000607212345X|380|SP26-000318|2026", debtor=201, person="Accountant Shen"
    )

    invoice: InvoiceKey = Field(description="the invoice's identity: `key` of its match")
    debtor: PartyNumber
    person: Name


class ConfirmationRequest(Shown):
    """A request and how long the debtor has had it (SME-16)."""

    invoice: str
    debtor: int
    person: str
    requested: Day
    confirmed: Day | None
    last_day: Day
    days: int
    state: str = Field(description="open, remind, overdue, confirmed or confirmed late")
    pack_version: int


class ConfirmationRequests(Shown):
    """A page of requests."""

    confirmation_requests: list[ConfirmationRequest]
    next: str | None


class ClockOfDebtor(Shown):
    """How a debtor confirms: everyone may know it."""

    debtor: int
    requests: int
    confirmed_in_time: int
    confirmed_late: int
    open: int
    overdue: int
    longest_days: int


class ConfirmationClocks(Shown):
    """A page of debtors."""

    confirmation_clocks: list[ClockOfDebtor]
    next: str | None


class SplitWatch(Shown):
    """How fast a receivable is being split (CN77-split)."""

    root: str
    splits_times: int
    depth: int
    alert: bool
    sentence: str
    pack_version: int


class SplitWatches(Shown):
    """A page of receivables that were split within the days watched, or are split deep."""

    split_watch: list[SplitWatch]
    next: str | None
