"""Runs and differences as they are kept: runs hang together by hashes, and no difference that is open is ever lost.

A difference that is found again stays the one it is. It is closed by a person with a reason, or by a run that saw the
missing side; found once more after that, it is a new one. Who did what stands in a book of its own, linked too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785
from sqlalchemy import Connection, func, insert, select, update

from gateway.adapters.banks.reconciling import line_text
from gateway.adapters.banks.statement_files import entry_hash
from gateway.db import links
from gateway.db import own_day_ends as kept
from gateway.db.engine import insert_new
from gateway.domain.calendar import iso
from gateway.problems import Problem
from gateway.services.reconciliation import Difference, Found

OPEN, CLOSED = "open", "closed"
OPENED, ASSIGNED = "opened", "assigned"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """A run to be kept. `figures` is what it found, as the interface shows it; `closes` ends the day."""

    found: Found
    figures: Mapping[str, Any]
    bank: str
    person: str
    block: int
    closes: bool
    now: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the differences: opened by this run, found before and still open, closed by it, and those a
    person has closed with a reason that still holds. By id."""

    run: int
    sha256: str
    opened: tuple[str, ...]
    still_open: tuple[str, ...]
    closed: tuple[str, ...]
    accepted: tuple[str, ...]


def digest_of(figures: Mapping[str, Any]) -> str:
    """SHA-256 of a run's figures in their canonical form (RFC 8785)."""
    return sha256(rfc8785.dumps(figures)).hexdigest()


def keep(connection: Connection, run: Run) -> Kept:
    """Keep a run and what it found, within the caller's transaction.

    Raises Problem(DAY-CLOSED) when the run should close a day that is closed, or lies before one that is.
    """
    links.wait_for_turn(connection, links.DAY_ENDS)
    day = run.found.books.day
    if run.closes:
        _may_close(connection, day)
    number = (
        int(connection.execute(select(func.coalesce(func.max(kept.reconciliations.c.run), 0))).scalar_one())
        + 1
    )
    statements = [each for each in run.found.books.statements if each.lines is not None]
    row: dict[str, Any] = {
        "run": number, "day": day, "closes": day if run.closes else None, "bank": run.bank, "person": run.person,
        "block_number": run.block, "node": int(run.found.node),
        "inputs": sha256("".join(sorted(each.digest for each in statements)).encode()).hexdigest(),
        "figures": rfc8785.dumps(run.figures).decode(),
        "sha256": digest_of(run.figures), "run_at": run.now,
    }  # fmt: skip
    links.append(connection, links.DAY_ENDS, kept.reconciliations, row)
    outcome = _Queue(connection, run, number).take()
    if run.closes:
        _register(connection, run.found)
    return Kept(number, row["sha256"], *outcome)


def _may_close(connection: Connection, day: int) -> None:
    last = connection.execute(select(func.max(kept.reconciliations.c.closes))).scalar_one()
    if last is not None and day <= last:
        told = f"the day end of {iso(last)} is closed: what is found later belongs to later days"
        raise Problem("DAY-CLOSED", told, status=409, field="day", found=iso(day))


def _register(connection: Connection, found: Found) -> None:
    """Which statements, and entries of theirs, a closed day end has seen."""
    day = found.books.day
    for timeline in found.timelines.values():
        for each in timeline.statements:
            if each.lines is None:
                continue
            row = {
                "bic": each.bic, "account": each.account, "digest": each.digest, "statement_id": each.statement_id,
                "document": each.document, "currency": each.currency, "sequence": each.sequence,
                "first_day": each.first_day, "last_day": each.last_day, "opening": each.opening,
                "closing": each.closing, "closed_day": day,
            }  # fmt: skip
            insert_new(connection, kept.statements, row)
            stated = {line.reference for line in each.lines} | {
                part.reference for line in each.lines for part in line.parts
            }
            for reference in sorted(stated - {""}):
                entry = {
                    "bic": each.bic, "account": each.account, "entry": entry_hash(reference), "digest": each.digest,
                    "closed_day": day,
                }  # fmt: skip
                insert_new(connection, kept.stated_entries, entry)


class _Queue:
    """What a run does to the differences."""

    def __init__(self, connection: Connection, run: Run, number: int) -> None:
        self._connection = connection
        self._run = run
        self._number = number
        self._day = run.found.books.day

    def take(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Open, keep, close; answers the ids of each."""
        opened: list[str] = []
        still: list[str] = []
        accepted: list[str] = []
        identities = set()
        for each in self._run.found.differences:
            identity = identity_of(each)
            identities.add(identity)
            last = self._last(identity)
            if last is None or self._again(last, each):
                opened.append(self._open(identity, 1 if last is None else last["occurrence"] + 1, each))
            elif last["state"] == OPEN:
                still.append(last["id"])
                self._change(last["id"], {"last_run": self._number})
            elif last["closed_by"]:
                accepted.append(last["id"])
        return tuple(opened), tuple(still), tuple(self._settle(identities)), tuple(accepted)

    def _last(self, identity: str) -> Row | None:
        table = kept.differences
        query = select(table).where(table.c.identity == identity).order_by(table.c.occurrence.desc()).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else dict(row)

    def _again(self, last: Row, each: Difference) -> bool:
        """Whether a closed difference that is found once more is a new one."""
        if last["state"] == OPEN:
            return False
        if last["closed_by"]:
            # A person's reason holds for what the person saw.
            return (last["expected"], last["found"]) != (each.expected, each.found)
        return bool(last["closed_day"] <= self._day)

    def _open(self, identity: str, occurrence: int, each: Difference) -> str:
        id_ = sha256(f"{identity} {occurrence}".encode()).hexdigest()[:32]
        row = {
            "id": id_, "identity": identity, "occurrence": occurrence, "rule": each.rule, "bic": each.bic,
            "account": each.account, "item": each.item, "day": each.day, "currency": each.currency,
            "amount": each.amount, "reference": each.reference, "expected": each.expected, "found": each.found,
            "sentence": each.sentence, "line": line_text(each.line), "opened_run": self._number,
            "opened_day": self._day, "last_run": self._number, "state": OPEN, "assigned_to": "", "closed_by": "",
            "closed_run": None, "closed_day": None, "reason": "",
        }  # fmt: skip
        self._connection.execute(insert(kept.differences).values(row))
        note(self._connection, id_, OPENED, run=self._number, reason=each.rule, now=self._run.now)
        return id_

    def _settle(self, found: set[str]) -> Sequence[str]:
        """Close what was open and is over, as far as this run can tell."""
        table = kept.differences
        closed = []
        for row in self._connection.execute(
            select(table).where(table.c.state == OPEN).order_by(table.c.id)
        ).mappings():
            if row["identity"] in found:
                continue
            why = self._run.found.settles(row["rule"], (row["bic"], row["account"]), row["item"], row["day"])
            if why:
                values = {"state": CLOSED, "closed_run": self._number, "closed_day": self._day, "reason": why}
                self._change(row["id"], values)
                note(self._connection, row["id"], CLOSED, run=self._number, reason=why, now=self._run.now)
                closed.append(row["id"])
        return closed

    def _change(self, id_: str, values: Row) -> None:
        self._connection.execute(
            update(kept.differences).where(kept.differences.c.id == id_).values(**values)
        )


def identity_of(each: Difference) -> str:
    """What makes a difference itself, whichever run finds it."""
    return sha256(rfc8785.dumps([each.rule, each.bic, each.account, each.item])).hexdigest()


def note(
    connection: Connection, difference: str, event: str, *, run: int | None = None, person: str = "", reason: str = "",
    now: int,
) -> None:  # fmt: skip
    """Write into the book of differences what happened to one."""
    links.wait_for_turn(connection, links.DIFFERENCES)
    events = kept.difference_events
    number = (
        connection.execute(select(func.count()).where(events.c.difference == difference)).scalar_one() + 1
    )
    row = {
        "difference": difference, "number": number, "event": event, "run": run, "person": person, "reason": reason,
        "at": now,
    }  # fmt: skip
    links.append(connection, links.DIFFERENCES, events, row)


# ── what persons decide ─────────────────────────────────────────────────────────────────────────────────────


def one(connection: Connection, difference: str) -> Row:
    """A difference. Raises Problem(DIFFERENCE-UNKNOWN)."""
    query = select(kept.differences).where(kept.differences.c.id == difference)
    row = connection.execute(query).mappings().one_or_none() if "\x00" not in difference else None
    if row is None:
        raise Problem("DIFFERENCE-UNKNOWN", "there is no such difference", status=404, difference=difference)
    return dict(row)


def assign(connection: Connection, difference: str, person: str, now: int) -> Row:
    """Give an open difference to a named person. Raises Problem(DIFFERENCE-UNKNOWN, DIFFERENCE-CLOSED)."""
    return _decide(connection, difference, ASSIGNED, {"assigned_to": person}, person, "", now)


def close(connection: Connection, difference: str, person: str, reason: str, now: int) -> Row:
    """A person closes a difference and says why. Raises Problem(DIFFERENCE-UNKNOWN, DIFFERENCE-CLOSED)."""
    values = {"state": CLOSED, "closed_by": person, "reason": reason}
    return _decide(connection, difference, CLOSED, values, person, reason, now)


def _decide(
    connection: Connection, difference: str, event: str, values: Row, person: str, reason: str, now: int
) -> Row:
    links.wait_for_turn(connection, links.DAY_ENDS)
    row = one(connection, difference)
    if row["state"] == CLOSED:
        told = f"it was closed: {row['reason']}"
        raise Problem("DIFFERENCE-CLOSED", told, status=409, difference=difference)
    connection.execute(update(kept.differences).where(kept.differences.c.id == difference).values(**values))
    note(connection, difference, event, person=person, reason=reason, now=now)
    return one(connection, difference)
