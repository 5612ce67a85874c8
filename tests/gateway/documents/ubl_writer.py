"""Writes trade documents as UBL 2.1, in the schema's order of elements, and as our CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from lxml import etree

from gateway.domain.trade import (
    DocumentKind,
    Line,
    Origin,
    Party,
    TradeDocument,
    decimal_text,
    plain,
)

_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_ROOTS = {
    DocumentKind.ORDER: "Order",
    DocumentKind.ORDER_RESPONSE: "OrderResponse",
    DocumentKind.DESPATCH_ADVICE: "DespatchAdvice",
    DocumentKind.RECEIPT_ADVICE: "ReceiptAdvice",
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.CREDIT_NOTE: "CreditNote",
}
_SCHEMES = {"GLN": "0088", "LEI": "0199", "VAT": "", "USCC": "USCC", "": ""}


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a real document says besides what the match needs."""

    note: str = ""
    customization: str = ""
    profile: str = ""
    delivered: str = ""
    place: str = ""
    terms: str = ""
    account: str = ""
    contact: str = ""
    mail: str = ""


class _Writer:
    def __init__(self, document: TradeDocument, particulars: Particulars) -> None:
        self.document = document
        self.more = particulars
        name = _ROOTS[document.kind]
        namespace = f"urn:oasis:names:specification:ubl:schema:xsd:{name}-2"
        self.root = etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace, "cac": _CAC, "cbc": _CBC})

    def text(self, parent: etree._Element, name: str, value: str, **attributes: str) -> None:
        if value:
            given = {key: text for key, text in attributes.items() if text}
            etree.SubElement(parent, f"{{{_CBC}}}{name}", given).text = value

    def part(self, parent: etree._Element, path: str) -> etree._Element:
        for name in path.split("/"):
            parent = etree.SubElement(parent, f"{{{_CAC}}}{name}")
        return parent

    def amount(self, parent: etree._Element, name: str, minor: int | None) -> None:
        if minor is not None:
            value = decimal_text(minor, self.document.exponent)
            self.text(parent, name, value, currencyID=self.document.currency)

    def quantity(self, parent: etree._Element, name: str, value: Fraction | None, unit: str) -> None:
        if value is not None:
            attributes = {"unitCode": unit} if unit else {}
            self.text(parent, name, plain(value), **attributes)

    def reference(self, name: str, value: str, parent: etree._Element | None = None) -> None:
        if value:
            self.text(self.part(self.root if parent is None else parent, name), "ID", value)

    def write(self) -> bytes:
        doc = self.document
        self.text(self.root, "UBLVersionID", "2.1")
        self.text(self.root, "CustomizationID", self.more.customization)
        self.text(self.root, "ProfileID", self.more.profile)
        self.text(self.root, "ID", doc.number)
        self.text(self.root, "IssueDate", doc.issued.isoformat())
        self.text(self.root, "IssueTime", doc.time)
        if doc.kind is DocumentKind.INVOICE:
            self.text(self.root, "DueDate", doc.due.isoformat() if doc.due else "")
            self.text(self.root, "InvoiceTypeCode", doc.code)
        if doc.kind is DocumentKind.CREDIT_NOTE:
            self.text(self.root, "CreditNoteTypeCode", doc.code)
        if doc.kind is DocumentKind.ORDER_RESPONSE:
            self.text(self.root, "OrderResponseCode", doc.code)
        self.text(self.root, "Note", self.more.note)
        self.text(self.root, "DocumentCurrencyCode", doc.currency)
        self._references()
        self._parties()
        if doc.kind in (DocumentKind.ORDER, DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE):
            self._delivery_and_terms()
            self._money()
        for line in doc.lines:
            self._line(line)
        return bytes(etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", pretty_print=True))

    def _references(self) -> None:
        doc = self.document
        self.reference("OrderReference", doc.order)
        for number in doc.billed:
            self.reference("InvoiceDocumentReference", number, self.part(self.root, "BillingReference"))
        for number in doc.despatches:
            self.reference("DespatchDocumentReference", number)
        for number in doc.receipts:
            self.reference("ReceiptDocumentReference", number)

    def _parties(self) -> None:
        seller, buyer = self.document.sellers[0], self.document.buyers[0]
        roles = {
            DocumentKind.ORDER: (("BuyerCustomerParty", buyer), ("SellerSupplierParty", seller)),
            DocumentKind.ORDER_RESPONSE: (("SellerSupplierParty", seller), ("BuyerCustomerParty", buyer)),
            DocumentKind.DESPATCH_ADVICE: (
                ("DespatchSupplierParty", seller),
                ("DeliveryCustomerParty", buyer),
            ),
            DocumentKind.RECEIPT_ADVICE: (
                ("DeliveryCustomerParty", buyer),
                ("DespatchSupplierParty", seller),
            ),
        }
        billing = (("AccountingSupplierParty", seller), ("AccountingCustomerParty", buyer))
        for role, party in roles.get(self.document.kind, billing):
            self._party(self.part(self.root, f"{role}/Party"), party, own=party is seller)

    def _party(self, node: etree._Element, party: Party, *, own: bool) -> None:
        for i in party.identifiers:
            if i.origin is Origin.ENDPOINT:
                self.text(node, "EndpointID", i.value, schemeID=_SCHEMES[i.scheme])
        for i in party.identifiers:
            if i.origin is Origin.IDENTIFICATION:
                self.text(self.part(node, "PartyIdentification"), "ID", i.value, schemeID=_SCHEMES[i.scheme])
        self.text(self.part(node, "PartyName"), "Name", party.name)
        if party.country:
            address = self.part(node, "PostalAddress")
            street, zone, city = ([*party.address.split(", "), "", "", ""])[:3]
            self.text(address, "StreetName", street)
            self.text(address, "CityName", city)
            self.text(address, "PostalZone", zone)
            self.text(self.part(address, "Country"), "IdentificationCode", party.country)
        for i in party.identifiers:
            if i.origin is Origin.TAX:
                tax = self.part(node, "PartyTaxScheme")
                self.text(tax, "CompanyID", i.value)
                self.text(self.part(tax, "TaxScheme"), "ID", "VAT")
        legal = self.part(node, "PartyLegalEntity")
        self.text(legal, "RegistrationName", party.legal_name)
        for i in party.identifiers:
            if i.origin is Origin.LEGAL:
                self.text(legal, "CompanyID", i.value, schemeID=_SCHEMES[i.scheme])
        if own and self.more.contact:
            contact = self.part(node, "Contact")
            self.text(contact, "Name", self.more.contact)
            self.text(contact, "ElectronicMail", self.more.mail)

    def _delivery_and_terms(self) -> None:
        if self.more.delivered or self.more.place:
            delivery = self.part(self.root, "Delivery")
            self.text(delivery, "ActualDeliveryDate", self.more.delivered)
            if self.more.place:
                address = self.part(delivery, "DeliveryLocation/Address")
                self.text(address, "StreetName", self.more.place)
        if self.more.account:
            means = self.part(self.root, "PaymentMeans")
            self.text(means, "PaymentMeansCode", "30")
            self.text(self.part(means, "PayeeFinancialAccount"), "ID", self.more.account)
        if self.more.terms:
            self.text(self.part(self.root, "PaymentTerms"), "Note", self.more.terms)

    def _money(self) -> None:
        doc, totals = self.document, self.document.totals
        for adjustment in doc.adjustments:
            node = self.part(self.root, "AllowanceCharge")
            self.text(node, "ChargeIndicator", "true" if adjustment.charge else "false")
            self.amount(node, "Amount", adjustment.amount)
            if adjustment.category:
                self._category(node, "TaxCategory", adjustment.category, adjustment.rate)
        if totals is None:
            return
        tax = self.part(self.root, "TaxTotal")
        self.amount(tax, "TaxAmount", totals.tax)
        for subtotal in doc.tax_subtotals:
            node = self.part(tax, "TaxSubtotal")
            self.amount(node, "TaxableAmount", subtotal.taxable)
            self.amount(node, "TaxAmount", subtotal.tax)
            self._category(node, "TaxCategory", subtotal.category, subtotal.rate)
        name = "AnticipatedMonetaryTotal" if doc.kind is DocumentKind.ORDER else "LegalMonetaryTotal"
        node = self.part(self.root, name)
        self.amount(node, "LineExtensionAmount", totals.lines)
        self.amount(node, "TaxExclusiveAmount", totals.tax_exclusive)
        self.amount(node, "TaxInclusiveAmount", totals.tax_inclusive)
        self.amount(node, "AllowanceTotalAmount", totals.allowances)
        self.amount(node, "ChargeTotalAmount", totals.charges)
        self.amount(node, "PrepaidAmount", totals.prepaid or None)
        self.amount(node, "PayableRoundingAmount", totals.rounding or None)
        self.amount(node, "PayableAmount", totals.payable)

    def _category(self, parent: etree._Element, name: str, category: str, rate: Fraction | None) -> None:
        node = self.part(parent, name)
        self.text(node, "ID", category)
        self.text(node, "Percent", plain(rate))
        self.text(self.part(node, "TaxScheme"), "ID", "VAT")

    def _line(self, line: Line) -> None:
        kind = self.document.kind
        if kind in (DocumentKind.ORDER, DocumentKind.ORDER_RESPONSE):
            outer = self.part(self.root, "OrderLine")
            node = self.part(outer, "LineItem")
            self.text(node, "ID", line.id)
            self.text(node, "LineStatusCode", line.status)
            self.quantity(node, "Quantity", line.quantity, line.unit)
            self.amount(node, "LineExtensionAmount", line.amount)
            self._price(node, line)
            self._item(node, line)
            if kind is DocumentKind.ORDER_RESPONSE and line.order_line:
                self._line_reference(outer, line)
            return
        names = {
            DocumentKind.DESPATCH_ADVICE: ("DespatchLine", "DeliveredQuantity"),
            DocumentKind.RECEIPT_ADVICE: ("ReceiptLine", "ReceivedQuantity"),
            DocumentKind.INVOICE: ("InvoiceLine", "InvoicedQuantity"),
            DocumentKind.CREDIT_NOTE: ("CreditNoteLine", "CreditedQuantity"),
        }
        name, quantity = names[kind]
        node = self.part(self.root, name)
        self.text(node, "ID", line.id)
        self.quantity(node, quantity, line.quantity, line.unit)
        self.quantity(node, "ShortQuantity", line.short or None, line.unit)
        self.quantity(node, "RejectedQuantity", line.rejected or None, line.unit)
        self.amount(node, "LineExtensionAmount", line.amount)
        if line.order_line:
            self._line_reference(node, line)
        if line.despatch_line:
            self.text(self.part(node, "DespatchLineReference"), "LineID", line.despatch_line)
        self._item(node, line)
        self._price(node, line)

    def _line_reference(self, parent: etree._Element, line: Line) -> None:
        node = self.part(parent, "OrderLineReference")
        self.text(node, "LineID", line.order_line)
        if line.order and line.order != self.document.order:
            self.reference("OrderReference", line.order, node)

    def _item(self, parent: etree._Element, line: Line) -> None:
        node = self.part(parent, "Item")
        self.text(node, "Name", line.description)
        self.reference("BuyersItemIdentification", line.buyer_item, node)
        self.reference("SellersItemIdentification", line.seller_item, node)
        self.reference("StandardItemIdentification", line.standard_item, node)
        if line.category:
            self._category(node, "ClassifiedTaxCategory", line.category, line.rate)

    def _price(self, parent: etree._Element, line: Line) -> None:
        if line.unit_price is None:
            return
        node = self.part(parent, "Price")
        value = plain(line.unit_price / 10**self.document.exponent)
        self.text(node, "PriceAmount", value, currencyID=self.document.currency)
        if line.base_quantity != 1:
            self.quantity(node, "BaseQuantity", line.base_quantity, line.unit)


def to_ubl(document: TradeDocument, particulars: Particulars | None = None) -> bytes:
    """One document as UBL 2.1."""
    return _Writer(document, particulars or Particulars()).write()


def to_csv(documents: Iterable[TradeDocument]) -> bytes:
    """Documents as one file of our CSV."""
    rows = [row for document in documents for row in _csv_rows(document)]
    columns = list(dict.fromkeys(name for row in rows for name, value in row.items() if value))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _csv_rows(doc: TradeDocument) -> Iterable[dict[str, str]]:
    def money(minor: int | None) -> str:
        return "" if minor is None else decimal_text(minor, doc.exponent)

    header = {"kind": doc.kind.value, "number": doc.number, "seller_name": doc.sellers[0].name}
    rest = {"issue_date": doc.issued.isoformat(), "due_date": doc.due.isoformat() if doc.due else ""}
    rest |= {"currency": doc.currency, "code": doc.code, "order": doc.order}
    rest |= {"despatch": " ".join(doc.despatches), "receipt": " ".join(doc.receipts)}
    rest["original_invoice"] = " ".join(doc.billed)
    for role, party in (("seller", doc.sellers[0]), ("buyer", doc.buyers[0])):
        ids = {"tax_id" if i.origin is Origin.TAX else i.scheme.lower(): i.value for i in party.identifiers}
        rest |= {f"{role}_{name}": value for name, value in ids.items()}
        rest |= {f"{role}_country": party.country, f"{role}_address": party.address}
    rest["buyer_name"] = doc.buyers[0].name
    if doc.totals:
        names = ("lines", "allowances", "charges", "tax_exclusive", "tax", "tax_inclusive", "payable")
        rest |= {f"total_{name}": money(getattr(doc.totals, name)) for name in names}
        rest["total_prepaid"] = money(doc.totals.prepaid or None)
    for number, line in enumerate(doc.lines):
        yield (
            header
            | (rest if number == 0 else {})
            | {
                "line": line.id,
                "order_line": line.order_line,
                "despatch_line": line.despatch_line,
                "line_status": line.status,
                "seller_item": line.seller_item,
                "buyer_item": line.buyer_item,
                "standard_item": line.standard_item,
                "description": line.description,
                "quantity": plain(line.quantity),
                "unit": line.unit,
                "rejected": plain(line.rejected) if line.rejected else "",
                "short": plain(line.short) if line.short else "",
                "price": "" if line.unit_price is None else plain(line.unit_price / 10**doc.exponent),
                "line_amount": money(line.amount),
                "tax_category": line.category,
                "tax_rate": plain(line.rate),
            }
        )
    if not doc.lines:
        yield header | rest | {"line": ""}
