"""What goes into the three-way match besides documents, and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from gateway.domain.invoices import InvoiceKey
from gateway.domain.trade import DocumentRef, Party, plain
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
        document: file name, or `file#number`, of the document the exception is about.
        line: for one line only; empty for all of the document.
        chosen: DUPLICATE-INVOICE, DUPLICATE-DOCUMENT: file name or `file#number` of the one that counts.
            CREDIT-NOTE-UNLINKED: the invoice it corrects, or empty when it corrects none of them.
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

    def __init__(self, decisions: Iterable[Decision]) -> None:
        given = sorted(
            set(decisions), key=lambda d: (d.rule, d.document, d.line, d.chosen, d.person, d.reason)
        )
        self._by_rule: dict[str, list[Decision]] = {}
        self._unused = dict.fromkeys(given)
        for decision in given:
            if decision.rule in RULES and RULES[decision.rule].resolvable:
                self._by_rule.setdefault(decision.rule, []).append(decision)

    def find(self, rule: str, ref: DocumentRef, line: str = "") -> Decision | None:
        """The decision on `rule` for this document (and line), if a person took one."""
        for decision in self._by_rule.get(rule, ()):
            if decision.document in (ref.file, ref.label) and decision.line in ("", line):
                self._unused.pop(decision, None)
                return decision
        return None

    def refused(self) -> list[Finding]:
        """A finding for every decision that resolved nothing."""
        found = []
        for decision in self._unused:
            known = decision.rule in RULES and RULES[decision.rule].resolvable
            rule = "DECISION-UNKNOWN" if known else "DECISION-REFUSED"
            reason = "meets no such exception" if known else "concerns a rule that no decision can lift"
            message = f"the decision of {decision.person} on {decision.rule} {reason}"
            found.append(
                Finding(decision.document, "", decision.line, rule, "", message, found=decision.rule)
            )
        return found


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
class MatchReport:
    """Every invoice matched, what may be confirmed, and every exception of the match, each once."""

    results: tuple[MatchResult, ...]
    proposals: tuple[ProposedPayable, ...]
    exceptions: tuple[Finding, ...]
