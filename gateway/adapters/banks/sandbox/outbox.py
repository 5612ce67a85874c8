"""The durable outbox to other banks: queued with the booking, handed over in order, kept until answered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from gateway.adapters.banks.sandbox.store import Store, Work


def send(
    work: Work,
    peer: str,
    body: Mapping[str, Any],
    *,
    transfer_id: str | None = None,
    entry_reference: str | None = None,
    payment_id: int | None = None,
) -> None:
    """Queue a message to another bank in the caller's transaction.

    `entry_reference` names the debit that paid for it and gets the money back if the peer refuses.
    """
    identity = transfer_id or work.reference("T")
    work.conn.execute(
        "INSERT INTO interbank_out VALUES (?, ?, ?, ?, ?, ?, 'queued', '')",
        (
            identity,
            work.serial(),
            peer,
            json.dumps({"id": identity, "sender": work.config.bic} | dict(body), sort_keys=True),
            entry_reference,
            payment_id,
        ),
    )


def queued(store: Store, peer: str) -> sqlite3.Row | None:
    """The oldest message that this peer has not answered; later ones wait, so order is kept."""
    with store.work() as work:
        row: sqlite3.Row | None = work.conn.execute(
            "SELECT * FROM interbank_out WHERE state = 'queued' AND peer = ? ORDER BY serial LIMIT 1", (peer,)
        ).fetchone()
        return row


def record_trouble(store: Store, identity: str, trouble: str) -> None:
    """Keep why a message could not be handed over; it stays queued."""
    with store.work() as work:
        work.conn.execute("UPDATE interbank_out SET trouble = ? WHERE id = ?", (trouble, identity))
