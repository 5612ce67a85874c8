"""What a warehouse receipt says: the document whose hash it bears, with the eight items of CC-909."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from gateway.schemas.fields import (
    Amount,
    Body,
    Currency,
    Day,
    Hash,
    IsoDate,
    Name,
    PartyNumber,
    Shown,
    SplitId,
    Words,
    with_example,
)

UnitCode = Annotated[
    str, StringConstraints(pattern=r"^[0-9A-Z]{1,3}$"), Field(description="UN/ECE Recommendation 20: KGM")
]
AnId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}(-[0-9]{1,10})?$")]
Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,12})?$")]


def _above_zero(text: str) -> str:
    if not Decimal(text):
        raise ValueError("it is above 0")
    return text


AboveZero = Annotated[Quantity, AfterValidator(_above_zero)]
_MOST_DAYS = 3_660


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Depositor(_Item):
    """Item 1: who stored the goods."""

    name: Name
    address: Name


class StoredGoods(_Item):
    """Item 2: kind, quantity, quality, packing, number of packages and marks."""

    description: Name
    quantity: Quantity
    unit: UnitCode
    quality: Name
    packing: Name
    packages: int = Field(ge=0, le=10**9)
    marks: Name


class Period(_Item):
    """Item 5: first and last day of storage."""

    first: IsoDate
    last: IsoDate


class StorageTariff(_Item):
    """Item 6 as it is reckoned: `rate` for each `per` of the goods' unit and each `days` begun, after the free days.

    Goods on which nothing is charged have no tariff.
    """

    rate: AboveZero = Field(description="decimal text in units of the currency, above 0")
    currency: Currency
    per: AboveZero = Field(default="1", description="how much of the goods' unit the rate is for, above 0")
    days: int = Field(default=1, ge=1, le=_MOST_DAYS, description="how many days the rate is for")
    free_days: int = Field(
        default=0, ge=0, le=_MOST_DAYS, description="days at the start of storage that cost nothing"
    )


def _is_none(value: object) -> bool:
    return value is None


TariffField = Annotated[
    StorageTariff | None,
    # Left out where there is none, so that documents without one keep their hash.
    Field(exclude_if=_is_none, description="item 6 once more, to be reckoned with; none: the words alone"),
]


class Insurance(_Item):
    """Item 7: amount, period and insurer."""

    insurer: Name
    amount: Amount
    currency: Currency
    first: IsoDate
    last: IsoDate


class Issue(_Item):
    """Item 8: who issued it, where and when."""

    issuer: Name
    place: Name
    day: IsoDate


class ReceiptDocument(_Item):
    """A receipt as people read it. `salt` keeps the commitment to the lot's number from being guessed."""

    lot: Name = Field(
        description="the keeper's own number of the lot, or its GS1 name, as the stock feed has it"
    )
    salt: Hash
    depositor: Depositor
    goods: StoredGoods
    loss_standard: Name = Field(description="item 3: what loss in store is in order")
    place: Name = Field(description="item 4: where the goods lie")
    period: Period
    fee: Words = Field(description="item 6: what storage costs")
    tariff: TariffField = None
    insurance: Insurance | None = Field(description="item 7; null where the goods are not insured")
    issue: Issue


CertificateNumber = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$"),
    Field(description="as printed on the certificate"),
]
VehicleNumber = Annotated[
    str, StringConstraints(min_length=1, max_length=40), Field(description="VIN, however it is spelled")
]


class ConformityCertificate(_Item):
    """A maker's certificate that a vehicle is as it was approved (合格证): without it no car is registered or sold."""

    number: CertificateNumber
    vin: VehicleNumber
    manufacturer: Name
    model: Name
    issued: IsoDate


class DealerPrice(_Item):
    """What the dealer paid for a vehicle."""

    amount: Amount
    currency: Currency


class VehicleDocument(ReceiptDocument):
    """Of a receipt for one vehicle: its lot is `vin/` and its number, and the certificate belongs to what is signed."""

    certificate: ConformityCertificate
    price: DealerPrice | None = Field(
        default=None, description="for who values the vehicle; never on the ledger"
    )


class StorageBody(Body):
    """Goods that came in, as keeper, depositor and inspector will sign them."""

    model_config = with_example(
        document={
            "lot": "01/04012345123456/10/L-77",
            "salt": "0x" + "5a" * 32,
            "depositor": {"name": "Baoding Hengtong Parts Co.", "address": "Baoding, Hebei"},
            "goods": {
                "description": "copper cathode",
                "quantity": "1250.500",
                "unit": "KGM",
                "quality": "GB/T 467-2010 Cu-CATH-1",
                "packing": "bundles",
                "packages": 25,
                "marks": "SP-77/1-25",
            },
            "loss_standard": "none",
            "place": "4012345000016",
            "period": {"first": "2027-01-04", "last": "2027-07-03"},
            "fee": "0.60 CNY a tonne and day, due on delivery",
            "tariff": {"rate": "0.60", "currency": "CNY", "per": "1000", "days": 1, "free_days": 0},
            "insurance": None,
            "issue": {"issuer": "Tianjin Cloud Warehouse", "place": "Tianjin", "day": "2027-01-04"},
        },
        keeper=31,
        depositor=201,
        inspector=22,
        receipt="31-4001",
        decimals=3,
    )

    document: dict[str, Any] = Field(
        description="the receipt's document: see ReceiptDocument in the guide for keepers"
    )
    keeper: PartyNumber
    depositor: PartyNumber
    inspector: PartyNumber
    receipt: AnId = Field(description="a new id of the keeper's: keeper-serial")
    lot: AnId | None = Field(default=None, description="id of a pool that is there; null: a lot of its own")
    decimals: int = Field(ge=0, le=6, default=0, description="of the unit that a quantity counts")
    pooled: bool = False
    request: Hash | None = Field(
        default=None,
        description="the depositor's request, where there is one: the receipt is for what was found",
    )


class Storage(Shown):
    """The act to be signed by depositor, keeper and inspector; `expiresAt` is theirs to choose."""

    evidence: str = Field(description="SHA-256 of the document in canonical form (RFC 8785)")
    message: dict[str, Any]


class Weighing(Shown):
    """What the keeper weighed or counted."""

    declaration: Hash
    gross: str | None
    tare: str | None
    quantity: str = Field(description="net, or as counted")
    difference: str = Field(description="quantity less what was requested, with its sign")


class Inspection(Shown):
    """What an inspector of neither's group found."""

    declaration: Hash
    inspector: int
    quality: str
    quantity: str
    difference: str = Field(description="quantity less what the keeper weighed, with its sign")


class StorageRefusal(Shown):
    """Why the keeper does not store the goods."""

    declaration: Hash
    reason: str


class StorageRequest(Shown):
    """Goods that a depositor wants stored, and how far they have come."""

    request: Hash = Field(description="the declaration that asked for it")
    reference: str
    depositor: int
    keeper: int
    place: str
    goods: str
    unit: str
    quantity: str = Field(description="as requested; a receipt is never issued for it")
    last_day: Day = Field(description="the last on which the goods may be weighed and inspected")
    stage: str = Field(description="requested, received, inspected, in store, refused, withdrawn, or lapsed")
    weighing: Weighing | None
    inspection: Inspection | None
    refusal: StorageRefusal | None
    entitled: str | None = Field(
        description="the less of what was weighed and inspected: the receipt's quantity"
    )
    receipt: SplitId | None = Field(
        description="id of the receipt prepared for it; in store when the ledger has it"
    )


class StorageRequests(Shown):
    """A page of requests."""

    storage_requests: list[StorageRequest]
    next: str | None
