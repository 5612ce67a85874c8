"""The business day: it only moves forward, closes each day it leaves, and does what falls due."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta

from gateway.adapters.banks.sandbox.books import balance, customer_account, entries_of_day
from gateway.adapters.banks.sandbox.errors import Refused
from gateway.adapters.banks.sandbox.messages.camt import CAMT053, write_camt053
from gateway.adapters.banks.sandbox.notifications import queue
from gateway.adapters.banks.sandbox.payments import execute, tell_status
from gateway.adapters.banks.sandbox.store import Work
from gateway.adapters.banks.sandbox.undo import carry_out_undo


def move_to(work: Work, day: date) -> int:
    """Walk to `day`, stopping at each day on which something falls due. Returns the statements made.

    Raises Refused(DAY-PAST) for a day before the current one; the current day itself changes nothing.
    """
    if day < work.day:
        raise Refused("DAY-PAST", f"the books stand at {work.day}; {day} is closed", status=409)
    made = 0
    while work.day < day:
        due = _next_due(work)
        made += _close(work, work.day)
        work.keep_setting("business_day", min(day, max(due or day, work.day + timedelta(days=1))).isoformat())
        do_what_is_due(work)
    return made


def _next_due(work: Work) -> date | None:
    row = work.conn.execute(
        "SELECT MIN(day) AS day FROM (SELECT due_day AS day FROM payments WHERE status = 'PDNG'"
        " UNION ALL SELECT due_day FROM undo_plans WHERE done = 0)"
    ).fetchone()
    return None if row["day"] is None else date.fromisoformat(row["day"])


def do_what_is_due(work: Work) -> None:
    """Book the delayed payments and the undoings whose day has come."""
    today = work.day.isoformat()
    pending = work.conn.execute(
        "SELECT * FROM payments WHERE status = 'PDNG' AND due_day <= ? ORDER BY id", (today,)
    ).fetchall()
    for payment in pending:
        execute(work, payment)
        tell_status(work, payment["id"])
    plans = work.conn.execute(
        "SELECT * FROM undo_plans WHERE done = 0 AND due_day <= ? ORDER BY entry_reference", (today,)
    ).fetchall()
    for plan in plans:
        carry_out_undo(work, plan)


def release(work: Work, end_to_end: str) -> int:
    """Do at once what waits for this end-to-end id: delayed payments, planned undoings. Returns how many."""
    today = work.day.isoformat()
    delayed = work.conn.execute(
        "UPDATE payments SET due_day = ? WHERE status = 'PDNG' AND end_to_end = ?", (today, end_to_end)
    ).rowcount
    planned = work.conn.execute(
        "UPDATE undo_plans SET due_day = ? WHERE done = 0 AND end_to_end = ?", (today, end_to_end)
    ).rowcount
    do_what_is_due(work)
    return delayed + planned


def _close(work: Work, day: date) -> int:
    """Make the day's statements of every account that moved or that a payment is unknown on."""
    moved = work.conn.execute(
        "SELECT DISTINCT a.id FROM accounts a JOIN postings p ON p.account = a.id"
        " WHERE a.kind = 'customer' AND p.kind <> 'opening' AND p.booking_day = ?"
        " UNION SELECT debtor_account FROM payments WHERE silent = 1 AND received_day <= ? ORDER BY 1",
        (day.isoformat(), day.isoformat()),
    ).fetchall()
    made = 0
    for row in moved:
        account = customer_account(work, row["id"])
        if account is not None:
            made_out = _keep_statement(work, account, day)
            queue(work, CAMT053, made_out["message_id"], account["id"], made_out["body"])
            made += 1
    # The statement says what became of a payment the bank was silent about, so silence ends with it.
    work.conn.execute(
        "UPDATE payments SET silent = 0 WHERE silent = 1 AND status != 'PDNG' AND received_day <= ?",
        (day.isoformat(),),
    )
    return made


def statement(work: Work, account_id: str, day: date) -> bytes:
    """The camt.053 of one account and closed day, the same bytes each time. Raises Refused."""
    account = customer_account(work, account_id)
    if account is None:
        raise Refused("ACCOUNT-UNKNOWN", f"this bank services no account {account_id}", status=404)
    if not date.fromisoformat(account["opened_day"]) <= day < work.day:
        raise Refused(
            "DAY-OPEN", f"{account_id} has no closed day {day}; the books stand at {work.day}", status=404
        )
    return bytes(_keep_statement(work, account, day)["body"])


def _keep_statement(work: Work, account: sqlite3.Row, day: date) -> sqlite3.Row:
    known: sqlite3.Row | None = work.conn.execute(
        "SELECT * FROM statements WHERE account = ? AND day = ?", (account["id"], day.isoformat())
    ).fetchone()
    if known is not None:
        return known
    message_id = work.reference("S")
    body = write_camt053(
        message_id=message_id,
        created=work.now(),
        bic=work.config.bic,
        account=account,
        day=day,
        opening=balance(work, account["id"], before=day),
        entries=entries_of_day(work, account["id"], day),
    )
    made: sqlite3.Row = work.conn.execute(
        "INSERT INTO statements VALUES (?, ?, ?, ?) RETURNING *",
        (account["id"], day.isoformat(), message_id, body),
    ).fetchone()
    return made
