"""Everything the gateway keeps of the banks, checked: against the banks' signatures, itself and the chain.

Nothing kept is believed because it is there. What a message says is compared with what it said when it came, with the
bank's signature over it, with the rows made from it, with the other messages, and with what the chain recorded.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Table, select

from gateway.adapters.banks import decisions, elements, inbox
from gateway.adapters.banks.examination_money import Books, Told, money_discrepancies
from gateway.adapters.banks.orders import ELEMENTS
from gateway.adapters.kit.iso20022.records import Statement
from gateway.adapters.kit.signed_messages import check_kept
from gateway.db import links, own
from gateway.db import own_day_ends as day_ends
from gateway.domain.calendar import iso
from gateway.domain.trade import decimal_text
from gateway.money import exponent
from gateway.services.doctor import Discrepancy, TableOf

Row = Mapping[str, Any]
PublishedKeys = Mapping[str, Mapping[str, bytes]]
"""By BIC, the keys that a bank publishes, by id; a bank that could not be asked is left out."""

NOTHING = "nothing"
_LINK_SOURCES = {
    "place": "comes next: a row was taken out or put in",
    "places": "were written",
    "link": "by its values and the rows before it",
}


def examine_banks(
    connection: Connection, chain: Mapping[str, TableOf], published: PublishedKeys
) -> list[Discrepancy]:
    """Each value kept of banks' messages, entries, orders and accounts that something else contradicts.

    `chain` are the `ledger_*` tables as the chain makes them. Amounts are named in minor units where the gateway
    keeps them so, and as decimal text where a message says them.
    """
    messages = _messages(connection)
    accounts = _rows(connection, own.accounts)
    orders = _rows(connection, own.orders)
    runs, events = _rows(connection, day_ends.reconciliations), _rows(connection, day_ends.difference_events)
    found: list[Discrepancy] = []
    for bic, rows in messages.items():
        found += _links(connection, bic, rows, message_name)
        for row in rows:
            found += _message(row, published.get(bic, {}))
    found += _vanished_books(connection, messages)
    found += _links(connection, links.ACCOUNTS, accounts, account_name)
    found += _links(connection, links.ORDERS, orders, order_name)
    found += _links(connection, links.DAY_ENDS, runs, run_name)
    found += _links(connection, links.DIFFERENCES, events, event_name)
    found += [each for row in runs for each in _run(row)]
    found += _decided(connection, events)
    for row in orders:
        found += _order(row)
    decided = decisions.rows(connection)
    found += _links(connection, links.MONEY, decided, decision_name)
    entries: list[inbox.EntryRow] = []
    statuses: list[inbox.StatusRow] = []
    told: list[Told] = []
    for bic, rows in messages.items():
        entries += _intake(bic, rows, found, told, statuses)
    found += _kept(connection, own.entries, entries)
    found += _kept(connection, own.statuses, statuses)
    found += money_discrepancies(Books(told, entries, accounts, orders, _parts(entries, decided)), chain)
    return found


def _parts(entries: Sequence[inbox.EntryRow], decided: Sequence[Row]) -> list[Row]:
    """The parts of allocated entries, in the form of entries: what the ledger may have of each."""
    by_place = {(row["bic"], row["account"], row["reference"]): row for row in entries}
    found: list[Row] = []
    for place, standing in decisions.read(decided).items():
        entry = by_place.get(place)
        for each in standing:
            if entry is not None and each.holds:
                found += decisions.as_entries(entry, each)
    return found


def message_name(row: Row) -> str:
    """A bank's message as people name it."""
    return f"{row['kind']} {row['message_id']} of {row['bic']}"


def order_name(row: Row) -> str:
    """An order as people name it."""
    return f"pain.001 {row['end_to_end']}"


def run_name(row: Row) -> str:
    """A run of a day end as people name it."""
    return f"reconciliation {row['run']} of {iso(row['day'])}"


def event_name(row: Row) -> str:
    """What happened to a difference, as people name it."""
    return f"event {row['number']} of difference {row['difference']}"


def decision_name(row: Row) -> str:
    """A step of a decision as people name it."""
    return f"decision {row['decision']} ({row['step']}) of {row['person']}"


def account_name(row: Row) -> str:
    """An account as people name it."""
    return f"account {row['account']} at {row['bic']}"


def _rows(connection: Connection, table: Table) -> list[Row]:
    return [dict(row) for row in connection.execute(select(table).order_by(table.c.place)).mappings()]


def _messages(connection: Connection) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(connection, own.messages):
        found[row["bic"]].append(row)
    return dict(sorted(found.items()))


# ── each row by itself ──────────────────────────────────────────────────────────────────────────────────────────────


def _links(connection: Connection, book: str, rows: Sequence[Row], name: Any) -> Iterator[Discrepancy]:
    for each in links.broken(connection, book, rows):
        document = f"book {book}" if each.row is None else name(each.row)
        yield Discrepancy(document, each.column, each.found, each.right, _LINK_SOURCES[each.column])


def _vanished_books(connection: Connection, messages: Mapping[str, Any]) -> Iterator[Discrepancy]:
    """Banks whose messages are all gone."""
    known = {*messages, links.ACCOUNTS, links.ORDERS, links.RULINGS, links.DAY_ENDS, links.DIFFERENCES,
             links.DECLARATIONS, links.MONEY, links.STOCK, links.STORAGE, links.VALUATIONS, links.VEHICLES,
             links.ENDORSEMENTS, links.STOCK_MESSAGES}  # fmt: skip
    for row in connection.execute(select(own.links).where(own.links.c.places > 0)):
        if row.book not in known:
            yield Discrepancy(f"book {row.book}", "places", "0 rows", f"{row.places} rows", "were written")


def _message(row: Row, published: Mapping[str, bytes]) -> Iterator[Discrepancy]:
    name, content = message_name(row), bytes(row["content"])
    yield from _content(name, row)
    headers = _object(row["headers"])
    signed = {
        "kind": ("message-name", row["kind"]),
        "message_id": ("idempotency-key", row["message_id"]),
    }
    for column, (header, kept) in signed.items():
        if headers.get(header) != kept:
            yield Discrepancy(name, column, kept, str(headers.get(header)), f"in its signed header {header}")
    if not urlsplit(row["address"]).path.endswith(f"/banks/{row['bic']}"):
        yield Discrepancy(name, "bic", row["bic"], row["address"], "is the address it was sent to")
    if len(content) and (
        fault := check_kept(bytes(row["public_key"] or b""), row["address"], headers, content)
    ):
        yield Discrepancy(
            name,
            "signature",
            fault,
            f"a signature of {row['bic']} over all of it",
            "was checked when it came",
        )
    yield from _published(name, row, headers, published)


def _content(name: str, row: Row) -> Iterator[Discrepancy]:
    """What a document says now against what it said when it was kept."""
    content = bytes(row["content"])
    digest = sha256(content).hexdigest()
    if digest != row["sha256"]:
        yield Discrepancy(name, "sha256", row["sha256"], digest, "is the hash of its content")
    kept = elements.load(row["reading"])
    if kept is None:
        yield Discrepancy(name, "reading", row["reading"][:80], "a list of its elements", "was kept")
        return
    for path, before, now in elements.differences(kept, elements.read(content)):
        yield Discrepancy(name, path, now or NOTHING, before or NOTHING, "when it was first read")


def _published(
    name: str, row: Row, headers: Mapping[str, str], published: Mapping[str, bytes]
) -> Iterator[Discrepancy]:
    """The key it was checked with against the one the bank publishes; keys that are out of use are not there."""
    for key_id, key in published.items():
        if f'keyid="{key_id}"' in headers.get("signature-input", "") and key != bytes(
            row["public_key"] or b""
        ):
            kept = bytes(row["public_key"] or b"").hex()
            yield Discrepancy(
                name, "public_key", kept, key.hex(), f"is what {row['bic']} publishes as {key_id}"
            )


def _object(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _order(row: Row) -> Iterator[Discrepancy]:
    """An order's columns against its document."""
    name = order_name(row)
    yield from _content(name, row)
    said = elements.read(bytes(row["content"]))
    for column, path in ELEMENTS.items():
        if _as_written(column, row) != said.get(path):
            kept, right = _as_written(column, row), said.get(path) or NOTHING
            yield Discrepancy(name, column, kept, right, f"in its element {path}")


def _run(row: Row) -> Iterator[Discrepancy]:
    digest = sha256(row["figures"].encode("utf-8", "surrogatepass")).hexdigest()
    if digest != row["sha256"]:
        yield Discrepancy(run_name(row), "sha256", row["sha256"], digest, "is the hash of its figures")


def _decided(connection: Connection, events: Sequence[Row]) -> Iterator[Discrepancy]:
    """Where a difference stands, against what happened to it."""
    told: dict[str, dict[str, str]] = {}
    for event in events:
        values = told.setdefault(
            event["difference"], {"state": "open", "assigned_to": "", "closed_by": "", "reason": ""}
        )
        if event["event"] == "assigned":
            values["assigned_to"] = event["person"]
        elif event["event"] == "closed":
            values |= {"state": "closed", "closed_by": event["person"], "reason": event["reason"]}
    table = day_ends.differences
    kept = {row["id"]: row for row in connection.execute(select(table).order_by(table.c.id)).mappings()}
    for id_ in sorted(kept.keys() | told.keys()):
        name = f"difference {id_}"
        if id_ not in kept or id_ not in told:
            here, there = (NOTHING, "a row") if id_ not in kept else ("a row", NOTHING)
            yield Discrepancy(name, "own_differences", here, there, "by its events")
            continue
        for column, right in told[id_].items():
            if kept[id_][column] != right:
                mine = kept[id_][column] or NOTHING
                yield Discrepancy(name, column, mine, right or NOTHING, "by its events")


def _as_written(column: str, row: Row) -> str:
    if column == "amount":
        try:
            return decimal_text(row["amount"], exponent(row["currency"]))
        except ValueError:
            return f"{row['amount']} minor units"
    return iso(row["day"]) if column == "day" else str(row[column])


# ── what was made from the messages ─────────────────────────────────────────────────────────────────────────────────


def _intake(
    bic: str,
    rows: Sequence[Row],
    found: list[Discrepancy],
    told: list[Told],
    statuses: list[inbox.StatusRow],
) -> list[inbox.EntryRow]:
    """The entries that a bank's messages tell of, read anew in the order in which they came.

    Each entry as each message tells of it is added to `told`, each status to `statuses`, and to `found` what was kept
    otherwise.
    """
    known: dict[tuple[str, str], inbox.EntryRow] = {}
    for row in rows:
        understood = inbox.understand(bic, row["kind"], row["message_id"], bytes(row["content"]))
        problem = understood.problem or "; ".join(inbox.learn(known, understood.entries))
        state = inbox.REFUSED if understood.problem else inbox.DIFFERS if problem else inbox.READ
        for column, right in (("state", state), ("problem", problem)):
            if row[column] != right:
                kept = row[column] or NOTHING
                found.append(
                    Discrepancy(message_name(row), column, kept, right or NOTHING, "by what it says")
                )
        statuses += understood.statuses
        for part in understood.parts:
            statement = part if isinstance(part, Statement) else None
            told += [
                Told(message_name(row), bic, row["message_id"], each, statement) for each in part.entries
            ]
    return list(known.values())


_NAMES: Mapping[str, str] = {
    "own_bank_entries": "entry {reference} on {account} at {bic}",
    "own_bank_statuses": "status {number} of pain.002 {message_id} of {bic}",
}


def _kept(connection: Connection, table: Table, right: Sequence[Row]) -> Iterator[Discrepancy]:
    """The rows of a table that was made from messages against the messages."""
    keys = [column.name for column in table.primary_key]
    found = (dict(row) for row in connection.execute(select(table)).mappings())
    kept = {tuple(row[key] for key in keys): row for row in found}
    told = {tuple(row[key] for key in keys): row for row in right}
    for key, row in kept.items():
        name = _NAMES[table.name].format_map(row)
        if key not in told:
            summary = f"{_summary(row)} of message {row['message_id']}"
            yield Discrepancy(name, table.name, summary, NOTHING, "in any kept message")
            continue
        for column, value in told[key].items():
            mine = bytes(row[column]) if isinstance(value, bytes) else row[column]
            if mine != value:
                source = f"in message {told[key]['message_id']}"
                yield Discrepancy(name, f"{table.name}.{column}", _shown(mine), _shown(value), source)
    for key, right_row in told.items():
        if key not in kept:
            name = _NAMES[table.name].format_map(right_row)
            source = f"in message {right_row['message_id']}"
            yield Discrepancy(name, table.name, NOTHING, _summary(right_row), source)


def _summary(row: Row) -> str:
    if "status" in row:
        return f"{row['status']} of {row['end_to_end'] or row['original']}"
    return f"{row['side']} {row['amount']} {row['currency']}"


def _shown(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value) or NOTHING
