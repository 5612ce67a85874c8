"""Orders as their documents have them: what was agreed, sent, received and invoiced, at the order's own price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from gateway.domain.matching_agreement import AgreedLine, Agreement, agreed_line
from gateway.domain.matching_model import MatchResult, OrderMatch, OrderPart
from gateway.domain.matching_receipts import Receiving
from gateway.domain.matching_value import Agreed, PartValue, value_invoice
from gateway.domain.trade import DocumentRef, TradeDocument, round_half_up


def match_orders(
    agreements: Iterable[Agreement], receiving: Receiving, results: Sequence[MatchResult]
) -> tuple[OrderMatch, ...]:
    """Every order that is among the documents; one that an invoice stands for is none."""
    by_order: dict[DocumentRef, list[MatchResult]] = {}
    for result in results:
        for ref in result.chain.orders:
            by_order.setdefault(ref, []).append(result)
    return tuple(
        _order(agreement, agreement.order, receiving, by_order.get(agreement.order.ref, ()))
        for agreement in agreements
        if agreement.order is not None
    )


def _order(
    agreement: Agreement, order: TradeDocument, receiving: Receiving, results: Sequence[MatchResult]
) -> OrderMatch:
    def worth(quantity: Callable[[AgreedLine], Fraction]) -> int:
        return _worth(
            order, [(line, min(quantity(line), line.quantity)) for line in agreement.lines.values()]
        )

    def ref_of(document: TradeDocument) -> tuple[object, ...]:
        return document.issued, document.time, document.ref

    received = worth(lambda line: line.received)
    return OrderMatch(
        order=order.ref,
        seller=order.seller,
        buyer=order.buyer,
        currency=order.currency,
        exponent=order.exponent,
        issued=order.issued,
        ordered=_worth(order, [(each, each.quantity) for each in map(agreed_line, order.lines)]),
        agreed=worth(lambda line: line.quantity),
        despatched=worth(lambda line: receiving.despatched(agreement, line.id)),
        received=received,
        missing=worth(lambda line: line.received + receiving.missing(agreement, line.id)) - received,
        responses=tuple(each.ref for each in sorted(agreement.responses, key=ref_of)),
        receipts=tuple(sorted({each.ref for each in agreement.receipts})),
        parts=tuple(_part(order.ref, agreement.number, result) for result in results),
        blocked=tuple(sorted(set(agreement.blocked))),
        findings=tuple(sorted(set(agreement.findings))),
    )


def _worth(order: TradeDocument, quantities: Sequence[tuple[AgreedLine, Fraction]]) -> int:
    """What so much of each line comes to, with the order's own charges, allowances and tax; a line without a price is
    worth nothing.
    """
    parts = []
    for line, quantity in quantities:
        value = round_half_up((line.price or 0) * quantity)
        whole = round_half_up((line.price or 0) * line.quantity)
        parts.append(PartValue(whole, value, value, line.rate, value == whole))
    agreed = Agreed(charges_open=0, allowances=(), order_value=Fraction(0), all_charges=True)
    return value_invoice(order, parts, agreed).received


def _part(order: DocumentRef, number: str, result: MatchResult) -> OrderPart:
    """An invoice for several orders is shared out by the value of its lines, rounded down."""
    if result.chain.orders == (order,):
        share = Fraction(1)
    else:
        whole = sum(line.invoiced_amount for line in result.lines)
        mine = sum(line.invoiced_amount for line in result.lines if line.order == number)
        share = Fraction(mine, whole) if whole > 0 and mine > 0 else Fraction(0)

    def of(amount: int) -> int:
        return int(amount * share)

    return OrderPart(result, of(result.net), of(result.credited), of(result.received), of(result.proposed))
