"""Is it the same party, and is it the same document?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from gateway.domain.invoices import content_digest, normalise_number
from gateway.domain.matching_model import Decisions
from gateway.domain.trade import DocumentKind, DocumentRef, Origin, Party, TradeDocument
from gateway.domain.trade_rules import Finding

_BILLS = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)
_SELLERS_PAPERS = (DocumentKind.ORDER_RESPONSE, DocumentKind.DESPATCH_ADVICE)
"""Often numbered anew for each order and buyer."""
_LEGAL_ORIGINS = (Origin.TAX, Origin.LEGAL)


class Sameness(IntEnum):
    """How well two descriptions of a party agree; a larger value proves more."""

    DIFFERENT = 0
    UNPROVEN = 1
    BY_NAME = 2
    SAME = 3


def same_party(one: Party, other: Party) -> Sameness:
    """Whether two documents describe one party.

    A shared identifier proves it, unless a tax or company number of the same scheme contradicts it. With no
    identifier in common an equal name is a hint (a firm has many endpoints and location numbers); with
    neither, different values under one scheme say it is another.
    """
    mine, theirs = ({(i.scheme, i.value.upper()) for i in p.identifiers} for p in (one, other))
    if _contradict(one, other):
        return Sameness.DIFFERENT
    if mine & theirs:
        return Sameness.SAME
    if _names(one) & _names(other):
        return Sameness.BY_NAME
    comparable = {s for s, _ in mine if s} & {s for s, _ in theirs if s}
    return Sameness.DIFFERENT if comparable else Sameness.UNPROVEN


def _contradict(one: Party, other: Party) -> bool:
    mine, theirs = _legal(one), _legal(other)
    return any(not mine[scheme] & theirs[scheme] for scheme in mine.keys() & theirs.keys())


def _legal(party: Party) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for i in party.identifiers:
        if i.origin in _LEGAL_ORIGINS and i.scheme:
            found.setdefault(i.scheme, set()).add(i.value.upper())
    return found


def _names(party: Party) -> set[str]:
    return {normalise_number(name) for name in (party.name, party.legal_name)} - {""}


def same_parties(one: Sequence[Party], other: Sequence[Party]) -> Sameness:
    """The best agreement between anyone standing for a role here and anyone standing for it there."""
    return max((same_party(a, b) for a in one for b in other), default=Sameness.UNPROVEN)


def issuers(document: TradeDocument) -> tuple[Party, ...]:
    """Who numbers a document: the buyer its orders and receipts, the seller all others."""
    by_buyer = document.kind in (DocumentKind.ORDER, DocumentKind.RECEIPT_ADVICE)
    return document.buyers if by_buyer else document.sellers


@dataclass(slots=True)
class Distinct:
    """Documents without copies, and those of which a person must choose one."""

    documents: list[TradeDocument] = field(default_factory=list)
    contested: dict[DocumentRef, int] = field(default_factory=dict)
    """Contested documents to the number of their group."""
    findings: list[Finding] = field(default_factory=list)


def distinct(documents: Iterable[TradeDocument], decisions: Decisions) -> Distinct:
    """Count every document once.

    Documents of one kind, number (and year, for invoices and credit notes) and issuer are one document; so are
    those of different years that differ in nothing but their dates. Equal content is a copy and counts once;
    different content is contested until a person chooses.
    """
    result = Distinct()
    buckets: dict[tuple[object, ...], list[list[TradeDocument]]] = {}
    for document in sorted(documents, key=lambda d: d.ref):
        answered = document.order if document.kind in _SELLERS_PAPERS else ""
        key = (document.kind, normalise_number(document.number) or document.number, answered)
        groups = buckets.setdefault(key, [])
        group = next((g for g in groups if any(_same_document(document, member) for member in g)), None)
        if group is None:
            groups.append([document])
        else:
            group.append(document)
    for groups in buckets.values():
        for group in groups:
            _settle(group, decisions, result)
    return result


def _same_document(one: TradeDocument, other: TradeDocument) -> bool:
    """Whether two documents of one kind and number may be one: numbers of bills begin anew every year."""
    if not _same_issuer(one, other):
        return False
    if one.kind not in _BILLS or one.issued.year == other.issued.year:
        return True
    return content_digest(one, dated=False) == content_digest(other, dated=False)


def _same_issuer(one: TradeDocument, other: TradeDocument) -> bool:
    """Whether one issuer may stand behind both: any identifier or name in common, contradictions aside.

    An altered company number must not turn a second copy into another firm's invoice.
    """
    if one.kind in _SELLERS_PAPERS and same_parties(one.buyers, other.buyers) is Sameness.DIFFERENT:
        return False
    mine, theirs = (
        {(i.scheme, i.value.upper()) for p in issuers(d) for i in p.identifiers} for d in (one, other)
    )
    return bool(mine & theirs) or same_parties(issuers(one), issuers(other)) >= Sameness.BY_NAME


def _settle(group: list[TradeDocument], decisions: Decisions, result: Distinct) -> None:
    if len(group) == 1 or len({content_digest(document) for document in group}) == 1:
        result.documents.append(group[0])
        for copy in group[1:]:
            message = f"a copy of {group[0].ref.label} with the same content; it counts once"
            result.findings.append(_finding(copy, "DUPLICATE-COPY", message, group[0]))
        return
    rule = "DUPLICATE-INVOICE" if group[0].kind in _BILLS else "DUPLICATE-DOCUMENT"
    chosen = _chosen(group, rule, decisions)
    number = len(result.contested) + 1
    for document in group:
        if document is chosen:
            result.documents.append(document)
            continue
        if chosen is None:
            result.contested[document.ref] = number
            result.documents.append(document)
        others = ", ".join(rival.ref.label for rival in group if rival is not document)
        state = "a person must choose" if chosen is None else "a person chose another"
        message = f"{document.kind} {document.number} stands in {others} as well and they differ; {state}"
        other = next(rival for rival in group if rival is not document)
        result.findings.append(_finding(document, rule, message, other))


def _chosen(rivals: list[TradeDocument], rule: str, decisions: Decisions) -> TradeDocument | None:
    for document in rivals:
        decision = decisions.find(rule, document.ref)
        if decision is not None:
            chosen = [r for r in rivals if decision.chosen in (r.ref.label, r.ref.file, r.number)]
            if len(chosen) == 1:
                return chosen[0]
            decisions.lacking(decision, "chosen: the file of the one that counts")
    return None


def _finding(document: TradeDocument, rule: str, message: str, other: TradeDocument) -> Finding:
    return Finding(
        document.source.file,
        document.number,
        "",
        rule,
        "number",
        message,
        other.ref.label,
        document.ref.label,
    )
