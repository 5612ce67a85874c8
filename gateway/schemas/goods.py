"""Lots and warehouse receipts, over HTTP."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Amount, Day, Hash, Id, Seen, Shown, SplitId
from gateway.schemas.storage import StorageTariff

Quantity = str


class Lot(Shown):
    """What a keeper took in: how much of it receipts stand for, and how much of it is there."""

    lot: SplitId
    id: Id
    name: str | None = Field(description="the keeper's number of it, where its document is kept here")
    place: str | None = Field(description="where it lies, of the same document")
    keeper: int
    inspector: int
    kind: str = Field(description="lot: goods told from all others; pool: stored together")
    phase: str = Field(description="live, or closed when no receipt is left")
    unit: str = Field(description="UN/ECE Recommendation 20")
    received: Quantity = Field(description="all that came in")
    receipts: Quantity = Field(description="what receipts stand for")
    in_store: Quantity = Field(description="what is there of it, by deliveries and the last count")
    shortfall: Quantity = Field(description="receipts less in_store: every receipt is handed the same part")
    delivered: Quantity
    lost: Quantity = Field(description="found missing or spoilt")
    opened: Day
    last_day: Day = Field(description="of storage")
    counted: Day | None = Field(description="day of the last count")
    counts: int = Field(description="how often it was counted: `countsBefore` of the next count")
    number_hash: Hash = Field(description="commitment to keeper, place and the keeper's number of the lot")
    evidence: Hash = Field(description="SHA-256 of the document with the items of CC-909")


class OneLot(Lot):
    """One lot, and the block at which this is true."""

    as_of: Seen


class Lots(Shown):
    """A page of lots."""

    lots: list[Lot]
    next: str | None
    as_of: Seen


class WarehouseReceipt(Shown):
    """A holding of a quantity of one lot."""

    id: Id
    receipt: SplitId
    lot: SplitId
    parent: SplitId | None = Field(description="the receipt that was cancelled for it")
    keeper: int
    holder: int
    quantity: Quantity = Field(description="what it stands for still")
    deliverable: Quantity = Field(
        description="what the keeper hands over for it today: 0 while a lien, facility, paper or order bars it"
    )
    share: Quantity = Field(
        description="what it hands over once nothing bars it: less where the lot is short"
    )
    unit: str
    last_day: Day = Field(description="of storage")
    counted: Day | None = Field(description="day of the lot's last count")
    lock: int = Field(description="facility it secures; 0: free")
    lien: Amount | None = Field(description="what the keeper is owed before it hands over (CC-447)")
    lien_currency: str | None
    sequence: int
    flags: list[str] = Field(description="of frozen, spent, settled, paper")
    status: str = Field(description="live, delivered, or cancelled")


class OneWarehouseReceipt(WarehouseReceipt):
    """One receipt, and the block at which this is true."""

    as_of: Seen


class WarehouseReceipts(Shown):
    """A page of receipts."""

    warehouse_receipts: list[WarehouseReceipt]
    next: str | None
    as_of: Seen


class StorageCharge(Shown):
    """The lien that stands on a receipt's goods."""

    amount: Amount
    currency: str
    day: Day = Field(description="on which the keeper set it")


class StorageFee(Shown):
    """What a receipt's storage comes to by the tariff of its document, beside what its keeper charges."""

    receipt: SplitId
    keeper: int
    holder: int
    evidence: Hash = Field(description="SHA-256 of the document whose tariff it is, which the ledger has")
    tariff: StorageTariff
    quantity: Quantity = Field(description="what the receipt stands for now")
    unit: str
    stored: Day = Field(
        description="first day of storage by the document: free days and periods count from it"
    )
    paid: Day | None = Field(
        description="day of the last charge that was paid, which is paid for; null: none was"
    )
    since: Day = Field(description="first day that is not paid for; it counts")
    day: Day = Field(description="the last that counts")
    days: int = Field(description="from the one to the other, 0 or more")
    periods: int = Field(description="of the tariff that begin in these days; each counts whole")
    amount: Amount = Field(description="rounded half up once")
    currency: str
    sum: str = Field(description="how the amount is made")
    charged: StorageCharge | None = Field(description="null: no lien stands")
    merged: list[SplitId] = Field(
        description="receipts merged into it; their goods are reckoned as its own, from the same day"
    )
    as_of: Seen
