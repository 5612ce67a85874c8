"""Valuations kept, on one connection: each once, in the order in which they came."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.db import links
from gateway.db.own_valuations import valuations
from gateway.schemas.valuations import ValuationDocument
from gateway.services.valuations import Kept, canonical, valuation_of


class ValuationBook:
    """What appraisers said of all lots."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def wait_for_turn(self) -> None:
        """Keep others from adding valuations until the transaction ends: what a rate rises from stays so."""
        links.wait_for_turn(self._connection, links.VALUATIONS)

    def find(self, sha256: str) -> Kept | None:
        """A valuation by the hash of its document."""
        query = select(valuations).where(valuations.c.sha256 == sha256)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else kept_of(row)

    def of_lot(self, lot: int) -> list[Kept]:
        """Every valuation of a lot, in the order in which they came."""
        query = select(valuations).where(valuations.c.lot == lot).order_by(valuations.c.place)
        return [kept_of(row) for row in self._connection.execute(query)]

    def add(self, kept: Kept, now: int) -> None:
        """Keep one more; `now` in seconds since 1970."""
        row: dict[str, Any] = {
            "sha256": kept.valuation.sha256, "lot": kept.valuation.lot, "day": kept.valuation.day, "rate": kept.rate,
            "lending_rate": kept.lending_rate, "content": canonical(kept.document).decode(), "kept_at": now,
        }  # fmt: skip
        links.append(self._connection, links.VALUATIONS, valuations, row)


def kept_of(row: Row[Any]) -> Kept:
    """A valuation from its row."""
    document = ValuationDocument.model_validate(json.loads(row.content))
    return Kept(document, valuation_of(document), row.rate, row.lending_rate)
