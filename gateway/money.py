"""Money at the edge: decimal text with a currency outside, integers of the minor unit inside."""

from __future__ import annotations

from functools import cache

from iso4217 import Currency

from gateway.domain.trade import decimal_text


@cache
def currency_codes() -> dict[int, str]:
    """ISO 4217 code by number."""
    return {int(each.number): each.code for each in Currency if each.number is not None}


@cache
def exponent(code: str) -> int:
    """Digits after the decimal point of a currency."""
    return Currency(code).exponent or 0


def number_of(code: str) -> int:
    """ISO 4217 number of a currency; raises ValueError for an unknown one."""
    return int(Currency(code).number)


def text(minor: int, currency_number: int) -> str:
    """An amount as decimal text, without its currency."""
    return decimal_text(minor, exponent(currency_codes()[currency_number]))
