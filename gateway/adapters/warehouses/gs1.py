"""GS1 keys in either spelling, EPC URN or Digital Link, as one path of application identifiers and values.

`urn:epc:class:lgtin:4012345.012345.998877` and `https://id.gs1.org/01/04012345123456/10/998877` are the same lot. An
identifier of somebody else stays as it was written; one that claims to be GS1's and is not of its form is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from stdnum import ean

GLN, EXTENSION, GTIN, LOT, SERIAL, SSCC, GRAI, GIAI = "414", "254", "01", "10", "21", "00", "8003", "8004"
_EPC = re.compile(r"urn:epc:(id|class|idpat):([a-z0-9]+):(.+)", re.ASCII)
_COMPANY = re.compile(r"[0-9]{6,12}", re.ASCII)
_DIGITS = re.compile(r"[0-9]*", re.ASCII)
_PREFIXES = frozenset(
    {GTIN, SSCC, GLN, "417", GRAI, GIAI, "253", "255", "401", "402", "8006", "8010", "8017", "8018"}
)
"""Application identifiers that begin the path of a Digital Link."""
_MOST = 90
"""Longest value of an application identifier, in characters."""


class KeyRefused(ValueError):
    """An identifier of GS1 is not of its form."""


@dataclass(frozen=True, slots=True)
class Key:
    """What an identifier names: an item's class, a lot of it, a single thing, or a place; what it does not name is
    empty."""

    item: str = ""
    lot: str = ""
    thing: str = ""
    place: str = ""


@lru_cache(maxsize=4096)
def key_of(text: str) -> Key:
    """What an identifier of goods names. Raises KeyRefused."""
    epc = _EPC.fullmatch(text)
    if epc is not None:
        return _of_urn(epc[1], epc[2], epc[3])
    if text.startswith("urn:epc:"):
        raise KeyRefused("it is no EPC URN")
    path = _link(text)
    return Key(thing=text) if path is None else _of_path(path)


def place_of(text: str) -> str:
    """A place's name: GLN with its extension as a path, or as written. Raises KeyRefused."""
    key = key_of(text)
    if key.item or key.thing.startswith(("00/", "8003/", "8004/")):
        raise KeyRefused("it names goods, and no place")
    return key.place or key.thing


def gtin(digits: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits as the item's name. Raises KeyRefused."""
    return f"{GTIN}/{_checked(digits, (8, 12, 13, 14), 'GTIN').zfill(14)}"


def gln(digits: str, extension: str = "") -> str:
    """A GLN, with the extension of a shelf or dock, as a place's name. Raises KeyRefused."""
    name = f"{GLN}/{_checked(digits, (13,), 'GLN')}"
    return f"{name}/{EXTENSION}/{extension}" if extension not in ("", "0") else name


def sscc(digits: str) -> str:
    """An SSCC as a logistic unit's name. Raises KeyRefused."""
    return f"{SSCC}/{_checked(digits, (18,), 'SSCC')}"


def _checked(digits: str, lengths: tuple[int, ...], scheme: str) -> str:
    if not _DIGITS.fullmatch(digits) or len(digits) not in lengths:
        raise KeyRefused(f"a {scheme} has {' or '.join(map(str, lengths))} digits")
    if ean.calc_check_digit(digits[:-1]) != digits[-1]:
        raise KeyRefused(f"the check digit of the {scheme} is wrong")
    return digits


def _with_check(digits: str) -> str:
    return digits + str(ean.calc_check_digit(digits))


# ── EPC URN ─────────────────────────────────────────────────────────────────────────────────────────────────


def _of_urn(form: str, scheme: str, value: str) -> Key:
    read = _SCHEMES.get((form, scheme))
    if read is None:
        raise KeyRefused(f"{scheme} is no scheme of an EPC ({form}) that is read here")
    company, _, rest = value.partition(".")
    if not _COMPANY.fullmatch(company):
        raise KeyRefused("a company prefix has 6 to 12 digits")
    return read(company, rest)


def _parts(rest: str) -> tuple[str, str]:
    reference, dot, more = rest.partition(".")
    if not dot or not more:
        raise KeyRefused("a part of the EPC is missing")
    return reference, _value(unquote(more))


def _value(text: str) -> str:
    if not text or len(text) > _MOST or not text.isprintable():
        raise KeyRefused(f"a value has 1 to {_MOST} printable characters")
    return text


def _body(company: str, reference: str, length: int, scheme: str) -> str:
    """Company prefix and reference, together `length` digits, with their check digit."""
    if not _DIGITS.fullmatch(reference) or len(company) + len(reference) != length:
        raise KeyRefused(f"company prefix and reference of the {scheme} have {length} digits together")
    return _with_check(company + reference)


def _item(company: str, reference: str) -> str:
    """The reference begins with the indicator, which stands first in the GTIN."""
    if not reference:
        raise KeyRefused("a part of the EPC is missing")
    digits = _body(reference[0] + company, reference[1:], 13, "GTIN")
    return f"{GTIN}/{digits}"


def _sgtin(company: str, rest: str) -> Key:
    reference, serial = _parts(rest)
    item = _item(company, reference)
    return Key(item, thing=f"{item}/{SERIAL}/{serial}")


def _lgtin(company: str, rest: str) -> Key:
    reference, lot = _parts(rest)
    return Key(_item(company, reference), lot)


def _any_sgtin(company: str, rest: str) -> Key:
    reference, serial = _parts(rest)
    if serial != "*":
        raise KeyRefused("a pattern names every serial number: *")
    return Key(_item(company, reference))


def _sscc(company: str, rest: str) -> Key:
    if not rest:
        raise KeyRefused("a part of the EPC is missing")
    return Key(thing=f"{SSCC}/{_body(rest[0] + company, rest[1:], 17, 'SSCC')}")


def _sgln(company: str, rest: str) -> Key:
    reference, dot, extension = rest.partition(".")
    digits = _body(company, reference, 12, "GLN")
    return Key(place=gln(digits, _value(unquote(extension)) if dot else ""))


def _grai(company: str, rest: str) -> Key:
    reference, serial = _parts(rest)
    return Key(thing=f"{GRAI}/0{_body(company, reference, 12, 'GRAI')}{serial}")


def _giai(company: str, rest: str) -> Key:
    return Key(thing=f"{GIAI}/{company}{_value(unquote(rest))}")


_SCHEMES: Mapping[tuple[str, str], Callable[[str, str], Key]] = {
    ("id", "sgtin"): _sgtin,
    ("class", "lgtin"): _lgtin,
    ("idpat", "sgtin"): _any_sgtin,
    ("id", "sscc"): _sscc,
    ("id", "sgln"): _sgln,
    ("id", "grai"): _grai,
    ("id", "giai"): _giai,
}


# ── Digital Link ────────────────────────────────────────────────────────────────────────────────────────────


def _link(text: str) -> dict[str, str] | None:
    """The application identifiers in a web address; None for an address that is no Digital Link."""
    try:
        address = urlsplit(text)
    except ValueError as error:
        raise KeyRefused("it is no web address") from error
    if address.scheme not in ("http", "https"):
        return None
    steps = [unquote(step) for step in address.path.split("/") if step]
    for start in range(len(steps) - 1):
        tail = steps[start:]
        if tail[0] in _PREFIXES and len(tail) % 2 == 0 and all(_DIGITS.fullmatch(name) for name in tail[::2]):
            return {name: _value(value) for name, value in zip(tail[::2], tail[1::2], strict=True)}
    if address.hostname == "id.gs1.org":
        raise KeyRefused("it is no GS1 Digital Link")
    return None


def _of_path(path: Mapping[str, str]) -> Key:
    if GTIN in path:
        item = gtin(path[GTIN])
        serial = path.get(SERIAL, "")
        return Key(item, path.get(LOT, ""), f"{item}/{SERIAL}/{serial}" if serial else "")
    if SSCC in path:
        return Key(thing=sscc(path[SSCC]))
    if GLN in path:
        return Key(place=gln(path[GLN], path.get(EXTENSION, "")))
    if GRAI in path:
        _checked(path[GRAI][1:14], (13,), "GRAI")
        return Key(thing=f"{GRAI}/{path[GRAI]}")
    if GIAI in path:
        return Key(thing=f"{GIAI}/{path[GIAI]}")
    name, value = next(iter(path.items()))
    return Key(thing=f"{name}/{value}")
