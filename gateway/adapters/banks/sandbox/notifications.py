"""What the bank tells its customers: queued with the booking, pushed until taken, kept to be polled."""

from __future__ import annotations

import sqlite3
from typing import Any

from gateway.adapters.banks.sandbox.books import find_account
from gateway.adapters.banks.sandbox.messages import camt, pain002
from gateway.adapters.banks.sandbox.store import Store, Work

MAX_PAGE = 500
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0

# Answers that say "not now" rather than "not this message" (RFC 9110, RFC 6585).
RETRY_STATUSES = frozenset({401, 403, 404, 408, 425, 429})
MAX_REFUSALS = 50


def notify_entry(work: Work, entry: sqlite3.Row) -> None:
    """Queue the camt.054 of one customer entry."""
    message_id = work.reference("N")
    account = find_account(work, entry["account"])
    body = camt.write_camt054(
        message_id=message_id, created=work.now(), bic=work.config.bic, account=account, entry=entry
    )
    queue(work, camt.CAMT054, message_id, entry["account"], body)


def notify_status(work: Work, message_id: str, account: str, body: bytes) -> None:
    """Queue a pain.002."""
    queue(work, pain002.NAME, message_id, account, body)


def queue(work: Work, kind: str, message_id: str, account: str, body: bytes) -> None:
    """Queue one message of the given kind for push and polling."""
    work.conn.execute(
        "INSERT INTO notifications (kind, message_id, account, day, body, state, attempts, not_before)"
        " VALUES (?, ?, ?, ?, ?, 'queued', 0, 0)",
        (kind, message_id, account, work.day.isoformat(), body),
    )


def notifications_after(work: Work, after: int, limit: int) -> dict[str, Any]:
    """The messages numbered above `after`, oldest first, at most `limit` (<= 500), and where to go on."""
    rows = work.conn.execute(
        "SELECT sequence, kind, message_id, account, day, body FROM notifications WHERE sequence > ?"
        " ORDER BY sequence LIMIT ?",
        (after, min(limit, MAX_PAGE)),
    ).fetchall()
    found = [dict(row) | {"body": bytes(row["body"]).decode("utf-8")} for row in rows]
    return {"notifications": found, "next": found[-1]["sequence"] if found else after}


def due_notifications(store: Store, limit: int = 50) -> list[sqlite3.Row]:
    """The queued messages whose waiting time is over, oldest first."""
    with store.work() as work:
        return work.conn.execute(
            "SELECT * FROM notifications WHERE state = 'queued' AND not_before <= ?"
            " ORDER BY sequence LIMIT ?",
            (work.now().timestamp(), limit),
        ).fetchall()


def record_push(store: Store, row: sqlite3.Row, status: int | None) -> bool:
    """Keep what became of one push; `status` is the receiver's HTTP status, None when nobody answered.

    Returns whether the receiver was there to answer. A refusal of this very message is retried a bounded
    number of times; a receiver that is away is waited for without end.
    """
    attempts = row["attempts"] + 1
    taken = status is not None and 200 <= status < 300
    refusing = status is not None and 400 <= status < 500 and status not in RETRY_STATUSES
    state = "delivered" if taken else "refused" if refusing and attempts >= MAX_REFUSALS else "queued"
    wait = min(FIRST_WAIT_SECONDS * 2 ** min(attempts, 10), LONGEST_WAIT_SECONDS)
    with store.work() as work:
        work.conn.execute(
            "UPDATE notifications SET state = ?, attempts = ?, not_before = ? WHERE sequence = ?",
            (state, attempts, work.now().timestamp() + wait, row["sequence"]),
        )
    return status is not None
