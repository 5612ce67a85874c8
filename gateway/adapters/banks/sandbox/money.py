"""Amounts: integers of the currency's minor unit inside, decimals only in messages."""

from __future__ import annotations

from decimal import Decimal

from iso4217 import Currency


def exponent(currency: str) -> int:
    """Digits after the decimal point of an ISO 4217 currency. Raises ValueError when there is no such one."""
    try:
        digits = Currency(currency).exponent
    except ValueError as error:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency") from error
    if digits is None:
        raise ValueError(f"{currency} has no minor unit")
    return digits


def to_decimal(minor: int, currency: str) -> Decimal:
    """The amount as a message writes it, with exactly the currency's digits."""
    return Decimal(minor).scaleb(-exponent(currency))


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in minor units. Raises ValueError when it has digits the currency does not have."""
    scaled = amount.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more digits than {currency} has")
    return int(scaled)
