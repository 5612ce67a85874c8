"""What banks write: each message is kept once, with its signature, and each booked entry once, whatever told of it.

Kept is what the messages say and nothing else. What an entry is about is asked when it is read: see `facts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from eth_utils.crypto import keccak
from sqlalchemy import Connection, insert, select, update

from gateway.adapters.banks import elements, links
from gateway.adapters.banks.transport import Delivery
from gateway.adapters.kit.iso20022 import read_camt053, read_camt054, read_pain002
from gateway.adapters.kit.iso20022.errors import MessageRefused
from gateway.adapters.kit.iso20022.records import Entry, Notification, Statement
from gateway.db import own
from gateway.problems import Problem

_EPOCH = date(1970, 1, 1)

EntryRow = Mapping[str, Any]
"""A row of `own_bank_entries`."""

Part = Notification | Statement

_DETAILS = ("end_to_end", "returned", "transactions")
"""What stands in the transactions of an entry."""

_LONGEST_ID, _LONGEST_KIND = 64, 16
_LONGEST = {"account": 34, "reference": 35, "end_to_end": 35, "returned": 35}
"""Characters that ISO 20022 gives these texts."""

READ, REFUSED, DIFFERS = "read", "refused", "differs"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a message."""

    message_id: str
    state: str
    entries: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message says: its parts as read, its booked entries as rows, or why it cannot be used."""

    parts: tuple[Part, ...]
    entries: tuple[EntryRow, ...]
    problem: str


def receive(connection: Connection, delivery: Delivery, now: int) -> Received:
    """Keep a bank's message and its entries; the same message again changes nothing.

    A message that tells otherwise of an entry than one before it is kept, and `differs`: the first one counts until
    a person has asked the bank. Raises Problem: MESSAGE-REUSED when the id came before with another content,
    MESSAGE-NAME when id or kind are longer than the standard has them.
    """
    bic, message_id = delivery.bic, delivery.message_id
    for name, text, longest in (("id", message_id, _LONGEST_ID), ("name", delivery.kind, _LONGEST_KIND)):
        if len(text) > longest:
            raise Problem("MESSAGE-NAME", f"a message's {name} has at most {longest} characters")
    links.wait_for_turn(connection, bic)
    digest = sha256(delivery.raw).hexdigest()
    messages = own.messages.c
    before = connection.execute(
        select(messages.sha256, messages.state).where(messages.bic == bic, messages.message_id == message_id)
    ).one_or_none()
    if before is not None:
        if before.sha256 != digest:
            raise Problem("MESSAGE-REUSED", "this message id came before with another content", status=409)
        return Received(message_id, before.state, 0)
    found = understand(bic, delivery.kind, message_id, delivery.raw)
    known = _known(connection, found.entries)
    before_it = dict(known)
    problem = found.problem or "; ".join(learn(known, found.entries))
    state = REFUSED if found.problem else DIFFERS if problem else READ
    row: dict[str, Any] = {
        "bic": bic, "message_id": message_id, "kind": delivery.kind, "sha256": digest, "content": delivery.raw,
        "received_at": now, "state": state, "problem": problem, "address": delivery.address,
        "headers": delivery.headers, "public_key": delivery.public_key,
        "reading": elements.dump(elements.read(delivery.raw)),
    }  # fmt: skip
    links.append(connection, bic, own.messages, row)
    _keep(connection, before_it, known)
    return Received(message_id, state, len(found.entries), problem)


def understand(bic: str, kind: str, message_id: str, raw: bytes) -> Understood:
    """Read a message, without regard to anything that came before it."""
    try:
        parts = _parts(kind, raw, message_id)
        told = [entry for part in parts for entry in part.entries if _moves_money(entry)]
        rows = tuple(_row(bic, message_id, entry) for entry in told)
    except MessageRefused as error:
        return Understood((), (), str(error))
    return Understood(parts, rows, "")


def learn(known: dict[tuple[str, str], EntryRow], told: tuple[EntryRow, ...]) -> list[str]:
    """Take what a message tells into what is known by account and reference; answers where it tells otherwise.

    The first telling counts. One that did not break the entry down, as many statements do not, leaves that to a
    later one.
    """
    problems: list[str] = []
    for entry in told:
        before = known.setdefault(_key(entry), entry)
        if before is entry:
            continue
        otherwise = list(_contradictions(before, entry))
        problems += otherwise
        if not otherwise and not before["transactions"] and entry["transactions"]:
            known[_key(entry)] = {**before, **{name: entry[name] for name in _DETAILS}}
    return problems


def _contradictions(before: EntryRow, entry: EntryRow) -> Iterator[str]:
    broken_down = before["transactions"] and entry["transactions"]
    for name, value in entry.items():
        if name == "message_id" or (name in _DETAILS and not broken_down):
            continue
        if before[name] != value:
            told_first = f"{before[name]} in {before['message_id']}"
            yield f"ENTRY-DIFFERS: {entry['reference']}: {name} is {value} here and {told_first}"


def _keep(
    connection: Connection,
    before: Mapping[tuple[str, str], EntryRow],
    after: Mapping[tuple[str, str], EntryRow],
) -> None:
    entries = own.entries.c
    fresh = [row for key, row in after.items() if key not in before]
    if fresh:
        connection.execute(insert(own.entries), fresh)
    for key, row in after.items():
        if key in before and row is not before[key]:
            here = (entries.bic == row["bic"], entries.account == key[0], entries.reference == key[1])
            details = {name: row[name] for name in _DETAILS}
            connection.execute(update(own.entries).where(*here).values(details))


def _parts(kind: str, raw: bytes, document: str) -> tuple[Part, ...]:
    if kind.startswith("camt.054"):
        return read_camt054(raw, document=document)
    if kind.startswith("camt.053"):
        return read_camt053(raw, document=document)
    if kind.startswith("pain.002"):
        # A status moves nothing, but one that cannot be read is refused all the same.
        read_pain002(raw, document=document)
    return ()


def _moves_money(entry: Entry) -> bool:
    return entry.status == "BOOK" and bool(entry.servicer_reference) and entry.value_day is not None


def _row(bic: str, message_id: str, entry: Entry) -> EntryRow:
    alone = entry.details[0] if len(entry.details) == 1 else None
    assert entry.value_day is not None
    row: dict[str, Any] = {
        "bic": bic,
        "account": entry.account.number,
        "reference": entry.servicer_reference,
        "entry": keccak(entry.servicer_reference.encode()),
        "side": "credit" if entry.side == "CRDT" else "debit",
        "amount": entry.amount_minor,
        "currency": entry.currency,
        "value_day": (entry.value_day - _EPOCH).days,
        "end_to_end": "" if alone is None else alone.end_to_end,
        "reversal": int(entry.reversal),
        "returned": "" if alone is None else alone.return_reason,
        "transactions": len(entry.details),
        "message_id": message_id,
    }
    for name, longest in _LONGEST.items():
        if len(row[name]) > longest:
            told = f"{row[name]!r} has more than {longest} characters"
            raise MessageRefused(message_id, name, "TEXT-LENGTH", told)
    return row


def _key(entry: EntryRow) -> tuple[str, str]:
    return entry["account"], entry["reference"]


def _known(connection: Connection, told: tuple[EntryRow, ...]) -> dict[tuple[str, str], EntryRow]:
    """What is kept of the entries that a message tells of."""
    entries = own.entries.c
    known: dict[tuple[str, str], EntryRow] = {}
    for entry in told:
        row = connection.execute(
            select(own.entries).where(
                entries.bic == entry["bic"],
                entries.account == entry["account"],
                entries.reference == entry["reference"],
            )
        ).mappings().one_or_none()  # fmt: skip
        if row is not None:
            known[_key(entry)] = {**row, "entry": bytes(row["entry"])}
    return known
