"""The three-way match: ordered, received, invoiced; per invoice what may be proposed, and why not more.

For every invoice 0 ≤ proposed ≤ net and proposed ≤ received; over all invoices the payable quantity of an
order line never exceeds what was received of it. What was prepaid counts first against what was received, so
that prepaid and proposed together never exceed it either. The order of the documents is without effect.

A receipt is a receipt advice of the buyer, or what a named person of the buyer recorded. Despatch is not
receipt. Every deviation is a finding with its rule of `RULES`; a person's `Decision` lifts those that are
resolvable. Nothing is guessed: what cannot be placed for certain is worth nothing until somebody places it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from gateway.domain.invoices import invoice_key, normalise_number
from gateway.domain.matching_agreement import Agreements, apply_responses, note
from gateway.domain.matching_credits import Credits, is_credit, link_credits, named_invoices
from gateway.domain.matching_identity import Distinct, Sameness, distinct, same_party
from gateway.domain.matching_lines import LineMatcher, MatchedLines
from gateway.domain.matching_model import (
    Chain,
    Decision,
    Decisions,
    LineMatch,
    MatchReport,
    MatchResult,
    ProposedPayable,
    RecordedReceipt,
)
from gateway.domain.matching_orders import match_orders
from gateway.domain.matching_receipts import Receiving
from gateway.domain.matching_value import Agreed, Valued, value_invoice
from gateway.domain.trade import LAST_DATE, DocumentKind, DocumentRef, TradeDocument, decimal_text
from gateway.domain.trade_rules import RULES, Effect, Finding, Rule

_NOT_PAYABLE_TYPES = frozenset({"325", "393", "396"})
"""UNCL 1001: pro forma invoice, factored invoice, factored credit note."""
_GONE_ONCE_DECIDED = frozenset(
    {"DUE-MISSING", "DUE-BEFORE-ISSUE", "DUPLICATE-INVOICE", "ORDER-MISSING", "LINE-UNMATCHED"}
)
"""Rules whose decision must say a day or make a choice; a good one leaves no finding that could be lifted."""

__all__ = [
    "RULES",
    "Chain",
    "Decision",
    "Effect",
    "Finding",
    "LineMatch",
    "MatchReport",
    "MatchResult",
    "ProposedPayable",
    "RecordedReceipt",
    "Rule",
    "match",
]


def match(
    documents: Iterable[TradeDocument],
    recorded: Iterable[RecordedReceipt] = (),
    decisions: Iterable[Decision] = (),
    refused: Iterable[TradeDocument] = (),
) -> MatchReport:
    """Match every invoice among `documents`.

    Args:
        documents: everything that was imported, in any order; copies count once.
        recorded: receipts that named persons of the buyer recorded.
        decisions: what persons decided about findings of an earlier run.
        refused: documents that could be read but not used; a refused credit note or order response blocks
            the invoices it is about, because it might lower them.
    """
    given, unusable = list(documents), list(refused)
    known = Decisions(decisions, (document.ref for document in (*given, *unusable)))
    return _Match(given, known, unusable).run(recorded)


@dataclass(frozen=True, slots=True)
class _Amounts:
    invoiced: int
    prepaid: int
    credited: int

    @property
    def net(self) -> int:
        return self.invoiced - self.prepaid - self.credited


class _Match:
    """One run; agreements, receipts and credits are set up once, then invoices are taken oldest first."""

    def __init__(
        self, documents: list[TradeDocument], decisions: Decisions, refused: list[TradeDocument]
    ) -> None:
        self._decisions = decisions
        self._refused = refused
        self._distinct: Distinct = distinct(documents, decisions)
        kept = self._distinct.documents
        self._invoices = sorted(
            (d for d in kept if d.kind is DocumentKind.INVOICE and not is_credit(d)),
            key=lambda d: (d.issued, normalise_number(d.number), d.ref),
        )
        self._findings: list[Finding] = list(self._distinct.findings)
        contested = self._distinct.contested
        self._agreements = Agreements(kept, contested, refused)
        for invoice in self._invoices:
            decision = None if self._orders_of(invoice) else decisions.find("ORDER-MISSING", invoice.ref)
            if decision is not None and not decision.chosen:
                self._agreements.assume(invoice)
        apply_responses(self._agreements, kept, decisions, self._findings)
        self._receiving = Receiving(self._agreements, kept, decisions)
        self._credits: Credits = link_credits(
            kept, contested, decisions, lambda d: {self._receiving.order_of(d, line) for line in d.lines}
        )
        self._findings += self._credits.findings
        self._reserved: set[int] = set()

    def _orders_of(self, invoice: TradeDocument) -> bool:
        numbers = {invoice.order, *invoice.orders, *(line.order for line in invoice.lines)} - {""}
        return any(self._agreements.find(number, invoice)[0] is not None for number in numbers)

    def run(self, recorded: Iterable[RecordedReceipt]) -> MatchReport:
        self._receiving.record(recorded)
        self._findings += self._receiving.findings
        results = [self._match_invoice(invoice) for invoice in self._invoices]
        for agreement in self._agreements.all():
            self._findings += [*agreement.findings, *agreement.blocked]
        self._findings += self._decisions.refused()
        for result in results:
            self._findings += result.exceptions
        proposals = tuple(p for result in results if (p := _proposal(result)) is not None)
        orders = match_orders(self._agreements.all(), self._receiving, results)
        return MatchReport(tuple(results), proposals, orders, tuple(sorted(set(self._findings))))

    def _match_invoice(self, invoice: TradeDocument) -> MatchResult:
        contested = self._distinct.contested
        totals = invoice.totals
        amounts = _Amounts(
            totals.gross if totals else 0,
            totals.prepaid if totals else 0,
            self._credits.total(invoice, contested),
        )
        group = contested.get(invoice.ref)
        # Of several rivals for one invoice only the first keeps goods reserved; a void invoice keeps none.
        consume = amounts.net > 0 and group not in self._reserved
        if group is not None:
            self._reserved.add(group)
        matcher = LineMatcher(invoice, self._agreements, self._receiving, self._decisions, consume=consume)
        lines = matcher.match()
        due, findings = self._document_findings(invoice, amounts)
        findings += lines.findings
        if not lines.received:
            findings = [f for f in findings if f.rule != "NOT-RECEIVED"]
            message = "no receipt by the buyer covers any line of the invoice; despatch does not count"
            findings.append(note(invoice, "NOT-RECEIVED", "receipt", message, "a receipt", "none"))
        valued = self._value(invoice, lines, findings)
        findings += [f for agreement in lines.agreements for f in agreement.blocked]
        open_findings = [f for f in findings if not self._lifted(f, invoice.ref)]
        proposed = 0
        if not _blocks(open_findings):
            proposed = max(0, min(amounts.net, valued.payable - amounts.prepaid))
            if amounts.prepaid and proposed < min(amounts.net, valued.payable):
                open_findings.append(_prepaid_finding(invoice, valued, amounts))
        open_findings += [f for agreement in lines.agreements for f in agreement.findings]
        return MatchResult(
            invoice=invoice.ref,
            key=invoice_key(invoice),
            seller=invoice.seller,
            buyer=invoice.buyer,
            currency=invoice.currency,
            exponent=invoice.exponent,
            issued=invoice.issued,
            due=due,
            invoiced=amounts.invoiced,
            prepaid=amounts.prepaid,
            credited=amounts.credited,
            net=amounts.net,
            received=valued.received,
            proposed=proposed,
            chain=self._chain(invoice, lines),
            lines=tuple(lines.matches),
            exceptions=tuple(sorted(set(open_findings))),
        )

    def _document_findings(
        self, invoice: TradeDocument, amounts: _Amounts
    ) -> tuple[date | None, list[Finding]]:
        """Everything wrong with an invoice as a whole, and its due date as stated or decided."""
        findings = [
            f for f in self._distinct.findings if f.file == invoice.source.file and f.effect != "note"
        ]
        findings = [f for f in findings if f.document == invoice.number]
        findings += self._credits.blocked.get(invoice.ref, [])
        findings += self._refused_about(invoice)
        if invoice_key(invoice) is None:
            message = "the seller has no identifier, or the invoice number no letter or digit"
            findings.append(note(invoice, "SELLER-ID-MISSING", "seller", message, "a tax or company number"))
        seller, buyer = invoice.seller, invoice.buyer
        if seller and buyer and same_party(seller, buyer) is Sameness.SAME and seller.name == buyer.name:
            message = "seller and buyer are one party"
            findings.append(note(invoice, "SAME-PARTY", "party", message, "two parties", seller.name))
        if amounts.net <= 0:
            message = "nothing is left to pay after prepayment and credit notes"
            net = decimal_text(amounts.net, invoice.exponent)
            findings.append(note(invoice, "NOT-PAYABLE", "net", message, "above 0", net))
        if amounts.credited > max(0, amounts.invoiced):
            values = [decimal_text(a, invoice.exponent) for a in (amounts.invoiced, amounts.credited)]
            message = "credit notes exceed the invoice"
            findings.append(note(invoice, "CREDIT-OVER-INVOICE", "credited", message, *values))
        payee = invoice.payee
        if seller and payee and same_party(seller, payee) <= Sameness.UNPROVEN:
            message = "the invoice is to be paid to another than its seller"
            findings.append(note(invoice, "PAYEE", "payee", message, seller.name, payee.name or "no name"))
        if invoice.code in _NOT_PAYABLE_TYPES:
            message = f"an invoice of type {invoice.code} is not to be paid to its seller"
            findings.append(note(invoice, "INVOICE-TYPE", "type", message, "380", invoice.code))
        due = self._due(invoice, findings)
        return due, findings

    def _due(self, invoice: TradeDocument, findings: list[Finding]) -> date | None:
        rule = "DUE-MISSING" if invoice.due is None else "DUE-BEFORE-ISSUE"
        if invoice.due is not None and invoice.due >= invoice.issued:
            return invoice.due
        decision = self._decisions.find(rule, invoice.ref)
        if decision is not None:
            if decision.due is not None and invoice.issued <= decision.due <= LAST_DATE:
                return decision.due
            until = f"{invoice.issued.isoformat()} to {LAST_DATE.isoformat()}"
            self._decisions.lacking(decision, f"due: a day from {until}")
        message = "the invoice states no single due date"
        if invoice.due is not None:
            message = "the invoice falls due before it was issued"
        found = invoice.due.isoformat() if invoice.due else "nothing"
        expected = f"a day on or after {invoice.issued.isoformat()}"
        findings.append(note(invoice, rule, "due date", message, expected, found))
        return invoice.due

    def _refused_about(self, invoice: TradeDocument) -> list[Finding]:
        found = []
        for document in self._refused:
            about = is_credit(document) and (
                named_invoices(document, [invoice]) or (document.order and document.order == invoice.order)
            )
            if document.kind is DocumentKind.ORDER_RESPONSE:
                about = bool(document.order) and document.order == invoice.order
            if about and not self._decisions.find("REFUSED-DOCUMENT", document.ref):
                message = f"{document.kind} {document.number} about the invoice was refused"
                found.append(note(document, "REFUSED-DOCUMENT", "document", message, "a usable document"))
        return found

    def _value(self, invoice: TradeDocument, lines: MatchedLines, findings: list[Finding]) -> Valued:
        agreements = lines.agreements
        open_charges = sum(
            sum(a.amount for a in agreement.adjustments if a.charge) - agreement.charges_used
            for agreement in agreements
        )
        agreed = Agreed(
            charges_open=open_charges,
            allowances=tuple(a for agreement in agreements for a in agreement.adjustments if not a.charge),
            order_value=sum((agreement.value for agreement in agreements), Fraction(0)),
            all_charges=self._decisions.find("CHARGE", invoice.ref) is not None,
        )
        valued = value_invoice(invoice, lines.parts, agreed)
        for agreement in agreements[:1]:
            agreement.charges_used += valued.charges_used
        exponent = invoice.exponent
        if valued.charges_refused and agreements:
            charged = sum(a.amount for a in invoice.adjustments if a.charge)
            values = [decimal_text(a, exponent) for a in (charged - valued.charges_refused, charged)]
            message = "the invoice charges more than the order agreed to"
            findings.append(note(invoice, "CHARGE", "charges", message, *values))
        if valued.allowances_missing:
            missing = decimal_text(valued.allowances_missing, exponent)
            message = "the invoice does not grant the allowances of the order"
            findings.append(note(invoice, "ALLOWANCE", "allowances", message, missing, "0"))
        if valued.tax_unknown:
            message = "the lines state no tax rate and the tax total has several parts"
            findings.append(note(invoice, "TAX-UNKNOWN", "tax", message, "a rate on each line", "none"))
        return valued

    def _lifted(self, finding: Finding, invoice: DocumentRef) -> bool:
        """Whether a person accepted a finding on the invoice (those on other documents are lifted there)."""
        if finding.file != invoice.file or finding.document != invoice.number or not finding.resolvable:
            return False
        if finding.rule in _GONE_ONCE_DECIDED:
            return False
        return self._decisions.find(finding.rule, invoice, finding.line) is not None

    def _chain(self, invoice: TradeDocument, lines: MatchedLines) -> Chain:
        def refs(kind: str) -> tuple[DocumentRef, ...]:
            found = {d.ref for agreement in lines.agreements for d in getattr(agreement, kind)}
            return tuple(sorted(found))

        credits = self._credits.by_invoice.get(invoice.ref, ())
        recorded = (r for a in lines.agreements for r in self._receiving.recorded.get(id(a), ()))
        return Chain(
            orders=tuple(sorted(a.order.ref for a in lines.agreements if a.order is not None)),
            responses=refs("responses"),
            despatches=refs("despatches"),
            receipts=refs("receipts"),
            credit_notes=tuple(sorted({credit.ref for credit in credits})),
            recorded=tuple(recorded),
        )


def _blocks(findings: Sequence[Finding]) -> bool:
    """Whether a finding keeps the whole invoice from being proposed; those on a line keep that line only."""
    return any(finding.effect is Effect.BLOCK and not finding.line for finding in findings)


def _prepaid_finding(invoice: TradeDocument, valued: Valued, amounts: _Amounts) -> Finding:
    values = [decimal_text(a, invoice.exponent) for a in (valued.payable, amounts.prepaid)]
    message = "what was prepaid is set off against what was received before anything is payable"
    return note(invoice, "PREPAID-OVER-RECEIVED", "prepaid", message, *values)


def _proposal(result: MatchResult) -> ProposedPayable | None:
    if result.proposed <= 0 or not (result.key and result.due and result.seller and result.buyer):
        return None
    return ProposedPayable(
        key=result.key,
        invoice=result.invoice,
        seller=result.seller,
        buyer=result.buyer,
        currency=result.currency,
        exponent=result.exponent,
        amount=result.proposed,
        due=result.due,
        evidence=tuple(sorted({result.invoice.sha256, *result.chain.hashes()})),
    )
