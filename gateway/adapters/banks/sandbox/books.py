"""The double-entry books: accounts, journals whose legs sum to zero, balances, and the proof of both."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from eth_utils.crypto import keccak
from stdnum import luhn

from gateway.adapters.banks.sandbox.errors import Refused
from gateway.adapters.banks.sandbox.money import exponent
from gateway.adapters.banks.sandbox.store import Work


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a journal, and what its account's owner reads about it.

    Attributes:
        side: 'D' takes from a customer's account, 'C' adds to it.
        amount: minor units, above zero.
        kind: opening, transfer, return, reversal or settlement.
        undoes: entry reference of the booking that a return or reversal takes back.
    """

    account: str
    side: str
    amount: int
    kind: str
    end_to_end: str = ""
    instruction_id: str = ""
    message_id: str = ""
    payment_id: int | None = None
    transfer_id: str | None = None
    other_name: str = ""
    other_account: str = ""
    other_bic: str = ""
    remittance: str = ""
    instructed_minor: int = 0
    reason: str = ""
    undoes: str | None = None

    def against(self, account: str, **changes: Any) -> Leg:
        """The opposite leg of the same amount on another account."""
        return replace(self, account=account, side="C" if self.side == "D" else "D", **changes)


def entry_hash(entry_reference: str) -> str:
    """The ledger's name of an entry: keccak256 of the UTF-8 entry reference, as 0x hex."""
    return "0x" + keccak(entry_reference.encode()).hex()


def account_commitment(bic: str, account: str, salt: bytes) -> str:
    """What the ledger knows of an account: keccak256(BIC | "|" | account id | "|" | 32 bytes of salt)."""
    return "0x" + keccak(f"{bic}|{account}|".encode() + salt).hex()


def open_account(
    work: Work, *, owner_name: str, owner_reference: str, currency: str, opening: int
) -> sqlite3.Row:
    """Open a customer's account, or return it when it stands exactly so already.

    Raises Refused(ACCOUNT-CONFLICT) when the owner holds one in this currency under other terms.
    """
    try:
        exponent(currency)
    except ValueError as error:
        raise Refused("CURRENCY-UNKNOWN", str(error), status=422) from error
    known = work.conn.execute(
        "SELECT * FROM accounts WHERE owner_reference = ? AND currency = ?", (owner_reference, currency)
    ).fetchone()
    if known is not None:
        if (known["owner_name"], known["opening_minor"]) != (owner_name, opening):
            message = (
                f"{owner_reference} holds {known['id']} in {currency} under another name or opening balance"
            )
            raise Refused("ACCOUNT-CONFLICT", message, status=409)
        return _row(known)
    account = _account_number(work)
    _insert_account(work, account, "customer", owner_name, owner_reference, currency, opening)
    if opening:
        cash = internal_account(work, "CASH", currency)
        leg = Leg(account, "C", opening, "opening", remittance="Opening balance", instructed_minor=opening)
        book(work, leg, leg.against(cash))
    return find_account(work, account)


def internal_account(work: Work, name: str, currency: str) -> str:
    """The bank's own account of this name and currency, opened when first needed."""
    account = f"{name}-{currency}"
    if work.conn.execute("SELECT 1 FROM accounts WHERE id = ?", (account,)).fetchone() is None:
        _insert_account(work, account, "internal", work.config.name, account, currency, 0)
    return account


def _insert_account(
    work: Work, account: str, kind: str, owner_name: str, owner_reference: str, currency: str, opening: int
) -> None:
    salt = secrets.token_bytes(32)
    work.insert(
        "accounts",
        id=account,
        kind=kind,
        owner_name=owner_name,
        owner_reference=owner_reference,
        currency=currency,
        opening_minor=opening,
        salt="0x" + salt.hex(),
        commitment=account_commitment(work.config.bic, account, salt),
        opened_day=work.day.isoformat(),
    )


def _account_number(work: Work) -> str:
    # Nineteen digits with a Luhn check digit, the form Chinese banks print; the party number keeps two
    # sandbox banks from issuing the same one.
    body = f"62{work.config.party_number % 10_000:04d}{work.serial():012d}"
    return body + str(luhn.calc_check_digit(body))


def find_account(work: Work, account: str) -> sqlite3.Row:
    """The account of this number. Raises Refused(ACCOUNT-UNKNOWN)."""
    row = work.conn.execute("SELECT * FROM accounts WHERE id = ?", (account,)).fetchone()
    if row is None:
        raise Refused("ACCOUNT-UNKNOWN", f"this bank services no account {account}", status=404)
    return _row(row)


def customer_account(work: Work, account: str) -> sqlite3.Row | None:
    """The customer's account of this number, or None."""
    row = work.conn.execute(
        "SELECT * FROM accounts WHERE id = ? AND kind = 'customer'", (account,)
    ).fetchone()
    return None if row is None else _row(row)


def book(work: Work, *legs: Leg) -> list[sqlite3.Row]:
    """Write one journal on the current business day. Raises ValueError unless its legs balance."""
    currencies = {find_account(work, leg.account)["currency"] for leg in legs}
    if len(currencies) != 1 or sum(leg.amount * (1 if leg.side == "C" else -1) for leg in legs) != 0:
        raise ValueError("the legs of a journal are of one currency and sum to zero")
    journal = work.serial()
    return [_insert_posting(work, journal, leg, currencies.copy().pop()) for leg in legs]


def _insert_posting(work: Work, journal: int, leg: Leg, currency: str) -> sqlite3.Row:
    reference = work.reference("E")
    day = work.day.isoformat()
    return work.insert(
        "postings",
        journal=journal,
        currency=currency,
        booking_day=day,
        value_day=day,
        entry_reference=reference,
        entry_hash=entry_hash(reference),
        **asdict(leg),
    )


def balance(work: Work, account: str, *, before: date | None = None) -> int:
    """What the bank owes the account's owner, in minor units; `before` leaves out what moved that day and later.

    What an account is opened with is there from the start of its first day: nobody paid it.
    """
    row = work.conn.execute(
        "SELECT COALESCE(SUM(CASE side WHEN 'C' THEN amount ELSE -amount END), 0) AS owed FROM postings"
        " WHERE account = ? AND (booking_day < ? OR kind = 'opening')",
        (account, "9999-12-31" if before is None else before.isoformat()),
    ).fetchone()
    return int(row["owed"])


def entries_of_day(work: Work, account: str, day: date) -> list[sqlite3.Row]:
    """What moved on the account on one day, in order; an opening balance is no movement."""
    found = work.conn.execute(
        "SELECT * FROM postings WHERE account = ? AND booking_day = ? AND kind <> 'opening' ORDER BY id",
        (account, day.isoformat()),
    )
    return found.fetchall()


def undone(work: Work, entry_reference: str) -> bool:
    """Whether a return or reversal has taken this booking back."""
    found = work.conn.execute("SELECT 1 FROM postings WHERE undoes = ?", (entry_reference,)).fetchone()
    return found is not None


def whole_books(work: Work) -> dict[str, Any]:
    """Every account with its balance, every entry, and both sums, which are equal in sound books."""
    accounts = work.conn.execute(
        "SELECT a.id, a.kind, a.owner_name, a.owner_reference, a.currency, a.commitment,"
        " COALESCE(SUM(CASE p.side WHEN 'C' THEN p.amount ELSE -p.amount END), 0) AS balance_minor"
        " FROM accounts a LEFT JOIN postings p ON p.account = a.id GROUP BY a.id ORDER BY a.id"
    ).fetchall()
    entries = [dict(row) for row in work.conn.execute("SELECT * FROM postings ORDER BY id")]
    return {
        "bic": work.config.bic,
        "business_day": work.day.isoformat(),
        "accounts": [dict(row) for row in accounts],
        "entries": entries,
        "debit_minor": sum(row["amount"] for row in entries if row["side"] == "D"),
        "credit_minor": sum(row["amount"] for row in entries if row["side"] == "C"),
    }


def _row(value: Any) -> sqlite3.Row:
    assert isinstance(value, sqlite3.Row)
    return value
