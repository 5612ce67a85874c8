"""Statements (camt.053) as books: those that banks sent and the gateway kept, and files that somebody was given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

from eth_utils.crypto import keccak
from sqlalchemy import Connection, select

from gateway.adapters.banks import inbox
from gateway.adapters.kit.iso20022 import MessageRefused, read_camt053
from gateway.adapters.kit.iso20022.records import Detail, Entry, Statement
from gateway.db import own
from gateway.db import own_day_ends as kept_days
from gateway.problems import Problem
from gateway.services.reconciliation.books import Given, KnownAccount, Line, Place

_EPOCH = date(1970, 1, 1)
_BOOKED = "BOOK"


@dataclass(frozen=True, slots=True)
class Supplied:
    """A statement file as it was given."""

    name: str
    content: bytes


def read_files(
    files: Iterable[Supplied], accounts: Mapping[Place, KnownAccount], bank: str
) -> tuple[Given, ...]:
    """The statements of files; `bank` is the BIC of whoever wrote them, where they do not name themselves.

    Raises Problem: STATEMENT-UNUSABLE with file, element and the reader's rule, STATEMENT-BANK when no bank can be
    told, or it is another than `bank`, STATEMENT-NONE for a message without any statement.
    """
    found: list[Given] = []
    for file in files:
        try:
            statements = read_camt053(file.content, document=file.name)
        except MessageRefused as error:
            told = f"{file.name} cannot be used: {error.element}: {error.rule}: {error.message}"
            raise Problem(
                "STATEMENT-UNUSABLE", told, file=file.name, element=error.element, because=error.rule
            ) from error
        if not statements:
            raise Problem(
                "STATEMENT-NONE",
                "there is no statement in it",
                file=file.name,
                element="Document/BkToCstmrStmt",
            )
        found += [_given(each, _bank_of(each, file.name, accounts, bank), file.name) for each in statements]
    return tuple(found)


def _bank_of(each: Statement, name: str, accounts: Mapping[Place, KnownAccount], bank: str) -> str:
    element = "Document/BkToCstmrStmt/Stmt/Acct/Svcr"
    if bank and each.servicer_bic and bank[:8] != each.servicer_bic[:8]:
        told = f"the statement {each.statement_id} is of {each.servicer_bic}, not of {bank}"
        raise Problem("STATEMENT-BANK", told, file=name, element=element)
    # An account is known at the BIC its owner told, which may be the branch's where the bank writes its head office's.
    among = [place[0] for place in accounts if place[1] == each.account.number]
    named = bank or each.servicer_bic
    same = [bic for bic in among if not named or bic[:8] == named[:8]]
    if len(same) == 1:
        return same[0]
    if not named:
        told = f"the statement {each.statement_id} does not name its bank, and its account {each.account.number} is "
        told += "known at several" if among else "not known: give the bank's BIC"
        raise Problem("STATEMENT-BANK", told, file=name, element=element)
    return named


def kept_statements(
    connection: Connection, *, bank: str, day: int, closed_before: int | None
) -> tuple[Given, ...]:
    """The statements that banks sent, of days up to `day`; without those that day ends before `closed_before` did."""
    table, done = own.messages, kept_days.statements
    query = (
        select(table.c.bic, table.c.message_id, table.c.content)
        .where(table.c.kind.startswith("camt.053"), table.c.state != inbox.REFUSED)
        .order_by(table.c.bic, table.c.place)
    )
    if bank:
        query = query.where(table.c.bic == bank)
    if closed_before is not None:
        earlier = select(done.c.document).where(
            done.c.bic == table.c.bic,
            done.c.closed_day < closed_before,
            done.c.document == table.c.message_id,
        )
        query = query.where(~earlier.exists())
    found: list[Given] = []
    for row in connection.execute(query):
        statements = read_camt053(bytes(row.content), document=row.message_id)
        found += [_given(each, row.bic, row.message_id) for each in statements]
    return tuple(each for each in found if each.last_day <= day)


def closed_statements(connection: Connection, day: int, places: Iterable[Place]) -> Iterator[Given]:
    """What day ends of days before `day` reconciled, without the entries."""
    table, wanted = kept_days.statements, set(places)
    for row in connection.execute(select(table).where(table.c.closed_day < day).order_by(*table.primary_key)):
        if (row.bic, row.account) in wanted:
            yield Given(
                row.document, row.bic, row.account, row.currency, row.statement_id, row.sequence, row.first_day,
                row.last_day, row.opening, row.closing, row.digest, None,
            )  # fmt: skip


def _given(each: Statement, bic: str, document: str) -> Given:
    booked = [entry for entry in each.entries if entry.status == _BOOKED]
    lines = tuple(
        _line(entry, bic, document, f"{each.statement_id} entry {n}") for n, entry in enumerate(booked, 1)
    )
    given = Given(
        document=document,
        bic=bic,
        account=each.account.number,
        currency=each.currency,
        statement_id=each.statement_id,
        sequence=each.sequence,
        first_day=min([_number(each.first_day), *(line.booking_day for line in lines if line.booking_day)]),
        last_day=_number(each.closing_day),
        opening=each.opening_minor,
        closing=each.closing_minor,
        digest="",
        lines=lines,
    )
    return replace(given, digest=_digest(given))


def _digest(given: Given) -> str:
    """Of what the statement says, however it came."""
    head = [
        given.bic, given.account, given.currency, given.statement_id, given.sequence, given.first_day, given.last_day,
        given.opening, given.closing,
    ]  # fmt: skip
    lines = [
        [
            line.reference,
            line.credit,
            line.amount,
            line.value_day,
            line.booking_day,
            line.end_to_end,
            line.taken_back,
        ]
        for line in given.lines or ()
    ]
    return sha256(json.dumps([head, lines], ensure_ascii=False).encode()).hexdigest()


def _line(entry: Entry, bic: str, document: str, item: str) -> Line:
    alone = entry.details[0] if len(entry.details) == 1 else None
    whole = Line(
        bic=bic,
        account=entry.account.number,
        reference=entry.servicer_reference,
        entry=entry_hash(entry.servicer_reference),
        credit=entry.side == "CRDT",
        amount=entry.amount_minor,
        currency=entry.currency,
        value_day=None if entry.value_day is None else _number(entry.value_day),
        booking_day=None if entry.booking_day is None else _number(entry.booking_day),
        end_to_end="" if alone is None else alone.end_to_end,
        taken_back=entry.reversal or (alone is not None and bool(alone.return_reason)),
        document=document,
        item=item,
    )
    return replace(whole, parts=_parts(whole, entry.details))


def _parts(whole: Line, details: Sequence[Detail]) -> tuple[Line, ...]:
    """The payments of a batch, where each has a reference of its own."""
    references = {each.servicer_reference for each in details} - {""}
    if len(details) < 2 or len(references) != len(details):
        return ()
    return tuple(
        replace(
            whole,
            reference=each.servicer_reference,
            entry=entry_hash(each.servicer_reference),
            credit=each.side == "CRDT",
            amount=each.amount_minor,
            end_to_end=each.end_to_end,
            taken_back=whole.taken_back or bool(each.return_reason),
        )
        for each in details
    )


def entry_hash(reference: str) -> bytes:
    """What the ledger knows a bank's reference by; empty for none."""
    return keccak(reference.encode()) if reference else b""


def _number(day: date) -> int:
    return (day - _EPOCH).days
