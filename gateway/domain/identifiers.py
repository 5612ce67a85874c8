"""Checks of Chinese organisation codes that common libraries lack."""

from __future__ import annotations

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def organisation_code_valid(code: str) -> bool:
    """Whether nine characters are an organisation code with the right check character (GB 11714-1997).

    The ninth is 11 − (Σ weight × value mod 11), written X for 10 and 0 for 11. No hyphen, upper case.
    """
    if len(code) != 9 or any(c not in _ALPHABET for c in code[:8]):
        return False
    total = sum(weight * _ALPHABET.index(c) for weight, c in zip(_WEIGHTS, code[:8], strict=True))
    return code[8] == "0123456789X0"[11 - total % 11]


def uscc_inner_valid(uscc: str) -> bool:
    """Whether the organisation code inside an 18-character USCC (positions 9–17) passes its own check.

    The outer check (GB 32100-2015) is another one; a USCC can pass it and fail here. Codes of some
    registries carry an inner code without the GB 11714 check, so both results are kept apart.
    """
    return len(uscc) == 18 and organisation_code_valid(uscc[8:17])
