"""A reserve that lies at this bank: its payments officers sign about it only what its own books show.

The reserve of protection P-N is the account whose owner's reference is `P-reserve-N`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date, timedelta

from gateway.adapters.banks.sandbox.books import balance
from gateway.adapters.banks.sandbox.errors import Refused
from gateway.adapters.banks.sandbox.store import Work

ASKED_OF: Mapping[str, tuple[str, ...]] = {
    "Protect": ("protection", "custodian"),
    "CallProtection": ("protection", "amount"),
    "AttestReserve": ("protection", "balance", "day"),
}
"""Fields that the books are asked about, by act."""

_EPOCH = date(1970, 1, 1)


def check_custody(work: Work, kind: str, values: Mapping[str, int]) -> None:
    """Raises Refused: RESERVE-NOT-HERE for one that another bank keeps, RESERVE-DIFFERS for a balance that is not in
    the books, RESERVE-EXCEEDED for a call of more than there is.
    """
    reserve = _account(work, values["protection"])
    if kind == "Protect" and values["custodian"] != work.config.party_number:
        message = f"the custodian named is {values['custodian']}, this bank is {work.config.party_number}"
        raise Refused("RESERVE-NOT-HERE", message, field="custodian")
    if kind == "AttestReserve":
        if not 0 <= values["day"] <= (work.day - _EPOCH).days:
            raise Refused("RESERVE-DIFFERS", "the books do not reach that day", field="day")
        after = _EPOCH + timedelta(days=values["day"] + 1)
        booked = balance(work, reserve["id"], before=after)
        if booked != values["balance"]:
            message = f"before {after} the books show {booked}, not {values['balance']}"
            raise Refused("RESERVE-DIFFERS", message, field="balance", booked=booked)
    if kind == "CallProtection" and values["amount"] > balance(work, reserve["id"]):
        message = f"{values['amount']} is called, {balance(work, reserve['id'])} is in the reserve"
        raise Refused("RESERVE-EXCEEDED", message, field="amount")


def _account(work: Work, protection: int) -> sqlite3.Row:
    reference = f"{protection >> 32}-reserve-{protection & 0xFFFFFFFF}"
    found: list[sqlite3.Row] = work.conn.execute(
        "SELECT * FROM accounts WHERE owner_reference = ? AND kind = 'customer'", (reference,)
    ).fetchall()
    if len(found) != 1:
        raise Refused("RESERVE-NOT-HERE", f"this bank keeps no reserve {reference}", field="protection")
    return found[0]
