"""What the ledger tells of a receipt's storage: under which document its goods came in, and to which day it is paid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gateway.adapters.ledger.chain import blocks
from gateway.adapters.ledger.words import TITLE
from gateway.db import tables
from gateway.db.lineage import kin_of
from gateway.domain.calendar import day_of
from gateway.domain.records import Flag

_STORED, _CHARGED = "Stored", "StorageCharged"


@dataclass(frozen=True, slots=True)
class Charges:
    """Of a receipt and those that were cancelled for it one after the other: a part is paid for as its whole was.

    `evidence`: hash of the document under which the goods came in. `charged_day`: of the lien that stands.
    `paid_day`: of the last charge that was paid, which covers that day; None where none was. `merged`: receipts that
    were merged into any of them.
    """

    evidence: bytes
    charged_day: int | None
    paid_day: int | None
    merged: list[int]


def charges_of(ledger: Connection, own: Connection, receipt: int) -> Charges:
    """Raises LookupError when no goods came in for it. `ledger` has its tables, `own` the blocks that were read."""
    kin = {each.title: each for each in kin_of(ledger, receipt)}
    line: list[int] = []
    step: int | None = receipt
    while step is not None and step in kin:
        line.append(step)
        step = kin[step].parent
    rows = list(_history(ledger, line))
    evidence = next((row.evidence for row in rows if row.event == _STORED), None)
    if evidence is None:
        raise LookupError(f"no goods came in for receipt {receipt}")
    charged, paid = _blocks_of([row for row in rows if row.event == _CHARGED])
    days = _days(own, [each for each in (charged, paid) if each is not None])
    return Charges(
        evidence=bytes(evidence),
        charged_day=None if charged is None else days[charged],
        paid_day=None if paid is None else days[paid],
        merged=sorted(each.title for each in kin.values() if each.merged_into in line),
    )


def _history(ledger: Connection, line: list[int]) -> Iterator[Any]:
    table = tables.title_history
    query = select(table.c.event, table.c.block_number, table.c.word, table.c.evidence)
    query = query.where(table.c.title.in_(line), table.c.event.in_((_STORED, _CHARGED)))
    yield from ledger.execute(query.order_by(table.c.block_number, table.c.log_index, table.c.row))


def _blocks_of(charges: list[Any]) -> tuple[int | None, int | None]:
    """The block of the charge that stands, and of the last that was paid. Who is paid what was never charged is paid to
    the day on which the keeper says so.
    """
    charged: int | None = None
    paid: int | None = None
    for row in charges:
        if TITLE.unpack(row.word)["flags"] & Flag.LIEN:
            charged = row.block_number
        else:
            charged, paid = None, row.block_number if charged is None else charged
    return charged, paid


def _days(own: Connection, numbers: list[int]) -> dict[int, int]:
    query = select(blocks.c.number, blocks.c.time).where(blocks.c.number.in_(numbers))
    return {row.number: day_of(row.time) for row in own.execute(query)}
