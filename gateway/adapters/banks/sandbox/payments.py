"""Customers' payments: taken from pain.001 once, booked, and reported in pain.002."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.adapters.banks.sandbox.behaviour import Behaviour, take_behaviour
from gateway.adapters.banks.sandbox.books import Leg, balance, book, customer_account, internal_account
from gateway.adapters.banks.sandbox.errors import Refused
from gateway.adapters.banks.sandbox.messages.pain001 import Initiation, Order
from gateway.adapters.banks.sandbox.messages.pain002 import LineStatus, write_pain002
from gateway.adapters.banks.sandbox.money import to_minor
from gateway.adapters.banks.sandbox.notifications import notify_entry, notify_status
from gateway.adapters.banks.sandbox.outbox import send
from gateway.adapters.banks.sandbox.store import Work
from gateway.adapters.banks.sandbox.undo import plan_undo

DUPLICATE = "DUPL"


@dataclass(frozen=True, slots=True)
class Report:
    """What the bank answers to a pain.001.

    Attributes:
        message_id: of the pain.002.
        body: the pain.002; None while the bank says nothing about any of its payments.
        duplicate: an id in it was used before for something else.
    """

    message_id: str
    body: bytes | None
    duplicate: bool


def take_initiation(work: Work, initiation: Initiation) -> Report:
    """Take a pain.001 once. The same message again is answered with where its payments stand now."""
    digest = initiation.digest()
    known = work.conn.execute(
        "SELECT digest FROM messages WHERE message_id = ?", (initiation.message_id,)
    ).fetchone()
    if known is not None:
        if known["digest"] != digest:
            return _report(work, initiation.message_id, initiation.transactions, DUPLICATE, [])
        return report(work, initiation.message_id)
    work.conn.execute(
        "INSERT INTO messages VALUES (?, ?, ?, ?)",
        (initiation.message_id, digest, initiation.transactions, _group_fault(initiation)),
    )
    if not _group_fault(initiation):
        for position, order in enumerate(initiation.orders):
            payment_id, reason = _take_order(work, initiation.message_id, order)
            work.conn.execute(
                "INSERT INTO message_lines VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    initiation.message_id,
                    position,
                    order.payment_information_id,
                    order.instruction_id,
                    order.end_to_end,
                    payment_id,
                    reason,
                ),
            )
    first = report(work, initiation.message_id)
    if first.body is not None:
        notify_status(
            work,
            first.message_id,
            initiation.orders[0].debtor_account if initiation.orders else "",
            first.body,
        )
    return first


def _group_fault(initiation: Initiation) -> str:
    """The reason code for refusing the whole message, or empty text."""
    if initiation.transactions != str(len(initiation.orders)):
        return "AM18"
    total = sum((order.amount for order in initiation.orders), Decimal(0))
    if initiation.control_sum is not None and initiation.control_sum != total:
        return "AM10"
    return ""


def _take_order(work: Work, message_id: str, order: Order) -> tuple[int | None, str]:
    """The payment that this order is, new or known; or the reason why it can be none."""
    known = work.conn.execute(
        "SELECT * FROM payments WHERE debtor_account = ? AND end_to_end = ?",
        (order.debtor_account, order.end_to_end),
    ).fetchone()
    if known is not None:
        return (known["id"], "") if known["digest"] == order.digest() else (None, DUPLICATE)
    try:
        amount = to_minor(order.amount, order.currency)
    except ValueError:
        return None, "AM12" if order.currency else "AM11"
    if amount <= 0:
        return None, "AM01"
    fault = _order_fault(work, order)
    rule = None if fault else take_behaviour(work, "out", order.end_to_end)
    payment = _keep_payment(work, message_id, order, amount, fault, rule)
    if (
        payment["status"] == "PDNG"
        and payment["due_day"] is not None
        and payment["due_day"] <= work.day.isoformat()
    ):
        execute(work, payment)
    return int(payment["id"]), ""


def _order_fault(work: Work, order: Order) -> str:
    """The ISO 20022 reason code for rejecting the order, or empty text."""
    debtor = customer_account(work, order.debtor_account)
    if order.debtor_bic != work.config.bic:
        return "RC03"
    if debtor is None:
        return "AC02"
    if debtor["currency"] != order.currency:
        return "AM03"
    if order.creditor_bic == work.config.bic:
        creditor = customer_account(work, order.creditor_account)
        if creditor is None or creditor["id"] == debtor["id"]:
            return "AC03"
        return "" if creditor["currency"] == order.currency else "AM03"
    return "" if order.creditor_bic in work.config.peers else "RC04"


def _keep_payment(
    work: Work, message_id: str, order: Order, amount: int, fault: str, rule: Behaviour | None
) -> sqlite3.Row:
    action = "" if rule is None else rule.action
    reject = fault or (rule.reason if rule is not None and action == "reject" else "")
    if rule is not None and action == "unknown" and rule.outcome == "lost":
        reject = "MS03"
    due: date | None = max(order.requested_day, work.day)
    if rule is not None and action == "delay":
        due = rule.due(work.day)
    undo_day = None if rule is None else rule.due(work.day)
    debtor = customer_account(work, order.debtor_account)
    return work.insert(
        "payments",
        message_id=message_id,
        instruction_id=order.instruction_id,
        end_to_end=order.end_to_end,
        debtor_account=order.debtor_account,
        # The payee is told who holds the account, not who the order says pays.
        debtor_name=order.debtor_name if debtor is None else debtor["owner_name"],
        creditor_name=order.creditor_name,
        creditor_account=order.creditor_account,
        creditor_bic=order.creditor_bic,
        currency=order.currency,
        amount=amount,
        remittance=order.remittance,
        digest=order.digest(),
        status="RJCT" if reject else "PDNG",
        reason=reject,
        due_day=None if due is None else due.isoformat(),
        booked_minor=rule.amount_minor if rule is not None and action == "short" else amount,
        times=2 if action == "twice" else 1,
        silent=int(action == "unknown"),
        received_day=work.day.isoformat(),
        undo_kind=None if rule is None else rule.undo_kind,
        undo_reason="" if rule is None else rule.reason,
        undo_day=None if undo_day is None else undo_day.isoformat(),
    )


def execute(work: Work, payment: sqlite3.Row) -> None:
    """Book a pending payment on the current day, or reject it for lack of money. Tells both customers."""
    needed = payment["booked_minor"] * payment["times"]
    if balance(work, payment["debtor_account"]) < needed:
        _set_status(work, payment["id"], "RJCT", "AM04")
        return
    local = payment["creditor_bic"] == work.config.bic
    for _ in range(payment["times"]):
        entry = _pay_here(work, payment) if local else _pay_away(work, payment)
        if payment["undo_kind"] is not None:
            due = payment["undo_day"]
            plan_undo(
                work,
                entry["entry_reference"],
                payment["end_to_end"],
                payment["undo_kind"],
                payment["undo_reason"],
                None if due is None else date.fromisoformat(due),
            )
    _set_status(work, payment["id"], "ACSC" if local else "ACCP", "")


def _debit(payment: sqlite3.Row, transfer_id: str | None) -> Leg:
    return Leg(
        account=payment["debtor_account"],
        side="D",
        amount=payment["booked_minor"],
        kind="transfer",
        end_to_end=payment["end_to_end"],
        instruction_id=payment["instruction_id"],
        message_id=payment["message_id"],
        payment_id=payment["id"],
        transfer_id=transfer_id,
        other_name=payment["creditor_name"],
        other_account=payment["creditor_account"],
        other_bic=payment["creditor_bic"],
        remittance=payment["remittance"],
        instructed_minor=payment["amount"],
    )


def _pay_here(work: Work, payment: sqlite3.Row) -> sqlite3.Row:
    """Both accounts are ours. Returns the payee's entry."""
    taken = _debit(payment, None)
    given = taken.against(
        payment["creditor_account"],
        other_name=payment["debtor_name"],
        other_account=payment["debtor_account"],
        other_bic=work.config.bic,
        message_id="",
    )
    debit, credit = book(work, taken, given)
    if not payment["silent"]:
        notify_entry(work, debit)
    notify_entry(work, credit)
    return credit


def _pay_away(work: Work, payment: sqlite3.Row) -> sqlite3.Row:
    """The payee's account is at a peer. Returns the payer's entry."""
    peer, transfer_id = payment["creditor_bic"], work.reference("T")
    taken = _debit(payment, transfer_id)
    transit = internal_account(work, f"TRANSIT-{peer}", payment["currency"])
    debit, _ = book(work, taken, taken.against(transit, kind="settlement"))
    if not payment["silent"]:
        notify_entry(work, debit)
    body = {
        "kind": "credit",
        "creditor_account": payment["creditor_account"],
        "debtor_account": payment["debtor_account"],
        "debtor_name": payment["debtor_name"],
        "amount_minor": payment["booked_minor"],
        "instructed_minor": payment["amount"],
        "currency": payment["currency"],
        "end_to_end": payment["end_to_end"],
        "instruction_id": payment["instruction_id"],
        "remittance": payment["remittance"],
    }
    send(
        work,
        peer,
        body,
        transfer_id=transfer_id,
        entry_reference=debit["entry_reference"],
        payment_id=payment["id"],
    )
    return debit


def settle_status(work: Work, payment_id: int) -> None:
    """Bring an accepted payment's status up to date with what the peer answered to its transfers."""
    rows = work.conn.execute("SELECT state FROM interbank_out WHERE payment_id = ?", (payment_id,)).fetchall()
    states = {row["state"] for row in rows}
    if "queued" in states:
        return
    if "accepted" in states:
        _set_status(work, payment_id, "ACSC", "")
        return
    reason = work.conn.execute(
        "SELECT reason FROM postings WHERE payment_id = ? AND kind = 'return' AND side = 'C' ORDER BY id",
        (payment_id,),
    ).fetchone()
    _set_status(work, payment_id, "RJCT", reason["reason"])


def _set_status(work: Work, payment_id: int, status: str, reason: str) -> None:
    work.conn.execute("UPDATE payments SET status = ?, reason = ? WHERE id = ?", (status, reason, payment_id))


def tell_status(work: Work, payment_id: int) -> None:
    """Queue the pain.002 of every message that ordered this payment."""
    messages = work.conn.execute(
        "SELECT DISTINCT message_id FROM message_lines WHERE payment_id = ?", (payment_id,)
    ).fetchall()
    payment = work.conn.execute("SELECT * FROM payments WHERE id = ?", (payment_id,)).fetchone()
    for row in messages:
        told = report(work, row["message_id"])
        if told.body is not None:
            notify_status(work, told.message_id, payment["debtor_account"], told.body)


def report(work: Work, message_id: str) -> Report:
    """The pain.002 of a known message as things stand. Raises Refused(MESSAGE-UNKNOWN)."""
    message = work.conn.execute("SELECT * FROM messages WHERE message_id = ?", (message_id,)).fetchone()
    if message is None:
        raise Refused("MESSAGE-UNKNOWN", f"no pain.001 {message_id} was received", status=404)
    rows = work.conn.execute(
        "SELECT l.*, p.status, p.reason AS payment_reason, COALESCE(p.silent, 0) AS silent,"
        " (SELECT entry_reference FROM postings e WHERE e.payment_id = p.id AND e.account = p.debtor_account"
        "   ORDER BY e.id LIMIT 1) AS entry_reference"
        " FROM message_lines l LEFT JOIN payments p ON p.id = l.payment_id WHERE l.message_id = ?"
        " ORDER BY position",
        (message_id,),
    ).fetchall()
    lines = [
        LineStatus(
            payment_information_id=row["payment_information_id"],
            instruction_id=row["instruction_id"],
            end_to_end=row["end_to_end"],
            status=row["status"] or "RJCT",
            reason=row["payment_reason"] if row["status"] else row["reason"],
            servicer_reference=row["entry_reference"] or "",
        )
        for row in rows
        if not row["silent"]
    ]
    if rows and not lines:
        return Report("", None, False)
    return _report(work, message_id, message["transactions"], message["group_reason"], lines)


def _report(
    work: Work, message_id: str, transactions: str, group_reason: str, lines: list[LineStatus]
) -> Report:
    own_id = work.reference("R")
    body = write_pain002(
        message_id=own_id,
        created=work.now(),
        bic=work.config.bic,
        original_message_id=message_id,
        original_transactions=transactions,
        group_reason=group_reason,
        lines=lines,
    )
    return Report(own_id, body, DUPLICATE in {group_reason, *(line.reason for line in lines)})
