"""What was said beside the ledger, as messages for those who are told of it: declarations, signatures of endorsements,
valuations.

Each stands in a book of the gateway's own whose rows are numbered and only ever added, so a webhook keeps one place for
each book. A book more is a row of `BOOKS` and a column of the webhooks' table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select

from gateway.db import own
from gateway.db.goods_tables import lots
from gateway.db.own_storage import endorsement_signatures
from gateway.db.own_valuations import valuations
from gateway.db.rules import RuleBook
from gateway.db.tables import titles
from gateway.db.valuations import kept_of
from gateway.domain.calendar import iso
from gateway.ids import format_id
from gateway.risk.book import declared_of
from gateway.risk.endorsements import limits
from gateway.services.valuations import evidence_of
from gateway.services.webhooks import Kind, Messages, body_of

ROWS_A_ROUND = 200


@dataclass(frozen=True, slots=True)
class Book:
    """A book, the kind of its messages, and what a row of it says: what tells it from every other, when it was said in
    seconds since 1970, and its data.
    """

    table: Table
    kind: Kind
    tell: Callable[[Connection, Any], tuple[str, int, dict[str, Any]]]


def latest(connection: Connection) -> dict[str, int]:
    """The last place of each book."""
    return {name: _last(connection, book.table) for name, book in BOOKS.items()}


def said_after(connection: Connection, told: Mapping[str, int]) -> tuple[Messages, dict[str, int]]:
    """What each book says after the place up to which somebody was told, a number of rows at most; and how far that is.

    The tables must have folded the chain up to where those stood who said it.
    """
    messages: Messages = []
    reached = dict(told)
    for name, book in BOOKS.items():
        place = book.table.c.place
        query = select(book.table).where(place > told[name]).order_by(place).limit(ROWS_A_ROUND)
        for row in connection.execute(query).all():
            key, at, data = book.tell(connection, row)
            messages.append((f"{name}_{key}", book.kind, body_of(book.kind, at, data)))
            reached[name] = row.place
    return messages, reached


def _last(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.coalesce(func.max(table.c.place), 0))).scalar_one())


def _declaration(_: Connection, row: Any) -> tuple[str, int, dict[str, Any]]:
    found = declared_of(row)
    data = {
        "declaration": found.declaration, "kind": found.kind, "party": found.party, "subject": found.subject,
        "fields": dict(found.fields), "persons": list(found.persons),
    }  # fmt: skip
    return found.declaration[2:42], row.recorded_at, data


def _endorsement(connection: Connection, row: Any) -> tuple[str, int, dict[str, Any]]:
    """One signature; with the acquirer's the keeper is asked, and has until `answer_by` (CC-910-answer)."""
    keeper = connection.execute(
        select(lots.c.keeper).join(titles, titles.c.root == lots.c.lot).where(titles.c.title == row.receipt)
    ).scalar_one_or_none()
    asked = row.part == "acquirer"
    data = {
        "endorsement": "0x" + bytes(row.endorsement).hex(), "receipt": format_id(row.receipt), "part": row.part,
        "party": row.party, "keeper": keeper, "acquirer": int(json.loads(row.message)["to"]), "day": iso(row.day),
        "answer_by": iso(limits(RuleBook(connection).packs(), row.day)[0].last_day) if asked else None,
    }  # fmt: skip
    return f"{bytes(row.endorsement).hex()[:40]}_{row.part}", row.signed_at, data


def _valuation(_: Connection, row: Any) -> tuple[str, int, dict[str, Any]]:
    kept = kept_of(row)
    document = kept.document
    data = {
        "evidence": evidence_of(document), "lot": format_id(kept.valuation.lot), "appraiser": document.appraiser,
        "price": document.price.amount, "currency": document.price.currency, "unit": document.price.unit,
        "valued": document.valued.isoformat(), "valid_until": document.valid_until.isoformat(),
        "rate": str(kept.rate), "lending_rate": str(kept.lending_rate),
    }  # fmt: skip
    return row.sha256[:40], row.kept_at, data


BOOKS: Mapping[str, Book] = {
    "declaration": Book(own.declarations, "declaration.made", _declaration),
    "endorsement": Book(endorsement_signatures, "endorsement.signed", _endorsement),
    "valuation": Book(valuations, "valuation.taken", _valuation),
}
"""Each by its column in the webhooks' table."""
