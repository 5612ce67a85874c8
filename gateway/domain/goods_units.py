"""Units and quantities of goods as the ledger counts them.

A unit is its code of UN/ECE Recommendation 20, one to three letters or digits; on the ledger it is a number of 16 bits:
the code's characters in base 37, a blank for what is not there, so that no two codes have one number.
"""

from __future__ import annotations

from string import ascii_uppercase, digits

_CHARACTERS = " " + digits + ascii_uppercase
_LENGTH = 3
MOST_DECIMALS = 12


def unit_number(code: str) -> int:
    """The ledger's number of a unit. Raises ValueError for what is no such code."""
    if not 0 < len(code) <= _LENGTH or any(each not in _CHARACTERS[1:] for each in code):
        raise ValueError(
            f"{code!r} is no unit: one to three digits or capital letters (UN/ECE Recommendation 20)"
        )
    number = 0
    for each in code.ljust(_LENGTH):
        number = number * len(_CHARACTERS) + _CHARACTERS.index(each)
    return number


def unit_code(number: int) -> str:
    """The unit's code, or `#` and the number where it is the number of none."""
    characters, rest = [], number
    for _ in range(_LENGTH):
        rest, at = divmod(rest, len(_CHARACTERS))
        characters.append(_CHARACTERS[at])
    code = "".join(reversed(characters)).rstrip()
    return code if rest == 0 and code and " " not in code else f"#{number}"


def quantity_text(quantity: int, decimals: int) -> str:
    """A quantity as decimal text, with as many decimals as the lot counts."""
    if not 0 <= decimals <= MOST_DECIMALS:
        return f"{quantity}E-{decimals}"
    if decimals == 0:
        return str(quantity)
    whole, part = divmod(quantity, 10**decimals)
    return f"{whole}.{part:0{decimals}d}"
