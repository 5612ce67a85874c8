"""What banks write: each message is kept once, each entry prepared as a fact or set aside with the reason.

A prepared fact is only a draft. It counts when the bank's own payments people sign it and the ledger takes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from eth_utils.crypto import keccak
from sqlalchemy import Connection, insert, select

from gateway.adapters.kit.iso20022.camt import read_camt053, read_camt054
from gateway.adapters.kit.iso20022.errors import MessageRefused
from gateway.adapters.kit.iso20022.records import Detail, Entry
from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.queries import Accounts, open_loan_of
from gateway.problems import Problem
from gateway.services.json_acts import write_message
from gateway.services.payments import AccountRef, FactKind, subject_of

_NEVER = (1 << 40) - 1
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a message."""

    message_id: str
    state: str
    entries: int
    problem: str = ""


def receive(connection: Connection, bic: str, kind: str, message_id: str, raw: bytes, now: int) -> Received:
    """Keep a bank's message and prepare its entries; the same message again changes nothing.

    Raises Problem(MESSAGE-REUSED) when the id came before with another content.
    """
    digest = sha256(raw).hexdigest()
    messages = own.messages.c
    before = connection.execute(
        select(messages.sha256, messages.state).where(messages.bic == bic, messages.message_id == message_id)
    ).one_or_none()
    if before is not None:
        if before.sha256 != digest:
            raise Problem("MESSAGE-REUSED", "this message id came before with another content", status=409)
        return Received(message_id, before.state, 0)
    state, problem, found = "read", "", []
    try:
        found = _entries(kind, raw, message_id)
    except MessageRefused as error:
        state, problem = "refused", str(error)
    connection.execute(
        insert(own.messages).values(
            bic=bic, message_id=message_id, kind=kind, sha256=digest, content=raw, received_at=now, state=state,
            problem=problem,
        )
    )  # fmt: skip
    for entry in found:
        _keep(connection, bic, message_id, entry)
    return Received(message_id, state, len(found), problem)


def _entries(kind: str, raw: bytes, document: str) -> list[Entry]:
    if kind.startswith("camt.054"):
        return [entry for part in read_camt054(raw, document=document) for entry in part.entries]
    if kind.startswith("camt.053"):
        return [entry for part in read_camt053(raw, document=document) for entry in part.entries]
    return []


def _keep(connection: Connection, bic: str, message_id: str, entry: Entry) -> None:
    """One booked entry, once: a notification and a statement of it are one movement."""
    if entry.status != "BOOK" or not entry.servicer_reference or entry.value_day is None:
        return
    entries = own.entries.c
    known = connection.execute(
        select(entries.reference).where(
            entries.bic == bic,
            entries.account == entry.account.number,
            entries.reference == entry.servicer_reference,
        )
    ).one_or_none()
    if known is not None:
        return
    state, fact, problem = "other", "", ""
    end_to_end = entry.details[0].end_to_end if len(entry.details) == 1 else ""
    if entry.side == "CRDT":
        try:
            fact = json.dumps(write_message(_fact(connection, bic, entry)))
            state = "prepared"
        except Problem as error:
            state, problem = "exception", str(error)
    connection.execute(
        insert(own.entries).values(
            bic=bic,
            account=entry.account.number,
            reference=entry.servicer_reference,
            side="credit" if entry.side == "CRDT" else "debit",
            amount=entry.amount_minor,
            currency=entry.currency,
            value_day=(entry.value_day - _EPOCH).days,
            end_to_end=end_to_end,
            reversal=int(entry.reversal),
            message_id=message_id,
            state=state,
            fact=fact,
            problem=problem,
        )
    )


def _fact(connection: Connection, bic: str, entry: Entry) -> dict[str, Any]:
    account = Accounts(connection).by_number(bic, entry.account.number)
    if account is None:
        raise Problem("ACCOUNT-UNKNOWN", f"the account {entry.account.number} is not bound to anyone")
    if entry.reversal:
        raise Problem(
            "REVERSAL", "the bank takes back a booking of its own: a person decides", rule_source="D10"
        )
    if len(entry.details) != 1:
        raise Problem("BATCH-ENTRY", f"an entry of {len(entry.details)} transactions is not one movement")
    detail = entry.details[0]
    kind, subject = _about(connection, detail)
    assert entry.value_day is not None
    return {
        "kind": int(kind),
        "subject": subject,
        "loan": _loan(connection, kind, subject),
        "bank": account.bank,
        "account": account.commitment,
        "valueDay": (entry.value_day - _EPOCH).days,
        "amount": entry.amount_minor,
        "credit": True,
        "entry": keccak(entry.servicer_reference.encode()),
        "expiresAt": _NEVER,
    }


def _about(connection: Connection, detail: Detail) -> tuple[FactKind, int]:
    kind, subject = subject_of(detail.end_to_end)
    if kind is FactKind.CREDITED:
        if detail.return_reason:
            return FactKind.RETURNED, subject
        if _lock_of(connection, subject):
            return FactKind.COLLECTED, subject
    elif detail.return_reason:
        raise Problem("RETURN", f"{detail.end_to_end} came back ({detail.return_reason}): a person decides")
    return kind, subject


def _lock_of(connection: Connection, title: int) -> int:
    found: int | None = connection.execute(
        select(ledger.titles.c.lock).where(ledger.titles.c.title == title)
    ).scalar_one_or_none()
    return found or 0


def _loan(connection: Connection, kind: FactKind, subject: int) -> int:
    return open_loan_of(connection, _lock_of(connection, subject)) if kind is FactKind.COLLECTED else 0


def account_row(account: AccountRef, purpose: str) -> dict[str, Any]:
    """An account as the table `own_accounts` keeps it."""
    return {
        "commitment": account.commitment, "bank": account.bank, "bic": account.bic, "account": account.number,
        "owner": account.owner, "owner_name": account.owner_name, "currency": account.currency,
        "purpose": purpose,
    }  # fmt: skip
