"""Every rule that the import of documents and of warehouses' files and the three-way match can name, in one table, and
what it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a broken rule does to the document or to the amount proposed."""

    REFUSE = "refuse"
    """The document (or file) is not used at all."""
    BLOCK = "block"
    """Nothing is proposed for what the finding touches: the document, or its line where one is named."""
    CAP = "cap"
    """Less is proposed than was invoiced."""
    NOTE = "note"
    """Shown to a person; changes no amount."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by name. `resolvable`: a named person's decision can lift it, giving a reason."""

    id: str
    sentence: str
    effect: Effect
    resolvable: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One exception: where it is (file, document number, line, field), which rule, and both values."""

    file: str
    document: str
    line: str
    rule: str
    field: str
    message: str
    expected: str = ""
    found: str = ""

    @property
    def effect(self) -> Effect:
        """The effect its rule has."""
        return RULES[self.rule].effect

    @property
    def resolvable(self) -> bool:
        """Whether a person's decision can lift it."""
        return RULES[self.rule].resolvable


def _table(rows: Iterable[tuple[str, Effect, bool, str]]) -> dict[str, Rule]:
    return {name: Rule(name, sentence, effect, resolvable) for name, effect, resolvable, sentence in rows}


_FILE_RULES = (
    (
        "FORMAT-UNSUPPORTED",
        Effect.REFUSE,
        False,
        "As documents UBL 2 orders, order responses, despatch and receipt advices, invoices, credit notes and the "
        "CSV of docs/csv.md are read; of warehouses EPCIS 2.0 in JSON, UBL 2 inventory reports and the CSV of "
        "docs/warehouse-csv.md.",
    ),
    (
        "FILE-UNREADABLE",
        Effect.REFUSE,
        False,
        "The file can be opened, and is an ordinary file of the folder.",
    ),
    ("FILE-EMPTY", Effect.REFUSE, False, "The file is not empty."),
    ("FILE-SIZE", Effect.REFUSE, False, "The file is within the size limit."),
    ("TEXT-ENCODING", Effect.REFUSE, False, "The bytes are text in the encoding that the file declares."),
    ("XML-MALFORMED", Effect.REFUSE, False, "The XML is well formed."),
    ("XML-DTD", Effect.REFUSE, False, "A document carries no document type declaration and no entities."),
    ("XML-LIMIT", Effect.REFUSE, False, "The XML stays within the parser's limits of depth and text size."),
    ("CSV-COLUMN", Effect.REFUSE, False, "The CSV has every mandatory column, each once, and none unknown."),
    ("CSV-ROW", Effect.REFUSE, False, "Every CSV row has as many fields as the header row."),
    ("CSV-CONTRADICTION", Effect.REFUSE, False, "The rows of one document agree on its header fields."),
    ("DUPLICATE-IN-FILE", Effect.REFUSE, False, "A document number stands once in a file."),
)
_DOCUMENT_RULES = (
    ("FIELD-MISSING", Effect.REFUSE, False, "Every mandatory field is there."),
    ("PARTY-MISSING", Effect.REFUSE, False, "Seller and buyer are both named."),
    ("AMOUNT-MISSING", Effect.REFUSE, False, "Every mandatory amount is there."),
    ("LINES-MISSING", Effect.REFUSE, False, "A document has at least one line."),
    ("NUMBER-FORMAT", Effect.REFUSE, False, "Numbers are plain decimals with a point."),
    ("DATE-FORMAT", Effect.REFUSE, False, "Dates are real calendar days, YYYY-MM-DD."),
    ("DATE-RANGE", Effect.REFUSE, False, "Dates lie between the years 2000 and 2099."),
    (
        "TEXT-FORM",
        Effect.REFUSE,
        False,
        "Numbers, names and references have at most 200 characters, none of them a control character.",
    ),
    ("CURRENCY-MISSING", Effect.REFUSE, False, "The document's currency can be told."),
    ("CURRENCY-UNKNOWN", Effect.REFUSE, False, "Currencies are active ISO 4217 codes with a minor unit."),
    ("CURRENCY-MIXED", Effect.REFUSE, False, "Every amount is in the document's currency."),
    ("AMOUNT-PRECISION", Effect.REFUSE, False, "No amount is finer than the currency's minor unit."),
    ("AMOUNT-RANGE", Effect.REFUSE, False, "No amount is larger than the ledger can carry (48 bits)."),
    (
        "LEGAL-ID-CHECK",
        Effect.REFUSE,
        False,
        "USCC (outer and inner check) and LEI have right check characters.",
    ),
    ("IDENTIFIER-CHECK", Effect.NOTE, False, "Other party identifiers pass the check of their scheme."),
    (
        "NEGATIVE-QUANTITY",
        Effect.REFUSE,
        False,
        "Ordered, confirmed, delivered, received and stored quantities are not negative.",
    ),
    (
        "RETURN-LINE",
        Effect.NOTE,
        False,
        "A negative quantity on an invoice or credit note is a return and lowers it.",
    ),
    ("NEGATIVE-PRICE", Effect.REFUSE, False, "Unit prices are not negative; base quantities are above 0."),
    ("REJECTED-OVER-RECEIVED", Effect.REFUSE, False, "No more is rejected than was received."),
    ("DUPLICATE-LINE", Effect.REFUSE, False, "A line number stands once in an order."),
    (
        "LINE-ARITHMETIC",
        Effect.NOTE,
        False,
        "Line amount = quantity × price ÷ base quantity + charges − allowances.",
    ),
    ("SUM-OF-LINES", Effect.REFUSE, False, "The total of lines is the sum of the line amounts."),
    ("ALLOWANCE-TOTAL", Effect.REFUSE, False, "The total of allowances is the sum of the allowances."),
    ("CHARGE-TOTAL", Effect.REFUSE, False, "The total of charges is the sum of the charges."),
    ("TAX-EXCLUSIVE", Effect.REFUSE, False, "Amount without tax = lines − allowances + charges."),
    ("TAX-TOTAL", Effect.REFUSE, False, "The tax total is the sum of its subtotals."),
    ("TAX-ARITHMETIC", Effect.REFUSE, False, "Tax of a category = taxable amount × rate, within rounding."),
    ("TAX-BASE", Effect.NOTE, False, "Taxable amount of a category = its lines − allowances + charges."),
    ("TAX-INCLUSIVE", Effect.REFUSE, False, "Amount with tax = amount without tax + tax."),
    ("PAYABLE", Effect.REFUSE, False, "Payable = amount with tax − prepaid + rounding."),
)
_MATCH_RULES = (
    (
        "INVOICE-TYPE",
        Effect.BLOCK,
        True,
        "An invoice asks for payment to its seller: it is neither pro forma (325) nor factored (393, 396).",
    ),
    ("PAYEE", Effect.NOTE, False, "An invoice is to be paid to its seller, not to somebody else it names."),
    ("NOT-RECEIVED", Effect.BLOCK, False, "A payable needs a receipt by the buyer; despatch is not receipt."),
    ("OVER-INVOICED", Effect.CAP, False, "No more is payable than was received and not yet invoiced."),
    ("OVER-ORDERED", Effect.CAP, False, "No more is payable than was ordered and agreed."),
    ("PRICE", Effect.CAP, True, "The invoiced price is not above the agreed price."),
    ("PRICE-BELOW", Effect.NOTE, False, "The invoiced price is the agreed price."),
    ("PRICE-MISSING", Effect.BLOCK, True, "The order states a price for the line."),
    ("UNIT", Effect.BLOCK, False, "Order, receipt and invoice count a line in one unit, however spelled."),
    ("CURRENCY", Effect.BLOCK, False, "Order, invoice and credit note are in one currency."),
    ("TAX", Effect.CAP, True, "The invoiced tax rate is not above the ordered one."),
    ("TAX-BELOW", Effect.NOTE, False, "The invoiced tax rate is the ordered one."),
    ("TAX-UNKNOWN", Effect.CAP, False, "The tax of part of an invoice follows from rates on its lines."),
    ("ITEM", Effect.BLOCK, True, "Order, receipt and invoice name the same item on a line."),
    ("QUANTITY-MISSING", Effect.BLOCK, False, "A line to be matched states its quantity."),
    ("CHARGE", Effect.CAP, True, "A charge on the invoice was agreed in the order."),
    ("ALLOWANCE", Effect.CAP, False, "The invoice grants the allowances agreed in the order."),
    ("ORDER-MISSING", Effect.BLOCK, True, "The order that a document refers to is among the documents."),
    ("ORDER-REJECTED", Effect.BLOCK, False, "The seller has not rejected the order or the line."),
    (
        "AMENDED-UP",
        Effect.CAP,
        True,
        "An order response that asks for more than the order needs the buyer's consent.",
    ),
    (
        "LINE-UNMATCHED",
        Effect.BLOCK,
        True,
        "A line names its order line, or an item on one order line only.",
    ),
    ("PARTY", Effect.BLOCK, False, "Order, receipt, invoice and credit note name the same seller and buyer."),
    ("PARTY-UNPROVEN", Effect.BLOCK, True, "Two documents' parties have an identifier or a name in common."),
    (
        "PARTY-BY-NAME",
        Effect.NOTE,
        False,
        "Two documents' parties have an identifier in common, not only a name.",
    ),
    ("SAME-PARTY", Effect.BLOCK, False, "Seller and buyer of an invoice are different parties."),
    (
        "SELLER-ID-MISSING",
        Effect.BLOCK,
        False,
        "The seller's tax identity and the invoice number can be told.",
    ),
    ("DUE-MISSING", Effect.BLOCK, True, "An invoice states one due date."),
    ("DUE-BEFORE-ISSUE", Effect.BLOCK, True, "An invoice falls due on or after its issue."),
    (
        "DUPLICATE-INVOICE",
        Effect.BLOCK,
        True,
        "Seller, kind, number and year name one invoice or credit note.",
    ),
    ("DUPLICATE-DOCUMENT", Effect.BLOCK, True, "A number names one order, response, despatch or receipt."),
    ("DUPLICATE-COPY", Effect.NOTE, False, "A second copy with the same content counts once."),
    ("PREPAID-OVER-RECEIVED", Effect.CAP, False, "What was prepaid counts first against what was received."),
    ("CREDIT-NOTE-UNLINKED", Effect.BLOCK, True, "A credit note names one invoice among the documents."),
    (
        "REFUSED-DOCUMENT",
        Effect.BLOCK,
        True,
        "No credit note or order response about an invoice was refused.",
    ),
    ("CREDIT-OVER-INVOICE", Effect.NOTE, False, "Credit notes do not exceed their invoice."),
    ("NOT-PAYABLE", Effect.NOTE, False, "An invoice whose net amount is 0 or less is not payable."),
    ("RECEIPT-UNMATCHED", Effect.NOTE, True, "A receipt line can be placed on one line of one order."),
    ("RECEIPT-TWICE", Effect.NOTE, False, "A recorded receipt adds nothing where a receipt advice speaks."),
    ("RECEIVED-OVER-DESPATCHED", Effect.NOTE, False, "No more is received than was despatched."),
    ("SHORT-DELIVERY", Effect.NOTE, False, "What was short or rejected does not count as received."),
    ("DECISION-UNKNOWN", Effect.NOTE, False, "A decision concerns a finding that exists."),
    (
        "DECISION-REFUSED",
        Effect.NOTE,
        False,
        "A decision resolves only a resolvable rule, with what it needs.",
    ),
)
_WAREHOUSE_RULES = (
    (
        "JSON-MALFORMED",
        Effect.REFUSE,
        False,
        "The JSON is well formed, and no name stands twice in an object.",
    ),
    ("JSON-LIMIT", Effect.REFUSE, False, "The JSON stays within the reader's limit of depth."),
    (
        "ELEMENT-UNKNOWN",
        Effect.REFUSE,
        False,
        "Elements are those of the standard; others have a prefix of their own.",
    ),
    ("ELEMENT-FORM", Effect.REFUSE, False, "An element is of the kind that the standard gives it."),
    (
        "TERM-UNKNOWN",
        Effect.REFUSE,
        False,
        "Kinds of rows, business steps and dispositions are those that are known here.",
    ),
    ("GS1-KEY", Effect.REFUSE, False, "A GS1 key has the form of its scheme and the right check digit."),
    ("VIN-FORM", Effect.REFUSE, False, "A vehicle number has 17 letters and digits, none of them I, O or Q."),
    ("TIME-FORM", Effect.REFUSE, False, "A time is a real one as ISO 8601 writes it, with its zone."),
    ("TIME-ZONE", Effect.NOTE, False, "A time without a zone is one of the ledger's own, +08:00."),
    (
        "TIME-AHEAD",
        Effect.REFUSE,
        False,
        "An event is no more than a day later than its file came: nobody has seen what is to come.",
    ),
    (
        "PLACE-MISSING",
        Effect.NOTE,
        False,
        "It is told where goods are; else they are only somewhere at their keeper.",
    ),
    ("LOT-MISSING", Effect.NOTE, False, "Goods are told with their lot; else they are a lot by their item."),
    ("NOT-AVAILABLE", Effect.NOTE, False, "Goods that will be available later do not lie there yet."),
    ("NOT-USED", Effect.NOTE, False, "What says nothing about stock is kept and not used."),
    ("EVENT-REPEATED", Effect.NOTE, False, "An event stands once in a file; the same again counts once."),
)

RULES: dict[str, Rule] = _table((*_FILE_RULES, *_DOCUMENT_RULES, *_MATCH_RULES, *_WAREHOUSE_RULES))
"""Every rule by id."""
