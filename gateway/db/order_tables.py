"""What the gateway knows from the chain of orders, a fold like those of `tables`.

Amounts are minor units of the order's currency; days are ledger days.
"""

from __future__ import annotations

from sqlalchemy import Index, Table

from gateway.db.columns import digest, identity, key, number, origin
from gateway.db.tables import POLICY_TERMS, metadata
from gateway.db.types import Unsigned64

orders = Table(
    "ledger_purchase_orders",
    metadata,
    key("order", Unsigned64),
    number("buyer"),
    number("seller"),
    number("currency", "ISO 4217 number"),
    number("last_day", "of delivery: later nothing of it becomes a receivable"),
    number("opened_day"),
    number("phase", "2 live, 3 closed: nothing is to come any more"),
    number("policy_version"),
    number("quantity", "as confirmed"),
    number("taken", "received, at the order's price"),
    number("promised", "receivables that came of it"),
    number("stored", "of what was taken: goods in store, pledged in its place"),
    number("reduced", "will not come, or not at that price"),
    digest("nullifier", "of the order itself, as the evidence service attested it"),
    identity("list", "that it was taken from; 0: confirmed by itself"),
    digest("evidence", "of the order as the two agreed it"),
    digest("reduce_evidence", "of the last reduction", nullable=True),
    *origin(),
    Index("ledger_purchase_orders_by_buyer", "buyer"),
    Index("ledger_purchase_orders_by_seller", "seller"),
)

order_lists = Table(
    "ledger_purchase_order_lists",
    metadata,
    key("list", Unsigned64),
    number("debtor"),
    number("currency"),
    number("opened_day"),
    number("total"),
    number("taken"),
    number("policy_version"),
    *(number(name) for name in POLICY_TERMS),
    digest("orders", "Merkle root"),
    digest("evidence"),
    *origin(),
)

conversions = Table(
    "ledger_conversions",
    metadata,
    key("receivable", Unsigned64),
    identity("order"),
    identity("title", "of the order, that it was taken from"),
    number("taken", "received, at the order's price"),
    number("promised", "the receivable"),
    digest("evidence", "of what says that it was received"),
    *origin(),
    Index("ledger_conversions_by_order", "order"),
)

goods_conversions = Table(
    "ledger_goods_conversions",
    metadata,
    key("receivable", Unsigned64),
    identity("title", "the receipt that is the buyer's since"),
    digest("evidence", "of the sale"),
    *origin(),
    Index("ledger_goods_conversions_by_title", "title"),
)
