"""Amounts as callers write them: decimal text into minor units, or a refusal that names the field."""

from __future__ import annotations

from decimal import Decimal

from gateway.money import currency_codes, exponent
from gateway.problems import Problem


def to_minor(written: str, currency_number: int, field: str) -> int:
    """Minor units of an amount. Raises Problem(AMOUNT-FORM) for a negative one, or one with too many digits."""
    code = currency_codes()[currency_number]
    exact = Decimal(written).scaleb(exponent(code))
    if exact != int(exact) or not 0 <= exact < 1 << 48:
        raise Problem(
            "AMOUNT-FORM", f"an amount of {code} has {exponent(code)} digits and fits 48 bits", field=field,
            found=written,
        )  # fmt: skip
    return int(exact)
