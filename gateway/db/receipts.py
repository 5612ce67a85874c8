"""Receipts' documents kept, and lots as the ledger has them, by the names that keepers give them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.db.engine import insert_new
from gateway.db.goods_tables import lots
from gateway.db.own_storage import receipt_documents
from gateway.domain.goods_records import Lot
from gateway.domain.goods_units import unit_code
from gateway.domain.stock_comparison import LotOnLedger
from gateway.ids import format_id

_SUMS = ("deposited", "redeemed", "delivered", "lost", "counted_day", "counts")


def keep_document(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep a receipt's document; the same again changes nothing."""
    insert_new(connection, receipt_documents, row)


def kept_document(connection: Connection, digest: str) -> dict[str, Any] | None:
    """The document kept under a hash, as it was given; None when there is none, or nothing to be read."""
    table = receipt_documents
    content = connection.execute(select(table.c.content).where(table.c.sha256 == digest)).scalar_one_or_none()
    try:
        read = json.loads(content or "null")
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def documents_of(connection: Connection, numbers: Collection[str]) -> dict[str, Row[Any]]:
    """The documents known of lots, by the commitment to the lot's number; of several the one kept first."""
    table = receipt_documents
    query = select(table).where(table.c.number_hash.in_(list(numbers))).order_by(table.c.kept_at.desc())
    return {row.number_hash: row for row in connection.execute(query)}


class LedgerReceipts:
    """Implements the port `Receipts`: lots of the ledger, with the names of documents that the gateway keeps."""

    def __init__(self, connection: Connection, rows: Sequence[Mapping[str, Any]] | None = None) -> None:
        """`rows` are those of `ledger_lots` at another block than the last."""
        self._connection = connection
        if rows is None:
            rows = [dict(row) for row in connection.execute(select(lots)).mappings()]
        self._rows = sorted(rows, key=itemgetter("lot"))

    def keepers(self) -> Collection[int]:
        """Every keeper on whose lots receipts were issued."""
        return sorted({row["keeper"] for row in self._rows})

    def lots(self, keeper: int) -> Mapping[str, LotOnLedger]:
        """Every lot of a keeper, by its full name; one whose document nobody gave goes by its number on the ledger."""
        found: dict[str, LotOnLedger] = {}
        for name, row in self._named(keeper):
            found[name] = _added(found.get(name), _on_ledger(row))
        return found

    def names(self, keeper: int) -> Mapping[int, str]:
        """The full name of each lot of a keeper, by its number on the ledger."""
        return {row["lot"]: name for name, row in self._named(keeper)}

    def _named(self, keeper: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        rows = [row for row in self._rows if row["keeper"] == keeper]
        known = documents_of(self._connection, [row["number_hash"].hex() for row in rows])
        for row in rows:
            document = known.get(row["number_hash"].hex())
            yield format_id(row["lot"]) if document is None else document.lot, row


def _on_ledger(row: Mapping[str, Any]) -> LotOnLedger:
    sums = Lot(*(row[name] for name in _SUMS))
    nominal, stored = sums.nominal(row["first_quantity"]), sums.stored(row["first_quantity"])
    return LotOnLedger(
        live=nominal,
        delivered=row["delivered"],
        lost=row["lost"],
        unit=unit_code(row["unit"]),
        decimals=row["decimals"],
        shortfall=nominal - stored,
        counted_day=row["counted_day"],
        seen_day=row["counted_day"] or row["opened_day"],
    )


def _added(one: LotOnLedger | None, more: LotOnLedger) -> LotOnLedger:
    """A lot that lies in two places has two roots and one name; they are compared together where they count alike."""
    if one is None or (one.unit, one.decimals) != (more.unit, more.decimals):
        return more
    return LotOnLedger(
        live=one.live + more.live,
        delivered=one.delivered + more.delivered,
        lost=one.lost + more.lost,
        unit=one.unit,
        decimals=one.decimals,
        shortfall=one.shortfall + more.shortfall,
        counted_day=max(one.counted_day, more.counted_day),
        seen_day=min(one.seen_day, more.seen_day),
    )
