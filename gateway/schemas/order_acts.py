"""What buyers, sellers and lenders do with orders, over HTTP: each act with its own fields, before it is signed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

from gateway.schemas.fields import Amount, Hash, IsoDate, Name, PartyNumber, Shown, SplitId
from gateway.schemas.findings import Finding

NumberedId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}(-[0-9]{1,10})?$")]
Written = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")]


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expires_at: int | None = Field(
        default=None, ge=0, lt=1 << 40, description="seconds since 1970; by default in 30 days"
    )


class OneConfirmed(BaseModel):
    """An imported order that buyer and seller confirm."""

    model_config = ConfigDict(extra="forbid")

    document: Name = Field(description="its number, or file#number where several have it")
    nullifier: Hash | None = Field(
        default=None,
        description="of the order itself; null: the one that was attested for its documents (`attest`)",
    )
    order: NumberedId = Field(description="a new id of the buyer's")
    last_day: IsoDate = Field(description="of delivery")
    amount: Written | None = Field(
        default=None, description="no more than what was agreed, tax included; null: all of it"
    )


SeveralConfirmed = Annotated[list[OneConfirmed], Field(min_length=1, max_length=1_000)]
Proof = Annotated[list[Hash], Field(max_length=64)]


class AttestAct(_Act):
    """The evidence service attests an imported order's own number, once, for what the order comes to.

    The gateway registers the order with the service, by what its documents say; the number is in the act.
    """

    act: Literal["attest"]
    document: Name = Field(description="its number, or file#number where several have it")
    seller: PartyNumber
    buyer: PartyNumber
    service: PartyNumber = Field(description="the evidence service's")


class ConfirmAct(OneConfirmed, _Act):
    """Buyer and seller confirm an imported order."""

    act: Literal["confirm"]


class PublishAct(_Act):
    """A buyer confirms imported orders under one commitment; each seller takes its own."""

    act: Literal["publish"]
    list: NumberedId = Field(description="a new id of the buyer's")
    orders: SeveralConfirmed


class TakeAct(_Act):
    """The seller takes its order of a published list."""

    act: Literal["take"]
    list: NumberedId
    order: dict[str, Any] = Field(description="as it was published")
    proof: Proof = Field(description="that it is in the list")


AnyNewOrder = AttestAct | ConfirmAct | PublishAct | TakeAct


class NewOrderBody(RootModel[Annotated[AnyNewOrder, Field(discriminator="act")]]):
    """An act by which an order comes onto the ledger."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "act": "confirm", "document": "PO-2026-0123", "order": "101-7", "last_day": "2026-03-31",
                }
            ]
        }
    )  # fmt: skip


class ReduceAct(_Act):
    """Less comes of the order, or at another price. Nobody but buyer and seller is asked."""

    act: Literal["reduce"]
    title: NumberedId | None = Field(
        default=None, description="where a lender carved the order; null: its one"
    )
    amount: Written | None = Field(
        default=None, description="null: what its documents and its last day say, with why"
    )
    evidence: Hash | None = Field(default=None, description="SHA-256; null: of the documents that say so")


class ConvertAct(_Act):
    """What was received of the order and invoiced becomes a receivable, under the same lock."""

    act: Literal["convert"]
    invoice: Name = Field(description="key of the invoice, its number, or file#number")
    nullifier: Hash = Field(description="of the invoice, attested on the ledger")
    receivable: NumberedId = Field(description="a new id of the buyer's")
    clearing_bank: PartyNumber
    late_ppm: int = Field(ge=0, lt=1 << 24, description="late interest, parts per million a day")
    title: NumberedId | None = Field(
        default=None, description="where a lender carved the order; null: its one"
    )
    amount: Written | None = Field(
        default=None, description="no more than was received and is to be paid; null: all of that"
    )


class OrderActBody(RootModel[Annotated[ReduceAct | ConvertAct, Field(discriminator="act")]]):
    """An act on an order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"act": "reduce"}]})


class Why(Shown):
    """A reason for an amount, and the documents that give it."""

    rule: str = Field(description="AMENDED-DOWN, SHORT-DELIVERY, CREDITED or LAST-DAY")
    amount: Amount
    sentence: str
    documents: list[str]


class ToPrepay(Shown):
    """What is owed above what secures it once the act is done."""

    facility: int
    lender: int
    borrower: int
    amount: Amount


class Taking(Shown):
    """What a seller needs to take its order of a list."""

    list: SplitId
    seller: int
    order: dict[str, Any]
    proof: Proof


class PreparedOrderAct(Shown):
    """What is to be signed, by whom, and what it comes to; the ledger would do it as it stands."""

    function: str
    typed_data: dict[str, Any] = Field(description="the EIP-712 document")
    digest: str = Field(description="what all co-signers sign")
    parts: dict[str, str] = Field(description="what goes with the act: name and ABI type")
    signers: dict[str, int] = Field(description="party of each part that has to sign, in their order")
    unsigned: dict[str, Any] = Field(description="parts that nobody signs")
    currency: str
    amount: Amount = Field(description="attested, confirmed, reduced, or to be paid")
    taken: Amount | None = Field(description="received, at the order's price, of a conversion")
    why: list[Why]
    prepay: list[ToPrepay]
    exceptions: list[Finding] = Field(description="what the match says of the order, or of the invoice")
    taking: list[Taking] = Field(description="of a list: one for each seller")
