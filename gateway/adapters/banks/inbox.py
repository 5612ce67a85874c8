"""What banks write: each message is kept once, with its signature, and each booked entry once, whatever told of it.

Kept is what the messages say and nothing else. What an entry is about is asked when it is read: see `facts`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from eth_utils.crypto import keccak
from sqlalchemy import Connection, insert, select, update

from gateway.adapters.banks import elements, tellings
from gateway.adapters.banks.transport import Delivery
from gateway.adapters.kit.iso20022 import read_camt052, read_camt053, read_camt054, read_pain002
from gateway.adapters.kit.iso20022.errors import MessageRefused
from gateway.adapters.kit.iso20022.records import Entry, Notification, Report, Statement
from gateway.db import links, own
from gateway.problems import Problem

EntryRow = Mapping[str, Any]
"""A row of `own_bank_entries`."""

StatusRow = Mapping[str, Any]
"""A row of `own_bank_statuses`."""

Part = Notification | Report | Statement

UNNAMED = "none/"
"""Begins the reference of an entry to which its bank gave none. It tells entries apart; no fact is made with it."""

_LONGEST_ID, _LONGEST_KIND = 64, 16
_LONGEST = {"account": 34, "reference": 35, "end_to_end": 35, "returned": 35}
"""Characters that ISO 20022 gives these texts."""

READ, REFUSED, DIFFERS = "read", "refused", "differs"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a message; `entries`: how many booked ones it tells of."""

    message_id: str
    state: str
    entries: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message says: its parts as read, its booked entries and statuses as rows, or why it cannot be used."""

    parts: tuple[Part, ...]
    entries: tuple[EntryRow, ...]
    problem: str
    statuses: tuple[StatusRow, ...] = ()


def receive(connection: Connection, delivery: Delivery, now: int) -> Received:
    """Keep a bank's message and its entries; the same message again changes nothing and has the first answer.

    A message that tells otherwise of an entry than one before it is kept, and `differs`: nothing is prepared from that
    entry until a person has said which holds, whatever order they came in.
    Raises Problem: MESSAGE-REUSED when the id came before with another content, MESSAGE-NAME when id or kind are
    longer than the standard has them.
    """
    bic, message_id = delivery.bic, delivery.message_id
    for name, text, longest in (("id", message_id, _LONGEST_ID), ("name", delivery.kind, _LONGEST_KIND)):
        if len(text) > longest:
            raise Problem("MESSAGE-NAME", f"a message's {name} has at most {longest} characters")
    links.wait_for_turn(connection, bic)
    digest = sha256(delivery.raw).hexdigest()
    messages = own.messages.c
    before = connection.execute(
        select(messages.sha256, messages.kind, messages.state, messages.problem).where(
            messages.bic == bic, messages.message_id == message_id
        )
    ).one_or_none()
    if before is not None:
        if before.sha256 != digest:
            raise Problem("MESSAGE-REUSED", "this message id came before with another content", status=409)
        told = understand(bic, before.kind, message_id, delivery.raw).entries
        return Received(message_id, before.state, len(told), before.problem)
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
    if found.statuses:
        connection.execute(insert(own.statuses), list(found.statuses))
    return Received(message_id, state, len(found.entries), problem)


def understand(bic: str, kind: str, message_id: str, raw: bytes) -> Understood:
    """Read a message, without regard to anything that came before it."""
    try:
        if kind.startswith("pain.002"):
            # A status moves nothing, but one that cannot be read is refused all the same.
            return Understood((), (), "", tuple(_statuses(bic, message_id, raw)))
        parts = _parts(kind, raw, message_id)
        rows = tuple(row for part in parts for row in _rows(bic, kind, message_id, part))
    except MessageRefused as error:
        return Understood((), (), str(error))
    return Understood(parts, rows, "")


def learn(known: dict[tuple[str, str], EntryRow], told: tuple[EntryRow, ...]) -> list[str]:
    """Take what a message tells into what is known by account and reference; answers where it tells otherwise.

    What is known afterwards does not depend on the order in which messages come, but for `message_id`, the first that
    told of the entry.
    """
    problems: list[str] = []
    for entry in told:
        before = known.setdefault(_key(entry), entry)
        if before is entry:
            continue
        (telling,) = tellings.load(entry["tellings"])
        kept = tellings.joined(before["tellings"], telling)
        if kept == before["tellings"]:
            continue
        after = {**before, **tellings.columns_of(kept)}
        problems += _contradictions(before, entry, after)
        known[_key(entry)] = after
    return problems


def _contradictions(before: EntryRow, entry: EntryRow, after: EntryRow) -> Iterator[str]:
    for name in after["contested"].split():
        if before[name] != entry[name]:
            told_first = f"{before[name]} in {before['message_id']}"
            yield f"ENTRY-DIFFERS: {entry['reference']}: {name} is {entry[name]} here and {told_first}"


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
            changed = tellings.columns_of(row["tellings"])
            connection.execute(update(own.entries).where(*here).values(changed))


def _parts(kind: str, raw: bytes, document: str) -> tuple[Part, ...]:
    if kind.startswith("camt.054"):
        return read_camt054(raw, document=document)
    if kind.startswith("camt.053"):
        return read_camt053(raw, document=document)
    if kind.startswith("camt.052"):
        return read_camt052(raw, document=document)
    return ()


def _rows(bic: str, kind: str, message_id: str, part: Part) -> Iterator[EntryRow]:
    """The booked entries of a part. One told twice in it without a reference is two: the second has a number."""
    unnamed: Counter[str] = Counter()
    for entry in part.entries:
        if entry.status != "BOOK":
            continue
        telling = tellings.telling_of(kind, entry)
        reference = entry.servicer_reference
        if not reference:
            core = [
                entry.account.number,
                *(telling[name] for name in ("side", "amount", "currency", "value_day")),
            ]
            reference = UNNAMED + sha256(repr(core).encode()).hexdigest()[:24]
            unnamed[reference] += 1
            reference += f"-{unnamed[reference]}"
        row: dict[str, Any] = {
            "bic": bic,
            "account": entry.account.number,
            "reference": reference,
            "entry": keccak(reference.encode()),
            "message_id": message_id,
            **tellings.columns_of(tellings.joined("", telling)),
        }
        _check_lengths(row, entry)
        yield row


def _check_lengths(row: EntryRow, entry: Entry) -> None:
    for name, longest in _LONGEST.items():
        if len(row[name]) > longest:
            told = f"{name} {row[name]!r} has more than {longest} characters"
            raise MessageRefused(row["message_id"], entry.path or name, "TEXT-LENGTH", told)


def _statuses(bic: str, message_id: str, raw: bytes) -> Iterator[StatusRow]:
    """What a report says of transfers, or of all transfers of a message where it names none."""
    report = read_pain002(raw, document=message_id)
    said = [(each.end_to_end or each.instruction_id, each.status, each.reasons) for each in report.payments]
    if not said:
        blocks = [("", each.status, each.reasons) for each in report.blocks if each.status]
        group = [("", report.group_status, report.group_reasons)] if report.group_status else []
        said = blocks or group
    for number, (end_to_end, status, reasons) in enumerate(said, 1):
        yield {
            "bic": bic, "message_id": message_id, "number": number, "original": report.original_message_id,
            "end_to_end": end_to_end, "status": status, "reason": " ".join(reasons),
        }  # fmt: skip


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
