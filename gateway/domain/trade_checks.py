"""Arithmetic of one trade document: does it say the same thing everywhere it says it?

The rules follow UBL 2 and EN 16931 (BR-CO-10 to BR-CO-17). Two conventions of rounding are in use, both
exact: UBL 2.1 keeps the rounding inside the tax-inclusive amount, EN 16931 adds it when the payable amount
is struck. A document may follow either; it must follow one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction

from gateway.domain.trade import (
    DocumentKind,
    Line,
    Totals,
    TradeDocument,
    decimal_text,
    plain,
    round_half_up,
)
from gateway.domain.trade_rules import Finding

_BILLS = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)


class _Checker:
    def __init__(self, document: TradeDocument, fields: Mapping[str, str]) -> None:
        self.document = document
        self.fields = fields
        self.findings: list[Finding] = []

    def note(
        self, rule: str, field: str, message: str, expected: str = "", found: str = "", line: str = ""
    ) -> None:
        where = self.fields.get(field, field)
        doc = self.document
        self.findings.append(
            Finding(doc.source.file, doc.number, line, rule, where, message, expected, found)
        )

    def equal(self, rule: str, field: str, expected: int, found: int | None, message: str) -> None:
        """Note `rule` when a stated amount is not what it must be; an unstated one breaks nothing."""
        if found is not None and found != expected:
            exponent = self.document.exponent
            self.note(rule, field, message, decimal_text(expected, exponent), decimal_text(found, exponent))


def check_document(document: TradeDocument, fields: Mapping[str, str]) -> list[Finding]:
    """Every broken rule of one document on its own.

    Args:
        document: what was read.
        fields: neutral field name to the name the file's format has for it (UBL path, CSV column).
    """
    checker = _Checker(document, fields)
    if not document.lines and document.kind is not DocumentKind.ORDER_RESPONSE:
        checker.note("LINES-MISSING", "lines", "the document has no lines", "at least 1", "0")
    for line in document.lines:
        _check_line(checker, line)
    if document.kind is DocumentKind.ORDER:
        _check_line_numbers(checker)
    if document.totals is not None:
        _check_sums(checker, document.totals)
        _check_tax(checker)
        _check_payable(checker, document.totals)
    return checker.findings


def _check_line_numbers(checker: _Checker) -> None:
    seen: set[str] = set()
    for line in checker.document.lines:
        if line.id in seen:
            checker.note("DUPLICATE-LINE", "id", f"line {line.id} stands twice in the order", line=line.id)
        seen.add(line.id)


def _check_line(checker: _Checker, line: Line) -> None:
    bill = checker.document.kind in _BILLS
    for field, value in (("quantity", line.quantity), ("rejected", line.rejected), ("short", line.short)):
        if value is None or value >= 0:
            continue
        if bill:
            message = f"line {line.id} returns {plain(-value)} {line.unit}".rstrip()
            checker.note("RETURN-LINE", field, message, "0 or more", plain(value), line.id)
        else:
            message = f"line {line.id} has the negative quantity {plain(value)}"
            checker.note("NEGATIVE-QUANTITY", field, message, "0 or more", plain(value), line.id)
    if line.unit_price is not None and line.unit_price < 0:
        price = plain(line.unit_price / 10**checker.document.exponent)
        checker.note("NEGATIVE-PRICE", "price", "the unit price is negative", "0 or more", price, line.id)
    if line.base_quantity <= 0:
        base = plain(line.base_quantity)
        checker.note(
            "NEGATIVE-PRICE", "base_quantity", "the base quantity is not above 0", "> 0", base, line.id
        )
    if line.quantity is not None and line.rejected > max(line.quantity, Fraction(0)):
        checker.note(
            "REJECTED-OVER-RECEIVED",
            "rejected",
            f"line {line.id} rejects more than was received",
            f"at most {plain(line.quantity)}",
            plain(line.rejected),
            line.id,
        )
    _check_line_amount(checker, line)


def _check_line_amount(checker: _Checker, line: Line) -> None:
    if line.amount is None or line.quantity is None or line.unit_price is None or line.base_quantity <= 0:
        return
    expected = round_half_up(line.quantity * line.unit_price / line.base_quantity) + line.allowance
    if abs(expected - line.amount) > 1:  # one minor unit: a rounded price is still the same price
        exponent = checker.document.exponent
        checker.note(
            "LINE-ARITHMETIC",
            "line_amount",
            f"the amount of line {line.id} is not quantity × price ÷ base quantity + charges − allowances",
            decimal_text(expected, exponent),
            decimal_text(line.amount, exponent),
            line.id,
        )


def line_total(document: TradeDocument) -> int:
    """Sum of the line amounts that are stated, minor units."""
    return sum(line.amount or 0 for line in document.lines)


def _check_sums(checker: _Checker, totals: Totals) -> None:
    document = checker.document
    lines = line_total(document)
    allowances = sum(a.amount for a in document.adjustments if not a.charge)
    charges = sum(a.amount for a in document.adjustments if a.charge)
    if all(line.amount is not None for line in document.lines):
        checker.equal(
            "SUM-OF-LINES", "total_lines", lines, totals.lines, "the lines do not add up to their total"
        )
    checker.equal(
        "ALLOWANCE-TOTAL", "total_allowances", allowances, totals.allowances, "the allowances do not add up"
    )
    checker.equal("CHARGE-TOTAL", "total_charges", charges, totals.charges, "the charges do not add up")
    base = totals.lines if totals.lines is not None else lines
    checker.equal(
        "TAX-EXCLUSIVE",
        "total_tax_exclusive",
        base - allowances + charges,
        totals.tax_exclusive,
        "the amount without tax is not lines − allowances + charges",
    )


def _check_tax(checker: _Checker) -> None:
    document, totals = checker.document, checker.document.totals
    if totals is None or document.kind not in _BILLS:
        return
    subtotals = document.tax_subtotals
    if subtotals and totals.tax is not None:
        tax = sum(s.tax for s in subtotals)
        checker.equal("TAX-TOTAL", "total_tax", tax, totals.tax, "the tax subtotals do not add up")
    # Tax may be rounded on each line instead of on the total: allow one minor unit a line.
    slack = max(1, len(document.lines))
    for subtotal in subtotals:
        if subtotal.rate is None or subtotal.taxable is None:
            continue
        expected = round_half_up(subtotal.taxable * subtotal.rate / 100)
        if abs(expected - subtotal.tax) > slack:
            checker.equal(
                "TAX-ARITHMETIC",
                "subtotal_tax",
                expected,
                subtotal.tax,
                f"the tax of category {subtotal.category or '(none)'} is not taxable amount × "
                f"{plain(subtotal.rate)} %",
            )
    _check_tax_base(checker)


def _check_tax_base(checker: _Checker) -> None:
    document = checker.document
    base: dict[tuple[str, Fraction | None], int] = defaultdict(int)
    for line in document.lines:
        base[line.category, line.rate] += line.amount or 0
    for adjustment in document.adjustments:
        base[adjustment.category, adjustment.rate] += adjustment.amount * (1 if adjustment.charge else -1)
    for subtotal in document.tax_subtotals:
        expected = base.get((subtotal.category, subtotal.rate))
        if expected is not None and subtotal.taxable is not None and subtotal.rate is not None:
            message = (
                f"the taxable amount of category {subtotal.category} is not that of its lines and charges"
            )
            checker.equal("TAX-BASE", "subtotal_taxable", expected, subtotal.taxable, message)


def _unstated_tax(document: TradeDocument, claimed: int) -> int:
    """The tax of a bill without a tax total, from the rates of its lines; `claimed` where rounding explains it.

    Lines without rates bear no tax: nobody's word alone adds to what the lines say.
    """
    rated = [(line.amount or 0, line.rate) for line in document.lines]
    rated += [(a.amount if a.charge else -a.amount, a.rate) for a in document.adjustments]
    exact = sum((amount * rate / 100 for amount, rate in rated if rate is not None), Fraction(0))
    tax = round_half_up(exact)
    return claimed if exact and abs(tax - claimed) <= len(rated) else tax


def _check_payable(checker: _Checker, totals: Totals) -> None:
    document = checker.document
    exclusive = totals.tax_exclusive
    if exclusive is None:
        base = totals.lines if totals.lines is not None else line_total(document)
        exclusive = base + sum(a.amount if a.charge else -a.amount for a in document.adjustments)
    inclusive = totals.tax_inclusive
    if inclusive is None and document.kind not in _BILLS:
        return  # an order's anticipated total may leave tax out; only a bill must strike its own balance
    if totals.tax is not None or document.tax_subtotals:
        tax = totals.tax if totals.tax is not None else sum(s.tax for s in document.tax_subtotals)
    elif document.kind in _BILLS:
        tax = _unstated_tax(document, (totals.gross - totals.rounding) - exclusive)
    else:
        tax = (inclusive or 0) - exclusive
    if inclusive is not None and inclusive not in (exclusive + tax, exclusive + tax + totals.rounding):
        message = "the amount with tax is not amount without tax + tax"
        checker.equal("TAX-INCLUSIVE", "total_tax_inclusive", exclusive + tax, inclusive, message)
        return
    if inclusive is None:
        inclusive = exclusive + tax
    rounding_inside = totals.rounding != 0 and inclusive == exclusive + tax + totals.rounding
    expected = inclusive - totals.prepaid + (0 if rounding_inside else totals.rounding)
    checker.equal(
        "PAYABLE",
        "total_payable",
        expected,
        totals.payable,
        "the payable amount is not amount with tax − prepaid + rounding",
    )
