"""Signing for the ledger: an officer's key signs an instruction only if the bank's own rules allow it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from gateway.adapters.banks.sandbox.books import customer_account, undone
from gateway.adapters.banks.sandbox.custody import ASKED_OF, check_custody
from gateway.adapters.banks.sandbox.errors import Refused
from gateway.adapters.banks.sandbox.keys import Officer, Staff
from gateway.adapters.banks.sandbox.rules import (
    CREDIT_ACTS,
    CREDIT_AMOUNT_FIELDS,
    CUSTODY_ACTS,
    FACT_FIELDS,
    REVERSAL_FIELDS,
    ROLES,
)
from gateway.adapters.banks.sandbox.store import Work

UNIX_EPOCH_ORDINAL = 719_163


def set_ledger(work: Work, ledger: Mapping[str, Any]) -> None:
    """Fix the ledger's EIP-712 domain, once. Raises Refused(LEDGER-FIXED) for another one later."""
    wanted = {
        "chainId": int(ledger["chain_id"]),
        "verifyingContract": str(ledger["verifying_contract"]).lower(),
    }
    for key in ("name", "version"):
        if ledger.get(key) is not None:
            wanted[key] = str(ledger[key])
    stored = ledger_domain(work)
    if stored is None:
        work.keep_setting("ledger", json.dumps(wanted, sort_keys=True))
    elif stored != wanted:
        raise Refused("LEDGER-FIXED", f"this bank signs for {stored} only", status=409)


def ledger_domain(work: Work) -> dict[str, Any] | None:
    """The domain the bank signs for, or None before it is set."""
    try:
        stored: dict[str, Any] = json.loads(work.setting("ledger"))
    except KeyError:
        return None
    return stored


def sign(
    work: Work,
    staff: Staff,
    *,
    person: str,
    role: str | None,
    typed_data: Mapping[str, Any],
    entries: Sequence[str] | None,
) -> dict[str, str]:
    """Sign a typed instruction as `person` and log it. Raises Refused with the rule that forbids it.

    `entries` are the bank's entry references that a distribution pays out of.
    Returns the 64-byte signature, the signer's address and the digest, all 0x hex.
    """
    officer = staff.find(person, role)
    _check_domain(work, typed_data)
    kind = str(typed_data["primaryType"])
    if kind not in ROLES[officer.person.role]:
        message = (
            f"{person} is {officer.person.role} and may sign {sorted(ROLES[officer.person.role])}, not {kind}"
        )
        raise Refused("ROLE-NOT-ALLOWED", message)
    digest = _digest(typed_data)
    values = typed_data["message"]
    if kind == "Fact":
        _check_fact(work, typed_data)
    if kind == "Reversal":
        _check_reversal(work, typed_data)
    if kind == "Distribution" and entries is not None:
        _check_distribution(work, values, entries)
    if kind in CUSTODY_ACTS and officer.person.role == "payments":
        check_custody(work, kind, {name: _number(_field(values, name)) for name in ASKED_OF[kind]})
    elif kind in CREDIT_ACTS:
        _check_credit_act(work, officer, digest, values)
    signature = officer.sign(digest)
    work.conn.execute(
        "INSERT OR IGNORE INTO sign_log (digest, person, role, address, primary_type, typed_data, signature,"
        " signed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            "0x" + digest.hex(),
            person,
            officer.person.role,
            officer.account.address,
            kind,
            json.dumps(typed_data, sort_keys=True, ensure_ascii=False),
            "0x" + signature.hex(),
            work.now().isoformat(),
        ),
    )
    return {
        "signature": "0x" + signature.hex(),
        "address": officer.account.address,
        "digest": "0x" + digest.hex(),
    }


def _check_domain(work: Work, typed_data: Mapping[str, Any]) -> None:
    expected = ledger_domain(work)
    if expected is None:
        raise Refused("LEDGER-UNSET", "the bank has not been told which ledger it signs for")
    domain: Mapping[str, Any] = typed_data["domain"]
    given = {
        "chainId": _number(domain.get("chainId")),
        "verifyingContract": str(domain.get("verifyingContract", "")).lower(),
    }
    given |= {key: domain.get(key) for key in ("name", "version") if key in expected}
    if given != expected:
        raise Refused("DOMAIN-MISMATCH", f"the instruction is for {given}, this bank signs for {expected}")


def _digest(typed_data: Mapping[str, Any]) -> bytes:
    try:
        signable = encode_typed_data(full_message=dict(typed_data))
    except (
        Exception
    ) as error:  # the encoder raises many types; each means that the data does not fit its types
        raise Refused("TYPED-DATA-INVALID", f"not encodable as EIP-712: {error}", status=422) from error
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def _check_fact(work: Work, typed_data: Mapping[str, Any]) -> None:
    """The fact is one booked entry, field by field, and that entry's only use."""
    fact = _struct(typed_data, "Fact", FACT_FIELDS)
    entry, account = _booked(work, fact, "entry")
    if entry["kind"] == "opening":
        raise Refused("FACT-NOT-A-PAYMENT", "an opening balance is no movement of money", field="entry")
    booked = _of_entry(work, entry, account) | {"credit": entry["side"] == "C"}
    _compare(fact, booked)
    _use_entry(work, entry["entry_reference"], fact)


def _check_reversal(work: Work, typed_data: Mapping[str, Any]) -> None:
    """Both entries are booked, and the second is the one that took the first back."""
    reversal = _struct(typed_data, "Reversal", REVERSAL_FIELDS)
    entry, account = _booked(work, reversal, "entry")
    negative, _ = _booked(work, reversal, "reversalEntry")
    if negative["undoes"] != entry["entry_reference"]:
        told = f"{negative['entry_reference']} does not take {entry['entry_reference']} back"
        raise Refused("FACT-DIFFERS", told, field="reversalEntry")
    _compare(reversal, _of_entry(work, entry, account) | {"reversedDay": _day_number(negative["value_day"])})


def _struct(
    typed_data: Mapping[str, Any], name: str, known: tuple[tuple[str, str], ...]
) -> Mapping[str, Any]:
    fields = tuple((item["name"], item["type"]) for item in typed_data["types"][name])
    if fields != known:
        raise Refused(
            "FACT-TYPE-UNKNOWN", "the bank vouches for the struct it can compare with its books, no other"
        )
    message: Mapping[str, Any] = typed_data["message"]
    return message


def _booked(work: Work, fact: Mapping[str, Any], field: str) -> tuple[sqlite3.Row, sqlite3.Row]:
    """The customer's entry that a field names, and the account it stands on."""
    entry: sqlite3.Row | None = work.conn.execute(
        "SELECT * FROM postings WHERE entry_hash = ?", (_hex(fact[field]),)
    ).fetchone()
    account: sqlite3.Row | None = None if entry is None else customer_account(work, entry["account"])
    if entry is None or account is None:
        raise Refused("FACT-NOT-BOOKED", "no customer's entry here has that reference", field=field)
    return entry, account


def _of_entry(work: Work, entry: sqlite3.Row, account: sqlite3.Row) -> dict[str, Any]:
    return {
        "bank": work.config.party_number,
        "account": account["commitment"],
        "valueDay": _day_number(entry["value_day"]),
        "amount": entry["amount"],
    }


def _compare(fact: Mapping[str, Any], booked: Mapping[str, Any]) -> None:
    for name, value in booked.items():
        given = (
            _hex(fact[name]) if name == "account" else fact[name] if name == "credit" else _number(fact[name])
        )
        if given != value:
            message = f"{name} is {value} in the books and {given} in the fact"
            raise Refused("FACT-DIFFERS", message, field=name, booked=value, given=given)


def _use_entry(work: Work, entry_reference: str, fact: Mapping[str, Any]) -> None:
    wanted = (_number(fact["kind"]), str(_number(fact["subject"])), str(_number(fact["loan"])))
    work.conn.execute("INSERT OR IGNORE INTO fact_uses VALUES (?, ?, ?, ?)", (entry_reference, *wanted))
    use = work.conn.execute(
        "SELECT kind, subject, loan FROM fact_uses WHERE entry_reference = ?", (entry_reference,)
    ).fetchone()
    if tuple(use) != wanted:
        message = f"{entry_reference} was signed for (kind, subject, loan) = {tuple(use)} and is used up"
        raise Refused("ENTRY-USED", message, field="entry")


def _check_distribution(work: Work, values: Mapping[str, Any], entries: Sequence[str]) -> None:
    """What is paid out, now and before, was received: Σ amounts + distributedBefore ≤ Σ entries."""
    received = 0
    seen: set[tuple[str, str]] = set()
    for reference in dict.fromkeys(entries):
        entry: sqlite3.Row | None = work.conn.execute(
            "SELECT * FROM postings WHERE entry_reference = ? AND side = 'C'", (reference,)
        ).fetchone()
        if entry is None or customer_account(work, entry["account"]) is None:
            raise Refused("ENTRY-UNKNOWN", f"no credit {reference} is booked on a customer's account")
        seen.add((entry["account"], entry["currency"]))
        received += 0 if undone(work, reference) else entry["amount"]
    if len(seen) > 1:
        raise Refused("ENTRIES-MIXED", f"the entries are of several accounts: {sorted(seen)}")
    paid = _number(_field(values, "distributedBefore")) + sum(map(_number, _field(values, "amounts")))
    if paid > received:
        raise Refused(
            "DISTRIBUTION-EXCEEDS", f"pays out {paid} of {received} received", paid=paid, received=received
        )


def _check_credit_act(work: Work, officer: Officer, digest: bytes, values: Mapping[str, Any]) -> None:
    """Maker and checker are two persons, and what is at stake stays within the bank's limit."""
    other = work.conn.execute(
        "SELECT role FROM sign_log WHERE digest = ? AND person = ? AND role != ?",
        ("0x" + digest.hex(), officer.person.name, officer.person.role),
    ).fetchone()
    if other is not None:
        message = (
            f"{officer.person.name} signed this as {other['role']} and cannot also be {officer.person.role}"
        )
        raise Refused("MAKER-IS-CHECKER", message)
    for name in CREDIT_AMOUNT_FIELDS:
        if name in values and _number(values[name]) > work.config.credit_limit_minor:
            message = f"{name} {values[name]} is above the credit limit {work.config.credit_limit_minor}"
            raise Refused("CREDIT-LIMIT", message, field=name)


def sign_log(work: Work) -> list[dict[str, Any]]:
    """Everything ever signed, oldest first."""
    rows = work.conn.execute("SELECT * FROM sign_log ORDER BY id").fetchall()
    return [dict(row) | {"typed_data": json.loads(row["typed_data"])} for row in rows]


def _field(values: Mapping[str, Any], name: str) -> Any:
    if name not in values:
        raise Refused("TYPED-DATA-INVALID", f"the instruction has no field {name}", status=422)
    return values[name]


def _day_number(day: str) -> int:
    return date.fromisoformat(day).toordinal() - UNIX_EPOCH_ORDINAL


def _number(value: Any) -> int:
    """An integer given as JSON number, decimal text or 0x hex. Raises Refused(TYPED-DATA-INVALID)."""
    try:
        if isinstance(value, bool | float):
            raise ValueError("only integers count")
        return int(value, 0) if isinstance(value, str) else int(value)
    except (TypeError, ValueError) as error:
        raise Refused("TYPED-DATA-INVALID", f"{value!r} is not an integer", status=422) from error


def _hex(value: Any) -> str:
    return value.lower() if isinstance(value, str) else "0x" + bytes(value).hex()
