"""Imported documents and what persons decided about them, and the match over all of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from gateway.adapters.documents import FileRead, read_bytes
from gateway.db import own
from gateway.domain.matching import Decision, MatchReport, RecordedReceipt, match
from gateway.domain.trade import Source


class TradeBook:
    """Documents, recorded receipts and decisions on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, name: str, content: bytes, now: int) -> FileRead:
        """Import one file; the same bytes again change nothing."""
        read = _read(name, content)
        known = self._connection.execute(
            select(own.documents.c.name).where(own.documents.c.sha256 == read.sha256)
        ).one_or_none()
        if known is None:
            self._connection.execute(
                insert(own.documents).values(
                    sha256=read.sha256, name=name, status=str(read.status), content=content, imported_at=now
                )
            )
        return read

    def files(self) -> list[FileRead]:
        """Every imported file, read again, in order of their names."""
        rows = self._connection.execute(
            select(own.documents.c.name, own.documents.c.content).order_by(own.documents.c.name)
        )
        return [_read(row.name, bytes(row.content)) for row in rows]

    def record_receipt(self, receipt: RecordedReceipt) -> None:
        """A named person of the buyer saw the goods."""
        self._record(
            own.receipts,
            {
                "order_number": receipt.order, "line": receipt.line, "quantity": str(receipt.quantity),
                "unit": receipt.unit, "person": receipt.person, "day": receipt.day,
            },
        )  # fmt: skip

    def decide(self, decision: Decision) -> None:
        """A named person decides about an exception."""
        self._record(
            own.decisions,
            {
                "rule": decision.rule, "document": decision.document, "line": decision.line,
                "person": decision.person, "reason": decision.reason, "chosen": decision.chosen,
                "due": decision.due,
            },
        )  # fmt: skip

    def _record(self, table: Table, row: Mapping[str, Any]) -> None:
        number = self._connection.execute(select(func.coalesce(func.max(table.c.id), 0) + 1)).scalar_one()
        self._connection.execute(insert(table).values(id=number, **row))

    def match(self) -> MatchReport:
        """The three-way match over everything imported and decided so far."""
        files = self.files()
        return match(
            [document for file in files for document in file.documents],
            [self._receipt(row) for row in self._connection.execute(select(own.receipts))],
            [self._decision(row) for row in self._connection.execute(select(own.decisions))],
            [document for file in files for document in file.refused],
        )

    @staticmethod
    def _receipt(row: Any) -> RecordedReceipt:
        day: date = row.day
        return RecordedReceipt(row.order_number, row.line, Fraction(row.quantity), row.unit, row.person, day)

    @staticmethod
    def _decision(row: Any) -> Decision:
        return Decision(row.rule, row.document, row.person, row.reason, row.line, row.chosen, row.due)


@lru_cache(maxsize=4096)
def _read(name: str, content: bytes) -> FileRead:
    return read_bytes(content, Source(name, sha256(content).hexdigest()))


def next_serial(connection: Connection, party: int) -> int:
    """A serial never given before for ids of this party; the id is `party << 32 | serial`."""
    serials = own.serials
    found = connection.execute(select(serials.c.next).where(serials.c.party == party)).scalar_one_or_none()
    if found is None:
        connection.execute(insert(serials).values(party=party, next=2))
        return 1
    connection.execute(serials.update().where(serials.c.party == party).values(next=found + 1))
    return int(found)
