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
    party_finding,
)
from gateway.domain.matching_identity import Sameness
from gateway.domain.matching_model import Decisions, RecordedReceipt
from gateway.domain.trade import DocumentKind, Line, TradeDocument, plain
from gateway.domain.trade_rules import Finding


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
        self._despatches: dict[str, list[TradeDocument]] = defaultdict(list)
        for document in documents:
            if document.kind is DocumentKind.DESPATCH_ADVICE:
                self._despatches[document.number].append(document)
        for document in documents:
            if document.kind is DocumentKind.DESPATCH_ADVICE:
                self._despatch(document)
        for document in documents:
            if document.kind is DocumentKind.RECEIPT_ADVICE:
                self._receive(document)
        self._compare_despatch()

    def order_of(self, document: TradeDocument, line: Line) -> str:
        """The order number of a line: its own, its document's, or that of the one despatch it refers to."""
        if line.order or document.order:
            return line.order or document.order
        numbers = {line.despatch} if line.despatch else set(document.despatches)
        orders = {d.order for number in numbers for d in self._despatches.get(number, ()) if d.order}
        return orders.pop() if len(orders) == 1 else ""

    def _despatch(self, document: TradeDocument) -> None:
        for line in document.lines:
            agreement, sameness = self._agreements.find(self.order_of(document, line), document)
            if agreement is None or sameness is Sameness.DIFFERENT:
                continue
            if document not in agreement.despatches:
                agreement.despatches.append(document)
            agreed = agreement.lines.get(line.order_line)
            if agreed is not None and line.quantity is not None:
                self._despatched[id(agreement), agreed.id] += line.quantity
        if not any(
            self._agreements.find(self.order_of(document, line), document)[0] for line in document.lines
        ):
            message = f"the despatch belongs to order {document.order or '(none)'}, which is not here"
            self.findings.append(
                note(document, "ORDER-MISSING", "order", message, "an order", document.order)
            )

    def _receive(self, document: TradeDocument) -> None:
        told: set[tuple[str, int]] = set()
        for line in document.lines:
            number = self.order_of(document, line)
            agreement, sameness = self._agreements.find(number, document)
            if agreement is None:
                message = f"the receipt belongs to order {number or '(none)'}, which is not here"
                self._unplaced(document, line, message, "an order", number)
                continue
            found = party_finding(document, sameness, agreement.order)
            if found is not None and (found.rule, id(agreement)) not in told:
                told.add((found.rule, id(agreement)))
                agreement.findings.append(found)
            if sameness <= Sameness.UNPROVEN and not self._decisions.find("PARTY-UNPROVEN", document.ref):
                continue
            if document not in agreement.receipts:
                agreement.receipts.append(document)
                if self._agreements.is_contested(document):
                    message = f"receipt {document.number} stands in several files that differ"
                    agreement.blocked.append(note(document, "DUPLICATE-DOCUMENT", "number", message))
            self._place(agreement, document, line)

    def _place(self, agreement: Agreement, document: TradeDocument, line: Line) -> None:
        agreed = self._locate(agreement, document, line)
        if agreed is None:
            message = f"receipt line {line.id} names no line of order {agreement.number} for certain"
            self._unplaced(document, line, message, "one order line", line.order_line or "none", agreement)
            return
        if items_conflict(items_of(line), agreed.items) and not self._decisions.find(
            "ITEM", document.ref, line.id
        ):
            message = f"receipt line {line.id} is for another item than order line {agreed.id}"
            expected, got = (" / ".join(filter(None, items)) for items in (agreed.items, items_of(line)))
            agreement.findings.append(note(document, "ITEM", "item", message, expected, got, line.id))
            return
        if line.unit and agreed.unit and line.unit != agreed.unit:
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
        self._covered.add((id(agreement), agreed.id))

    def _locate(self, agreement: Agreement, document: TradeDocument, line: Line) -> AgreedLine | None:
        """The order line by reference, else through the despatch line, else by an item on one line only."""
        if line.order_line:
            return agreement.lines.get(line.order_line)
        if line.despatch_line:
            numbers = (line.despatch,) if line.despatch else document.despatches
            named = {
                shipped.order_line
                for number in numbers
                for despatch in self._despatches.get(number, ())
                for shipped in despatch.lines
                if shipped.id == line.despatch_line and shipped.order_line
                if agreement.number in (shipped.order, despatch.order)
            }
            if len(named) == 1:
                return agreement.lines.get(named.pop())
        hits = agreement.by_item(line)
        return hits[0] if len(hits) == 1 else None

    def _unplaced(
        self,
        document: TradeDocument,
        line: Line,
        message: str,
        expected: str,
        got: str,
        agreement: Agreement | None = None,
    ) -> None:
        found = note(document, "RECEIPT-UNMATCHED", "order_line", message, expected, got, line.id)
        if agreement is None:
            self.findings.append(found)
        else:
            agreement.findings.append(found)

    def record(self, receipts: Iterable[RecordedReceipt]) -> None:
        """Add what named persons recorded, for lines no receipt advice covers."""
        ordered = sorted(set(receipts), key=lambda r: (r.order, r.line, r.day, r.person, r.unit, r.quantity))
        for receipt in ordered:
            agreements = [a for a in self._agreements.all() if a.number == receipt.order]
            if len(agreements) != 1 or receipt.line not in agreements[0].lines:
                message = f"{receipt.person} recorded a receipt for no single line of one order"
                self._refuse(receipt, "RECEIPT-UNMATCHED", message, "one order line", str(len(agreements)))
                continue
            agreement, agreed = agreements[0], agreements[0].lines[receipt.line]
            if (id(agreement), agreed.id) in self._covered:
                message = f"a receipt advice covers the line; what {receipt.person} recorded adds nothing"
                self._refuse(receipt, "RECEIPT-TWICE", message, "no receipt advice", plain(receipt.quantity))
            elif receipt.unit != agreed.unit:
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
