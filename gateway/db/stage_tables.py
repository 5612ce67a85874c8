"""What the gateway knows from the chain of a facility's stages: a fold like those of `tables`.

Amounts are minor units of the facility's currency. The two sums that only grow have wide fields on the ledger.
"""

from __future__ import annotations

from sqlalchemy import Column, Table

from gateway.db.columns import digest, key, number, origin
from gateway.db.tables import metadata
from gateway.db.types import Unsigned256

stage_terms = Table(
    "ledger_stage_terms",
    metadata,
    key("facility"),
    number("approver", "0: the lender opens stages by itself, with two persons"),
    number("special_bank", "that services the account loans are paid out on"),
    digest("special_account", "commitment to it"),
    number("first_amount", "may be used before anything was sold"),
    number("step_bps", "of each unit of sales cash opens beyond it"),
    number("release_bps", "of each unit of sales cash may go free in goods"),
    number("version"),
    digest("evidence"),
    *origin(),
)

stages = Table(
    "ledger_stages",
    metadata,
    key("facility"),
    number("opened", "may be used, as the two keys said"),
    Column("sales", Unsigned256, nullable=False, comment="cash that came in and filled loans"),
    Column("released", Unsigned256, nullable=False, comment="value of goods that went free against it"),
    digest("evidence", "of the last act: of a stage, the merchant's need"),
    *origin(),
)
