"""Money between two banks: a durable outbox on the sending side, an idempotent inbox on the receiving one.

What leaves stands in TRANSIT-<peer> until the peer has answered, then in SETTLEMENT-<peer>; what arrives
stands in SETTLEMENT-<sender> at once. So when both outboxes are empty TRANSIT is zero, and one bank's
SETTLEMENT with the other is the negative of the other's with it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from gateway.adapters.banks.sandbox import undo
from gateway.adapters.banks.sandbox.behaviour import take_behaviour
from gateway.adapters.banks.sandbox.books import Leg, book, customer_account, internal_account, undone
from gateway.adapters.banks.sandbox.errors import Refused
from gateway.adapters.banks.sandbox.notifications import notify_entry
from gateway.adapters.banks.sandbox.store import Work

ACCEPTED = {"outcome": "accepted", "reason": ""}


def record_answer(work: Work, identity: str, answer: Mapping[str, Any]) -> int | None:
    """Book what the peer answered, once. Returns the payment whose standing may have changed."""
    row = work.conn.execute("SELECT * FROM interbank_out WHERE id = ?", (identity,)).fetchone()
    if row["state"] != "queued":
        return None
    state = "accepted" if answer["outcome"] == "accepted" else "refused"
    work.conn.execute("UPDATE interbank_out SET state = ?, trouble = '' WHERE id = ?", (state, identity))
    if row["entry_reference"] is not None:
        debit = work.conn.execute(
            "SELECT * FROM postings WHERE entry_reference = ?", (row["entry_reference"],)
        ).fetchone()
        if state == "accepted":
            _settle(work, row["peer"], debit)
        else:
            _refund(work, row["peer"], debit, str(answer["reason"]))
    payment_id: int | None = row["payment_id"]
    return payment_id


def _settle(work: Work, peer: str, debit: sqlite3.Row) -> None:
    leg = Leg(
        account=internal_account(work, f"TRANSIT-{peer}", debit["currency"]),
        side="D",
        amount=debit["amount"],
        kind="settlement",
        end_to_end=debit["end_to_end"],
        transfer_id=debit["transfer_id"],
    )
    book(work, leg, leg.against(internal_account(work, f"SETTLEMENT-{peer}", debit["currency"])))


def _refund(work: Work, peer: str, debit: sqlite3.Row, reason: str) -> None:
    back = Leg(
        account=debit["account"],
        side="C",
        amount=debit["amount"],
        kind="return",
        end_to_end=debit["end_to_end"],
        instruction_id=debit["instruction_id"],
        message_id=debit["message_id"],
        payment_id=debit["payment_id"],
        transfer_id=debit["transfer_id"],
        other_name=debit["other_name"],
        other_account=debit["other_account"],
        other_bic=debit["other_bic"],
        remittance=debit["remittance"],
        instructed_minor=debit["amount"],
        reason=reason,
        undoes=debit["entry_reference"],
    )
    transit = internal_account(work, f"TRANSIT-{peer}", debit["currency"])
    credit, _ = book(work, back, back.against(transit, kind="settlement", undoes=None))
    notify_entry(work, credit)


def receive(work: Work, sender: str, body: Mapping[str, Any]) -> dict[str, str]:
    """Take a message from another bank, once; a repeat gets the first answer again.

    Raises Refused(INTERBANK-CONFLICT) when the sender used the id for something else before.
    """
    digest = hashlib.sha256(json.dumps(dict(body), sort_keys=True).encode()).hexdigest()
    known = work.conn.execute(
        "SELECT * FROM interbank_in WHERE sender = ? AND id = ?", (sender, body["id"])
    ).fetchone()
    if known is not None:
        if known["digest"] != digest:
            message = f"{sender} used {body['id']} before with other content"
            raise Refused("INTERBANK-CONFLICT", message, status=409)
        stored: dict[str, str] = json.loads(known["answer"])
        return stored
    handler = {"credit": _credit, "return": _given_back, "reversal": _given_back, "recall": _recall}[
        body["kind"]
    ]
    answer = handler(work, sender, body)
    work.conn.execute(
        "INSERT INTO interbank_in VALUES (?, ?, ?, ?)", (sender, body["id"], digest, json.dumps(answer))
    )
    return answer


def _refused(reason: str) -> dict[str, str]:
    return {"outcome": "refused", "reason": reason}


def _credit(work: Work, sender: str, body: Mapping[str, Any]) -> dict[str, str]:
    account = customer_account(work, body["creditor_account"])
    if account is None:
        return _refused("AC01")
    if account["currency"] != body["currency"]:
        return _refused("AM03")
    rule = take_behaviour(work, "in", body["end_to_end"])
    if rule is not None and rule.action == "reject":
        return _refused(rule.reason)
    received = Leg(
        account=account["id"],
        side="C",
        amount=body["amount_minor"],
        kind="transfer",
        end_to_end=body["end_to_end"],
        instruction_id=body["instruction_id"],
        transfer_id=body["id"],
        other_name=body["debtor_name"],
        other_account=body["debtor_account"],
        other_bic=sender,
        remittance=body["remittance"],
        instructed_minor=body["instructed_minor"],
    )
    claim = internal_account(work, f"SETTLEMENT-{sender}", body["currency"])
    credit, _ = book(work, received, received.against(claim, kind="settlement"))
    notify_entry(work, credit)
    if rule is not None and rule.undo_kind is not None:
        undo.plan_undo(
            work,
            credit["entry_reference"],
            body["end_to_end"],
            rule.undo_kind,
            rule.reason,
            rule.due(work.day),
        )
    return dict(ACCEPTED)


def _given_back(work: Work, sender: str, body: Mapping[str, Any]) -> dict[str, str]:
    debit = work.conn.execute(
        "SELECT p.* FROM interbank_out o JOIN postings p ON p.entry_reference = o.entry_reference"
        " WHERE o.id = ? AND o.peer = ?",
        (body["original"], sender),
    ).fetchone()
    if debit is None or (debit["amount"], debit["currency"]) != (body["amount_minor"], body["currency"]):
        return _refused("NOOR")
    if undone(work, debit["entry_reference"]):
        return _refused("ARDT")
    back = Leg(
        account=debit["account"],
        side="C",
        amount=debit["amount"],
        kind=body["kind"],
        end_to_end=debit["end_to_end"],
        instruction_id=debit["instruction_id"],
        message_id=debit["message_id"],
        payment_id=debit["payment_id"],
        transfer_id=body["id"],
        other_name=debit["other_name"],
        other_account=debit["other_account"],
        other_bic=sender,
        remittance=debit["remittance"],
        instructed_minor=debit["amount"],
        reason=body["reason"],
        undoes=debit["entry_reference"],
    )
    claim = internal_account(work, f"SETTLEMENT-{sender}", debit["currency"])
    credit, _ = book(work, back, back.against(claim, kind="settlement", undoes=None))
    notify_entry(work, credit)
    return dict(ACCEPTED)


def _recall(work: Work, sender: str, body: Mapping[str, Any]) -> dict[str, str]:
    credit = work.conn.execute(
        "SELECT * FROM postings WHERE transfer_id = ? AND side = 'C' AND kind = 'transfer' AND other_bic = ?",
        (body["original"], sender),
    ).fetchone()
    if credit is None:
        return _refused("NOOR")
    if undone(work, credit["entry_reference"]):
        return _refused("ARDT")
    undo.undo_credit(work, credit, body["undo"], body["reason"])
    return dict(ACCEPTED)
