"""Take an instruction in: read it, check whose signatures it carries, keep it, send it on its way.

The gateway explains and refuses early; the contracts decide. Nothing here can stand in for a signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785

from gateway.ports import Instructions, Ledger, Operation
from gateway.problems import Problem
from gateway.services.json_acts import read_message, write_message

NO_SIGNATURE = bytes(64)


@dataclass(frozen=True, slots=True)
class Taken:
    """An instruction that was taken in, or was already."""

    key: str
    function: str
    repeated: bool


def prepare(ledger: Ledger, function: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """The typed data of an act, for whoever must sign it: a wallet, an HSM, a bank's signing desk."""
    act = _act_of(ledger, function)
    if not act:
        raise Problem("ACT-UNSIGNED", f"{function} is carried without a signature", field="function")
    read = read_message(ledger.types_of(act), act, message)
    return {
        "function": function,
        "typed_data": write_message(ledger.typed_data(act, read)),
        "digest": "0x" + ledger.digest(act, read).hex(),
        "parts": {name: kind for name, (kind, _) in ledger.parts_of(function).items()},
    }


def take(ledger: Ledger, book: Instructions, key: str, body: Mapping[str, Any], now: int) -> Taken:
    """Take one instruction `{function, message, parts, order_key}` under an idempotency key.

    The same key with the same body changes nothing; with another body it is refused (IDEMPOTENCY-KEY).
    Raises Problem, naming the field.
    """
    digest = sha256(rfc8785.dumps(_plain(body))).digest()
    before = book.body_hash(key)
    function = str(body.get("function", ""))
    if before is not None:
        if before != digest:
            raise Problem("IDEMPOTENCY-KEY", "this key was used for another instruction", key=key)
        return Taken(key, function, repeated=True)
    act = _act_of(ledger, function)
    item: dict[str, Any] = {}
    if act:
        message = read_message(ledger.types_of(act), act, body.get("message") or {})
        item["act"] = message
        _read_parts(ledger, function, body.get("parts") or {}, ledger.digest(act, message), item)
    else:
        _read_parts(ledger, function, body.get("parts") or {}, b"", item)
    order_key = body.get("order_key")
    book.add(key, digest, function, rfc8785.dumps(_plain(body)).decode(), now)
    ledger.enqueue(key, function, item, now, None if order_key is None else str(order_key))
    return Taken(key, function, repeated=False)


def find(ledger: Ledger, key: str) -> Operation:
    """Where an instruction is; raises Problem(UNKNOWN-OPERATION)."""
    operation = ledger.operation(key)
    if operation is None:
        raise Problem("UNKNOWN-OPERATION", "no instruction came in under this key", status=404, key=key)
    return operation


def _act_of(ledger: Ledger, function: str) -> str:
    try:
        return ledger.act_of(function)
    except KeyError:
        raise Problem("FUNCTION-UNKNOWN", f"the ledger has no verb {function!r}", field="function") from None


def _read_parts(
    ledger: Ledger, function: str, given: Mapping[str, Any], digest: bytes, item: dict[str, Any]
) -> None:
    parts = ledger.parts_of(function)
    unknown = sorted(set(given) - set(parts))
    if unknown:
        raise Problem("ACT-FIELD", f"{function} takes no {unknown[0]}", field=f"parts.{unknown[0]}")
    for name, (kind, struct) in parts.items():
        path = f"parts.{name}"
        value = given.get(name)
        if value is None:
            continue
        if struct == "Signature":
            item[name] = (
                [_signature(ledger, part, digest, f"{path}[{place}]") for place, part in enumerate(value)]
                if kind.endswith("[]")
                else _signature(ledger, value, digest, path)
            )
        elif struct == "OfficeSignature":
            item[name] = [
                {
                    "party": int(part["party"]),
                    "signature": _signature(ledger, part["signature"], digest, f"{path}[{place}]"),
                }
                for place, part in enumerate(value)
            ]
        else:
            item[name] = _unsigned(ledger, kind, struct, value, path)


def _signature(ledger: Ledger, value: Any, digest: bytes, path: str) -> tuple[bytes, bytes]:
    try:
        raw = bytes.fromhex(str(value).removeprefix("0x"))
    except ValueError:
        raw = b""
    if len(raw) != 64:
        raise Problem(
            "SIGNATURE-FORM", "64 bytes (r, vs of EIP-2098) in hexadecimal are expected", field=path
        )
    if raw != NO_SIGNATURE and raw[32:] != bytes(32):
        address = ledger.recover(digest, raw)
        if address is None or ledger.signer(address) is None:
            raise Problem(
                "SIGNATURE-UNKNOWN",
                "the signature is no registered signer's for exactly this act",
                field=path,
                recovered=address,
            )
    return raw[:32], raw[32:]


def _unsigned(ledger: Ledger, kind: str, struct: str, value: Any, path: str) -> Any:
    if struct:
        types = ledger.types_of("Issue")  # the only unsigned struct is an offer's receivable
        return read_message(types, struct, value, path + ".")
    fields = {"value": [{"name": "value", "type": kind}]}
    return read_message(fields, "value", {"value": value}, path)["value"]


def _plain(value: Any) -> Any:
    """Numbers beyond JSON's safe range as text, so that the canonical form exists."""
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 53:
        return str(value)
    return value
