"""UBL 2.x and Peppol BIS documents: Order, OrderResponse(Simple), DespatchAdvice, ReceiptAdvice, Invoice,
CreditNote. One table says where each kind keeps what; one path reads them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from gateway.adapters.documents.party_ids import identifier
from gateway.adapters.documents.reading import Outcome, Reading
from gateway.adapters.documents.xml_reader import Node
from gateway.domain.trade import (
    AllowanceCharge,
    DocumentKind,
    Identifier,
    Line,
    Origin,
    Party,
    Source,
    TaxSubtotal,
    Totals,
    TradeDocument,
)

_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"
_ZERO_RATED = frozenset({"Z", "E", "AE", "K", "G", "O"})
"""UNCL 5305 categories that carry no tax even when they state no rate."""
_TOTALS = {
    "lines": "cbc:LineExtensionAmount",
    "allowances": "cbc:AllowanceTotalAmount",
    "charges": "cbc:ChargeTotalAmount",
    "tax_exclusive": "cbc:TaxExclusiveAmount",
    "tax_inclusive": "cbc:TaxInclusiveAmount",
    "prepaid": "cbc:PrepaidAmount",
    "rounding": "cbc:PayableRoundingAmount",
    "payable": "cbc:PayableAmount",
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where one kind of document keeps its parts."""

    kind: DocumentKind
    line: str
    quantity: str
    sellers: tuple[str, ...]
    buyers: tuple[str, ...]
    item: str = ""
    totals: str = ""

    @property
    def money(self) -> bool:
        """Whether amounts, and so a currency, are mandatory."""
        return self.kind in (DocumentKind.ORDER, DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)

    @property
    def bill(self) -> bool:
        """Whether the document asks for money or gives it back."""
        return self.kind in (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)

    def path(self, field: str) -> str:
        """A line field's full name for messages."""
        inside = f"{self.item}/" if self.item and field != "cac:OrderLineReference/cbc:LineID" else ""
        return f"{self.line}/{inside}{field}"


_SHIPPED = (DocumentKind.DESPATCH_ADVICE, DocumentKind.RECEIPT_ADVICE)
_TRADE_SELLER, _TRADE_BUYER = "cac:SellerSupplierParty", "cac:BuyerCustomerParty"
_BILL_SELLER, _BILL_BUYER = "cac:AccountingSupplierParty", "cac:AccountingCustomerParty"
_SHIP_SELLER, _SHIP_BUYER = "cac:DespatchSupplierParty", "cac:DeliveryCustomerParty"
_SHAPES = {
    "Order": _Shape(
        DocumentKind.ORDER,
        "cac:OrderLine",
        "cbc:Quantity",
        (_TRADE_SELLER, _BILL_SELLER),
        (_TRADE_BUYER, _BILL_BUYER),
        item="cac:LineItem",
        totals="cac:AnticipatedMonetaryTotal",
    ),
    "OrderResponse": _Shape(
        DocumentKind.ORDER_RESPONSE,
        "cac:OrderLine",
        "cbc:Quantity",
        (_TRADE_SELLER, _BILL_SELLER),
        (_TRADE_BUYER, _BILL_BUYER),
        item="cac:LineItem",
    ),
    "OrderResponseSimple": _Shape(
        DocumentKind.ORDER_RESPONSE,
        "cac:OrderLine",
        "cbc:Quantity",
        (_TRADE_SELLER, _BILL_SELLER),
        (_TRADE_BUYER, _BILL_BUYER),
        item="cac:LineItem",
    ),
    "DespatchAdvice": _Shape(
        DocumentKind.DESPATCH_ADVICE,
        "cac:DespatchLine",
        "cbc:DeliveredQuantity",
        (_TRADE_SELLER, _SHIP_SELLER),
        (_TRADE_BUYER, _SHIP_BUYER),
    ),
    "ReceiptAdvice": _Shape(
        DocumentKind.RECEIPT_ADVICE,
        "cac:ReceiptLine",
        "cbc:ReceivedQuantity",
        (_TRADE_SELLER, _SHIP_SELLER),
        (_TRADE_BUYER, _SHIP_BUYER),
    ),
    "Invoice": _Shape(
        DocumentKind.INVOICE,
        "cac:InvoiceLine",
        "cbc:InvoicedQuantity",
        (_BILL_SELLER, _TRADE_SELLER),
        (_BILL_BUYER, _TRADE_BUYER),
        totals="cac:LegalMonetaryTotal",
    ),
    "CreditNote": _Shape(
        DocumentKind.CREDIT_NOTE,
        "cac:CreditNoteLine",
        "cbc:CreditedQuantity",
        (_BILL_SELLER, _TRADE_SELLER),
        (_BILL_BUYER, _TRADE_BUYER),
        totals="cac:LegalMonetaryTotal",
    ),
}


def supports(root: Node) -> bool:
    """Whether an XML root is one of the UBL 2 kinds read here."""
    return root.name in _SHAPES and root.namespace == _NAMESPACE.format(root.name)


def read(root: Node, source: Source) -> Outcome:
    """One UBL document and what is wrong with it."""
    shape = _SHAPES[root.name]
    reading = Reading(source, shape.kind, root.text("cbc:ID"), "cbc:ID")
    number = reading.number
    reading.required(number, "cbc:ID")
    issued_text = reading.required(root.text("cbc:IssueDate"), "cbc:IssueDate")
    issued = reading.date(issued_text, "cbc:IssueDate")
    stated = root.text("cbc:DocumentCurrencyCode")
    reading.set_currency(stated, "cbc:DocumentCurrencyCode", root.currencies(), needed=shape.money)
    sellers = _parties(reading, root, shape.sellers)
    buyers = _parties(reading, root, shape.buyers)
    if shape.money and not reading.currency:
        return reading.finish(None, {})  # without a currency every amount below would be noise
    orders = _references(reading, root, "cac:OrderReference/cbc:ID")
    lines = tuple(_line(reading, node, shape) for node in root.all(shape.line))
    adjustments = _adjustments(reading, root)
    tax, subtotals = _tax(reading, root)
    totals = _read_totals(reading, root, shape, tax)
    due = _due(reading, root)
    if issued is None:
        return reading.finish(None, {})
    document = TradeDocument(
        kind=shape.kind,
        number=number,
        issued=issued,
        source=source,
        sellers=sellers,
        buyers=buyers,
        lines=lines,
        time=root.text("cbc:IssueTime"),
        due=due,
        code=_code(root),
        payee=_payee(reading, root),
        order=_only(orders),
        orders=orders if len(orders) > 1 else (),
        despatches=_references(reading, root, "cac:DespatchDocumentReference/cbc:ID"),
        receipts=_references(reading, root, "cac:ReceiptDocumentReference/cbc:ID"),
        billed=_billed(reading, root, shape),
        adjustments=adjustments,
        tax_subtotals=subtotals,
        totals=totals,
    )
    return reading.finish(document, _field_names(shape))


def _code(root: Node) -> str:
    """An order response's answer (a simple response's yes or no as AP or RE), or an invoice's type."""
    accepted = root.text("cbc:AcceptedIndicator").lower()
    if root.name == "OrderResponseSimple":
        return {"true": "AP", "1": "AP", "false": "RE", "0": "RE"}.get(accepted, "")
    paths = ("cbc:OrderResponseCode", "cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode")
    return next((code for path in paths if (code := root.text(path))), "")


def _references(reading: Reading, root: Node, path: str, line: str = "") -> tuple[str, ...]:
    """Every reference at a path, each once; `NA` stands for none where the standard wants an element."""
    found = (reading.name(node.text(), path, line) for node in root.all(path))
    return tuple(dict.fromkeys(text for text in found if text and text.upper() != "NA"))


def _only(values: tuple[str, ...]) -> str:
    """The one value; of several nobody can say which is meant."""
    return values[0] if len(values) == 1 else ""


def _billed(reading: Reading, root: Node, shape: _Shape) -> tuple[str, ...]:
    path = "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"
    lines = _references(reading, root, f"{shape.line}/{path}")
    named = tuple(dict.fromkeys((*_references(reading, root, path), *lines)))
    # Some name the invoice only where they say what was wrong with it.
    return named or _references(reading, root, "cac:DiscrepancyResponse/cbc:ReferenceID")


def _payee(reading: Reading, root: Node) -> Party | None:
    """Who is to be paid, where an invoice says that it is another than the seller."""
    node = root.first("cac:PayeeParty") if reading.kind is DocumentKind.INVOICE else None
    return None if node is None else _party(reading, node, "cac:PayeeParty")


def _due(reading: Reading, root: Node) -> date | None:
    """The due date: the header's, else the one that payment means or terms agree on; a note is not read."""
    for paths in (
        ("cbc:DueDate",),
        ("cac:PaymentMeans/cbc:PaymentDueDate",),
        ("cac:PaymentTerms/cbc:PaymentDueDate", "cac:PaymentTerms/cbc:InstallmentDueDate"),
    ):
        found = {text: path for path in paths for node in root.all(path) if (text := node.text())}
        days = {day for text, path in found.items() if (day := reading.date(text, path)) is not None}
        if days:
            return days.pop() if len(days) == 1 else None
    return None


def _parties(reading: Reading, root: Node, paths: tuple[str, ...]) -> tuple[Party, ...]:
    found = []
    for path in paths:
        node = root.first(f"{path}/cac:Party")
        if node is not None and (party := _party(reading, node, f"{path}/cac:Party")) is not None:
            found.append(party)
    if not found:
        field = f"{paths[-1] if reading.kind in _SHIPPED else paths[0]}/cac:Party"
        reading.note("PARTY-MISSING", field, f"{field} is missing or names nobody", "a party", "nothing")
    return tuple(found)


def _party(reading: Reading, node: Node, field: str) -> Party | None:
    legal = node.first("cac:PartyLegalEntity")
    country = (
        node.text("cac:PostalAddress/cac:Country/cbc:IdentificationCode")
        or node.text("cac:PartyLegalEntity/cac:RegistrationAddress/cac:Country/cbc:IdentificationCode")
    ).upper()
    ids: list[Identifier | None] = []
    for tax in node.all("cac:PartyTaxScheme"):
        path = f"{field}/cac:PartyTaxScheme/cbc:CompanyID"
        scheme = tax.attribute("cbc:CompanyID", "schemeID") or tax.text("cac:TaxScheme/cbc:ID") or "VAT"
        ids.append(identifier(reading, path, Origin.TAX, scheme, tax.text("cbc:CompanyID"), country))
    if legal is not None:
        path = f"{field}/cac:PartyLegalEntity/cbc:CompanyID"
        scheme = legal.attribute("cbc:CompanyID", "schemeID")
        ids.append(identifier(reading, path, Origin.LEGAL, scheme, legal.text("cbc:CompanyID"), country))
    for other in node.all("cac:PartyIdentification/cbc:ID"):
        path = f"{field}/cac:PartyIdentification/cbc:ID"
        scheme = other.attribute("", "schemeID")
        ids.append(identifier(reading, path, Origin.IDENTIFICATION, scheme, other.text(), country))
    path = f"{field}/cbc:EndpointID"
    scheme = node.attribute("cbc:EndpointID", "schemeID")
    ids.append(identifier(reading, path, Origin.ENDPOINT, scheme, node.text("cbc:EndpointID"), country))
    known = tuple(dict.fromkeys(i for i in ids if i is not None))
    name = reading.name(node.text("cac:PartyName/cbc:Name"), f"{field}/cac:PartyName/cbc:Name")
    path = f"{field}/cac:PartyLegalEntity/cbc:RegistrationName"
    legal_name = "" if legal is None else reading.name(legal.text("cbc:RegistrationName"), path)
    if not (name or legal_name or known):
        return None
    return Party(name or legal_name, legal_name, known, country, _address(node))


def _address(node: Node) -> str:
    address = node.first("cac:PostalAddress")
    if address is None:
        return ""
    parts = ("cbc:StreetName", "cbc:AdditionalStreetName", "cbc:PostalZone", "cbc:CityName")
    return ", ".join(text for part in parts if (text := address.text(part)))


def _line(reading: Reading, outer: Node, shape: _Shape) -> Line:
    node = (outer.first(shape.item) if shape.item else outer) or outer
    field = shape.path("cbc:ID")
    id_ = reading.required(reading.name(node.text("cbc:ID"), field), field)
    order_line = _only(_references(reading, outer, "cac:OrderLineReference/cbc:LineID", id_))
    order = _only(_references(reading, outer, "cac:OrderLineReference/cac:OrderReference/cbc:ID", id_))
    if reading.kind is DocumentKind.ORDER_RESPONSE and not order_line:
        order_line = id_  # a response that refers to no line repeats the order's own line numbers
    quantity = reading.decimal(node.text(shape.quantity), shape.path(shape.quantity), id_)
    if quantity is None and reading.kind is DocumentKind.ORDER and not node.text(shape.quantity):
        reading.required("", shape.path(shape.quantity), id_)
    amount_path = "cbc:LineExtensionAmount"
    amount = _amount(reading, node, amount_path, shape.path(amount_path), id_)
    if shape.bill and amount is None and not node.text(amount_path):
        reading.required("", shape.path(amount_path), id_, "AMOUNT-MISSING")
    category, rate = _line_tax(reading, node, shape, id_)
    zero = Fraction(0)
    item = node.first("cac:Item")

    def item_number(kind: str) -> str:
        path = f"cac:{kind}ItemIdentification/cbc:ID"
        return reading.name(item.text(path), shape.path(f"cac:Item/{path}"), id_) if item else ""

    def shipped(path: str) -> str:
        return _only(_references(reading, node, f"cac:DespatchLineReference/{path}", id_))

    return Line(
        id=id_,
        quantity=quantity,
        unit=reading.name(node.attribute(shape.quantity, "unitCode"), shape.path(shape.quantity), id_),
        rejected=_quantity(reading, node, shape, "cbc:RejectedQuantity", id_) or zero,
        short=_quantity(reading, node, shape, "cbc:ShortQuantity", id_) or zero,
        unit_price=_price(reading, node, shape, id_),
        base_quantity=_base_quantity(reading, node, shape, id_),
        allowance=sum(a.amount if a.charge else -a.amount for a in _adjustments(reading, node, shape, id_)),
        amount=amount,
        category=category,
        rate=rate,
        seller_item=item_number("Sellers"),
        buyer_item=item_number("Buyers"),
        standard_item=item_number("Standard"),
        description=(item.text("cbc:Name") or item.text("cbc:Description")) if item else "",
        order=order,
        order_line=order_line,
        despatch=shipped("cac:DocumentReference/cbc:ID"),
        despatch_line=shipped("cbc:LineID"),
        status=node.text("cbc:LineStatusCode"),
    )


def _amount(reading: Reading, node: Node, path: str, field: str, line: str = "") -> int | None:
    return reading.amount(node.text(path), field, line, node.attribute(path, "currencyID"))


def _quantity(reading: Reading, node: Node, shape: _Shape, path: str, line: str) -> Fraction | None:
    return reading.decimal(node.text(path), shape.path(path), line)


def _price(reading: Reading, node: Node, shape: _Shape, line: str) -> Fraction | None:
    path = "cac:Price/cbc:PriceAmount"
    currency = node.attribute(path, "currencyID")
    if node.text(path) and not reading.currency:
        reading.note(
            "CURRENCY-MISSING", shape.path(path), "a price without a currency", "ISO 4217 code", "", line
        )
        return None
    if currency and reading.currency and currency != reading.currency:
        message = f"{shape.path(path)} is not in the document's currency"
        reading.note("CURRENCY-MIXED", shape.path(path), message, reading.currency, currency, line)
        return None
    return reading.scaled(node.text(path), shape.path(path), line)


def _base_quantity(reading: Reading, node: Node, shape: _Shape, line: str) -> Fraction:
    value = _quantity(reading, node, shape, "cac:Price/cbc:BaseQuantity", line)
    return Fraction(1) if value is None else value


def _line_tax(reading: Reading, node: Node, shape: _Shape, line: str) -> tuple[str, Fraction | None]:
    """Category and rate of a line: its item's tax category, else the one subtotal of its own tax total."""
    for path in ("cac:Item/cac:ClassifiedTaxCategory", "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"):
        found = node.all(path)
        if len(found) == 1:
            return _category(reading, found[0], shape.path(path), line)
    return "", None


def _category(reading: Reading, node: Node, field: str, line: str = "") -> tuple[str, Fraction | None]:
    category = node.text("cbc:ID")
    rate = reading.decimal(node.text("cbc:Percent"), f"{field}/cbc:Percent", line)
    return category, Fraction(0) if rate is None and category in _ZERO_RATED else rate


def _adjustments(
    reading: Reading, root: Node, shape: _Shape | None = None, line: str = ""
) -> tuple[AllowanceCharge, ...]:
    found = []
    for node in root.all("cac:AllowanceCharge"):
        field = shape.path("cac:AllowanceCharge") if shape else "cac:AllowanceCharge"
        indicator = node.text("cbc:ChargeIndicator").lower()
        if indicator not in ("true", "false", "1", "0"):
            reading.note(
                "FIELD-MISSING",
                f"{field}/cbc:ChargeIndicator",
                "an allowance or charge does not say which it is",
                "true or false",
                indicator or "nothing",
                line,
            )
            continue
        amount = _amount(reading, node, "cbc:Amount", f"{field}/cbc:Amount", line)
        if amount is None:
            if not node.text("cbc:Amount"):
                reading.required("", f"{field}/cbc:Amount", line, "AMOUNT-MISSING")
            continue
        tax = node.first("cac:TaxCategory")
        category, rate = _category(reading, tax, f"{field}/cac:TaxCategory", line) if tax else ("", None)
        found.append(AllowanceCharge(indicator in ("true", "1"), amount, category, rate))
    return tuple(found)


def _tax(reading: Reading, root: Node) -> tuple[int | None, tuple[TaxSubtotal, ...]]:
    """The tax total in the document's currency; one in an accounting currency beside it is passed over."""
    field = "cac:TaxTotal/cbc:TaxAmount"
    totals = [
        node
        for node in root.all("cac:TaxTotal")
        if node.attribute("cbc:TaxAmount", "currencyID") in ("", reading.currency)
    ]
    if not totals and root.all("cac:TaxTotal"):
        reading.note("CURRENCY-MIXED", field, "no tax total is in the document's currency", reading.currency)
    if not totals:
        return None, ()
    amounts = [_amount(reading, node, "cbc:TaxAmount", field) for node in totals]
    subtotals = tuple(_subtotal(reading, node) for total in totals for node in total.all("cac:TaxSubtotal"))
    return sum(amount or 0 for amount in amounts), subtotals


def _subtotal(reading: Reading, node: Node) -> TaxSubtotal:
    field = "cac:TaxTotal/cac:TaxSubtotal"
    category_node = node.first("cac:TaxCategory")
    category, rate = "", None
    if category_node is not None:
        category, rate = _category(reading, category_node, f"{field}/cac:TaxCategory")
    if rate is None:  # UBL 2.0 keeps the rate one level higher
        rate = reading.decimal(node.text("cbc:Percent"), f"{field}/cbc:Percent")
    taxable = _amount(reading, node, "cbc:TaxableAmount", f"{field}/cbc:TaxableAmount")
    tax = _amount(reading, node, "cbc:TaxAmount", f"{field}/cbc:TaxAmount")
    return TaxSubtotal(category, rate, taxable, tax or 0)


def _read_totals(reading: Reading, root: Node, shape: _Shape, tax: int | None) -> Totals | None:
    if not shape.totals:
        return None
    node = root.first(shape.totals)
    field = f"{shape.totals}/cbc:PayableAmount"
    if node is None or not node.text("cbc:PayableAmount"):
        if shape.bill:
            reading.note("AMOUNT-MISSING", field, f"{field} is missing", "an amount", "nothing")
        return None
    read = {name: _amount(reading, node, path, f"{shape.totals}/{path}") for name, path in _TOTALS.items()}
    if read["prepaid"] is None:
        field = "cac:PrepaidPayment/cbc:PaidAmount"
        paid = [_amount(reading, each, "cbc:PaidAmount", field) for each in root.all("cac:PrepaidPayment")]
        read["prepaid"] = sum(amount or 0 for amount in paid)
    return Totals(
        payable=read["payable"] or 0,
        lines=read["lines"],
        allowances=read["allowances"],
        charges=read["charges"],
        tax_exclusive=read["tax_exclusive"],
        tax=tax,
        tax_inclusive=read["tax_inclusive"],
        prepaid=read["prepaid"] or 0,
        rounding=read["rounding"] or 0,
    )


def _field_names(shape: _Shape) -> dict[str, str]:
    """Neutral names of the arithmetic checks to UBL paths."""
    totals = {f"total_{name}": f"{shape.totals}/{path}" for name, path in _TOTALS.items()}
    subtotal = "cac:TaxTotal/cac:TaxSubtotal"
    return totals | {
        "lines": shape.line,
        "id": shape.path("cbc:ID"),
        "quantity": shape.path(shape.quantity),
        "rejected": shape.path("cbc:RejectedQuantity"),
        "short": shape.path("cbc:ShortQuantity"),
        "price": shape.path("cac:Price/cbc:PriceAmount"),
        "base_quantity": shape.path("cac:Price/cbc:BaseQuantity"),
        "line_amount": shape.path("cbc:LineExtensionAmount"),
        "total_tax": "cac:TaxTotal/cbc:TaxAmount",
        "subtotal_tax": f"{subtotal}/cbc:TaxAmount",
        "subtotal_taxable": f"{subtotal}/cbc:TaxableAmount",
    }
