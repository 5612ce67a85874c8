"""Goods that secure a facility, over HTTP: what was agreed, what they count for and cover, and what became of them."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Amount, Because, Day, Hash, Id, Seen, Shown, SplitId
from gateway.schemas.goods import Quantity


class GoodsTerms(Shown):
    """What lender, borrower and control agent agreed of goods."""

    control_agent: int
    appraisers: list[int] = Field(
        description="two, of different groups; either values, both when goods are sold"
    )
    advance_bps: int = Field(description="what may be owed of each value")
    maintenance_bps: int = Field(description="what may be owed of it before the lender calls for more")
    rise_bps_a_day: int = Field(description="by how much of itself a rate may rise")
    valid_days: int = Field(description="how long a valuation may be good for")
    call_days: int = Field(description="how many days a call leaves at least")
    floor: Amount = Field(description="below which value nothing is released while anything is owed")
    version: int
    evidence: Hash


class Mark(Shown):
    """How what is pledged stands on the ledger; nothing is drawn or released while it is not standing, or stale."""

    state: str = Field(description="standing, called or enforced")
    day: Day | None = Field(
        description="through which a call must be met, or from which the goods may be sold"
    )
    lots: int = Field(description="that are pledged")
    fresh_until: Day | None = Field(
        description="through which every valuation is good; null: none is pledged"
    )
    stale: bool = Field(description="that day is over")


class Cut(Shown):
    """Why less of a lot may be lent on than is pledged of it."""

    rule: str
    quantity: Quantity = Field(description="of all of the lot; what is pledged bears its part")
    reason: str


class PledgedReceipt(Shown):
    """A receipt that secures the facility."""

    receipt: SplitId
    id: Id
    quantity: Quantity


class PledgedVehicle(Shown):
    """What is pledged is a vehicle, by its certificate of conformity, and in whose hands that paper is."""

    vin: str = Field(description="its last six")
    model: str
    certificate: Hash
    held: bool = Field(description="the facility's control agent holds the certificate for it")
    custodian: int | None = Field(description="who holds it for a lender")
    held_for: int | None = Field(description="the facility that it is held for")
    declaration: Hash | None = Field(description="by which its custodian said so")


class LatestValuation(Shown):
    """The newest valuation of a lot that was taken in and that nothing speaks against today."""

    evidence: Hash
    appraiser: int
    rate: str = Field(description="its lending rate")
    valued: Day
    valid_until: Day
    on_ledger: bool = Field(description="the ledger counts the lot by it")
    difference: str = Field(
        description="its rate less the ledger's, for a million of the lot's smallest units"
    )


class PledgedLot(Shown):
    """A lot that was valued for the facility."""

    lot: SplitId
    id: Id
    keeper: int
    unit: str = Field(description="UN/ECE Recommendation 20")
    quantity: Quantity = Field(description="pledged here")
    receipts: list[PledgedReceipt] = Field(description="without those that are being sold")
    rate: str = Field(description="what a million of the lot's smallest units count for, minor units")
    value: Amount = Field(description="what it counts for on the ledger, as it was looked at last")
    valued: Day | None = Field(description="null: nobody valued it")
    valid_until: Day | None
    model: int = Field(
        description="number of the version of the model that valued it (`models` of a valuation)"
    )
    evidence: Hash = Field(description="of what changed it last: a valuation, a pledge, a release")
    latest: LatestValuation | None = Field(description="null: none of the valuations taken in holds today")
    relied_on: Quantity = Field(description="of the quantity, what may be lent on today")
    cut: Amount = Field(description="by how much less than its value it may be lent on today")
    cuts: list[Cut]
    top_up: Quantity | None = Field(
        description="the least quantity of the lot that restores coverage when it is pledged as well; null: none does"
    )
    vehicle: PledgedVehicle | None = Field(description="null: other goods")


class Coverage(Shown):
    """What is pledged, goods and certificates together, against what is owed, as the ledger counts it."""

    face: Amount
    owed: Amount
    bps: int | None = Field(
        description="face in basis points of what is owed, rounded down; null: nothing is owed"
    )
    state: str = Field(description="covered, warning, call or overdue call")
    cash: Amount = Field(description="the least repayment that restores coverage")


class Drawing(Shown):
    """What may be drawn today."""

    drawable: Amount = Field(description="the lesser of the two below, and nothing while draws are blocked")
    by_ledger: Amount = Field(
        description="by limit or stage, and what is pledged at the advance rate, as the ledger has it"
    )
    by_keepers: Amount = Field(description="the same without what keepers' words do not bear out")
    blocked: Because | None


class Sale(Shown):
    """A receipt's goods, sold in enforcement."""

    receipt: SplitId
    id: Id
    quantity: Quantity
    unit: str
    buyer: int
    price: Amount
    collected: Amount = Field(description="of the price, on the facility's collection account")
    surplus: Amount = Field(description="of that, still owed to the pledgor")
    state: str = Field(
        description="agreed, paid (the receipt is the buyer's) or unpaid (it secures the facility again)"
    )
    pay_by: Day
    late: bool = Field(description="that day is over, and the price has not come whole")
    evidence: Hash = Field(description="the two valuations, and the terms of the sale")


class FacilityGoods(Shown):
    """Goods behind a facility."""

    facility: int
    lender: int
    borrower: int
    currency: str
    day: Day
    terms: GoodsTerms
    mark: Mark
    lots: list[PledgedLot]
    coverage: Coverage
    drawing: Drawing
    sales: list[Sale]
    as_of: Seen
