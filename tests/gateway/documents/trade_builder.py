"""Builds trade documents for tests: sums and tax as a careful seller would strike them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from hashlib import sha256

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
    round_half_up,
)

ORDERED, DELIVERED, INVOICED = date(2026, 1, 12), date(2026, 2, 20), date(2026, 3, 2)
DUE = date(2026, 6, 30)


def firm(name: str, uscc: str, gln: str = "", country: str = "CN", address: str = "") -> Party:
    """A party with a tax and company number and, where given, a GLN endpoint."""
    scheme = "USCC" if country == "CN" else "VAT"
    ids = [Identifier(scheme, uscc, Origin.TAX, True)]
    if country == "CN":
        ids.append(Identifier("USCC", uscc, Origin.LEGAL, True))
    if gln:
        ids.append(Identifier("GLN", gln, Origin.ENDPOINT, True))
    return Party(name, name, tuple(ids), country, address)


BUYER = firm("京畿轨道装备集团有限公司", "91110115MA0C0RE19E", "6900000000014")
SELLER = firm("申浦精密部件有限公司", "91310115MA1T1ER19W", "6900000000021")
STRANGER = firm("岭南机电有限公司", "91440300MA5T1ER24W", "6900000000038")


def source(name: str) -> Source:
    """A source whose hash follows from its name, for documents that never were files."""
    return Source(name, sha256(name.encode()).hexdigest())


def line(
    id_: str,
    quantity: int | Fraction | None,
    price: int | Fraction | None = None,
    *,
    unit: str = "EA",
    rate: int | None = 13,
    order_line: str = "",
    **more: object,
) -> Line:
    """A line of `quantity` at `price` minor units; its amount follows when there is a price."""
    exact = None if quantity is None else Fraction(quantity)
    amount = None if exact is None or price is None else round_half_up(exact * price)
    fields: dict[str, object] = {
        "id": id_,
        "quantity": exact,
        "unit": unit,
        "unit_price": None if price is None else Fraction(price),
        "amount": amount,
        "order_line": order_line,
        "seller_item": f"S-{order_line or id_}",
        "description": f"部件 {order_line or id_}",
    }
    if price is not None and rate is not None:
        fields |= {"category": "S" if rate else "Z", "rate": Fraction(rate)}
    return Line(**(fields | more))  # type: ignore[arg-type]  # keyword options of a test builder


def bill_totals(
    lines: Sequence[Line], adjustments: Sequence[AllowanceCharge] = (), prepaid: int = 0
) -> tuple[Totals, tuple[TaxSubtotal, ...]]:
    """Totals and tax subtotals as EN 16931 strikes them."""
    base: dict[tuple[str, Fraction | None], int] = defaultdict(int)
    for one in lines:
        base[one.category, one.rate] += one.amount or 0
    for adjustment in adjustments:
        base[adjustment.category, adjustment.rate] += adjustment.amount * (1 if adjustment.charge else -1)
    subtotals = tuple(
        TaxSubtotal(category, rate, amount, round_half_up(amount * (rate or Fraction(0)) / 100))
        for (category, rate), amount in sorted(base.items(), key=lambda item: str(item[0]))
    )
    net = sum(one.amount or 0 for one in lines)
    allowances = sum(a.amount for a in adjustments if not a.charge)
    charges = sum(a.amount for a in adjustments if a.charge)
    tax = sum(s.tax for s in subtotals)
    gross = net - allowances + charges + tax
    totals = Totals(
        payable=gross - prepaid,
        lines=net,
        allowances=allowances if allowances else None,
        charges=charges if charges else None,
        tax_exclusive=net - allowances + charges,
        tax=tax,
        tax_inclusive=gross,
        prepaid=prepaid,
    )
    return totals, subtotals


def document(kind: DocumentKind, number: str, lines: Sequence[Line], **more: object) -> TradeDocument:
    """A document between SELLER and BUYER in CNY, in a file named after it; `more` overrides any field."""
    issued = {DocumentKind.ORDER: ORDERED, DocumentKind.ORDER_RESPONSE: ORDERED}.get(kind, DELIVERED)
    if kind in (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE):
        issued = INVOICED
    adjustments = more.get("adjustments", ())
    prepaid = more.pop("prepaid", 0)
    fields: dict[str, object] = {
        "kind": kind,
        "number": number,
        "issued": issued,
        "source": source(f"{kind}-{number}.xml"),
        "sellers": (SELLER,),
        "buyers": (BUYER,),
        "lines": tuple(lines),
    }
    if kind in (DocumentKind.ORDER, DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE):
        totals, subtotals = bill_totals(lines, adjustments, prepaid)  # type: ignore[arg-type]  # as given
        fields |= {"currency": "CNY", "exponent": 2, "totals": totals, "tax_subtotals": subtotals}
    if kind is DocumentKind.INVOICE:
        fields |= {"due": DUE, "code": "380"}
    return TradeDocument(**(fields | more))  # type: ignore[arg-type]  # keyword options of a test builder


def order(number: str, lines: Sequence[Line], **more: object) -> TradeDocument:
    """An order."""
    return document(DocumentKind.ORDER, number, lines, **more)


def response(number: str, to: str, lines: Sequence[Line] = (), **more: object) -> TradeDocument:
    """An order response to order `to`."""
    fields = {"order": to, "code": "AP", "currency": "CNY", "exponent": 2} | more
    return document(DocumentKind.ORDER_RESPONSE, number, lines, **fields)


def despatch(number: str, of: str, lines: Sequence[Line], **more: object) -> TradeDocument:
    """A despatch advice for order `of`."""
    return document(DocumentKind.DESPATCH_ADVICE, number, lines, **({"order": of} | more))


def receipt(number: str, of: str, lines: Sequence[Line], **more: object) -> TradeDocument:
    """A receipt advice for order `of`."""
    return document(DocumentKind.RECEIPT_ADVICE, number, lines, **({"order": of} | more))


def invoice(number: str, of: str, lines: Sequence[Line], **more: object) -> TradeDocument:
    """An invoice for order `of`."""
    return document(DocumentKind.INVOICE, number, lines, **({"order": of} | more))


def credit_note(number: str, billed: str, lines: Sequence[Line], **more: object) -> TradeDocument:
    """A credit note on invoice `billed`."""
    return document(
        DocumentKind.CREDIT_NOTE, number, lines, **({"billed": (billed,) if billed else ()} | more)
    )


def moved(doc: TradeDocument, file: str) -> TradeDocument:
    """The same document in another file."""
    return replace(doc, source=source(file))


def chain(
    ordered: int = 100, received: int = 100, invoiced: int = 100, price: int = 1_000
) -> list[TradeDocument]:
    """One line from order to invoice."""
    return [
        order("PO-1", [line("1", ordered, price)]),
        response("OR-1", "PO-1"),
        despatch("DA-1", "PO-1", [line("1", ordered, order_line="1")]),
        receipt("RA-1", "PO-1", [line("1", received, order_line="1")], despatches=("DA-1",)),
        invoice("INV-1", "PO-1", [line("1", invoiced, price, order_line="1")]),
    ]
