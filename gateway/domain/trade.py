"""Trade documents as facts: what was ordered, answered, despatched, received, invoiced and credited.

Nothing here reads a file or a clock. Amounts are integers of the currency's minor unit; quantities and unit
prices are exact fractions; dates are calendar days as written in the document.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

MAX_AMOUNT_MINOR = 2**48 - 1
"""Largest amount a title can carry (the ledger keeps 48 bits); a document above it is refused."""
FIRST_DATE, LAST_DATE = date(2000, 1, 1), date(2099, 12, 31)
"""Days of trade: what lies outside is a slip of the pen, and the ledger's own days end in 2149."""


class DocumentKind(StrEnum):
    """The six kinds of trade document the match understands."""

    ORDER = "order"
    ORDER_RESPONSE = "order-response"
    DESPATCH_ADVICE = "despatch-advice"
    RECEIPT_ADVICE = "receipt-advice"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"


class Origin(StrEnum):
    """Where in a document a party's identifier stood; the order is its worth as a tax identity."""

    TAX = "tax"
    LEGAL = "legal"
    IDENTIFICATION = "identification"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier of a party. `valid` is None where no check is known for the scheme."""

    scheme: str
    value: str
    origin: Origin
    valid: bool | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A party as a document names it; `legal_name` may be empty, identifiers may be none."""

    name: str
    legal_name: str = ""
    identifiers: tuple[Identifier, ...] = ()
    country: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The file a document was read from: its name inside the folder and the SHA-256 of its bytes (hex)."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True, order=True)
class DocumentRef:
    """Names one document in one file; `label` is how people and decisions write it."""

    kind: DocumentKind
    number: str
    file: str
    sha256: str

    @property
    def label(self) -> str:
        """File and document number, the name a decision may use where a file holds several documents."""
        return f"{self.file}#{self.number}"


@dataclass(frozen=True, slots=True)
class AllowanceCharge:
    """A document-level allowance (`charge` false) or charge, before tax; `rate` in percent where stated."""

    charge: bool
    amount: int
    category: str = ""
    rate: Fraction | None = None


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """Tax of one category as the document states it."""

    category: str
    rate: Fraction | None
    taxable: int | None
    tax: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of any of the six kinds.

    `quantity` is the ordered, confirmed, delivered, received, invoiced or credited quantity in `unit`;
    a received quantity includes what was rejected. `unit_price` is in minor units for `base_quantity` units.
    `amount` is the line's net amount before tax; `allowance` is the line's charges less its allowances,
    already part of `amount`. `order`, `order_line`, `despatch` and `despatch_line` are empty when not stated.
    """

    id: str
    quantity: Fraction | None = None
    unit: str = ""
    rejected: Fraction = Fraction(0)
    short: Fraction = Fraction(0)
    unit_price: Fraction | None = None
    base_quantity: Fraction = Fraction(1)
    allowance: int = 0
    amount: int | None = None
    category: str = ""
    rate: Fraction | None = None
    seller_item: str = ""
    buyer_item: str = ""
    standard_item: str = ""
    description: str = ""
    order: str = ""
    order_line: str = ""
    despatch: str = ""
    despatch_line: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals as stated, minor units; None where the document says nothing. Only `payable` is always there."""

    payable: int
    lines: int | None = None
    allowances: int | None = None
    charges: int | None = None
    tax_exclusive: int | None = None
    tax: int | None = None
    tax_inclusive: int | None = None
    prepaid: int = 0
    rounding: int = 0

    @property
    def gross(self) -> int:
        """What the document comes to before anything prepaid."""
        return self.payable + self.prepaid


@dataclass(frozen=True, slots=True)
class TradeDocument:
    """One trade document. `sellers` and `buyers` name the principal first, then others standing for it.

    `exponent` is the ISO 4217 exponent of `currency` (empty and 0 for documents without money). `code` is an
    order response's answer or an invoice's type code. `order` is the one order that the document as a whole
    refers to; where it refers to several, they are `orders`. `billed` are numbers of the invoices that a credit
    note (or a negative invoice) corrects. `payee` is who is to be paid, where an invoice names one beside its
    seller.
    """

    kind: DocumentKind
    number: str
    issued: date
    source: Source
    sellers: tuple[Party, ...]
    buyers: tuple[Party, ...]
    lines: tuple[Line, ...] = ()
    time: str = ""
    due: date | None = None
    currency: str = ""
    exponent: int = 0
    code: str = ""
    order: str = ""
    orders: tuple[str, ...] = ()
    payee: Party | None = None
    despatches: tuple[str, ...] = ()
    receipts: tuple[str, ...] = ()
    billed: tuple[str, ...] = ()
    adjustments: tuple[AllowanceCharge, ...] = ()
    tax_subtotals: tuple[TaxSubtotal, ...] = ()
    totals: Totals | None = None

    @property
    def ref(self) -> DocumentRef:
        """The document's name for chains, decisions and messages."""
        return DocumentRef(self.kind, self.number, self.source.file, self.source.sha256)

    @property
    def seller(self) -> Party | None:
        """The principal seller, None when the document names none."""
        return self.sellers[0] if self.sellers else None

    @property
    def buyer(self) -> Party | None:
        """The principal buyer, None when the document names none."""
        return self.buyers[0] if self.buyers else None


def round_half_up(value: Fraction) -> int:
    """Nearest integer, halves away from zero; the one rounding of money in matching."""
    magnitude = abs(value)
    rounded = (2 * magnitude.numerator + magnitude.denominator) // (2 * magnitude.denominator)
    return rounded if value >= 0 else -rounded


def plain(value: Fraction | int | None) -> str:
    """A quantity, price or rate as a person writes it (exact decimal, or n/d); empty for None."""
    if value is None:
        return ""
    fraction = Fraction(value)
    digits = 0
    while (fraction * 10**digits).denominator != 1:
        digits += 1
        if digits > 12:
            return f"{fraction.numerator}/{fraction.denominator}"
    return decimal_text(int(fraction * 10**digits), digits)


def decimal_text(minor: int, exponent: int) -> str:
    """Minor units as a decimal string with exactly `exponent` digits after the point."""
    sign = "-" if minor < 0 else ""
    whole, part = divmod(abs(minor), 10**exponent)
    return f"{sign}{whole}.{part:0{exponent}d}" if exponent else f"{sign}{whole}"
