"""Vehicles by their number: one form of it, and what it must keep to.

A vehicle identification number (VIN, ISO 3779) has 17 letters and digits, none of them I, O or Q. Its ninth is a check
digit where the maker's country asks for one: China (GB 16735) and North America do. Makers elsewhere may put anything
there, so theirs is not looked at.
"""

from __future__ import annotations

import unicodedata

from vininfo import Vin
from vininfo.exceptions import ValidationError

LOT_PREFIX = "vin/"
"""A vehicle's lot goes by this and its number, in keepers' tellings as in receipts."""
_SHOWN = 6


def read_vin(text: str) -> str:
    """The number in its one form: NFKC, capitals, no spaces. Raises ValueError, saying what is wrong with it."""
    folded = "".join(unicodedata.normalize("NFKC", text).upper().split())
    try:
        number = Vin(folded)
    except ValidationError:
        raise ValueError("a vehicle number has 17 letters and digits, none of them I, O or Q") from None
    checked = number.country == "China" or number.region == "North America"
    if checked and not number.verify_checksum(check_year=False):
        raise ValueError("the check digit at its ninth place is another")
    return folded


def is_vin(text: str) -> bool:
    """Whether a text is the number of a vehicle whose country asks for a check digit."""
    try:
        number = Vin(read_vin(text))
    except ValueError:
        return False
    return bool(number.verify_checksum(check_year=False))


def vin_of_lot(name: str) -> str | None:
    """The number in a lot's name; None where the lot is no vehicle. Raises ValueError."""
    return read_vin(name[len(LOT_PREFIX) :]) if name.lower().startswith(LOT_PREFIX) else None


def masked(vin: str) -> str:
    """A number as it is shown to who may not know it: its last six."""
    return "…" + vin[-_SHOWN:]


def masked_lot(name: str) -> str:
    """A lot's name as it is shown to who may not know it."""
    return LOT_PREFIX + masked(name) if name.startswith(LOT_PREFIX) else name
