"""What the buyer received, placed on order lines. Despatch never counts; short and rejected do not count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction

from gateway.domain.matching_agreement import (
    AgreedLine,
    Agreement,
    Agreements,
    items_conflict,
    items_of,
    note,
    parties_agree,
    party_finding,
    spelling,
)
from gateway.domain.matching_identity import Sameness
from gateway.domain.matching_model import Decisions, RecordedReceipt
from gateway.domain.matching_units import units_differ
from gateway.domain.trade import DocumentKind, Line, TradeDocument, plain
from gateway.domain.trade_rules import Finding


class _Papers:
    """Despatch and receipt advices by number, for the documents that refer to them."""

    def __init__(self, documents: Sequence[TradeDocument]) -> None:
        self._orders: dict[tuple[DocumentKind, str], set[str]] = defaultdict(set)
        self._lines: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for document in documents:
            if document.kind not in (DocumentKind.DESPATCH_ADVICE, DocumentKind.RECEIPT_ADVICE):
                continue
            number = spelling(document.number)
            orders = {document.order, *document.orders, *(line.order for line in document.lines)} - {""}
            self._orders[document.kind, number] |= orders
            if document.kind is DocumentKind.DESPATCH_ADVICE:
                for line in document.lines:
                    if line.order_line:
                        place = (line.order or document.order, line.order_line)
                        self._lines[number, line.id].append(place)

    def orders(self, document: TradeDocument, line: Line) -> set[str]:
        """The orders of the despatch advices that a line or its document refers to, else of its receipts."""
        despatches = (line.despatch,) if line.despatch else document.despatches
        lines = ((spelling(number), line.despatch_line) for number in despatches)
        exact = {order for place in lines for order, _ in self._lines.get(place, ())} - {""}
        if exact:
            return exact
        kinds = ((DocumentKind.DESPATCH_ADVICE, despatches), (DocumentKind.RECEIPT_ADVICE, document.receipts))
        for kind, numbers in kinds:
            found = {order for n in numbers for order in self._orders.get((kind, spelling(n)), ())}
            if found:
                return found
        return set()

    def order_lines(self, order: str, document: TradeDocument, line: Line) -> set[str]:
        """The lines of an order that the despatch line was for which a line refers to."""
        numbers = (line.despatch,) if line.despatch else document.despatches
        wanted = spelling(order)
        return {
            order_line
            for number in numbers
            for named, order_line in self._lines.get((spelling(number), line.despatch_line), ())
            if spelling(named) == wanted
        }


class Receiving:
    """Places despatches, receipt advices and recorded receipts on order lines, once, in a fixed order."""

    def __init__(
        self,
        agreements: Agreements,
        documents: Sequence[TradeDocument],
        decisions: Decisions,
    ) -> None:
        self._agreements = agreements
        self._decisions = decisions
        self.findings: list[Finding] = []
        self.recorded: dict[int, list[RecordedReceipt]] = defaultdict(list)
        self._covered: set[tuple[int, str]] = set()
        self._despatched: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
        self._refused: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
        self._papers = _Papers(documents)
        for document in documents:
            if document.kind is DocumentKind.DESPATCH_ADVICE:
                self._despatch(document)
        for document in documents:
            if document.kind is DocumentKind.RECEIPT_ADVICE:
                self._receive(document)
        self._compare_despatch()

    def order_of(self, document: TradeDocument, line: Line) -> str:
        """The order number of a line: its own, its document's, else that of the despatch or receipt it refers to.

        Of several orders it is the one with a line that this line can be; empty when nobody can tell.
        """
        if line.order or document.order:
            return line.order or document.order
        named = set(document.orders) or self._papers.orders(document, line)
        if len(named) > 1:
            named = {number for number in named if self._fits(number, document, line)}
        return named.pop() if len(named) == 1 else ""

    def _fits(self, number: str, document: TradeDocument, line: Line) -> bool:
        agreement, sameness = self._agreements.find(number, document)
        if agreement is None or sameness is Sameness.DIFFERENT:
            return False
        agreed = self._locate(agreement, document, line)
        return agreed is not None and not items_conflict(items_of(line), agreed.items)

    def despatched(self, agreement: Agreement, line: str) -> Fraction:
        """What was sent of an order line, which counts for nothing."""
        return self._despatched.get((id(agreement), line), Fraction(0))

    def missing(self, agreement: Agreement, line: str) -> Fraction:
        """What did not come of a line that something came of: sent and not received, short, or rejected."""
        agreed = agreement.lines[line]
        if (id(agreement), line) not in self._covered and not agreed.received:
            return Fraction(0)
        lost = max(self.despatched(agreement, line) - agreed.received, self._refused[id(agreement), line])
        return max(Fraction(0), min(lost, agreed.quantity - agreed.received))

    def _despatch(self, document: TradeDocument) -> None:
        placed = False
        for line in document.lines:
            agreement, sameness = self._agreements.find(self.order_of(document, line), document)
            placed = placed or agreement is not None
            if agreement is None or sameness is Sameness.DIFFERENT:
                continue
            if document not in agreement.despatches:
                agreement.despatches.append(document)
            agreed = agreement.locate(line)
            if agreed is not None and line.quantity is not None:
                self._despatched[id(agreement), agreed.id] += line.quantity
        if not placed:
            self.findings.append(self._agreements.missing(document, document.order, "ORDER-MISSING"))

    def _receive(self, document: TradeDocument) -> None:
        agree: dict[int, Sameness] = {}
        for line in document.lines:
            number = self.order_of(document, line)
            agreement = self._agreements.find(number, document)[0]
            agreed = None if agreement is None else self._locate(agreement, document, line)
            if agreed is None:
                agreement, agreed = self._chosen(agreement, document, line)
            if agreement is None:
                self.findings.append(self._agreements.missing(document, number, "RECEIPT-UNMATCHED", line.id))
                continue
            if id(agreement) not in agree:
                agree[id(agreement)] = parties_agree(agreement, document)
                found = party_finding(document, agree[id(agreement)], agreement.order)
                agreement.findings += [found] if found is not None else []
            if agree[id(agreement)] <= Sameness.UNPROVEN and not self._decisions.find(
                "PARTY-UNPROVEN", document.ref
            ):
                continue
            if document not in agreement.receipts:
                agreement.receipts.append(document)
                if self._agreements.is_contested(document):
                    message = f"receipt {document.number} stands in several files that differ"
                    agreement.blocked.append(note(document, "DUPLICATE-DOCUMENT", "number", message))
            self._place(agreement, agreed, document, line)

    def _chosen(
        self, agreement: Agreement | None, document: TradeDocument, line: Line
    ) -> tuple[Agreement | None, AgreedLine | None]:
        """Where a person put a receipt line that cannot be placed for certain."""
        decision = self._decisions.find("RECEIPT-UNMATCHED", document.ref, line.id)
        if decision is None:
            return agreement, None
        order, _, number = decision.chosen.rpartition("#")
        chosen = self._agreements.chosen(order, document) if order else agreement
        agreed = None if chosen is None else chosen.line(number)
        if agreed is None:
            self._decisions.lacking(decision, "chosen: a line of an order that is here")
            return agreement, None
        return chosen, agreed

    def _place(
        self, agreement: Agreement, agreed: AgreedLine | None, document: TradeDocument, line: Line
    ) -> None:
        if agreed is None:
            message = f"receipt line {line.id} names no line of order {agreement.number} for certain"
            found = note(
                document, "RECEIPT-UNMATCHED", "order_line", message, "one order line",
                line.order_line or "none", line.id,
            )  # fmt: skip
            agreement.findings.append(found)
            return
        if items_conflict(items_of(line), agreed.items) and not self._decisions.find(
            "ITEM", document.ref, line.id
        ):
            message = f"receipt line {line.id} is for another item than order line {agreed.id}"
            expected, got = (" / ".join(filter(None, items)) for items in (agreed.items, items_of(line)))
            agreement.findings.append(note(document, "ITEM", "item", message, expected, got, line.id))
            return
        if units_differ(line.unit, agreed.unit):
            message = f"receipt line {line.id} counts in another unit than order line {agreed.id}"
            agreement.findings.append(
                note(document, "UNIT", "unit", message, agreed.unit, line.unit, line.id)
            )
            return
        if line.quantity is None:
            message = f"receipt line {line.id} states no quantity"
            agreement.findings.append(note(document, "QUANTITY-MISSING", "quantity", message, line=line.id))
            return
        if line.rejected or line.short:
            message = (
                f"receipt line {line.id}: {plain(line.quantity)} received, "
                f"{plain(line.rejected)} rejected, {plain(line.short)} short"
            )
            expected = f"{plain(line.quantity + line.short)} {line.unit}".rstrip()
            got = f"{plain(line.quantity - line.rejected)} {line.unit}".rstrip()
            found = note(document, "SHORT-DELIVERY", "quantity", message, expected, got, line.id)
            agreement.findings.append(found)
        agreed.received += max(Fraction(0), line.quantity - line.rejected)
        self._refused[id(agreement), agreed.id] += line.rejected + line.short
        self._covered.add((id(agreement), agreed.id))

    def _locate(self, agreement: Agreement, document: TradeDocument, line: Line) -> AgreedLine | None:
        """The order line by reference, else through the despatch line, else by an item on one line only."""
        if not line.order_line and line.despatch_line:
            named = self._papers.order_lines(agreement.number, document, line)
            if len(named) == 1:
                return agreement.line(named.pop())
        return agreement.locate(line)

    def record(self, receipts: Iterable[RecordedReceipt]) -> None:
        """Add what named persons recorded, for lines no receipt advice covers."""
        ordered = sorted(set(receipts), key=lambda r: (r.order, r.line, r.day, r.person, r.unit, r.quantity))
        for receipt in ordered:
            agreements = [a for a in self._agreements.all() if receipt.order in a.names()]
            agreed = agreements[0].line(receipt.line) if len(agreements) == 1 else None
            if agreed is None:
                message = f"{receipt.person} recorded a receipt for no single line of one order"
                self._refuse(receipt, "RECEIPT-UNMATCHED", message, "one order line", str(len(agreements)))
                continue
            agreement = agreements[0]
            if (id(agreement), agreed.id) in self._covered:
                message = f"a receipt advice covers the line; what {receipt.person} recorded adds nothing"
                self._refuse(receipt, "RECEIPT-TWICE", message, "no receipt advice", plain(receipt.quantity))
            elif units_differ(receipt.unit, agreed.unit) or not receipt.unit:
                message = f"{receipt.person} recorded a receipt in another unit than ordered"
                self._refuse(receipt, "UNIT", message, agreed.unit, receipt.unit)
            else:
                agreed.received += receipt.quantity
                self.recorded[id(agreement)].append(receipt)

    def _refuse(self, receipt: RecordedReceipt, rule: str, message: str, expected: str, got: str) -> None:
        self.findings.append(
            Finding("", receipt.order, receipt.line, rule, "recorded receipt", message, expected, got)
        )

    def _compare_despatch(self) -> None:
        for agreement in self._agreements.all():
            for agreed in agreement.lines.values():
                shipped = self._despatched.get((id(agreement), agreed.id))
                if shipped is not None and agreed.received > shipped:
                    document = agreement.receipts[0]
                    message = f"more was received on order line {agreed.id} than was despatched"
                    found = note(
                        document,
                        "RECEIVED-OVER-DESPATCHED",
                        "quantity",
                        message,
                        plain(shipped),
                        plain(agreed.received),
                        agreed.id,
                    )
                    agreement.findings.append(found)
