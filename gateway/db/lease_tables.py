"""What the gateway knows from the chain of leased goods: a fold like those of `tables`.

Amounts are minor units of the facility's currency; days are ledger days.
"""

from __future__ import annotations

from sqlalchemy import Index, Table

from gateway.db.columns import digest, identity, key, number, origin
from gateway.db.tables import metadata
from gateway.db.types import Unsigned64

leases = Table(
    "ledger_leases",
    metadata,
    key("title", Unsigned64),
    number("owner", "who held the receipt when it was agreed"),
    number("seller", "who is paid for it"),
    number("appraiser", "who says what goods taken back are worth"),
    number("facility"),
    number("price"),
    number("notice_days", "how many days a notice leaves at least"),
    number("notice_day", "of the last notice; 0: none"),
    number("from_day", "since when it may be ended by that notice"),
    number("standing", "1 until it was withdrawn, its last rental was paid, or it was ended"),
    digest("evidence", "of what changed it last: the lease, a notice"),
    *origin(),
    Index("ledger_leases_by_facility", "facility"),
)

lease_ends = Table(
    "ledger_lease_ends",
    metadata,
    key("loan", Unsigned64),
    identity("title", "what was taken back"),
    number("day", "on which it was"),
    number("costs", "that its value met"),
    number("interest", "that its value met"),
    number("principal", "that its value met, written off"),
    number("difference", "what it was worth beyond the debt: the lessee's"),
    digest("evidence", "the valuation"),
    *origin(),
    Index("ledger_lease_ends_by_title", "title"),
)
