"""Taking a booked credit back: the return of a payment, or the reversal of the bank's own booking.

Either is a booking of its own that names the entry it undoes; nothing booked is ever altered.
"""

from __future__ import annotations

import sqlite3
from datetime import date

from gateway.adapters.banks.sandbox.books import Leg, book, customer_account, internal_account, undone
from gateway.adapters.banks.sandbox.notifications import notify_entry
from gateway.adapters.banks.sandbox.outbox import send
from gateway.adapters.banks.sandbox.store import Work


def plan_undo(
    work: Work, entry_reference: str, end_to_end: str, kind: str, reason: str, due: date | None
) -> None:
    """Plan to take back an entry on a day, or on release when `due` is None."""
    work.conn.execute(
        "INSERT OR IGNORE INTO undo_plans VALUES (?, ?, ?, ?, ?, 0)",
        (entry_reference, end_to_end, kind, reason, None if due is None else due.isoformat()),
    )


def carry_out_undo(work: Work, plan: sqlite3.Row) -> None:
    """Do what was planned: book it, or ask the payee's bank when the money left this one."""
    work.conn.execute("UPDATE undo_plans SET done = 1 WHERE entry_reference = ?", (plan["entry_reference"],))
    entry = work.conn.execute(
        "SELECT * FROM postings WHERE entry_reference = ?", (plan["entry_reference"],)
    ).fetchone()
    if undone(work, entry["entry_reference"]):
        return
    if entry["side"] == "C":
        undo_credit(work, entry, plan["kind"], plan["reason"])
    else:
        body = {
            "kind": "recall",
            "original": entry["transfer_id"],
            "undo": plan["kind"],
            "reason": plan["reason"],
        }
        send(work, entry["other_bic"], body)


def undo_credit(work: Work, entry: sqlite3.Row, kind: str, reason: str) -> None:
    """Take a credited entry from the payee and give the money back to where it came from.

    The payee's account may go below zero: the bank then has a claim on its customer.
    """
    transfer_id = None
    local = entry["other_bic"] == work.config.bic
    if not local:
        transfer_id = work.reference("T")
    taken = Leg(
        account=entry["account"],
        side="D",
        amount=entry["amount"],
        kind=kind,
        end_to_end=entry["end_to_end"],
        instruction_id=entry["instruction_id"],
        message_id=entry["message_id"],
        payment_id=entry["payment_id"],
        transfer_id=transfer_id,
        other_name=entry["other_name"],
        other_account=entry["other_account"],
        other_bic=entry["other_bic"],
        remittance=entry["remittance"],
        instructed_minor=entry["amount"],
        reason=reason,
        undoes=entry["entry_reference"],
    )
    if local:
        _give_back_here(work, entry, taken)
        return
    transit = internal_account(work, f"TRANSIT-{entry['other_bic']}", entry["currency"])
    debit, _ = book(work, taken, taken.against(transit, kind="settlement", undoes=None))
    notify_entry(work, debit)
    body = {
        "kind": kind,
        "original": entry["transfer_id"],
        "amount_minor": entry["amount"],
        "currency": entry["currency"],
        "reason": reason,
    }
    send(work, entry["other_bic"], body, transfer_id=transfer_id, entry_reference=debit["entry_reference"])


def _give_back_here(work: Work, entry: sqlite3.Row, taken: Leg) -> None:
    paid = work.conn.execute(
        "SELECT * FROM postings WHERE journal = ? AND side = 'D'", (entry["journal"],)
    ).fetchone()
    payee = customer_account(work, entry["account"])
    given = taken.against(
        paid["account"],
        other_name=payee["owner_name"] if payee is not None else "",
        other_account=entry["account"],
        undoes=paid["entry_reference"],
    )
    for booked in book(work, taken, given):
        notify_entry(work, booked)
