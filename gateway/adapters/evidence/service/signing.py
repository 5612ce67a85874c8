"""Attesting to the ledger: the service's key signs only what its own register says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from gateway.adapters.evidence.service.errors import Refused
from gateway.adapters.evidence.service.keys import Secrets
from gateway.adapters.evidence.service.register import currency_number, find, parties_of

# The exact structs of the ledger. The service compares every field with its register, so a struct that adds,
# drops or renames one is not one it can vouch for.
STRUCTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "AttestInvoice": (
        ("nullifier", "bytes32"),
        ("cap", "uint48"),
        ("seller", "uint32"),
        ("debtor", "uint32"),
        ("currency", "uint16"),
        ("service", "uint32"),
        ("evidence", "bytes32"),
        ("expiresAt", "uint40"),
    ),
    "CreditInvoice": (
        ("nullifier", "bytes32"),
        ("cap", "uint48"),
        ("capBefore", "uint48"),
        ("evidence", "bytes32"),
        ("expiresAt", "uint40"),
    ),
}


def set_ledger(conn: sqlite3.Connection, ledger: Mapping[str, Any]) -> None:
    """Fix the ledger's EIP-712 domain, once. Raises Refused(LEDGER-FIXED) for another one later."""
    wanted: dict[str, Any] = {
        "chainId": int(ledger["chain_id"]),
        "verifyingContract": str(ledger["verifying_contract"]).lower(),
    }
    wanted |= {key: str(ledger[key]) for key in ("name", "version") if ledger.get(key) is not None}
    stored = ledger_domain(conn)
    if stored is None:
        conn.execute("INSERT INTO settings VALUES ('ledger', ?)", (json.dumps(wanted, sort_keys=True),))
    elif stored != wanted:
        raise Refused("LEDGER-FIXED", f"this service signs for {stored} only", status=409)


def ledger_domain(conn: sqlite3.Connection) -> dict[str, Any] | None:
    """The domain the service signs for, or None before it is set."""
    row = conn.execute("SELECT value FROM settings WHERE key = 'ledger'").fetchone()
    if row is None:
        return None
    stored: dict[str, Any] = json.loads(row["value"])
    return stored


def sign(
    conn: sqlite3.Connection, secrets: Secrets, *, person: str, typed_data: Mapping[str, Any], now: datetime
) -> dict[str, str]:
    """Sign an attestation that the register bears out, and log it. Raises Refused with the rule.

    Returns the 64-byte signature, the signer's address and the digest, all 0x hex.
    """
    _check_domain(conn, typed_data)
    kind = str(typed_data["primaryType"])
    if kind not in STRUCTS:
        raise Refused("KIND-NOT-ALLOWED", f"this service signs {sorted(STRUCTS)}, not {kind}")
    fields = tuple((item.get("name"), item.get("type")) for item in typed_data["types"].get(kind, ()))
    if fields != STRUCTS[kind]:
        raise Refused("TYPE-UNKNOWN", f"{kind} is not the struct the service can compare with its register")
    digest = _digest(typed_data)
    _check_register(conn, kind, typed_data["message"])
    signature = "0x" + secrets.sign(digest).hex()
    conn.execute(
        "INSERT OR IGNORE INTO sign_log (digest, person, address, primary_type, typed_data, signature,"
        " signed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            "0x" + digest.hex(),
            person,
            secrets.account.address,
            kind,
            json.dumps(typed_data, sort_keys=True, ensure_ascii=False),
            signature,
            now.isoformat(),
        ),
    )
    return {"signature": signature, "address": secrets.account.address, "digest": "0x" + digest.hex()}


def _check_domain(conn: sqlite3.Connection, typed_data: Mapping[str, Any]) -> None:
    expected = ledger_domain(conn)
    if expected is None:
        raise Refused("LEDGER-UNSET", "the service has not been told which ledger it signs for")
    domain: Mapping[str, Any] = typed_data["domain"]
    given = {
        "chainId": _number(domain.get("chainId")),
        "verifyingContract": str(domain.get("verifyingContract", "")).lower(),
    }
    given |= {key: domain.get(key) for key in ("name", "version") if key in expected}
    if given != expected:
        raise Refused("DOMAIN-MISMATCH", f"the instruction is for {given}, this service signs for {expected}")


def _digest(typed_data: Mapping[str, Any]) -> bytes:
    try:
        signable = encode_typed_data(full_message=dict(typed_data))
    except (
        Exception
    ) as error:  # the encoder raises many types; each means that the data does not fit its types
        raise Refused("TYPED-DATA-INVALID", f"not encodable as EIP-712: {error}", status=422) from error
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def _check_register(conn: sqlite3.Connection, kind: str, message: Mapping[str, Any]) -> None:
    invoice = find(conn, _hex(message["nullifier"]))
    if invoice is None:
        raise Refused("INVOICE-UNKNOWN", "no invoice of that nullifier is registered", field="nullifier")
    if kind == "AttestInvoice":
        _check_attestation(conn, invoice, message)
    else:
        _check_credit(conn, invoice, message)


def _check_attestation(conn: sqlite3.Connection, invoice: sqlite3.Row, message: Mapping[str, Any]) -> None:
    for field, identifier in (("seller", invoice["seller_id"]), ("debtor", invoice["buyer_id"])):
        known = parties_of(conn, identifier)
        if known != {_number(message[field])}:
            told = (
                f"{field} {message[field]} is not the party of {identifier} ({sorted(known) or 'none known'})"
            )
            raise Refused("PARTY-MISMATCH", told, field=field)
    registered = {
        "cap": invoice["cap_minor"],
        "currency": currency_number(invoice["currency"]),
        "evidence": invoice["document_hash"],
    }
    _compare(message, registered)


def _check_credit(conn: sqlite3.Connection, invoice: sqlite3.Row, message: Mapping[str, Any]) -> None:
    note = conn.execute(
        "SELECT * FROM credit_notes WHERE nullifier = ? AND cap_before = ?",
        (invoice["nullifier"], _number(message["capBefore"])),
    ).fetchone()
    if note is None:
        told = f"no credit note lowered this invoice's cap from {message['capBefore']}"
        raise Refused("CREDIT-NOTE-UNKNOWN", told, field="capBefore")
    _compare(message, {"cap": note["cap_after"], "evidence": note["document_hash"]})


def _compare(message: Mapping[str, Any], registered: Mapping[str, Any]) -> None:
    for field, value in registered.items():
        given = _hex(message[field]) if field == "evidence" else _number(message[field])
        if given != value:
            told = f"{field} is {value} in the register and {given} in the instruction"
            raise Refused("REGISTER-DIFFERS", told, field=field, registered=value, given=given)


def sign_log(conn: sqlite3.Connection) -> list[dict[str, Any]]:
    """Everything ever signed, oldest first."""
    rows = conn.execute("SELECT * FROM sign_log ORDER BY id").fetchall()
    return [dict(row) | {"typed_data": json.loads(row["typed_data"])} for row in rows]


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
