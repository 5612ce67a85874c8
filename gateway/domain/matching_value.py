"""Money of one invoice: what its received part is worth, tax included, and what of it may be paid.

Every amount here is an integer of minor units. Sums are rounded once per order line and once per tax rate,
half up; shares of a document's own allowances are rounded up, of its charges down: never for the seller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gateway.domain.trade import AllowanceCharge, TradeDocument, round_half_up
from gateway.domain.trade_checks import line_total


@dataclass(frozen=True, slots=True)
class PartValue:
    """One order line's part of an invoice: net amounts without tax as invoiced, as received at the agreed
    price and as payable, with the lower of the agreed and the invoiced tax rate."""

    invoiced: int
    received: int
    payable: int
    rate: Fraction | None
    whole: bool
    """Whether all of it is payable exactly as invoiced, at the invoiced tax rate."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the orders behind an invoice allow beside the lines: charges still open, allowances owed."""

    charges_open: int
    allowances: tuple[AllowanceCharge, ...]
    order_value: Fraction
    all_charges: bool = False
    """A person accepted the invoice's charges."""


@dataclass(frozen=True, slots=True)
class Valued:
    """Tax-inclusive values of what was received and of what is payable; what went beyond the agreement."""

    received: int
    payable: int
    charges_used: int
    charges_refused: int
    allowances_missing: int
    tax_unknown: bool


def agreed_value(price: Fraction, before: Fraction, quantity: Fraction) -> int:
    """Value of `quantity` units on top of `before` units, so that all parts add up to the rounded whole."""
    return round_half_up(price * (before + quantity)) - round_half_up(price * before)


def value_invoice(document: TradeDocument, parts: Sequence[PartValue], agreed: Agreed) -> Valued:
    """Value the received and the payable part of one invoice."""
    totals = document.totals
    gross = totals.gross if totals else 0
    lines = line_total(document)
    charges = [a for a in document.adjustments if a.charge]
    allowed = sum(c.amount for c in charges)
    if not agreed.all_charges:
        allowed = max(0, min(allowed, agreed.charges_open))
    refused = sum(c.amount for c in charges) - allowed
    received = _net(document, parts, lambda part: part.received, lines, allowed, agreed)
    payable = _net(document, parts, lambda part: part.payable, lines, allowed, agreed)
    whole = sum(part.payable for part in parts) == lines and all(part.whole for part in parts)
    if whole and not refused and not payable.allowances_missing:
        # All of it is payable as invoiced: then the invoice's own totals hold, to the last minor unit.
        value, worth, unknown = gross, max(gross, received.total), False
    else:
        unknown = payable.tax_unknown
        worth = max(0, received.total)
        value = max(0, min(payable.total, worth, gross))
    used = min(allowed, payable.charges)
    return Valued(worth, value, used, refused, payable.allowances_missing, unknown)


@dataclass(frozen=True, slots=True)
class _Net:
    total: int
    charges: int
    allowances_missing: int
    tax_unknown: bool


def _net(
    document: TradeDocument,
    parts: Sequence[PartValue],
    amount: Callable[[PartValue], int],
    lines: int,
    allowed: int,
    agreed: Agreed,
) -> _Net:
    value = sum(amount(part) for part in parts)
    share = min(Fraction(1), Fraction(value, lines)) if lines > 0 and value > 0 else Fraction(0)
    base: dict[Fraction | None, int] = defaultdict(int)
    for part in parts:
        base[part.rate] += amount(part)
    charges = granted = 0
    for adjustment in sorted(document.adjustments, key=lambda a: (a.rate or 0, a.amount)):
        if adjustment.charge:
            taken = int(min(adjustment.amount, allowed - charges) * share)
            charges += taken
            base[_known(adjustment.rate)] += taken
        else:
            off = _ceil(adjustment.amount * share)
            granted += off
            base[_known(adjustment.rate)] -= off
    missing, rate = _owed(agreed, value, granted)
    base[rate] -= missing
    net = sum(base.values())
    tax, unknown = _tax(document, base, lines)
    return _Net(net + tax, charges, missing, unknown)


def _known(rate: Fraction | None) -> Fraction:
    """A document-level allowance or charge that states no rate was left out of the tax base."""
    return Fraction(0) if rate is None else rate


def _owed(agreed: Agreed, value: int, granted: int) -> tuple[int, Fraction]:
    """Allowances of the order that the invoice does not grant on this value, and the rate they carry."""
    allowances = [a for a in agreed.allowances if not a.charge]
    if not allowances or agreed.order_value <= 0 or value <= 0:
        return 0, Fraction(0)
    share = min(Fraction(1), value / agreed.order_value)
    owed = _ceil(sum(a.amount for a in allowances) * share)
    return max(0, owed - granted), _known(allowances[0].rate)


def _tax(document: TradeDocument, base: dict[Fraction | None, int], lines: int) -> tuple[int, bool]:
    """Tax on the bases by rate; lines without a rate bear the rate, or a share, of an invoice's only tax subtotal."""
    tax = sum(round_half_up(amount * rate / 100) for rate, amount in base.items() if rate is not None)
    unrated = base.get(None, 0)
    stated = (document.totals.tax or 0) if document.totals else 0
    if not unrated or not stated:
        return tax, False
    if len(document.tax_subtotals) > 1 or lines <= 0 or any(line.rate is not None for line in document.lines):
        return tax, True
    rates = [subtotal.rate for subtotal in document.tax_subtotals if subtotal.rate is not None]
    if rates:
        return tax + min(stated, round_half_up(unrated * rates[0] / 100)), False
    return tax + int(stated * min(Fraction(1), Fraction(unrated, lines))), False


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
