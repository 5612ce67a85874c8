"""Acts between JSON and the ledger: numbers that JSON cannot hold come as strings, hashes as 0x text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.problems import Problem

Types = Mapping[str, Sequence[Mapping[str, str]]]


def read_message(types: Types, struct: str, message: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """The message of an act with every field as its type demands.

    Raises Problem(ACT-FIELD): `field` is the first at fault, `errors` are all that are missing, wrong or unknown.
    """
    fields = types[struct]
    faults = [
        fault(path + name, f"{struct} has no field {name}")
        for name in sorted(set(message) - {field["name"] for field in fields})
    ]
    found: dict[str, Any] = {}
    for field in fields:
        name = field["name"]
        if name not in message:
            faults.append(fault(path + name, f"{struct}.{name} is missing"))
            continue
        try:
            found[name] = _read(types, field["type"], message[name], path + name)
        except Problem as problem:
            faults.append(problem)
    if faults:
        raise _together(struct, faults)
    return found


def read_value(kind: str, value: Any, path: str) -> Any:
    """One value outside any struct, as its type demands; raises Problem(ACT-FIELD)."""
    return _read({}, kind, value, path)


def _read(types: Types, kind: str, value: Any, path: str) -> Any:
    if kind.endswith("[]"):
        if not isinstance(value, list):
            raise fault(path, "a list is expected")
        return [_read(types, kind[:-2], part, f"{path}[{place}]") for place, part in enumerate(value)]
    if kind in types:
        if not isinstance(value, Mapping):
            raise fault(path, f"a {kind} is expected")
        return read_message(types, kind, value, path + ".")
    if kind == "bool":
        if not isinstance(value, bool):
            raise fault(path, "true or false is expected")
        return value
    if kind == "address":
        return "0x" + _bytes(value, 20, path).hex()
    if kind.startswith("uint"):
        return _number(kind, value, path)
    return _bytes(value, 32, path)


def _number(kind: str, value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise fault(path, "a whole number is expected", found=str(value))
    try:
        number = int(value)
    except ValueError:
        raise fault(path, "a whole number is expected", found=str(value)) from None
    if not 0 <= number < 1 << int(kind.removeprefix("uint") or 256):
        raise fault(path, f"{number} does not fit {kind}")
    return number


def _bytes(value: Any, length: int, path: str) -> bytes:
    try:
        found = bytes.fromhex(str(value).removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != length:
        raise fault(path, f"{length} bytes in hexadecimal are expected")
    return found


def fault(path: str, sentence: str, **evidence: Any) -> Problem:
    """One field at fault, by its path."""
    told = [{"field": path, "message": sentence}]
    return Problem("ACT-FIELD", sentence, field=path, errors=told, **evidence)


def _together(struct: str, faults: Sequence[Problem]) -> Problem:
    errors = [each for fault in faults for each in fault.evidence["errors"]]
    if len(errors) == 1:
        return faults[0]
    sentence = f"{len(errors)} fields of {struct} are missing or wrong"
    return Problem("ACT-FIELD", sentence, field=errors[0]["field"], errors=errors)


def write_message(value: Any) -> Any:
    """Any value of an act as JSON: bytes as 0x text, numbers above 2**53 as strings."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {name: write_message(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [write_message(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1 << 53:
        return str(value)
    return value
