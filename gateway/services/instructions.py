"""Take an instruction in: read it, check whose signatures it carries, keep it, send it on its way.

The gateway explains and refuses early; the contracts decide. Nothing here can stand in for a signature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from gateway.ports import Acts, Instructions, Ledger, Offered, Operation
from gateway.problems import Problem
from gateway.services.act_fields import plain
from gateway.services.json_acts import fault, read_message, read_value, write_message

_OFFICE = {"OfficeSignature": [{"name": "party", "type": "uint32"}]}
"""What an office's signature holds besides the signature."""

_SIGNATURES = ("Signature", "OfficeSignature")


def prepare(acts: Acts, function: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """The typed data of an act, for whoever must sign it: a wallet, an HSM, a bank's signing desk.

    Ids and days may be written for people; what is signed has them as numbers.
    """
    act = _act_of(acts, function)
    if not act:
        raise Problem("ACT-UNSIGNED", f"{function} is carried without a signature", field="function")
    types = acts.types_of(act)
    read = read_message(types, act, plain(types, act, message))
    return {
        "function": function,
        "typed_data": write_message(acts.typed_data(act, read)),
        "digest": "0x" + acts.digest(act, read).hex(),
        "parts": {name: kind for name, (kind, _) in acts.parts_of(function).items()},
    }


def read(acts: Acts, key: str, body: Mapping[str, Any]) -> Offered:
    """Read one instruction `{function, message, parts, order_key}`, and recover who signed it.

    The fields of a verb that nobody signs stand in `message`, or in `parts`. Raises Problem, naming the key and the
    field.
    """
    try:
        return _read(acts, key, body)
    except Problem as problem:
        problem.evidence["key"] = key
        raise


def _read(acts: Acts, key: str, body: Mapping[str, Any]) -> Offered:
    function = str(body.get("function", ""))
    act = _act_of(acts, function)
    signers: list[tuple[str, str]] = []
    if act:
        read = read_message(acts.types_of(act), act, body.get("message") or {})
        parts = _Parts(acts, function, acts.digest(act, read))
        item = {"act": read, **parts.read(body.get("parts") or {})}
        signers = parts.signers
    else:
        item = _unsigned(acts, function, body)
    contract, packed = acts.pack(function, item)
    canonical = _canonical(body)
    order_key = body.get("order_key")
    return Offered(
        key=key,
        function=function,
        body=canonical.decode(),
        body_hash=sha256(canonical).digest(),
        contract=contract,
        item=packed,
        signers=signers,
        order_key=None if order_key is None else str(order_key),
    )


def _unsigned(acts: Acts, function: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a verb that nobody signs."""
    message, parts = body.get("message"), body.get("parts")
    if message and parts:
        sentence = f"nobody signs {function}: its fields stand in message, and nothing beside them"
        raise fault("parts", sentence)
    fields = [{"name": name, "type": kind} for name, (kind, _) in acts.parts_of(function).items()]
    given = message or parts or {}
    return read_message({function: fields}, function, given, "parts." if parts else "")


def take(ledger: Ledger, book: Instructions, offered: Sequence[Offered], now: int) -> None:
    """Put instructions in the book and in the outbox, all or none, within the caller's transaction.

    A key that came before with the same body changes nothing; with another body it is refused
    (IDEMPOTENCY-KEY). Raises Problem, naming key and field; the caller's transaction must then end.
    """
    before = book.add(offered, now) if offered else {}
    for each in offered:
        if before.get(each.key, each.body_hash) != each.body_hash:
            raise Problem("IDEMPOTENCY-KEY", "this key was used for another instruction", key=each.key)
    fresh = [each for each in offered if each.key not in before]
    if fresh:
        check_signers(ledger, fresh)
        ledger.enqueue(fresh, now)


def check_signers(ledger: Ledger, offered: Sequence[Offered]) -> None:
    """Raise Problem(SIGNATURE-UNKNOWN) for the first signature that is no registered signer's."""
    known = ledger.signers(sorted({address for each in offered for _, address in each.signers}))
    for each in offered:
        for path, address in each.signers:
            if address not in known:
                raise _unknown_signature(path, address, key=each.key)


def _unknown_signature(path: str, address: str | None, **evidence: Any) -> Problem:
    return Problem(
        "SIGNATURE-UNKNOWN",
        "the signature is no registered signer's for exactly this act",
        field=path,
        recovered=address,
        **evidence,
    )


def find(ledger: Ledger, key: str) -> Operation:
    """Where an instruction is; raises Problem(UNKNOWN-OPERATION)."""
    operation = ledger.operation(key)
    if operation is None:
        raise Problem("UNKNOWN-OPERATION", "no instruction came in under this key", status=404, key=key)
    return operation


def _act_of(acts: Acts, function: str) -> str:
    try:
        return acts.act_of(function)
    except KeyError:
        raise Problem("FUNCTION-UNKNOWN", f"the ledger has no verb {function!r}", field="function") from None


class _Parts:
    """What comes beside an act: signatures on its digest, and what nobody signs."""

    def __init__(self, acts: Acts, function: str, digest: bytes) -> None:
        self._acts = acts
        self._function = function
        self._digest = digest
        self.signers: list[tuple[str, str]] = []

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every part by its name, as it is packed; who signed is noted in `signers`."""
        parts = self._acts.parts_of(self._function)
        unknown = sorted(set(given) - set(parts))
        if unknown:
            raise fault(f"parts.{unknown[0]}", f"{self._function} takes no {unknown[0]}")
        for name, (kind, struct) in parts.items():
            # A signature that is not there is nobody's, and a list empty; the ledger judges both.
            if given.get(name) is None and struct not in _SIGNATURES and not kind.endswith("[]"):
                raise fault(f"parts.{name}", f"{self._function} needs {name}")
        return {
            name: self._part(kind, struct, given[name], f"parts.{name}")
            for name, (kind, struct) in parts.items()
            if given.get(name) is not None
        }

    def _part(self, kind: str, struct: str, value: Any, path: str) -> Any:
        if kind.endswith("[]") and struct:
            if not isinstance(value, list):
                raise fault(path, "a list is expected")
            single = kind.removesuffix("[]")
            return [self._part(single, struct, part, f"{path}[{place}]") for place, part in enumerate(value)]
        if struct == "Signature":
            return self._signature(value, path)
        if struct and not isinstance(value, Mapping):
            raise fault(path, f"a {struct} is expected")
        if struct == "OfficeSignature":
            rest = {name: part for name, part in value.items() if name != "signature"}
            read = read_message(_OFFICE, struct, rest, path + ".")
            return {**read, "signature": self._signature(value.get("signature"), path + ".signature")}
        if struct:  # the only unsigned struct is an offer's receivable
            return read_message(self._acts.types_of("Issue"), struct, value, path + ".")
        return read_value(kind, value, path)

    def _signature(self, value: Any, path: str) -> tuple[bytes, bytes]:
        try:
            raw = bytes.fromhex(str(value).removeprefix("0x"))
        except ValueError:
            raw = b""
        if len(raw) != 64:
            raise Problem(
                "SIGNATURE-FORM", "64 bytes (r, vs of EIP-2098) in hexadecimal are expected", field=path
            )
        # Without vs stands nobody, or a contract's wallet: the ledger asks that itself.
        if any(raw[32:]):
            address = self._acts.recover(self._digest, raw)
            if address is None:
                raise _unknown_signature(path, None)
            self.signers.append((path, address))
        return raw[:32], raw[32:]


def _canonical(body: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(_plain(body), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise Problem("BODY-INVALID", "the instruction has no canonical form", found=str(error)) from None


def _plain(value: Any) -> Any:
    """Numbers beyond JSON's safe range as text, so that the canonical form exists."""
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 53:
        return str(value)
    return value
