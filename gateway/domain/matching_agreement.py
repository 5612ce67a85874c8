"""What buyer and seller agreed on: the order as its responses left it.

A response may lower quantity or price, or reject; that governs at once. What asks the buyer for more (a
higher price or quantity, an added line) is an offer: it counts only after a person of the buyer accepts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from gateway.domain.invoices import normalise_number
from gateway.domain.matching_identity import Sameness, same_parties
from gateway.domain.matching_model import Decisions
from gateway.domain.matching_units import units_differ
from gateway.domain.trade import (
    AllowanceCharge,
    DocumentKind,
    DocumentRef,
    Line,
    Party,
    TradeDocument,
    plain,
)
from gateway.domain.trade_rules import Finding

_REJECTED = frozenset({"RE", "27"})
"""Order response codes that reject the order: UNCL 4343 RE, UNCL 1225 27 of the older profiles."""
_ACKNOWLEDGED = frozenset({"AB"})
"""Codes that confirm arrival only and agree on nothing."""
_LINE_REJECTED = frozenset({"7", "CANCELLED", "DISPUTED"})
_LINE_ADDED = frozenset({"1", "ADDED"})


@dataclass(slots=True)
class AgreedLine:
    """One order line as agreed. `price` is what one `unit` comes to in minor units, line allowances and
    charges included; `stated_price` is the bare unit price. None when the order states no price. `name` is the
    item's name, however it is spelled."""

    id: str
    quantity: Fraction
    unit: str
    price: Fraction | None
    stated_price: Fraction | None
    rate: Fraction | None
    items: tuple[str, str, str]
    name: str = ""
    received: Fraction = Fraction(0)
    consumed: Fraction = Fraction(0)

    @property
    def available(self) -> Fraction:
        """Received, within what was agreed, and not yet used up by an invoice."""
        return max(Fraction(0), min(self.received, self.quantity) - self.consumed)


class _Index:
    """The lines of one order by item number, by name and by number without leading zeros."""

    __slots__ = ("items", "names", "zeros")

    def __init__(self, lines: Iterable[AgreedLine]) -> None:
        self.items: dict[tuple[int, str], list[AgreedLine]] = {}
        self.names: dict[str, list[AgreedLine]] = {}
        self.zeros: dict[str, list[AgreedLine]] = {}
        for agreed in lines:
            self.names.setdefault(agreed.name, []).append(agreed)
            self.zeros.setdefault(agreed.id.lstrip("0"), []).append(agreed)
            for entry in enumerate(agreed.items):
                self.items.setdefault(entry, []).append(agreed)


@dataclass(slots=True, eq=False)
class Agreement:
    """An order with everything that refers to it.

    `blocked` keeps every invoice under the order from being proposed; `findings` are shown beside them.
    """

    number: str
    order: TradeDocument | None
    lines: dict[str, AgreedLine]
    currency: str
    adjustments: tuple[AllowanceCharge, ...] = ()
    responses: list[TradeDocument] = field(default_factory=list)
    despatches: list[TradeDocument] = field(default_factory=list)
    receipts: list[TradeDocument] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    blocked: list[Finding] = field(default_factory=list)
    charges_used: int = 0
    _index: _Index | None = None

    @property
    def value(self) -> Fraction:
        """What the lines come to as agreed, without tax, minor units."""
        return sum((line.quantity * (line.price or 0) for line in self.lines.values()), Fraction(0))

    def names(self) -> tuple[str, ...]:
        """How a person may write which order is meant: its number, or file and number where several share it."""
        return (self.number,) if self.order is None else (self.number, self.order.ref.label)

    def add(self, line: AgreedLine) -> None:
        """Agree on one more line, or on another version of one."""
        self.lines[line.id] = line
        self._index = None

    def by_item(self, line: Line) -> list[AgreedLine]:
        """The order lines with the line's buyer's, seller's or standard item; the first kind that hits.

        Where no number hits, the name of the item does, unless the numbers say that it is another item.
        """
        index = self._indexed()
        items = items_of(line)
        for position, item in enumerate(items):
            if item and (hits := index.items.get((position, item))):
                return hits
        name = normalise_number(line.description)
        return [a for a in index.names.get(name, ()) if name and not items_conflict(items, a.items)]

    def line(self, number: str) -> AgreedLine | None:
        """The order line of that number; one that differs only in its leading zeros is meant too."""
        if number in self.lines:
            return self.lines[number]
        alike = self._indexed().zeros.get(number.lstrip("0"), ())
        return alike[0] if len(alike) == 1 else None

    def locate(self, line: Line) -> AgreedLine | None:
        """The order line that a line of another document names, or whose item only it can be."""
        if line.order_line:
            return self.line(line.order_line)
        hits = self.by_item(line)
        return hits[0] if len(hits) == 1 else None

    def _indexed(self) -> _Index:
        if self._index is None:
            self._index = _Index(self.lines.values())
        return self._index


def spelling(number: str) -> str:
    """A document number however it is written; one without letter or digit stands for itself."""
    return normalise_number(number) or number


def items_of(line: Line) -> tuple[str, str, str]:
    """Buyer's, seller's and standard item number."""
    return line.buyer_item, line.seller_item, line.standard_item


def items_conflict(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    """Whether two lines name items, and none of the numbers both name is the same."""
    both = [(a, b) for a, b in zip(one, other, strict=True) if a and b]
    return bool(both) and all(a != b for a, b in both)


def agreed_line(line: Line) -> AgreedLine:
    """An order line as the order itself states it."""
    quantity = line.quantity or Fraction(0)
    stated = line.unit_price / line.base_quantity if line.unit_price is not None else None
    if line.amount is not None and quantity > 0:
        price: Fraction | None = Fraction(line.amount) / quantity
    elif stated is not None and quantity > 0:
        price = stated + Fraction(line.allowance) / quantity
    else:
        price = stated
    name = normalise_number(line.description)
    return AgreedLine(line.id, quantity, line.unit, price, stated, line.rate, items_of(line), name)


class Agreements:
    """Every order by number; resolves references of other documents to them."""

    def __init__(
        self,
        documents: Sequence[TradeDocument],
        contested: Iterable[DocumentRef],
        refused: Iterable[TradeDocument] = (),
    ) -> None:
        self._contested = set(contested)
        self._refused = {d.number: d.ref.label for d in refused if d.kind is DocumentKind.ORDER}
        self._by_number: dict[str, list[Agreement]] = {}
        self._by_spelling: dict[str, list[Agreement]] = {}
        self._found: dict[tuple[str, DocumentRef], tuple[Agreement | None, Sameness]] = {}
        for document in documents:
            if document.kind is DocumentKind.ORDER:
                self._add(document)

    def _add(self, order: TradeDocument) -> None:
        lines = {line.id: agreed_line(line) for line in order.lines}
        agreement = Agreement(order.number, order, lines, order.currency, order.adjustments)
        if order.ref in self._contested:
            message = f"order {order.number} stands in several files that differ; a person must choose"
            agreement.blocked.append(note(order, "DUPLICATE-DOCUMENT", "number", message))
        self._by_number.setdefault(order.number, []).append(agreement)
        self._by_spelling.setdefault(spelling(order.number), []).append(agreement)

    def all(self) -> Iterable[Agreement]:
        """Every order, in order of first mention."""
        return (agreement for group in self._by_number.values() for agreement in group)

    def is_contested(self, document: TradeDocument) -> bool:
        """Whether a person must still choose between this document and a rival of the same number."""
        return document.ref in self._contested

    def assume(self, invoice: TradeDocument) -> Agreement:
        """An order that is not among the documents, taken as the invoice states it; a person said so."""
        number = invoice.order or invoice.number
        self._found.clear()
        found = self._by_number.setdefault(number, [Agreement(number, None, {}, invoice.currency)])[0]
        for line in invoice.lines:
            name = line.order_line or line.id
            new = agreed_line(line)
            new.id = name
            old = found.lines.get(name)
            if old is not None:
                new.quantity += old.quantity
                new.price = min((p for p in (old.price, new.price) if p is not None), default=None)
            found.add(new)
        if not found.adjustments:
            found.adjustments = invoice.adjustments
        return found

    def find(self, number: str, document: TradeDocument) -> tuple[Agreement | None, Sameness]:
        """The order of that number whose parties are the document's, and how well they agree.

        Where no order has the number as it is written, one that is only spelled otherwise is meant.
        """
        key = (number, document.ref)
        if key not in self._found:
            best: tuple[Agreement | None, Sameness] = (None, Sameness.UNPROVEN)
            written = self._by_number.get(number) or self._by_spelling.get(spelling(number)) or []
            for agreement in written:
                sameness = parties_agree(agreement, document)
                if best[0] is None or sameness > best[1]:
                    best = (agreement, sameness)
            self._found[key] = best
        return self._found[key]

    def missing(self, document: TradeDocument, number: str, rule: str, line: str = "") -> Finding:
        """The finding that the order a document (or its line) refers to cannot be told, or is not here."""
        several = sorted({document.order, *document.orders} - {"", number})
        if not number and several:
            message = (
                f"the {document.kind} refers to several orders, and line {line or '(any)'} fits no single one"
            )
            return note(document, rule, "order", message, "one order", ", ".join(several), line)
        if not number:
            message = f"the {document.kind} refers to no order"
            return note(document, rule, "order", message, "a reference to an order", "none", line)
        refused = self._refused.get(number)
        what = f"was refused ({refused})" if refused else "is not among the documents"
        message = f"the {document.kind} refers to order {number}, which {what}"
        return note(document, rule, "order", message, f"order {number}", refused or "nothing", line)

    def chosen(self, name: str, document: TradeDocument) -> Agreement | None:
        """The order that a person named by its number, or as `file#number`."""
        return self.find(name, document)[0] or self.find(name.rpartition("#")[2], document)[0]


def parties_agree(agreement: Agreement, document: TradeDocument) -> Sameness:
    """How well a document's seller and buyer are those of the order; an assumed order has the invoice's."""
    if agreement.order is None:
        return Sameness.SAME
    return min(
        same_parties(agreement.order.sellers, document.sellers),
        same_parties(agreement.order.buyers, document.buyers),
    )


def note(
    document: TradeDocument,
    rule: str,
    field_name: str,
    message: str,
    expected: str = "",
    found: str = "",
    line: str = "",
) -> Finding:
    """A finding about one document."""
    return Finding(document.source.file, document.number, line, rule, field_name, message, expected, found)


def party_finding(document: TradeDocument, sameness: Sameness, other: TradeDocument | None) -> Finding | None:
    """The finding that two documents' parties do not (or only just) agree; None when they do."""
    if sameness is Sameness.SAME or other is None:
        return None
    rule = {
        Sameness.DIFFERENT: "PARTY",
        Sameness.UNPROVEN: "PARTY-UNPROVEN",
        Sameness.BY_NAME: "PARTY-BY-NAME",
    }[sameness]
    message = {
        "PARTY": "is another party than in",
        "PARTY-UNPROVEN": "has neither identifier nor name in common with",
        "PARTY-BY-NAME": "is known only by its name in",
    }[rule]
    sides = {
        "seller": (other.sellers, document.sellers),
        "buyer": (other.buyers, document.buyers),
    }
    odd = [side for side, (theirs, mine) in sides.items() if same_parties(theirs, mine) is sameness]
    message = f"{' and '.join(odd)} {message} {other.kind} {other.number}"
    expected = "; ".join(_described(side, sides[side][0]) for side in odd)
    found = "; ".join(_described(side, sides[side][1]) for side in odd)
    if expected == found:
        expected = "an identifier in both documents"
    return note(document, rule, "party", message, expected, found)


def _described(side: str, parties: Sequence[Party]) -> str:
    if not parties:
        return f"{side} unknown"
    ids = dict.fromkeys(f"{i.scheme or 'id'} {i.value}" for i in parties[0].identifiers)
    return f"{side} {parties[0].name} ({', '.join(ids) or 'no identifier'})"


def apply_responses(
    agreements: Agreements, documents: Sequence[TradeDocument], decisions: Decisions, report: list[Finding]
) -> None:
    """Let each order's latest responses govern it; several at one instant all restrict it."""
    answered: dict[int, tuple[Agreement, list[TradeDocument]]] = {}
    for document in documents:
        if document.kind is not DocumentKind.ORDER_RESPONSE:
            continue
        agreement, sameness = agreements.find(document.order, document)
        if agreement is None:
            report.append(agreements.missing(document, document.order, "ORDER-MISSING"))
            continue
        found = party_finding(document, sameness, agreement.order)
        if found is not None:
            report.append(found)
        if sameness <= Sameness.UNPROVEN and not decisions.find("PARTY-UNPROVEN", document.ref):
            continue
        agreement.responses.append(document)
        if agreements.is_contested(document):
            message = f"the response {document.number} stands in several files that differ"
            agreement.blocked.append(note(document, "DUPLICATE-DOCUMENT", "number", message))
        if document.code.upper() not in _ACKNOWLEDGED:
            answered.setdefault(id(agreement), (agreement, []))[1].append(document)
    for agreement, responses in answered.values():
        latest = max((r.issued, r.time) for r in responses)
        for response in responses:
            if (response.issued, response.time) == latest:
                _apply(agreement, response, decisions)


def _apply(agreement: Agreement, response: TradeDocument, decisions: Decisions) -> None:
    if response.code.upper() in _REJECTED:
        message = f"the seller rejected order {agreement.number}"
        agreement.blocked.append(note(response, "ORDER-REJECTED", "code", message, "accepted", response.code))
        return
    if response.currency and response.currency != agreement.currency and _priced(response):
        message = f"the response to order {agreement.number} is in another currency"
        agreement.blocked.append(
            note(response, "CURRENCY", "currency", message, agreement.currency, response.currency)
        )
        return
    for line in response.lines:
        _apply_line(agreement, response, line, decisions)


def _priced(response: TradeDocument) -> bool:
    return any(line.unit_price is not None for line in response.lines)


def _apply_line(agreement: Agreement, response: TradeDocument, line: Line, decisions: Decisions) -> None:
    agreed = agreement.line(line.order_line)
    status = line.status.upper()
    if agreed is None or status in _LINE_ADDED:
        message = f"the response adds line {line.order_line}, which the buyer did not order"
        if agreed is None and decisions.find("AMENDED-UP", response.ref, line.order_line):
            added = agreed_line(line)
            added.id = line.order_line
            agreement.add(added)
        else:
            found = plain(line.quantity)
            agreement.findings.append(
                note(response, "AMENDED-UP", "quantity", message, "0", found, line.order_line)
            )
        return
    if status in _LINE_REJECTED:
        message = f"the seller does not accept line {agreed.id} of order {agreement.number}"
        agreement.findings.append(
            note(response, "ORDER-REJECTED", "status", message, "accepted", line.status, agreed.id)
        )
        agreed.quantity = Fraction(0)
        return
    _amend(agreement, agreed, response, line, decisions)


def _amend(
    agreement: Agreement, agreed: AgreedLine, response: TradeDocument, line: Line, decisions: Decisions
) -> None:
    if line.quantity is not None:
        if units_differ(line.unit, agreed.unit):
            message = f"the response counts line {agreed.id} in another unit"
            agreement.findings.append(
                note(response, "UNIT", "quantity", message, agreed.unit, line.unit, agreed.id)
            )
            agreed.quantity = Fraction(0)
        elif line.quantity <= agreed.quantity or _accepts(
            agreement, agreed, response, decisions, "quantity", agreed.quantity, line.quantity
        ):
            agreed.quantity = line.quantity
    if line.unit_price is None:
        return
    price = line.unit_price / line.base_quantity
    was = agreed.stated_price if agreed.stated_price is not None else agreed.price
    scale = 10**response.exponent
    if (
        was is None
        or price <= was
        or _accepts(agreement, agreed, response, decisions, "price", was / scale, price / scale)
    ):
        agreed.price = price if agreed.price is None or was is None else agreed.price + price - was
        agreed.stated_price = price


def _accepts(
    agreement: Agreement,
    agreed: AgreedLine,
    response: TradeDocument,
    decisions: Decisions,
    what: str,
    ordered: Fraction,
    asked: Fraction,
) -> bool:
    """Whether a person took the seller's wish for more; if not, the wish is noted."""
    if decisions.find("AMENDED-UP", response.ref, agreed.id):
        return True
    message = f"the response asks for a higher {what} on line {agreed.id} than ordered"
    agreement.findings.append(
        note(response, "AMENDED-UP", what, message, plain(ordered), plain(asked), agreed.id)
    )
    return False
