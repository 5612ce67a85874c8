"""What the ledger says of warehouse receipts, as far as stock is compared with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from gateway.domain.stock_comparison import LotOnLedger


class Receipts(Protocol):
    """The receipts of each keeper's lots, within one database transaction."""

    def keepers(self) -> Collection[int]:
        """Every keeper on whose lots receipts were issued."""
        ...

    def lots(self, keeper: int) -> Mapping[str, LotOnLedger]:
        """Every lot of a keeper that receipts were issued on, by the lot's full name as tellings have it: of a GTIN
        `01/GTIN/10/LOT`, else the keeper's own; a single thing by its own name."""
        ...
