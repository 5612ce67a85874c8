"""Imported documents and what persons decided about them, and the match over all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from gateway.adapters.documents import KEPT, FileRead, read_content
from gateway.db import own
from gateway.db.engine import insert_new
from gateway.domain.matching import Decision, MatchReport, MatchResult, RecordedReceipt, match


class TradeBook:
    """Documents, recorded receipts and decisions on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, name: str, content: bytes, now: int) -> FileRead:
        """Import one file; the same bytes again change nothing."""
        read = read_content(content, name)
        row = {
            "sha256": read.sha256, "name": name, "status": str(read.status), "content": content,
            "imported_at": now,
        }  # fmt: skip
        insert_new(self._connection, own.documents, row)
        return read

    def files(self) -> list[FileRead]:
        """Every imported file as it was read, in order of their names."""
        return [self._file(name, sha256) for name, sha256 in self._names()]

    def _names(self) -> list[tuple[str, str]]:
        table = own.documents
        rows = self._connection.execute(
            select(table.c.name, table.c.sha256).order_by(table.c.name, table.c.sha256)
        )
        return [(row.name, row.sha256) for row in rows]

    def _file(self, name: str, sha256: str) -> FileRead:
        table = own.documents
        read = KEPT.get(name, sha256)
        if read is None:
            content = select(table.c.content).where(table.c.sha256 == sha256)
            read = read_content(bytes(self._connection.execute(content).scalar_one()), name)
        return read

    def delivered_on(self, result: MatchResult) -> date | None:
        """The last day on which the buyer said that something of an invoice came in; None when nobody said so."""
        wanted = set(result.chain.receipts)
        files = {(each.file, each.sha256) for each in wanted}
        days = [each.day for each in result.chain.recorded]
        for file in files:
            days += [each.issued for each in self._file(*file).documents if each.ref in wanted]
        return max(days, default=None)

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
        if self._connection.dialect.name == "postgresql":
            # Others who count the rows wait; SQLite has one writer anyway.
            self._connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")
        number = self._connection.execute(select(func.coalesce(func.max(table.c.id), 0) + 1)).scalar_one()
        self._connection.execute(insert(table).values(id=number, **row))

    def match(self) -> MatchReport:
        """The three-way match over everything imported and decided so far; the same again is not done again."""
        names = self._names()
        recorded = [self._receipt(row) for row in self._connection.execute(select(own.receipts))]
        decided = [self._decision(row) for row in self._connection.execute(select(own.decisions))]
        return _LAST.of(
            (tuple(names), tuple(recorded), tuple(decided)), lambda: self._match(names, recorded, decided)
        )

    def _match(
        self,
        names: Sequence[tuple[str, str]],
        recorded: Sequence[RecordedReceipt],
        decided: Sequence[Decision],
    ) -> MatchReport:
        files = [self._file(*each) for each in names]
        documents = [document for file in files for document in file.documents]
        refused = [document for file in files for document in file.refused]
        return match(documents, recorded, decided, refused)

    @staticmethod
    def _receipt(row: Any) -> RecordedReceipt:
        day: date = row.day
        return RecordedReceipt(row.order_number, row.line, Fraction(row.quantity), row.unit, row.person, day)

    @staticmethod
    def _decision(row: Any) -> Decision:
        return Decision(row.rule, row.document, row.person, row.reason, row.line, row.chosen, row.due)


class _Last:
    """The last match and what went into it: confirming a thousand payables takes one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: tuple[object, MatchReport] | None = None

    def of(self, inputs: object, work: Callable[[], MatchReport]) -> MatchReport:
        """The report on these inputs, made now unless it was the last one made."""
        with self._lock:
            if self._known is None or self._known[0] != inputs:
                self._known = (inputs, work())
            return self._known[1]


_LAST = _Last()


def next_serial(connection: Connection, party: int) -> int:
    """A serial never given before for ids of this party; the id is `party << 32 | serial`."""
    serials = own.serials
    insert_new(connection, serials, {"party": party, "next": 1})
    raised = serials.update().where(serials.c.party == party).values(next=serials.c.next + 1)
    return int(connection.execute(raised.returning(serials.c.next)).scalar_one()) - 1
