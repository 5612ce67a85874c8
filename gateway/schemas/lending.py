"""Programmes, offers of finance, and closed loops over HTTP."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gateway.schemas.fields import Amount, Body, Day, Hash, Id, Seen, Shown, SplitId, with_example
from gateway.schemas.risk import Signatures, ToSign


class ProgrammeBank(Shown):
    """One bank of a programme; used is what it has lent or reserved against the core enterprise's promises."""

    bank: int
    limit: Amount
    used: Amount
    left: Amount
    first: Day
    last: Day


class Programme(Shown):
    """A core enterprise's programme with several banks."""

    programme: SplitId
    core: int
    name: str
    currency: str
    limit: Amount
    used: Amount
    left: Amount
    first: Day
    last: Day
    banks: list[ProgrammeBank]


class Programmes(Shown):
    """Every programme that is declared."""

    programmes: list[Programme]
    as_of: Seen


class Offer(Shown):
    """A standing offer worked out for one certificate."""

    offer: str = Field(description="the declaration's name")
    lender: int
    product: str
    form: str = Field(description="pledge, with recourse or without recourse")
    recourse: str = Field(description="what the form means for who signs it")
    lent: Amount
    days: int
    rate_ppm: int = Field(description="nominal, parts per million a year")
    basis: int = Field(description="days a year: 360 or 365")
    minimum_days: int
    penalty_bps: int
    interest: Amount = Field(description="to the due day, as the ledger would reckon it")
    interest_borne_by: str = Field(description="borrower or core enterprise")
    fee: Amount
    net_paid_out: Amount
    repaid: Amount = Field(description="what the borrower owes on the due day; nothing after a sale")
    cost: Amount = Field(description="what the holder bears: its interest and the fee")
    all_in_rate_ppm: int | None = Field(
        description="cost on what is paid out, a year; what the order goes by"
    )
    left_of_bank: Amount | None
    left_of_programme: Amount | None
    unfit: list[str] = Field(description="rules for which it cannot be had; empty: it can")
    choice: ToSign | None = Field(description="what the holder signs to choose it; null: it cannot be had")


class Offers(Shown):
    """All standing offers for a certificate, by what they cost the holder, and by nothing else."""

    title: SplitId
    currency: str
    open: Amount
    due: Day
    comparison: str = Field(description="SHA-256 over all figures: a choice names it")
    offers: list[Offer]
    as_of: Seen


class ChooseBody(Body):
    """The holder's choice, signed by a person who may borrow."""

    model_config = with_example(
        title="433791696897",
        comparison="0x" + "22" * 32,
        document="0x" + "33" * 32,
        signatures=["0x" + "44" * 64],
    )

    title: Id
    amount: Amount | None = Field(
        default=None, description="how much is wanted; without it what the offer lends"
    )
    comparison: Hash
    document: Hash
    note: str = Field(default="", max_length=300)
    signatures: list[str] = Signatures


class PreparedAct(Shown):
    """An act that the choice asks the parties to sign."""

    function: str
    message: dict[str, Any]
    signers: list[str]
    missing: list[str] = Field(description="fields that the lender must fill in before anybody signs")
    typed_data: dict[str, Any] | None
    digest: str | None


class Chosen(Shown):
    """A choice that is kept, and the acts that carry it out, in their order."""

    choice: str
    lender: int
    acts: list[PreparedAct]


class FlowRow(Shown):
    """One flow as somebody attested it."""

    flow: str
    attestor: int
    reference: str
    counts: bool = Field(description="false: the beneficiary itself, or one of its group")


class ClosedLoop(Shown):
    """Whether a drawdown's loop is closed (S26)."""

    loan: SplitId
    facility: int
    product: str
    need: str = Field(description="required or declared")
    closed: bool
    allows: bool
    missing: list[str]
    flows: list[FlowRow]
