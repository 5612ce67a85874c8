"""What the gateway knows from the chain of goods that secure facilities: a fold like those of `tables`.

Quantities are whole units of the lot, amounts minor units of the facility's currency; days are ledger days.
"""

from __future__ import annotations

from sqlalchemy import Index, Table

from gateway.db.columns import digest, identity, key, number, origin
from gateway.db.tables import metadata
from gateway.db.types import Unsigned64

goods_terms = Table(
    "ledger_goods_terms",
    metadata,
    key("facility"),
    number("control_agent"),
    number("appraiser"),
    number("second_appraiser"),
    number("maintenance_bps", "what may be owed of each value before the lender calls"),
    number("rise_bps", "by how much of itself a rate may rise a day"),
    number("valid_days", "how long a valuation may be good for"),
    number("call_days", "how many days a call leaves at least"),
    number("floor_amount", "below which value nothing is released while anything is owed"),
    number("version"),
    digest("evidence"),
    *origin(),
)

marks = Table(
    "ledger_marks",
    metadata,
    key("facility"),
    number("fresh_until", "day through which every valuation is good"),
    number("lots", "that are pledged"),
    number("state", "0 standing, 1 called, 2 enforced"),
    number("day", "through which a call must be met, or from which goods may be sold"),
    identity("loan", "overdue, that a default notice names; 0: a call ran out"),
    digest("evidence", "of what changed it last: a call's notice, a default notice"),
    *origin(),
)

pledged_lots = Table(
    "ledger_pledged_lots",
    metadata,
    key("facility"),
    key("lot", Unsigned64),
    number("quantity", "of the receipts pledged there"),
    number("value", "what it counted for when it was looked at last"),
    identity("rate", "what a million units count for"),
    number("valued_day", "0: nobody valued it"),
    number("valid_until"),
    number("model", "version of the model that valued it"),
    digest("evidence", "of what changed it last"),
    *origin(),
    Index("ledger_pledged_lots_by_lot", "lot"),
)

goods_sales = Table(
    "ledger_goods_sales",
    metadata,
    key("title", Unsigned64),
    number("came_before", "this buyer's first, under sales that ended"),
    number("price"),
    number("buyer"),
    number("facility"),
    number("quantity"),
    number("pay_by"),
    number("state", "0 nobody paid, 1 agreed, 2 paid and delivered, 3 ended with a part paid"),
    digest("evidence", "the two valuations, and the terms of the sale"),
    *origin(),
    Index("ledger_goods_sales_by_facility", "facility"),
)
