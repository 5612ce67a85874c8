"""Credit notes and negative invoices on the invoices they correct."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.domain.invoices import normalise_number
from gateway.domain.matching_agreement import note, party_finding, spelling
from gateway.domain.matching_identity import Sameness, same_parties
from gateway.domain.matching_model import Decisions
from gateway.domain.trade import DocumentKind, DocumentRef, TradeDocument
from gateway.domain.trade_rules import Finding


def is_credit(document: TradeDocument) -> bool:
    """A credit note, or an invoice that gives money back."""
    if document.kind is DocumentKind.CREDIT_NOTE:
        return True
    return document.kind is DocumentKind.INVOICE and document.totals is not None and document.totals.gross < 0


def credited_amount(document: TradeDocument) -> int:
    """What a credit takes off its invoice, minor units, never negative."""
    payable = document.totals.payable if document.totals else 0
    return max(0, payable if document.kind is DocumentKind.CREDIT_NOTE else -payable)


@dataclass(slots=True)
class Credits:
    """Credits by invoice, findings that block an invoice, and findings on credits alone."""

    by_invoice: dict[DocumentRef, list[TradeDocument]] = field(default_factory=lambda: defaultdict(list))
    blocked: dict[DocumentRef, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    findings: list[Finding] = field(default_factory=list)

    def total(self, invoice: TradeDocument, contested: Mapping[DocumentRef, int]) -> int:
        """What all credits take off an invoice; of rivals a person has not chosen among, the largest."""
        total = 0
        rivals: dict[int, int] = {}
        for credit in self.by_invoice.get(invoice.ref, ()):
            amount = credited_amount(credit) if credit.currency == invoice.currency else 0
            group = contested.get(credit.ref)
            if group is None:
                total += amount
            else:
                rivals[group] = max(rivals.get(group, 0), amount)
        return total + sum(rivals.values())


class _Invoices:
    """The invoices that credits may be about, and each by its number however it is spelled."""

    def __init__(
        self, invoices: Iterable[TradeDocument], orders_of: Callable[[TradeDocument], set[str]]
    ) -> None:
        self._orders_of = orders_of
        self.all = list(invoices)
        self.by_number: dict[str, list[TradeDocument]] = defaultdict(list)
        for invoice in self.all:
            self.by_number[normalise_number(invoice.number)].append(invoice)

    def orders(self, document: TradeDocument) -> set[str]:
        """The orders a document is about, however their numbers are spelled."""
        return {spelling(number) for number in self._orders_of(document)} - {""}


def link_credits(
    documents: Sequence[TradeDocument],
    contested: Mapping[DocumentRef, int],
    decisions: Decisions,
    orders_of: Callable[[TradeDocument], set[str]],
) -> Credits:
    """Put every credit on its invoice; what cannot be placed for certain blocks whatever it may be about.

    `orders_of` answers the numbers of the orders that a document's lines belong to.
    """
    result = Credits()
    bills = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)
    bought = (d for d in documents if d.kind is DocumentKind.INVOICE and not is_credit(d))
    invoices = _Invoices(bought, orders_of)
    for credit in documents:
        if credit.kind in bills and is_credit(credit):
            _link(credit, invoices, contested, decisions, result)
    return result


def _link(
    credit: TradeDocument,
    invoices: _Invoices,
    contested: Mapping[DocumentRef, int],
    decisions: Decisions,
    result: Credits,
) -> None:
    named = {id(i): i for n in credit.billed for i in invoices.by_number.get(normalise_number(n), ())}
    targets = named_invoices(credit, named.values())
    groups = {contested.get(t.ref, t.ref) for t in targets}
    if len(groups) != 1:
        candidates = targets or _about(credit, invoices)
        decision = decisions.find("CREDIT-NOTE-UNLINKED", credit.ref)
        if decision is None:
            _unlinked(credit, candidates, result)
            return
        targets = [i for i in invoices.all if decision.chosen in (i.ref.file, i.ref.label, i.number)]
        if decision.chosen and len(targets) != 1:
            decisions.lacking(decision, "chosen: the one invoice that it corrects, or nothing")
            _unlinked(credit, candidates, result)
            return
    for invoice in targets:
        result.by_invoice[invoice.ref].append(credit)
        _compare(credit, invoice, contested, decisions, result)


def named_invoices(credit: TradeDocument, invoices: Iterable[TradeDocument]) -> list[TradeDocument]:
    """The invoices of the credit's seller whose numbers it names, however they are spelled."""
    numbers = {normalise_number(number) for number in credit.billed} - {""}
    return [
        invoice
        for invoice in invoices
        if normalise_number(invoice.number) in numbers
        and same_parties(invoice.sellers, credit.sellers) >= Sameness.BY_NAME
    ]


def _about(credit: TradeDocument, invoices: _Invoices) -> list[TradeDocument]:
    """Invoices that a credit which names none may be about.

    They are of its seller, buyer and currency, not younger, not smaller; and where both say so, of its order
    and with an item of its own.
    """
    if credit.billed:
        return []
    amount, orders, items = credited_amount(credit), invoices.orders(credit), _items(credit)
    return [
        invoice
        for invoice in invoices.all
        if invoice.currency == credit.currency
        and invoice.issued <= credit.issued
        and invoice.totals is not None
        and amount <= invoice.totals.gross
        and _may_share(orders, invoices.orders(invoice))
        and _may_share(items, _items(invoice))
        and same_parties(invoice.sellers, credit.sellers) >= Sameness.BY_NAME
        and same_parties(invoice.buyers, credit.buyers) >= Sameness.BY_NAME
    ]


def _may_share(mine: set[str], theirs: set[str]) -> bool:
    """Whether two documents have something in common, or one of them does not say."""
    return not mine or not theirs or bool(mine & theirs)


def _items(document: TradeDocument) -> set[str]:
    """Every item by its seller's number; nothing as soon as one line does not say."""
    items = {line.seller_item for line in document.lines}
    return set() if "" in items else items


def _unlinked(credit: TradeDocument, candidates: Sequence[TradeDocument], result: Credits) -> None:
    billed = ", ".join(credit.billed) or "none"
    message = f"{credit.kind} {credit.number} names no single invoice among the documents (it names {billed})"
    found = ", ".join(c.ref.label for c in candidates)
    finding = note(
        credit, "CREDIT-NOTE-UNLINKED", "original invoice", message, "one invoice", found or billed
    )
    result.findings.append(finding)
    for invoice in candidates:
        result.blocked[invoice.ref].append(finding)


def _compare(
    credit: TradeDocument,
    invoice: TradeDocument,
    contested: Mapping[DocumentRef, int],
    decisions: Decisions,
    result: Credits,
) -> None:
    blocks = []
    if credit.currency != invoice.currency:
        message = f"{credit.kind} {credit.number} is in another currency than its invoice {invoice.number}"
        blocks.append(note(credit, "CURRENCY", "currency", message, invoice.currency, credit.currency))
    sameness = same_parties(credit.buyers, invoice.buyers)
    found = party_finding(credit, sameness, invoice)
    accepted = sameness is Sameness.UNPROVEN and decisions.find("PARTY-UNPROVEN", credit.ref)
    if found is not None and not accepted:
        (blocks if sameness <= Sameness.UNPROVEN else result.findings).append(found)
    if credit.ref in contested:
        message = f"{credit.kind} {credit.number} stands in several files that differ; a person must choose"
        blocks.append(note(credit, "DUPLICATE-INVOICE", "number", message))
    result.blocked[invoice.ref].extend(blocks)
    result.findings.extend(blocks)
