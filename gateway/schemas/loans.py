"""Loans, their schedules, and what they cost, over HTTP."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gateway.schemas.fields import Amount, Because, Day, Id, Seen, Shown, SplitId

TermsName = Literal[
    "bullet", "equal instalments", "equal principal", "discount", "statement", "interest only"
]  # fmt: skip
BasisName = Literal["360", "365", "actual/actual"]


class NextInstalment(Shown):
    """What is to be paid next, if what is overdue is paid today and everything else as agreed."""

    due: Day
    payment_day: Day = Field(description="first business day from the due day on, by the newest calendar")
    amount: Amount


class Loan(Shown):
    """A loan under a facility."""

    loan: SplitId
    id: Id
    facility: int
    lender: int
    borrower: int
    currency: str
    drawn: Amount = Field(description="what was asked for and, once paid out, lent")
    principal: Amount = Field(description="outstanding: 0 while reserved, and when void or settled")
    interest_paid: Amount
    rate_ppm: int = Field(description="parts per million a year")
    terms: TermsName
    count: int = Field(description="instalments, or of a statement days free of interest; 0: one sum")
    basis: BasisName = Field(description="days a year of the interest")
    grace_days: int = Field(description="days after a due day that bear no penalty yet")
    penalty_bps: int = Field(description="on overdue principal, basis points of the rate")
    minimum_days: int = Field(description="days of interest that are paid for at least")
    due: Day
    next_instalment: NextInstalment | None = Field(
        description="null: nothing is owed, or nothing falls due any more"
    )
    overdue_since: Day | None = Field(description="due day of the oldest instalment that is not paid")
    phase: str = Field(description="reserved, outstanding, settled, void, written off or sold")
    policy_version: int = Field(description="of the ledger's parameters on the day it began; 0: none")
    rule_pack_version: int = Field(description="of the rules that its day stands under: see /rule-packs")
    payment_day: Day = Field(description="first business day from the due day on, by the newest calendar")
    asset_class: str | None = Field(
        alias="class",
        description="on the day asked about, from the oldest instalment that is not paid (CLASS); null while nothing "
        "is owed",
    )
    form: str = Field(description="pledge, purchase (without recourse), recourse or lease")
    title: SplitId | None = Field(
        description="the certificate that the draw buys, or the receipt that it leases, moved with its pay-out"
    )
    seller: int | None = Field(
        description="of that certificate; owes the loan only where the form is recourse"
    )
    buyer: int | None
    bears_loss: int


class OneLoan(Loan):
    """One loan, and the block at which this is true."""

    as_of: Seen


class Loans(Shown):
    """A page of loans."""

    loans: list[Loan]
    next: str | None
    as_of: Seen


class Instalment(Shown):
    """One instalment: principal and interest are what is paid and what is open."""

    number: int
    due: Day = Field(description="as agreed: the loan's due day, counted back by months")
    payment_day: Day = Field(description="first business day from the due day on, by the newest calendar")
    penalty_free_until: Day = Field(
        description="last value day on which it is paid without penalty: the due day and its days of grace"
    )
    principal: Amount
    interest: Amount = Field(
        description="as it ran up to the day asked about, and as it will run if paid as agreed"
    )
    total: Amount
    paid: Amount
    open: Amount
    overdue_since: Day | None


class OwedOn(Shown):
    """What a payment with value on a day fills, in this order (CC-561)."""

    costs: Amount = Field(description="of enforcing the loan")
    interest: Amount = Field(description="penalty included")
    penalty: Amount = Field(description="the part of the interest that being overdue added")
    principal: Amount
    total: Amount


class Schedule(Shown):
    """How a loan stands on a day, instalment by instalment."""

    loan: SplitId
    phase: str
    currency: str
    terms: TermsName
    count: int
    basis: BasisName
    rate_ppm: int
    grace_days: int
    penalty_bps: int
    minimum_days: int
    paid_out: Day | None = Field(
        description="value day of the pay-out; null: not yet, and the instalments are those of a pay-out on `day`"
    )
    day: Day
    due: OwedOn = Field(description="must be paid with value on `day` so that nothing is overdue after it")
    settles: OwedOn = Field(description="ends the loan if it is paid with value on `day`")
    interest_kept: Amount = Field(description="at discount: kept from the pay-out")
    overdue_since: Day | None
    instalments: list[Instalment]
    as_of: Seen


class QuotedInstalment(Shown):
    """One instalment of a loan that is not drawn yet."""

    number: int
    due: Day
    payment_day: Day = Field(description="first business day from the due day on, by the newest calendar")
    principal: Amount
    interest: Amount
    total: Amount


class Quote(Shown):
    """What a draw costs by its own terms, paid out today and repaid as agreed."""

    currency: str
    terms: TermsName
    count: int
    basis: BasisName
    rate_ppm: int = Field(description="as agreed, parts per million a year")
    paid_out: Amount = Field(description="what the bank pays out: at discount less the interest")
    interest: Amount = Field(
        description="in all; of a sale without recourse what its price is below the claim"
    )
    interest_borne_by: str = Field(description="borrower or core enterprise")
    fee: Amount = Field(description="by the offer that the draw rests on; the ledger knows no fees")
    net_paid_out: Amount = Field(description="less the fee")
    cost: Amount = Field(description="what the borrower bears: its interest and the fee")
    repaid: Amount = Field(description="what it pays back in all; nothing after a sale without recourse")
    all_in_rate_ppm: int | None = Field(
        description="cost a year on the money that is had, by what is left of it after each instalment; simple "
        "interest, parts per million; null: nothing is had"
    )
    offer: str | None = Field(description="the offer of finance whose fee this is")
    instalments: list[QuotedInstalment]


class FacilityQuote(Quote):
    """A quote under a facility, before anything is signed."""

    facility: int
    day: Day
    due: Day
    drawable: Amount = Field(
        description="what may be drawn today: by the facility's limit and what is locked to it, less what of its goods "
        "nobody can rely on (`GET /facilities/{facility}/goods`)"
    )
    draws_blocked: Because | None = Field(description="why nothing is drawn, whatever there is room for")
    as_of: Seen
