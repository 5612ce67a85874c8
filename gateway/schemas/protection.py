"""Who stands behind a facility, what is in reserves, who would bear a loss and who may be called, over HTTP."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Amount, Day, Id, Seen, Shown, SplitId


class Protection(Shown):
    """Somebody who stands behind a facility."""

    protection: SplitId
    id: Id
    protector: int
    facility: int
    kind: str = Field(
        description="guarantee, share, reserve or insurance: the order in which they are called"
    )
    order: int = Field(description="within a kind the lower one is called first")
    share_bps: int = Field(description="of a share: its part of the loss, in basis points; else 0")
    currency: str
    cap: Amount
    called: Amount
    paid: Amount
    reimbursed: Amount = Field(description="came back to it, or was given up by it")
    until: Day | None = Field(description="its last day; null: six months after a loan's due day (CC-692)")
    dearest_rate_ppm: int = Field(
        description="parts per million a year: a dearer loan needs its consent (CC-695)"
    )


class Protections(Shown):
    """All that stand behind a facility, in the order in which they are called."""

    facility: int
    protections: list[Protection]
    draws_blocked: str | None = Field(
        description="why nothing new may be drawn: by the ledger, or by what keepers' words bear out; or null"
    )
    as_of: Seen


class Reserve(Protection):
    """A risk reserve as its custodian bank attested it."""

    custodian: int
    balance: Amount = Field(description="attested last, less what was paid out of it since")
    floor: Amount = Field(description="below it nothing new is drawn under the facility")
    target: Amount
    attested: Day | None
    top_up_by: Day | None = Field(description="by when it must be filled up; null: not below its floor")


class Reserves(Shown):
    """A page of reserves."""

    reserves: list[Reserve]
    next: str | None
    as_of: Seen


class LossPart(Shown):
    """What one bearer would bear."""

    bearer: str = Field(
        description="the debtor's own collateral, guarantor, partner by percent, reserve, insurer or lender"
    )
    protection: SplitId | None
    party: int
    amount: Amount
    rule: str = Field(description="id of the rule that puts it there, or keeps it out")
    why: str


class Loss(Shown):
    """Who would bear what is owed on a loan if nobody paid any more; the parts together are what is owed."""

    loan: SplitId
    day: Day
    currency: str
    owed: Amount = Field(description="costs, interest and principal on that day")
    parts: list[LossPart]
    as_of: Seen


class Call(Shown):
    """One protection for one loan: what was called of it, and what may be called now."""

    protection: SplitId
    id: Id
    protector: int
    kind: str
    callable: Amount = Field(description="what may be called of it now; 0 where `rule` forbids it")
    called_before: Amount = Field(description="called for this loan, paid or not: a field of the next call")
    unpaid: Amount = Field(description="called and not paid")
    paid: Amount
    reimbursed: Amount = Field(description="came back to it, or was given up by it")
    claim: Amount = Field(description="paid and not got back (CC-700)")
    rule: str | None = Field(description="id of the rule that forbids to call it now")
    why: str | None


class Calls(Shown):
    """Whom a lender may call for a loan, in the order in which they are called."""

    loan: SplitId
    id: Id
    facility: int
    day: Day
    currency: str
    owed: Amount = Field(description="costs, interest and principal on that day")
    costs_added: Amount = Field(
        description="costs of enforcement added so far: a field of the next `addCosts`"
    )
    costs_due: Amount
    kept: Amount = Field(description="collected for those who paid in the debtor's place")
    calls: list[Call]
    others: list[Id] = Field(description="all protections of the facility, rising")
    titles: list[Id] = Field(description="what is locked to the facility and still claims anything, rising")
    as_of: Seen
