"""Declarations, claims, exposures, the ladder, and who is overdue, over HTTP."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gateway.schemas.fields import Amount, Body, Day, Seen, Shown, SplitId, with_example

Fields = Field(
    max_length=40,
    description="the kind's fields by name, all text; docs/guides/risk.md lists kinds and fields",
)
Signatures = Field(
    max_length=4,
    description="64 bytes each (EIP-2098) over the digest, in the order of the kind's signers",
)
_LIMIT = {
    "lender": "11", "dimension": "debtor", "subject": "101", "currency": "CNY", "amount": "5000000.00",
    "warnBps": "8000", "effective": "2026-12-01", "document": "0x" + "33" * 32, "note": "credit committee 2026-17",
}  # fmt: skip


class DeclareBody(Body):
    """What is to be declared."""

    model_config = with_example(kind="exposure limit", fields=_LIMIT)

    kind: str = Field(max_length=40, examples=["exposure limit"])
    fields: dict[str, str] = Fields


class DeclarationBody(DeclareBody):
    """A declaration with the signatures of its persons."""

    model_config = with_example(
        kind="exposure limit", fields=_LIMIT, signatures=["0x" + "44" * 64, "0x" + "55" * 64]
    )

    signatures: list[str] = Signatures


class ClaimBody(Body):
    """A claim on the certificate of the address, of kind `claim` but for its title."""

    model_config = with_example(
        fields={
            "recorder": "12", "instrument": "factoring", "claimant": "Huaxia Factoring Co.", "currency": "CNY",
            "amount": "150000.00", "registration": "06571234000123456789", "registeredAt": "2026-09-01T02:00:00Z",
            "document": "0x" + "33" * 32,
        },
        signatures=["0x" + "44" * 64],
    )  # fmt: skip

    fields: dict[str, str] = Fields
    signatures: list[str] = Signatures


class ToSign(Shown):
    """A declaration as its persons sign it."""

    kind: str
    fields: dict[str, str] = Field(description="in their one form, as they are signed")
    declaration: str = Field(description="the digest, by which the declaration is known")
    typed_data: dict[str, Any] = Field(description="the EIP-712 document")
    signers: list[str] = Field(description="roles of the persons who sign, in their order")


class Declaration(Shown):
    """A declaration that is kept."""

    declaration: str
    kind: str
    party: int
    subject: str
    fields: dict[str, str]
    persons: list[int] = Field(description="of the party, who signed")
    block: int = Field(description="the ledger's last block that had been read when it came")
    withdrawn: bool


class Declarations(Shown):
    """A page of declarations in the order in which they came."""

    declarations: list[Declaration]
    next: str | None


class Claim(Shown):
    """A claim on a certificate. `ledger`: its own pledge, or the assignment to its holder."""

    claim: str = Field(description="a declaration's name, or `ledger`")
    claimant: str
    instrument: str
    amount: Amount
    registered_at: str | None
    notified_at: str | None
    standing: str = Field(description="registered, notified or neither")


class Claims(Shown):
    """Every claim on a certificate that the ledger records or somebody declared."""

    title: SplitId
    currency: str
    claims: list[Claim]
    as_of: Seen


class RankedClaim(Claim):
    """A claim with its rank and what it gets."""

    rank: int = Field(ge=1, description="claims of one rank share in proportion")
    gets: Amount
    short: Amount


class Because(Shown):
    """Why one claim stands before the next, or beside it."""

    first: str
    second: str
    equal: bool
    rule: str
    sentence: str


class Priority(Shown):
    """An amount over all claims on a certificate, by law; gets and rest together are the amount."""

    title: SplitId
    currency: str
    amount: Amount
    claims: list[RankedClaim]
    because: list[Because]
    rest: Amount = Field(description="the holder's")
    holder: int
    as_of: Seen


class ExposureFinding(Shown):
    """A limit, and how much of it is used."""

    dimension: str = Field(description="debtor, group or lender")
    subject: int
    used: Amount
    limit: Amount
    headroom: Amount
    level: str = Field(description="clear, warn, full or breach")
    rule: str
    source: str = Field(description="the declaration that set it, or what the rule measures")


class AtRisk(Shown):
    """What a lender has at risk with one debtor or group, or in all."""

    dimension: str
    subject: int
    used: Amount


class Exposures(Shown):
    """A lender's exposures in one currency, reserved and outstanding together, and its limits in force."""

    lender: int
    currency: str
    day: Day
    exposures: list[AtRisk]
    limits: list[ExposureFinding]
    outstanding: Amount
    non_performing: Amount = Field(description="principal of loans more than 90 days overdue (F205)")
    reserve_short: Amount | None = Field(description="null: the lender has not told its reserve")
    as_of: Seen


class LadderReason(Shown):
    """Why a rung."""

    step: str
    rule: str
    sentence: str


class LadderRow(Shown):
    """One facility on the stop-loss ladder."""

    facility: int
    stands: str = Field(description="by the last step on the record")
    since: Day | None
    declaration: str | None
    called_for: str = Field(description="the rung the facts call for")
    rules: str = Field(description="what the step's declaration names as its rules")
    because: list[LadderReason]
    overdue_days: int
    coverage_bps: int | None = Field(description="null: nothing is owed")
    debtor_stopped: bool
    borrower_suspended: bool
    exposure: str


class Ladder(Shown):
    """A lender's facilities in one currency on the stop-loss ladder."""

    lender: int
    currency: str
    day: Day
    facilities: list[LadderRow]
    as_of: Seen


class OverdueDue(Shown):
    """A sum that is past due and not paid."""

    kind: str = Field(description="certificate, bond or bill")
    reference: str
    in_time_until: Day
    amount_minor: int
    unpaid_minor: int
    overdue_days: int


class OverdueDebtor(Shown):
    """A debtor with what it has not paid in time."""

    debtor: int
    stopped_until: Day | None
    dues: list[OverdueDue]


class Overdue(Shown):
    """Every debtor with anything past due, certificates of the ledger and what was declared."""

    day: Day
    overdue: list[OverdueDebtor]
    as_of: Seen


class ProposedOrder(Shown):
    """An order that the facts call for, ready to be signed by two offices of different groups."""

    function: str = Field(description="stop or cure")
    debtor: int
    rule: str
    causes: list[str]
    message: dict[str, Any] = Field(description="the act's fields; its reason is the SHA-256 of the evidence")
    evidence: str
    offices: list[int] = Field(description="parties whose offices may sign; two of different groups do")
    typed_data: dict[str, Any]
    digest: str


class StandingStop(Shown):
    """A stop that stands."""

    debtor: int
    until: Day
    reason: str | None


class Stops(Shown):
    """Who may promise nothing new, and which stops and cures the facts call for (CN77-15)."""

    day: Day
    stops: list[StandingStop]
    proposed: list[ProposedOrder]
    as_of: Seen


class StandingOrder(Shown):
    """An order on a party."""

    act: str = Field(description="suspend, reinstate, stop or cure")
    order: str
    until: Day | None


class StandingRecovery(Shown):
    """A replacement of all of a party's signers."""

    state: str = Field(description="announced, replaced, vetoed or completed")
    succession: bool = Field(description="its rights pass to another: a successor, or an administrator")
    order: str
    ready_at: str


class StandingHolding(Shown):
    """What a party's titles still claim in one currency."""

    currency: str
    titles: int
    open: Amount
    pledged: Amount
    frozen: Amount
    overdue: Amount


class StandingDebt(Shown):
    """What stands between a party and another."""

    side: str = Field(description="what the party is in it: borrower, lender or debtor")
    other: int = Field(description="the lender, the borrower, or the first payee")
    currency: str
    principal: Amount
    count: int = Field(description="loans, or receivables")
    next_due: Day | None = Field(description="the first day from today on when something of it falls due")
    overdue_since: Day | None = Field(description="the oldest due day that was not paid")


class StandingEffect(Shown):
    """What the party's standing means."""

    rule: str
    sentence: str


class PartyStanding(Shown):
    """A party in trouble, or not: orders, successions, and what becomes of its titles and loans."""

    party: int
    status: str = Field(description="admitted or suspended")
    suspended_until: Day | None
    stopped_until: Day | None
    signers: int = Field(description="that are not revoked")
    orders: list[StandingOrder]
    recoveries: list[StandingRecovery]
    titles: list[StandingHolding]
    debts: list[StandingDebt]
    effects: list[StandingEffect]
    as_of: Seen
