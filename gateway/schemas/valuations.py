"""Valuations of goods over HTTP: the document that an appraiser attests, and how it stands."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.schemas.fields import (
    Body,
    Currency,
    Day,
    Hash,
    IsoDate,
    Name,
    PartyNumber,
    Shown,
    SplitId,
    with_example,
)
from gateway.schemas.instructions import Prepared
from gateway.schemas.storage import AnId, UnitCode

PriceText = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,12})?$"),
    Field(description="decimal text in units of the currency, exact; it may have more digits than the currency has"),
]  # fmt: skip


class Price(BaseModel):
    """What one whole unit of the goods sells for."""

    model_config = ConfigDict(extra="forbid")

    amount: PriceText
    currency: Currency
    unit: UnitCode


class ModelVersion(BaseModel):
    """The model by which the goods were valued, and which version of it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    version: Name


class ValuationDocument(Body):
    """What an appraiser says a lot is worth. The ledger never sees it: its hash stands there, and the lending rate."""

    model_config = with_example(
        lot="31-4001",
        appraiser=22,
        price={"amount": "72.3505", "currency": "CNY", "unit": "KGM"},
        haircut_bps=3000,
        model={"name": "spot close, copper", "version": "2.1"},
        valued="2027-01-05",
        valid_until="2027-01-31",
        source="0x" + "5a" * 32,
    )

    lot: AnId = Field(description="id of the lot on the ledger")
    appraiser: PartyNumber
    price: Price
    haircut_bps: int = Field(ge=0, le=10_000, description="taken off the price, basis points")
    model: ModelVersion
    valued: IsoDate = Field(description="the day on which the goods were valued, and the first that it holds")
    valid_until: IsoDate = Field(description="the last day that it holds")
    source: Hash = Field(description="SHA-256 of the report or the market data that it goes by")


class Objection(Shown):
    """A rule that a valuation breaks on the day asked about, so that nobody lends on it."""

    rule: str
    field: str
    message: str


class RegisteredModel(Shown):
    """A version of a model as a lender registered it."""

    lender: int
    number: int = Field(
        description="what the ledger calls it (`model` of an appraisal): the place of its first registration among all "
        "declarations"
    )


class Valuation(Shown):
    """A valuation as it is kept, and how it stands."""

    evidence: str = Field(description="SHA-256 of the document in canonical form (RFC 8785)")
    lot: SplitId
    appraiser: int
    price: PriceText
    currency: str
    unit: str
    haircut_bps: int
    model: str
    version: str
    valued: Day
    valid_until: Day
    source: str
    rate: str = Field(
        description="what follows from price and haircut: minor units for a million of the smallest units of the lot"
    )
    lending_rate: str = Field(
        description="of it, what counts: a rate rises by so much a day (CC-433-valuation)"
    )
    models: list[RegisteredModel] = Field(
        description="the lenders that registered the version for the day of the valuation"
    )
    facilities: list[int] = Field(description="under which the ledger counts the lot by this valuation")
    counts: bool = Field(
        description="it is the lot's newest that holds on the day asked about and breaks no rule"
    )
    objections: list[Objection] = Field(description="rules that it breaks on the day asked about")


class PreparedAppraisal(Prepared):
    """The act `Appraise` of a valuation for one facility, tried on the ledger as it stands and ready to be signed."""

    signer: int = Field(description="the appraiser, who signs it; anyone carries it")
    highest: str | None = Field(
        description="what the rate may be on that day at most, by what was agreed; null: it is the lot's first"
    )


class Valuations(Shown):
    """A page of valuations, in the order in which they came."""

    valuations: list[Valuation]
    next: str | None
    day: Day
