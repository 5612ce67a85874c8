"""Fields of acts for people: what each is counted in, and ids and days as they are written where acts are prepared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.domain.calendar import day_of_iso
from gateway.ids import parse_id
from gateway.problems import Problem
from gateway.services.json_acts import Types

ID = "id: PARTY-SERIAL, or one number"
DAY = "day: YYYY-MM-DD, or days since 1970-01-01"

_DAYS = ("day", "validUntil", "payBy")
_RATES = ("rate", "rateBefore")
_COUNTED = ("counted", "delivered", "deliveredBefore")

_BY_NAME = {
    "evidence": "SHA-256 of a document, as 0x and 64 digits",
    "nonce": "a number used once",
    "currency": "ISO 4217 number: 156 is CNY",
    "facility": "number of the facility",
    "model": "number of the model, as `valuations list` shows it",
    "countsBefore": "how often the lot was counted before: `counts`",
    "quantity": "smallest units: of goods as the lot counts them, else of the currency",
    "person": "number", "roles": "number: the sum of the roles' bits", "group": "number of the group",
    "collectionAccount": "commitment to the account, of its bank", "account": "commitment to the account, of its bank",
    "specialAccount": "commitment to the account, of its bank",
    "minimumPiece": "smallest units of the currency", "minimumLateInterest": "parts per million a day",
}  # fmt: skip
_BY_TYPE = {
    "bool": "true or false", "address": "address, as 0x and 40 digits", "bytes32": "32 bytes, as 0x and 64 digits",
    "uint24": "parts per million a year", "uint32": "number of the party", "uint40": "Unix time in seconds",
    "uint48": "smallest units of the currency",
}  # fmt: skip


def kind_of(name: str, kind: str) -> str:
    """What a field holds, in words; `kind` is its ABI type."""
    single = kind.removesuffix("[]")
    return f"list, each {_kind(name, single)}" if single != kind else _kind(name, single)


def _kind(name: str, kind: str) -> str:
    if name in _BY_NAME:
        return _BY_NAME[name]
    if kind == "uint64":
        return "smallest units of the currency for a million of the lot's" if name in _RATES else ID
    if kind == "uint16" and (name.endswith("Day") or name in _DAYS):
        return DAY
    if name.lower().endswith("bps"):
        return "basis points"
    if name.lower().endswith("sequence"):
        return "the title's `sequence`, as it is shown"
    if name in _COUNTED:
        return "smallest units as the lot counts them"
    if kind == "uint8" and name.endswith("Days"):
        return "days"
    return _BY_TYPE.get(kind, "number")


def plain(types: Types, struct: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """The message with ids and days that are written for people as the numbers that are signed.

    What is neither stays as it is, for `read_message` to judge.
    """
    kinds = {field["name"]: field["type"] for field in types[struct]}
    return {name: _plain(types, name, kinds.get(name, ""), value) for name, value in message.items()}


def _plain(types: Types, name: str, kind: str, value: Any) -> Any:
    if kind.endswith("[]") and isinstance(value, list):
        return [_plain(types, name, kind[:-2], part) for part in value]
    if kind in types and isinstance(value, Mapping):
        return plain(types, kind, value)
    if not isinstance(value, str) or "-" not in value:
        return value
    try:
        if _kind(name, kind) == ID:
            return str(parse_id(value))
        if _kind(name, kind) == DAY:
            return day_of_iso(value)
    except (Problem, ValueError):
        return value
    return value
