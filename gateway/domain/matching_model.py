"""What goes into the three-way match besides documents, and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import sha256

from gateway.domain.invoices import InvoiceKey
from gateway.domain.trade import DocumentKind, DocumentRef, Party, plain
from gateway.domain.trade_rules import RULES, Finding


@dataclass(frozen=True, slots=True)
class RecordedReceipt:
    """A named person of the buyer records what arrived, where no receipt advice speaks.

    `order` and `line` are the order's number and line number. It counts only for lines that no receipt
    advice covers; several add up.
    """

    order: str
    line: str
    quantity: Fraction
    unit: str
    person: str
    day: date

    def __post_init__(self) -> None:
        if not self.person.strip():
            raise ValueError("a receipt is recorded by a named person")
        if self.quantity < 0:
            raise ValueError(f"a received quantity is not negative: {plain(self.quantity)}")


@dataclass(frozen=True, slots=True)
class Decision:
    """A named person lifts one exception, giving a reason.

    Attributes:
        rule: the rule it resolves; it must be marked resolvable.
        document: file name, `file#number`, or the number alone where no other document of the kind has it.
        line: for one line only; empty for all of the document.
        chosen: DUPLICATE-INVOICE, DUPLICATE-DOCUMENT: the one that counts, named as in `document`.
            CREDIT-NOTE-UNLINKED: the invoice it corrects, or empty when it corrects none of them.
            ORDER-MISSING: the number of the order that is meant, or empty when the invoice is to stand for it.
            LINE-UNMATCHED, RECEIPT-UNMATCHED: the order line that is meant, as `line` or `order#line`.
        due: DUE-MISSING, DUE-BEFORE-ISSUE: the due date that was agreed.
    """

    rule: str
    document: str
    person: str
    reason: str
    line: str = ""
    chosen: str = ""
    due: date | None = None

    def __post_init__(self) -> None:
        if not self.person.strip() or not self.reason.strip():
            raise ValueError("a decision names its person and its reason")


class Decisions:
    """Looks decisions up and remembers which were used, so that none is silently without effect."""

    def __init__(self, decisions: Iterable[Decision], documents: Iterable[DocumentRef] = ()) -> None:
        given = sorted(
            set(decisions), key=lambda d: (d.rule, d.document, d.line, d.chosen, d.person, d.reason)
        )
        self._by_rule: dict[str, list[Decision]] = {}
        self._unused = dict.fromkeys(given)
        self._lacking: dict[Decision, str] = {}
        self._labels: dict[tuple[DocumentKind, str], set[str]] = {}
        for ref in documents:
            self._labels.setdefault((ref.kind, ref.number), set()).add(ref.label)
        for decision in given:
            if decision.rule in RULES and RULES[decision.rule].resolvable:
                self._by_rule.setdefault(decision.rule, []).append(decision)

    def find(self, rule: str, ref: DocumentRef, line: str = "") -> Decision | None:
        """The decision on `rule` for this document (and line), if a person took one."""
        for decision in self._by_rule.get(rule, ()):
            if decision.line in ("", line) and self._names(decision.document, ref, rule):
                self._unused.pop(decision, None)
                return decision
        return None

    def _names(self, name: str, ref: DocumentRef, rule: str) -> bool:
        """Whether a person's name for a document is this one's: file, `file#number`, or a number that only it has.

        Copies and versions that a person chooses among may all have the number.
        """
        if name != ref.number:
            return name in (ref.file, ref.label)
        return rule.startswith("DUPLICATE-") or len(self._labels.get((ref.kind, ref.number), ())) <= 1

    def lacking(self, decision: Decision, what: str) -> None:
        """A decision meets its exception, but does not say what the rule needs."""
        self._lacking[decision] = what

    def refused(self) -> list[Finding]:
        """A finding for every decision that resolved nothing."""
        found = [
            self._finding(decision, "DECISION-REFUSED", f"lacks what it needs: {what}", what)
            for decision, what in self._lacking.items()
        ]
        for decision in self._unused:
            named = sorted(
                label
                for (_, number), labels in self._labels.items()
                if number == decision.document and len(labels) > 1
                for label in labels
            )
            if decision.rule not in RULES or not RULES[decision.rule].resolvable:
                reason = "concerns a rule that no decision can lift"
                found.append(self._finding(decision, "DECISION-REFUSED", reason, "a rule that can be lifted"))
            elif named:
                reason = f"names several documents: {', '.join(named)}"
                found.append(self._finding(decision, "DECISION-UNKNOWN", reason, "file#number"))
            else:
                found.append(self._finding(decision, "DECISION-UNKNOWN", "meets no such exception", ""))
        return found

    @staticmethod
    def _finding(decision: Decision, rule: str, reason: str, expected: str) -> Finding:
        message = f"the decision of {decision.person} on {decision.rule} {reason}"
        return Finding(
            decision.document, "", decision.line, rule, "decision", message, expected, decision.rule
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """The documents that speak for one invoice, by kind."""

    orders: tuple[DocumentRef, ...] = ()
    responses: tuple[DocumentRef, ...] = ()
    despatches: tuple[DocumentRef, ...] = ()
    receipts: tuple[DocumentRef, ...] = ()
    credit_notes: tuple[DocumentRef, ...] = ()
    recorded: tuple[RecordedReceipt, ...] = ()

    def hashes(self) -> tuple[str, ...]:
        """SHA-256 (hex) of every source file, sorted, each once."""
        kinds = (self.orders, self.responses, self.despatches, self.receipts, self.credit_notes)
        return tuple(sorted({ref.sha256 for refs in kinds for ref in refs}))


@dataclass(frozen=True, slots=True)
class LineMatch:
    """One order line within one invoice: quantities in `unit`, prices in minor units per unit, net amounts
    without tax. `received` is what was received and not used up by earlier invoices; `payable` is the
    quantity that may be paid, `amount` its value."""

    order: str
    order_line: str
    invoice_lines: tuple[str, ...]
    unit: str
    ordered: Fraction | None
    received: Fraction
    invoiced: Fraction | None
    payable: Fraction
    agreed_price: Fraction | None
    invoiced_price: Fraction | None
    invoiced_amount: int
    received_amount: int
    amount: int
    rate: Fraction | None


@dataclass(frozen=True, slots=True)
class MatchResult:
    """One invoice matched. All amounts are minor units of `currency`.

    Attributes:
        invoiced: what the invoice comes to, tax included, before anything prepaid.
        prepaid: what it says was paid already.
        credited: what credit notes take off it.
        net: invoiced − prepaid − credited; may be negative.
        received: value at agreed prices, tax included, of what was received of it.
        proposed: what a payable may be issued for; 0 ≤ proposed ≤ net and ≤ received.
        key: None when seller or number leave the invoice without identity.
    """

    invoice: DocumentRef
    key: InvoiceKey | None
    seller: Party | None
    buyer: Party | None
    currency: str
    exponent: int
    issued: date
    due: date | None
    invoiced: int
    prepaid: int
    credited: int
    net: int
    received: int
    proposed: int
    chain: Chain
    lines: tuple[LineMatch, ...]
    exceptions: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ProposedPayable:
    """What the buyer may confirm: an amount above 0 with its due date and the hashes of all its evidence."""

    key: InvoiceKey
    invoice: DocumentRef
    seller: Party
    buyer: Party
    currency: str
    exponent: int
    amount: int
    due: date
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderPart:
    """What of one invoice is for one order: net of prepayment and credit notes, received at the order's price, and
    proposed; minor units.
    """

    result: MatchResult
    invoiced: int
    credited: int
    received: int
    proposed: int


@dataclass(frozen=True, slots=True)
class OrderMatch:
    """One order and what came of it. Amounts are minor units of `currency` at the agreed price, tax included.

    Attributes:
        ordered: what the order itself comes to.
        agreed: what it comes to as its responses left it.
        despatched: what was sent of it; it counts for nothing.
        received: what the buyer received of it, never above what was agreed.
        missing: what was sent, or delivered, and did not arrive, was short or rejected.
        parts: by invoice, in the order of the match.
        blocked: what keeps all of it from being confirmed or invoiced.
    """

    order: DocumentRef
    seller: Party | None
    buyer: Party | None
    currency: str
    exponent: int
    issued: date
    ordered: int
    agreed: int
    despatched: int
    received: int
    missing: int
    responses: tuple[DocumentRef, ...]
    receipts: tuple[DocumentRef, ...]
    parts: tuple[OrderPart, ...]
    blocked: tuple[Finding, ...]
    findings: tuple[Finding, ...]

    def evidence(self) -> tuple[bytes, ...]:
        """SHA-256 of the order's number and its documents' own hashes (hexadecimal, in their order): with all its
        responses, then with ever fewer of the latest, for those that came after it was confirmed.
        """
        found = []
        for count in range(len(self.responses), -1, -1):
            hashes = sorted({self.order.sha256, *(ref.sha256 for ref in self.responses[:count])})
            found.append(sha256((self.order.number + "".join(hashes)).encode()).digest())
        return tuple(found)


@dataclass(frozen=True, slots=True)
class MatchReport:
    """Every invoice matched, what may be confirmed, every order with what came of it, and every exception of the match,
    each once.
    """

    results: tuple[MatchResult, ...]
    proposals: tuple[ProposedPayable, ...]
    orders: tuple[OrderMatch, ...]
    exceptions: tuple[Finding, ...]
