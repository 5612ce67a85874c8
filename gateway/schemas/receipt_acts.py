"""What holders and keepers do with warehouse receipts, over HTTP: each act with its own fields, before it is signed."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

from gateway.schemas.fields import Body, Currency, Day, Hash, PartyNumber, Shown, SplitId, with_example

ReceiptId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}(-[0-9]{1,10})?$")]
Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$")]
NO_DOCUMENT = "0x" + sha256(b"").hexdigest()


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid")

    evidence: Hash = Field(default=NO_DOCUMENT, description="SHA-256 of the document it rests on")
    expires_at: int | None = Field(
        default=None, ge=0, lt=1 << 40, description="seconds since 1970; by default in 30 days"
    )


class EndorseAct(_Act):
    """The whole receipt passes to another party. It lives as long as the keeper may answer (CC-910-answer)."""

    act: Literal["endorse"]
    to: PartyNumber
    acquirer_days: int = Field(
        default=0,
        ge=0,
        le=5,
        description="business days for the acquirer to sign; 0: on the day of the holder",
    )


class SplitAct(_Act):
    """The receipt is cancelled: `part` of it goes to `to`, `rest` stays with the holder (MLWR)."""

    act: Literal["split"]
    quantity: Quantity
    to: PartyNumber | None = Field(default=None, description="null: the holder itself")
    part: ReceiptId = Field(description="a new id of the holder's")
    rest: ReceiptId = Field(description="a new id of the holder's")


class MergeAct(_Act):
    """Another receipt for the same lot is merged into this one."""

    act: Literal["merge"]
    absorbed: ReceiptId = Field(description="the receipt that is cancelled")


class HandOverAct(_Act):
    """The keeper hands the goods over, all of them or a part; nothing while its lien stands (CC-447)."""

    act: Literal["hand over"]
    quantity: Quantity | None = Field(default=None, description="of the receipt; null: all of it")


class ChargeAct(_Act):
    """What the keeper is owed for the goods from now on, by its tariff; 0: it was paid, and the lien ends (CC-447)."""

    act: Literal["charge"]
    amount: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")]
    currency: Currency


class PaperAct(_Act):
    """The receipt goes out on paper, or comes back (MLWR)."""

    act: Literal["change medium"]
    paper: bool


class ReplaceAct(_Act):
    """A receipt lost on paper is cancelled, and another stands for it (MLWR)."""

    act: Literal["replace"]
    replacement: ReceiptId = Field(description="a new id of the keeper's")


AnyAct = EndorseAct | SplitAct | MergeAct | HandOverAct | ChargeAct | PaperAct | ReplaceAct


class ReceiptActBody(RootModel[Annotated[AnyAct, Field(discriminator="act")]]):
    """One act on a receipt."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"act": "endorse", "to": 301}]})


class Leaving(Shown):
    """What leaves the store for a receipt, or for a part of it."""

    delivered: str = Field(description="leaves: less than is given up only where the lot is short")
    quantity: str = Field(description="of the receipt, given up for it")
    unit: str


class PreparedReceiptAct(Shown):
    """What is to be signed, and by whom; the ledger would do it as it stands."""

    function: str
    typed_data: dict[str, Any] = Field(description="the EIP-712 document")
    digest: str = Field(description="what all co-signers sign")
    parts: dict[str, str] = Field(description="what goes with the act: name and ABI type")
    signers: dict[str, int] = Field(description="party of each part that has to sign, in their order")
    leaves: Leaving | None = Field(description="of a hand-over; null: nothing leaves by the act")


class EndorsementBody(Body):
    """An endorsement with the next signature: the holder's first, the acquirer's, the keeper's."""

    model_config = with_example(
        message={
            "title": "133143990277", "sequence": 0, "to": 301, "expiresAt": 1790000000,
            "evidence": "0x" + "33" * 32,
        },
        signature="0x" + "44" * 64,
    )  # fmt: skip

    message: dict[str, Any] = Field(description="the act `Endorse`, as it was prepared")
    signature: Annotated[str, StringConstraints(pattern=r"^(0x)?[0-9a-fA-F]{128}$")] = Field(
        description="64 bytes (EIP-2098) over its digest"
    )


class Endorsement(Shown):
    """An endorsement, and where it stands."""

    endorsement: Hash = Field(description="digest of the act")
    receipt: SplitId
    holder: int
    acquirer: int
    keeper: int
    message: dict[str, Any] = Field(description="the act `Endorse`, for the next signer")
    stage: str = Field(description="offered, asked, countersigned, refused, overdue, withdrawn, or expired")
    offered: Day
    asked: Day | None = Field(description="day on which the acquirer signed, and the keeper's time began")
    answer_by: Day | None = Field(description="last day of the keeper's five business days")
    provisional: bool = Field(
        description="the calendar of a year on the way to that day is not published yet"
    )
    reason: str | None = Field(description="why the keeper refused")
    operation: str | None = Field(description="where to ask what became of the act, once three signed it")


class Endorsements(Shown):
    """A page of endorsements."""

    endorsements: list[Endorsement]
    next: str | None
