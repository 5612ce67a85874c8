"""From the documents of an order to the acts that are signed for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from gateway.domain import order_acts
from gateway.domain.acts import AttestInvoice
from gateway.domain.calendar import day_of_date
from gateway.domain.ledger_state import LedgerState
from gateway.domain.matching_model import OrderMatch, OrderPart
from gateway.domain.reasons import Reason, explain
from gateway.domain.records import Invoice
from gateway.domain.trade import DocumentRef, decimal_text
from gateway.domain.trade_rules import Finding
from gateway.ids import parse_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.schemas import order_acts as schemas
from gateway.services.amounts import to_minor
from gateway.services.trade import describe_finding

FUNCTIONS: Mapping[type, str] = {
    AttestInvoice: "attestInvoices",
    order_acts.ConfirmOrder: "confirmOrders",
    order_acts.PublishOrders: "publishOrders",
    order_acts.TakeOrder: "takeOrder",
    order_acts.ReduceOrder: "reduceOrder",
    order_acts.Convert: "convert",
}
"""The contract's verb for each act."""

_FIELDS: Mapping[Reason, str] = {
    Reason.INVOICE_KNOWN: "document",
    Reason.WRONG_PARTY: "service",
    Reason.INVOICE_UNKNOWN: "nullifier",
    Reason.INVOICE_OTHER_PARTY: "nullifier",
    Reason.INVOICE_OTHER_CURRENCY: "nullifier",
    Reason.INVOICE_EXHAUSTED: "nullifier",
    Reason.ID_TAKEN: "order",
    Reason.FOREIGN_ID: "order",
    Reason.DUE_DAY_PAST: "last_day",
    Reason.PROOF_INVALID: "proof",
    Reason.NOT_OFFERED: "list",
    Reason.QUANTITY_ABOVE_TITLE: "amount",
    Reason.NOT_A_BANK: "clearing_bank",
    Reason.LATE_INTEREST_TOO_LOW: "late_ppm",
}
"""The field of what was asked that a rule is about, where it is one."""


def refuse(reason: Reason, document: str, **fields: str) -> Problem:
    """Why the ledger would not do an act on an order. `fields` are other names for the fields at fault."""
    told = explain(reason)
    field = _FIELDS.get(reason, "act")
    return Problem(
        "ORDER-ACT", told.sentence, status=409, field=fields.get(field, field), reason=reason.name,
        keeps=told.rule_id, document=document,
    )  # fmt: skip


def find_order(orders: Sequence[OrderMatch], name: str) -> OrderMatch:
    """The order of this number, or file#number, that may be confirmed. Raises Problem."""
    found = [each for each in orders if name in (each.order.number, each.order.label)]
    if len(found) != 1:
        sentence = (
            "several imported orders have this number: name file#number"
            if found
            else "no imported order has this number"
        )
        raise Problem(
            "ORDER-UNMATCHED", sentence, status=404, field="document", document=name,
            documents=[each.order.label for each in found],
        )  # fmt: skip
    (order,) = found
    if order.blocked or not order.agreed:
        raise _blocked(
            "nothing of the order can be confirmed", order.order, "document", order.blocked or order.findings
        )
    return order


def number_of(asked: schemas.OneConfirmed) -> bytes:
    """The number under which an order is to be confirmed, which is known by now."""
    assert asked.nullifier is not None
    return bytes.fromhex(asked.nullifier.removeprefix("0x"))


def find_part(order: OrderMatch, name: str) -> OrderPart:
    """The invoice of this key, number, or file#number, for an order. Raises Problem."""
    for part in order.parts:
        result = part.result
        key = "" if result.key is None else result.key.text()
        if name in (key, result.invoice.number, result.invoice.label):
            return part
    raise Problem(
        "ORDER-INVOICE", f"no imported invoice of this name is for order {order.order.label}", status=404,
        field="invoice", document=name, documents=[part.result.invoice.label for part in order.parts],
    )  # fmt: skip


def _blocked(sentence: str, document: DocumentRef, field: str, findings: Iterable[Finding]) -> Problem:
    found = [describe_finding(each) for each in findings]
    because = "; ".join(f"{each['rule']}: {each['message']}" for each in found)
    return Problem(
        "ORDER-BLOCKED", f"{sentence}{f' ({because})' if because else ''}", status=409, field=field,
        document=document.label, exceptions=found,
    )  # fmt: skip


# ── Confirm ─────────────────────────────────────────────────────────────────────────────────────────────────


def confirmed(
    state: LedgerState, order: OrderMatch, asked: schemas.OneConfirmed
) -> tuple[int, order_acts.Order]:
    """The buyer, and the order as the two confirm it: between the parties that its number was attested for."""
    nullifier = number_of(asked)
    attested = state.invoices.get(nullifier)
    if attested is None:
        raise refuse(Reason.INVOICE_UNKNOWN, order.order.label)
    _same_currency(order, attested)
    amount = order.agreed
    if asked.amount is not None:
        amount = to_minor(asked.amount, attested.currency, "amount")
    if amount > order.agreed:
        raise _above(
            amount,
            order.agreed,
            attested.currency,
            f"the order comes to {_said(order, order.agreed)}",
            order.order,
        )
    evidence = order.evidence()[0]
    said = order_acts.Order(
        root=parse_id(asked.order), seller=attested.seller, currency=attested.currency,
        last_day=day_of_date(asked.last_day), quantity=amount, nullifier=nullifier, evidence=evidence,
    )  # fmt: skip
    return attested.debtor, said


def _same_currency(order: OrderMatch, attested: Invoice) -> None:
    code = currency_codes()[attested.currency]
    if code != order.currency:
        raise Problem(
            "ORDER-DIFFERS", "the order's number was attested in another currency", status=409, field="nullifier",
            document=order.order.label, expected=order.currency, found=code,
        )  # fmt: skip


def _above(asked: int, most: int, currency: int, because: str, document: DocumentRef) -> Problem:
    return Problem(
        "ORDER-AMOUNT", f"{because}: no more than that", status=409, field="amount", document=document.label,
        expected=text(most, currency), found=text(asked, currency),
    )  # fmt: skip


def _said(order: OrderMatch, minor: int) -> str:
    return f"{decimal_text(minor, order.exponent)} {order.currency}"


# ── Convert ─────────────────────────────────────────────────────────────────────────────────────────────────


def promised(
    order: OrderMatch, part: OrderPart, plan: tuple[int, int], asked: schemas.ConvertAct, currency: int
) -> int:
    """What of an invoice becomes a receivable. `plan` is what is taken, and what of it is to be paid at most.

    Raises Problem, naming the documents: nothing was received, or more is asked for than came.
    """
    taken, most = plan
    invoice, exceptions = part.result.invoice, part.result.exceptions
    if not taken:
        sentence = (
            f"nothing of the invoice was received and not converted yet: {_said(order, order.received)} was received "
            f"of the order; a despatch advice does not count"
        )
        raise _blocked(sentence, invoice, "invoice", exceptions)
    if not most or part.result.due is None or part.result.key is None:
        raise _blocked("nothing of the invoice is to be paid", invoice, "invoice", exceptions)
    if asked.amount is None:
        return most
    amount = to_minor(asked.amount, currency, "amount")
    if amount > most:
        because = (
            f"{_said(order, part.received)} was received of what is invoiced; after prepayments and credit notes "
            f"{_said(order, most)} of it is to be paid"
        )
        raise _above(amount, most, currency, because, invoice)
    return amount


def receipts_hash(part: OrderPart) -> bytes:
    """SHA-256 of what says that goods were received: the hashes of its files, and what persons recorded, sorted."""
    chain = part.result.chain
    recorded = (
        f"{each.order}|{each.line}|{each.quantity}|{each.unit}|{each.person}|{each.day}"
        for each in chain.recorded
    )
    said = {
        *(ref.sha256 for ref in chain.receipts),
        *(sha256(each.encode()).hexdigest() for each in recorded),
    }
    return joined(said)


def joined(hashes: Iterable[str]) -> bytes:
    """SHA-256 of hashes (hexadecimal), sorted, one after another."""
    return sha256("".join(sorted(hashes)).encode()).digest()


def published_order(read: Mapping[str, Any]) -> order_acts.Order:
    """An order as it stands in an act, as the domain has it."""
    return order_acts.Order(
        **{"last_day" if name == "lastDay" else name: value for name, value in read.items()}
    )
