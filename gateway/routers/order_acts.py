"""Acts on orders, made from imported documents, tried, and prepared to be signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection, Row, select

from gateway.adapters.ledger.commitments import committed, order_leaf, top
from gateway.bootstrap import Gateway
from gateway.db import tables as ledger
from gateway.db.order_state import order_state
from gateway.db.order_tables import conversions, order_lists, orders
from gateway.db.orders import OrderRows, order_of
from gateway.db.trade import TradeBook
from gateway.domain import order_acts
from gateway.domain.acts import Receivable
from gateway.domain.calendar import day_of_date
from gateway.domain.ledger_state import LedgerState
from gateway.domain.matching_model import OrderMatch, OrderPart
from gateway.domain.order_plans import Cut, Sums, conversion, cuts
from gateway.domain.order_trial import OrderAct, parties_of, would
from gateway.domain.quotes import prepayment
from gateway.domain.reasons import Reason
from gateway.ids import format_id, parse_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.risk.book import Head, head_of
from gateway.routers.common import Reading, TheGateway
from gateway.routers.order_numbers import attestation, numbered
from gateway.schemas import order_acts as schemas
from gateway.services import instructions
from gateway.services import order_acts as service
from gateway.services.act_messages import message_of
from gateway.services.amounts import to_minor
from gateway.services.json_acts import read_message, write_message
from gateway.services.orders import by_evidence
from gateway.services.trade import describe_finding

router = APIRouter(tags=["orders"])

_LIFE_SECONDS = 30 * 86_400


@router.post("/orders/prepare", response_model=schemas.PreparedOrderAct)
def prepare_new(body: schemas.NewOrderBody, unit: Reading, gateway: TheGateway) -> dict[str, Any]:
    """The act by which an imported order comes onto the ledger, with the parties that sign it.

    Its number is attested; then it is confirmed by itself, or published in a list under one commitment and taken from
    it. What the ledger would refuse as it stands is refused here, with the field, the rule and the document.
    """
    asked, head = body.root, head_of(unit.connection)
    if isinstance(asked, schemas.AttestAct):
        return _attest(unit.connection, gateway, asked, head)
    if isinstance(asked, schemas.ConfirmAct):
        return _confirm(unit.connection, gateway, asked, head)
    if isinstance(asked, schemas.PublishAct):
        return _publish(unit.connection, gateway, asked, head)
    return _take(unit.connection, gateway, asked, head)


@router.post("/orders/{order}/prepare", response_model=schemas.PreparedOrderAct)
def prepare(order: str, body: schemas.OrderActBody, unit: Reading, gateway: TheGateway) -> dict[str, Any]:
    """What will not come of an order, or what was received and invoiced of it, as the act to be signed.

    Amounts come from the documents: despatch is no receipt, and whatever was invoiced, no more is to be paid than was
    received. What is to be prepaid once the act is done is said beside it.
    """
    asked, head = body.root, head_of(unit.connection)
    found = order_of(unit.connection, parse_id(order))
    if found is None:
        raise Problem("UNKNOWN_ROOT", "no such order", status=404, order=order)
    match = by_evidence(TradeBook(unit.connection).match().orders).get(bytes(found.row.evidence))
    if isinstance(asked, schemas.ReduceAct):
        return _reduce(unit.connection, gateway, _Order(found, match), asked, head)
    if match is None:
        sentence = "no imported order, with its responses, is the one that was confirmed"
        raise Problem("ORDER-UNMATCHED", sentence, status=404, field="order", document=order, documents=[])
    return _convert(unit.connection, gateway, _Order(found, match), asked, head)


# ── Onto the ledger ─────────────────────────────────────────────────────────────────────────────────────────


def _attest(connection: Connection, gateway: Gateway, asked: schemas.AttestAct, head: Head) -> dict[str, Any]:
    match = service.find_order(TradeBook(connection).match().orders, asked.document)
    act = attestation(gateway, match, asked, _expiry(asked, head))
    state = order_state(connection, head.day, ids=[], nullifiers=[act.nullifier])
    findings = [describe_finding(each) for each in match.findings]
    return _prepared(
        gateway,
        state,
        act,
        head,
        match.order.label,
        amount=act.cap,
        currency=act.currency,
        exceptions=findings,
    )


def _confirm(
    connection: Connection, gateway: Gateway, asked: schemas.ConfirmAct, head: Head
) -> dict[str, Any]:
    match = service.find_order(TradeBook(connection).match().orders, asked.document)
    _unconfirmed(connection, match)
    named = numbered(connection, match, asked)
    state = _state(connection, head, [named])
    debtor, order = service.confirmed(state, match, named)
    act = order_acts.ConfirmOrder(debtor, order, _expiry(asked, head))
    findings = [describe_finding(each) for each in match.findings]
    return _prepared(
        gateway, state, act, head, match.order.label, amount=order.quantity, currency=order.currency,
        exceptions=findings,
    )  # fmt: skip


def _publish(
    connection: Connection, gateway: Gateway, asked: schemas.PublishAct, head: Head
) -> dict[str, Any]:
    number = parse_id(asked.list)
    known = TradeBook(connection).match().orders
    found = [(each, service.find_order(known, each.document)) for each in asked.orders]
    for _, match in found:
        _unconfirmed(connection, match)
    named = [(numbered(connection, match, each), match) for each, match in found]
    state = _state(connection, head, [each for each, _ in named], number)
    made = []
    for each, match in named:
        debtor, order = service.confirmed(state, match, each)
        confirmed = order_acts.ConfirmOrder(debtor, order, _expiry(asked, head))
        reason = would(_state(connection, head, [each]), confirmed, head.time)
        if reason:
            raise service.refuse(reason, match.order.label)
        made.append((match, debtor, order))
    _alike(made)
    sides = {(debtor, order.currency) for _, debtor, order in made}
    ((debtor, currency),) = sides
    total = sum(order.quantity for *_, order in made)
    evidence = service.joined(order.evidence.hex() for *_, order in made)
    act = order_acts.PublishOrders(
        number,
        debtor,
        currency,
        total,
        frozenset(order for *_, order in made),
        _expiry(asked, head),
        evidence,
    )
    messages = [message_of(order) for *_, order in made]
    leaves = [order_leaf(_read(gateway, each, "order.")) for each in messages]
    commitment, proofs = committed(leaves)
    taking = [
        {
            "list": format_id(number), "seller": order.seller, "order": message,
            "proof": ["0x" + sibling.hex() for sibling in proof],
        }
        for (_, _, order), message, proof in zip(made, messages, proofs, strict=True)
    ]  # fmt: skip
    return _prepared(
        gateway, state, act, head, asked.list, amount=total, currency=currency,
        changed={"orders": commitment}, taking=taking,
    )  # fmt: skip


def _alike(made: Sequence[tuple[OrderMatch, int, order_acts.Order]]) -> None:
    """One list is of one buyer and one currency, and names no order twice."""
    first = made[0]
    for place, (match, debtor, order) in enumerate(made):
        where = {"field": f"orders.{place}", "document": match.order.label}
        if (debtor, order.currency) != (first[1], first[2].currency):
            sentence = "a list is of one buyer and one currency"
            raise Problem("ORDER-DIFFERS", sentence, status=409, **where)
        twice = any(
            order.nullifier == other.nullifier or order.root == other.root or match.order == earlier.order
            for earlier, _, other in made[:place]
        )
        if twice:
            raise Problem("ORDER-DIFFERS", "a list has each order, number and id once", status=409, **where)


def _take(connection: Connection, gateway: Gateway, asked: schemas.TakeAct, head: Head) -> dict[str, Any]:
    number = parse_id(asked.list)
    read = _read(gateway, asked.order, "order.")
    order = service.published_order(read)
    state = order_state(connection, head.day, ids=[number, order.root], nullifiers=[order.nullifier])
    proof = [bytes.fromhex(each.removeprefix("0x")) for each in asked.proof]
    commitment = connection.execute(
        select(order_lists.c.orders).where(order_lists.c.list == number)
    ).scalar_one_or_none()
    listed = commitment is not None and top(order_leaf(read), proof) == bytes(commitment)
    state.listed_orders[number] = frozenset({order} if listed else ())
    act = order_acts.TakeOrder(number, order, _expiry(asked, head))
    unsigned = {"proof": ["0x" + each.hex() for each in proof]}
    return _prepared(
        gateway,
        state,
        act,
        head,
        asked.list,
        amount=order.quantity,
        currency=order.currency,
        unsigned=unsigned,
    )


def _read(gateway: Gateway, order: Mapping[str, Any], path: str) -> dict[str, Any]:
    return read_message(gateway.acts.types_of("TakeOrder"), "Order", order, path)


def _state(
    connection: Connection, head: Head, asked: Iterable[schemas.OneConfirmed], *more: int
) -> LedgerState:
    each = list(asked)
    nullifiers = [service.number_of(one) for one in each]
    ids = [*(parse_id(one.order) for one in each), *more]
    return order_state(connection, head.day, ids=ids, nullifiers=nullifiers)


def _unconfirmed(connection: Connection, match: OrderMatch) -> None:
    """One order of the documents is confirmed once."""
    table = orders.c
    query = select(table.order).where(table.evidence.in_(match.evidence())).limit(1)
    number = connection.execute(query).scalar_one_or_none()
    if number is not None:
        raise Problem(
            "ORDER-CONFIRMED", f"the order was confirmed as {format_id(number)}", status=409, field="document",
            document=match.order.label, order=format_id(number),
        )  # fmt: skip


# ── On the ledger ───────────────────────────────────────────────────────────────────────────────────────────


class _Order:
    """An order of the ledger with its documents, where they are here."""

    def __init__(self, found: OrderRows, match: OrderMatch | None) -> None:
        self.row, self.titles, self.match = found.row, found.titles, match
        self.facilities = {each.facility: each for each in found.facilities}
        self.number = format_id(self.row.order)
        self.currency: int = self.row.currency

    @property
    def sums(self) -> Sums:
        """What the ledger has of it."""
        return Sums(self.row.quantity, self.row.taken, self.row.reduced, self.row.last_day)

    def title(self, named: str | None) -> Row[Any]:
        """The title that an act is about. Raises Problem where it is not to be told, or there is none."""
        number = None if named is None else parse_id(named)
        found = [each for each in self.titles if number in (None, each.title)]
        if len(found) == 1:
            return found[0]
        sentence = (
            "a lender carved the order: name the title"
            if found
            else "the order has no such title, or nothing left"
        )
        raise Problem(
            "ORDER-TITLE", sentence, status=409, field="title", document=self.number,
            titles=[format_id(each.title) for each in self.titles],
        )  # fmt: skip

    def prepay(self, title: Row[Any], less: int) -> list[dict[str, Any]]:
        """What is to be prepaid once so much less secures the title's facility."""
        row = self.facilities.get(title.lock)
        if row is None:
            return []
        short = prepayment(row.used, row.limit_amount, row.face - less, row.advance_bps)
        told = {"facility": row.facility, "lender": row.lender, "borrower": row.borrower}
        return [{**told, "amount": text(short, row.currency)}] if short else []


def _reduce(
    connection: Connection, gateway: Gateway, order: _Order, asked: schemas.ReduceAct, head: Head
) -> dict[str, Any]:
    title = order.title(asked.title)
    why = cuts(order.match, order.sums, head.day, _converted(connection, order.row.order))
    amount = min(sum(cut.amount for cut in why), title.quantity)
    if asked.amount is not None:
        amount = to_minor(asked.amount, order.currency, "amount")
    elif not amount:
        sentence = "neither documents nor the last day say that less will come: name an amount"
        raise Problem("ORDER-COMPLETE", sentence, status=409, field="amount", document=order.number)
    evidence = service.joined({ref.sha256 for cut in why for ref in cut.documents})
    if asked.evidence is not None:
        evidence = bytes.fromhex(asked.evidence.removeprefix("0x"))
    act = order_acts.ReduceOrder(title.title, title.sequence, amount, _expiry(asked, head), evidence)
    state = order_state(connection, head.day, ids=[title.title])
    return _prepared(
        gateway, state, act, head, order.number, amount=amount, currency=order.currency,
        why=[_why(cut, order.currency) for cut in why], prepay=order.prepay(title, amount),
    )  # fmt: skip


def _why(cut: Cut, currency: int) -> dict[str, Any]:
    return {
        "rule": cut.rule, "amount": text(cut.amount, currency), "sentence": cut.sentence,
        "documents": [ref.label for ref in cut.documents],
    }  # fmt: skip


def _converted(connection: Connection, order: int) -> set[str]:
    """Hashes under which the invoices were attested that receivables of an order stand on."""
    uses, invoice = ledger.root_invoices.c, ledger.invoices.c
    query = (
        select(invoice.document)
        .join(ledger.root_invoices, uses.nullifier == invoice.nullifier)
        .join(conversions, conversions.c.receivable == uses.root)
        .where(conversions.c.order == order)
    )
    return {bytes(document).hex() for document in connection.execute(query).scalars()}


def _convert(
    connection: Connection, gateway: Gateway, order: _Order, asked: schemas.ConvertAct, head: Head
) -> dict[str, Any]:
    match = order.match
    assert match is not None
    part, title = service.find_part(match, asked.invoice), order.title(asked.title)
    plan = conversion(match, part, order.sums)
    taken = min(plan.taken, title.quantity)
    amount = service.promised(match, part, (taken, min(plan.promised, taken)), asked, order.currency)
    act = order_acts.Convert(
        title.title, title.sequence, taken, _receivable(asked, part, title.holder, amount, order.currency),
        _expiry(asked, head), service.receipts_hash(part),
    )  # fmt: skip
    state = order_state(
        connection, head.day, ids=[title.title, act.receivable.root], nullifiers=act.receivable.nullifiers
    )
    return _prepared(
        gateway, state, act, head, part.result.invoice.label, names={"order": "receivable"}, amount=amount,
        taken=text(taken, order.currency), currency=order.currency, prepay=order.prepay(title, taken - amount),
        exceptions=[describe_finding(each) for each in part.result.exceptions],
    )  # fmt: skip


def _receivable(
    asked: schemas.ConvertAct, part: OrderPart, payee: int, amount: int, currency: int
) -> Receivable:
    result = part.result
    assert result.due is not None
    return Receivable(
        root=parse_id(asked.receivable), payee=payee, clearing_bank=asked.clearing_bank, currency=currency,
        due_day=day_of_date(result.due), terms=asked.late_ppm, quantity=amount,
        nullifiers=(bytes.fromhex(asked.nullifier.removeprefix("0x")),), amounts=(amount,),
        evidence=service.joined({result.invoice.sha256, *result.chain.hashes()}),
    )  # fmt: skip


# ── What all share ──────────────────────────────────────────────────────────────────────────────────────────


def _expiry(asked: Any, head: Head) -> int:
    return int(asked.expires_at or head.time + _LIFE_SECONDS)


def _prepared(
    gateway: Gateway,
    state: LedgerState,
    act: OrderAct,
    head: Head,
    document: str,
    *,
    amount: int,
    currency: int,
    changed: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
    **shown: Any,
) -> dict[str, Any]:
    """The act to be signed, if the ledger would do it. `names`: what a field is called that rules know otherwise."""
    if isinstance(act, order_acts.TakeOrder) and act.list not in state.order_lists:
        raise service.refuse(Reason.NOT_OFFERED, document)
    signers = parties_of(state, act)
    reason = would(state, act, head.time)
    if reason:
        raise service.refuse(reason, document, **(names or {}))
    message = {**message_of(act), **write_message(dict(changed or {}))}
    nothing: dict[str, Any] = {
        "taken": None,
        "why": [],
        "prepay": [],
        "exceptions": [],
        "unsigned": {},
        "taking": [],
    }
    return {
        **nothing, **instructions.prepare(gateway.acts, service.FUNCTIONS[type(act)], message), "signers": signers,
        "currency": currency_codes()[currency], "amount": text(amount, currency), **shown,
    }  # fmt: skip
