"""Orders on the ledger, over HTTP."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Amount, Day, Hash, Id, Seen, Shown, SplitId


class OrderTitle(Shown):
    """A part of an order: the whole of it, until a lender carved a part."""

    title: SplitId
    id: Id
    amount: Amount = Field(description="what is left of it")
    sequence: int = Field(description="every act on it is signed for this count")
    lock: int = Field(description="facility it secures; 0: free")
    frozen: bool


class OrderFacility(Shown):
    """A facility that a part of the order secures."""

    facility: int
    lender: int
    borrower: int
    secured_by: Amount = Field(description="of this order")
    collateral_face: Amount = Field(description="of everything that secures it")
    financed: Amount = Field(
        description="what is owed and reserved under it, against everything that secures it"
    )
    prepay: Amount = Field(description="by how much that is more than what secures it carries; 0: covered")


class OrderConversion(Shown):
    """What of an order was received and became a receivable."""

    receivable: SplitId
    taken: Amount = Field(description="received, at the order's price")
    promised: Amount = Field(description="the receivable")
    evidence: Hash = Field(description="of what says that it was received")


class OrderDocuments(Shown):
    """What the documents here say today of the order, at its own price, tax included."""

    order: str = Field(description="file and number")
    responses: list[str]
    receipts: list[str]
    invoices: list[str]
    ordered: Amount
    agreed: Amount = Field(description="as the order's responses left it")
    shipped: Amount = Field(description="despatch is no receipt: it counts for nothing")
    received: Amount
    missing: Amount = Field(description="sent and not received, short, or rejected")
    invoiced: Amount = Field(description="net of prepayment and credit notes")


class Order(Shown):
    """An order that buyer and seller confirmed, and what became of it."""

    order: SplitId
    id: Id
    document: str | None = Field(
        description="number of the imported order; null: it is not among the documents here"
    )
    taken_from: SplitId | None = Field(description="list that it was taken from; null: confirmed by itself")
    buyer: int
    seller: int
    currency: str
    confirmed: Amount
    confirmed_on: Day = Field(description="day it was confirmed, or its list published")
    last_day: Day = Field(description="of delivery: later nothing of it becomes a receivable")
    converted: Amount = Field(
        description="received, at the order's price, or in store: something else stands for it"
    )
    promised: Amount = Field(description="the receivables that came of it")
    stored: Amount = Field(description="of what was converted: goods in store, pledged in its place")
    reduced: Amount = Field(description="will not come, or not at that price")
    left: Amount
    status: str = Field(
        description="open; overdue: past its last day with something left; closed: nothing is left"
    )
    lock: int | None = Field(description="the one facility that it secures; null: none, or several")
    titles: list[OrderTitle]
    facilities: list[OrderFacility]
    documents: OrderDocuments | None = Field(
        description="null: no order among the documents here bears the hash that it was confirmed under"
    )
    nullifier: Hash = Field(description="of the order itself, as the evidence service attested it")
    evidence: Hash = Field(description="of the order as the two agreed it")


class OneOrder(Order):
    """One order, and the block at which this is true."""

    conversions: list[OrderConversion]
    as_of: Seen


class Orders(Shown):
    """A page of orders."""

    orders: list[Order]
    next: str | None
    as_of: Seen
