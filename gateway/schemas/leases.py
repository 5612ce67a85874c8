"""Leased goods over HTTP: what is leased, and what became of leases that were ended."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Amount, Day, Hash, Seen, Shown, SplitId


class Lease(Shown):
    """A receipt that is to be leased, or is."""

    receipt: SplitId
    holder: int = Field(description="the seller until it is paid, then the lessor")
    seller: int = Field(description="who is paid for the goods")
    price: Amount
    appraiser: int = Field(description="who says what the goods are worth if the lease is ended")
    loan: SplitId | None = Field(description="whose instalments are the rentals; null: nothing is drawn yet")
    state: str = Field(description="agreed, drawn, running, or notice")
    notice_days: int = Field(description="how many days a notice leaves at least")
    noticed: Day | None = Field(description="day of the last notice; it calls for what was due before")
    ends_from: Day | None = Field(
        description="since when the lessor may end it, while what was called for is unpaid"
    )
    evidence: Hash


class LeaseEnd(Shown):
    """A lease that the lessor ended; what the goods were worth was set against what was owed (CC-758)."""

    receipt: SplitId
    loan: SplitId
    value: Amount = Field(description="of the goods, as the appraiser said")
    costs: Amount = Field(description="that it met")
    interest: Amount = Field(description="that it met")
    principal: Amount = Field(description="that it met, written off")
    owed_to_lessee: Amount = Field(description="what it was beyond the debt; paid outside the ledger")
    evidence: Hash


class Leases(Shown):
    """Leases under a facility, and the block at which this is true."""

    facility: int
    lessor: int
    lessee: int
    currency: str
    leases: list[Lease]
    ended: list[LeaseEnd]
    as_of: Seen
