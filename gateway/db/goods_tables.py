"""What the gateway knows from the chain of goods: lots and liens, a fold like those of `tables`.

Quantities are whole units of the lot, as many decimals down as it declares; days are ledger days.
"""

from __future__ import annotations

from sqlalchemy import Index, Table

from gateway.db.columns import digest, key, number, origin
from gateway.db.tables import metadata
from gateway.db.types import Unsigned64

lots = Table(
    "ledger_lots",
    metadata,
    key("lot", Unsigned64),
    number("keeper"),
    number("inspector"),
    number("unit", "number of the unit, a code of UN/ECE Recommendation 20: see domain/goods_units"),
    number("decimals", "of the unit that a quantity counts"),
    number("last_day", "of storage"),
    number("opened_day"),
    number("kind", "2 goods told from all others, 3 pool"),
    number("phase", "2 live, 3 closed"),
    number("first_quantity", "of the lot's first receipt"),
    number("deposited", "came into a pool after it"),
    number("redeemed", "given up of receipts"),
    number("delivered", "handed over for it"),
    number("lost", "found missing or spoilt"),
    number("counted_day", "of the last count; 0: never"),
    number("counts"),
    digest("number_hash", "commitment to keeper, place and the keeper's number of the lot"),
    digest("evidence", "of the first receipt: the document with the items of CC-909"),
    digest("count_evidence", "of the last count", nullable=True),
    *origin(),
    Index("ledger_lots_by_keeper", "keeper"),
    Index("ledger_lots_by_number", "number_hash"),
)

liens = Table(
    "ledger_liens",
    metadata,
    key("title", Unsigned64),
    number("amount", "minor units; 0: paid"),
    number("currency"),
    digest("evidence"),
    *origin(),
)
