"""Vehicles that come into store by their numbers, many at once, and how they are shown."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.schemas.fields import (
    Amount,
    Because,
    Body,
    Day,
    Hash,
    Id,
    Name,
    PartyNumber,
    Shown,
    SplitId,
    Words,
    with_example,
)
from gateway.schemas.storage import (
    AnId,
    ConformityCertificate,
    DealerPrice,
    Depositor,
    Insurance,
    Issue,
    Period,
    TariffField,
    VehicleNumber,
)


class CommonItems(BaseModel):
    """What the receipts of all vehicles say alike: the items of CC-909 but the goods."""

    model_config = ConfigDict(extra="forbid")

    depositor: Depositor
    quality: Name
    packing: Name
    loss_standard: Name
    place: Name
    period: Period
    fee: Words
    tariff: TariffField = None
    insurance: Insurance | None
    issue: Issue


class VehicleRow(BaseModel):
    """One vehicle; `vin` as the dealer's list has it, which its certificate has to bear out."""

    model_config = ConfigDict(extra="forbid")

    vin: VehicleNumber
    certificate: ConformityCertificate
    price: DealerPrice | None = None
    receipt: AnId = Field(description="a new id of the keeper's: keeper-serial")
    salt: Hash
    request: Hash | None = Field(
        default=None, description="the depositor's request to store it, if there is one"
    )


class VehiclesBody(Body):
    """A dealer's vehicles, as keeper, depositor and inspector will sign for each."""

    model_config = with_example(
        keeper=31,
        depositor=201,
        inspector=22,
        document={
            "depositor": {"name": "Baoding Hengtong Motors", "address": "Baoding, Hebei"},
            "quality": "new, as certified",
            "packing": "none",
            "loss_standard": "none",
            "place": "4012345000016",
            "period": {"first": "2027-01-04", "last": "2027-07-03"},
            "fee": "8.00 CNY a vehicle and day",
            "insurance": {
                "insurer": "Harbour Insurance",
                "amount": "9000000.00",
                "currency": "CNY",
                "first": "2027-01-04",
                "last": "2027-07-03",
            },
            "issue": {"issuer": "Tianjin Cloud Warehouse", "place": "Tianjin", "day": "2027-01-04"},
        },
        vehicles=[
            {
                "vin": "LSVAA49J132047371",
                "certificate": {
                    "number": "WDA0712027001234",
                    "vin": "LSVAA49J132047371",
                    "manufacturer": "SAIC Volkswagen",
                    "model": "SVW71810EJ",
                    "issued": "2026-12-01",
                },
                "receipt": "31-4001",
                "salt": "0x" + "5a" * 32,
            }
        ],
    )

    keeper: PartyNumber
    depositor: PartyNumber
    inspector: PartyNumber
    document: CommonItems
    vehicles: Annotated[list[VehicleRow], Field(min_length=1, max_length=1_000)]


class PreparedVehicle(Shown):
    """The act to be signed for one vehicle."""

    receipt: str
    vin: str = Field(description="its last six")
    certificate: Hash = Field(description="SHA-256 of the certificate in canonical form (RFC 8785)")
    evidence: Hash = Field(description="of the receipt's document")
    message: dict[str, Any]


class PreparedVehicles(Shown):
    """The acts to be signed, in the order of the vehicles."""

    vehicles: list[PreparedVehicle]


class VehicleShown(Shown):
    """A vehicle that was taken in. Who knows its number can ask for it by that."""

    vin: str = Field(description="its last six")
    number: Hash = Field(description="what its lot bears of its number: the evidence service's name of it")
    certificate: Hash = Field(description="SHA-256 of its certificate of conformity")
    manufacturer: str
    model: str
    lot: SplitId | None = Field(description="its lot, once the ledger has it")
    id: Id | None
    custodian: int | None = Field(description="the control agent that holds its certificate; null: none does")
    held_for: int | None = Field(description="the facility that it is held for")


class VehiclesShown(Shown):
    """A page of vehicles."""

    vehicles: list[VehicleShown]
    next: str | None


# ── Behind a facility ───────────────────────────────────────────────────────────────────────────────────────


class ReleaseBody(Body):
    """A repayment that is booked, and what is wanted for it."""

    model_config = with_example(repaid="90000.00", receipts=["31-4001"], evidence="0x" + "33" * 32)

    repaid: Amount = Field(description="in the facility's currency")
    receipts: list[AnId] = Field(
        default=[],
        max_length=1_000,
        description="of the vehicles wanted, in their order; none: the first that fit",
    )
    evidence: Hash = Field(description="of the document that the release rests on")


class Act(Shown):
    """An act to be signed, with what goes along unsigned."""

    function: str
    typed_data: dict[str, Any] = Field(description="the EIP-712 document")
    digest: str
    parts: dict[str, str] = Field(description="what goes with the act: name and ABI type")
    signers: list[str] = Field(description="the parts that have to sign")
    unsigned: dict[str, Any]


class CarBehind(Shown):
    """A vehicle behind a facility."""

    receipt: SplitId
    lot: SplitId
    vin: str = Field(description="its last six")
    model: str
    value: Amount
    certificate: Hash


class HandBack(Shown):
    """A certificate that its custodian hands back after the release."""

    certificate: Hash
    vin: str
    custodian: int
    to: int


class ReleasePlan(Shown):
    """What goes free for a repayment."""

    facility: int
    currency: str
    releasable: Amount = Field(
        description="what may go free by value: covered by the repayment, above the floor"
    )
    value: Amount = Field(description="what does")
    blocked: Because | None = Field(description="why nothing does")
    freed: list[CarBehind]
    staying: list[CarBehind]
    acts: list[Act]
    hand_back: list[HandBack]


class StockCheckBody(Body):
    """The numbers that somebody saw in the yard."""

    model_config = with_example(seen=["LSVAA49J132047371"])

    seen: list[VehicleNumber] = Field(max_length=10_000)


class UnknownVehicle(Shown):
    """A number that is none of the facility's vehicles'."""

    vin: str = Field(description="its last six, or what was told where it is no number")
    why: str


class StockCheck(Shown):
    """What the round found, and the counts to be signed for what it did not."""

    facility: int
    day: Day
    evidence: Hash = Field(description="SHA-256 of facility, day and the numbers seen (RFC 8785)")
    seen: list[CarBehind]
    missing: list[CarBehind]
    unknown: list[UnknownVehicle]
    acts: list[Act]
