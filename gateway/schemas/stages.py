"""Stages of a facility, over HTTP: what was agreed, how far they are, what may be opened, drawn and released."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Amount, Because, Day, Hash, Seen, Shown


class StageTerms(Shown):
    """What lender and borrower agreed of the stages."""

    approver: int | None = Field(description="the second key; null: two persons of the lender")
    special_bank: int = Field(description="services the account that loans are paid out on")
    special_account: Hash = Field(description="commitment to that account")
    first: Amount = Field(description="may be used before anything was sold")
    step_bps: int = Field(description="of each unit of sales cash carries more")
    release_bps: int = Field(description="of each unit of sales cash frees goods")
    version: int
    evidence: Hash


class StageDrawing(Shown):
    """What may be drawn today: the least of the others, and nothing while draws are blocked."""

    drawable: Amount
    by_stage: Amount = Field(description="what was opened, less what is used")
    by_sales: Amount = Field(description="what sales cash carries, less what is used")
    by_limit: Amount
    by_collateral: Amount = Field(
        description="what is pledged at the advance rate, without what keepers' words do not bear out"
    )
    blocked: Because | None
    why: str | None = Field(description="why nothing may be drawn, or no more; null: more may be")


class Releasing(Shown):
    """What goods may go free today, by what they count for."""

    releasable: Amount = Field(
        description="the least of the others while anything is owed, else all goods pledged"
    )
    by_sales: Amount = Field(description="what sales cash has earned, less what went free against it")
    by_coverage: Amount = Field(description="what need not stay pledged: by the advance rate, and a floor")
    pledged: Amount = Field(description="what the goods pledged count for")
    why: str | None = Field(description="why nothing may go free; null: something may")


class FacilityStages(Shown):
    """How far a facility's stages are."""

    facility: int
    lender: int
    borrower: int
    currency: str
    day: Day
    terms: StageTerms
    used: Amount
    opened: Amount = Field(description="may be used, as the two keys said")
    sales: Amount = Field(description="cash that came in on the collection account and filled loans")
    released: Amount = Field(description="what goods counted for that went free against it")
    evidence: Hash | None = Field(
        description="of the last act on them: of a stage, the need it was opened for"
    )
    may_be_opened: Amount = Field(
        description="the most the next stage may be, by sales and limit; not below opened"
    )
    drawing: StageDrawing
    releasing: Releasing
    as_of: Seen
