"""What a fact of the chain means to those who are told of it: one message, several, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from gateway.adapters.ledger.chain import Fact, data_before
from gateway.adapters.ledger.words import (
    CALL,
    FILLED,
    GOODS,
    LOT,
    MARK,
    ORDER,
    SETTLED,
    STAGE_TERMS,
    STAGES,
    TITLE,
    form_of,
)
from gateway.db import tables as ledger
from gateway.db.goods_tables import lots
from gateway.db.lease_tables import leases
from gateway.db.order_tables import conversions, orders
from gateway.domain.calendar import iso
from gateway.domain.goods_records import Lot
from gateway.domain.goods_units import quantity_text, unit_code
from gateway.domain.margin_records import MarginState
from gateway.domain.quotes import prepayment
from gateway.domain.records import Form
from gateway.ids import format_id
from gateway.money import currency_codes, text
from gateway.services.payments import FactKind
from gateway.services.webhooks import Kind


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. `row` tells several of one fact apart."""

    kind: Kind
    row: int
    data: Mapping[str, Any]


def happenings(connection: Connection, fact: Fact) -> Iterator[Happening]:
    """What the fact means, with amounts in units of their currency; the tables must have folded it."""
    kind = _ROOTS.get((fact.contract, fact.event))
    if kind is not None and not _begins_an_order(fact):
        yield Happening(kind, 0, _root(connection, fact))
    kind = _LOANS.get((fact.contract, fact.event))
    if kind is not None:
        yield Happening(kind, 0, _loan(connection, fact))
    if fact.contract == "Ledger" and fact.event in {*_TITLES, *_RECEIPTS, *_ORDERS}:
        yield from _titles(connection, fact)
    if (fact.contract, fact.event) == ("Protection", "CallChanged"):
        yield from _call(connection, fact)
    other = _OTHERS.get((fact.contract, fact.event))
    if other is not None:
        yield Happening(other[0], 0, other[1](connection, fact))


def _row(connection: Connection, table: Table, number: int) -> Any:
    (key,) = table.primary_key
    return connection.execute(select(table).where(key == number)).one()


def _at(connection: Connection, table: Table, fact: Fact) -> Any:
    """The row that this very fact is."""
    place = (table.c.block_number == fact.block_number) & (table.c.log_index == fact.log_index)
    return connection.execute(select(table).where(place)).one()


def _root(connection: Connection, fact: Fact) -> dict[str, Any]:
    row = _row(connection, ledger.roots, fact.args["root"])
    return {
        "receivable": format_id(row.root), "debtor": row.debtor, "payee": row.payee,
        "amount": text(row.quantity, row.currency), "currency": currency_codes()[row.currency],
        "due": iso(row.due_day), "received": text(row.received, row.currency),
    }  # fmt: skip


def _loan(connection: Connection, fact: Fact) -> dict[str, Any]:
    row = _row(connection, ledger.loans, fact.args["loan"])
    facility = _row(connection, ledger.facilities, row.facility)
    moved = {}
    if fact.event in ("Repaid", "RepaymentReversed"):
        paid = _at(connection, ledger.repayments, fact)
        parts = ("interest", "principal", "surplus")
        moved = {name: text(getattr(paid, name), facility.currency) for name in parts}
    return {
        "loan": format_id(row.loan), "facility": row.facility, "lender": facility.lender,
        "borrower": facility.borrower, "drawn": text(row.drawn, facility.currency),
        "currency": currency_codes()[facility.currency],
        "title": format_id(row.title) if row.title else None,
        "bears_loss": facility.entrustor or facility.lender, **moved,
    }  # fmt: skip


def _titles(connection: Connection, fact: Fact) -> Iterator[Happening]:
    """One for each title that the fact changed, as it was then; of a list that pays, each with what it got."""
    history = ledger.title_history
    rows = connection.execute(
        select(history)
        .where(history.c.block_number == fact.block_number, history.c.log_index == fact.log_index)
        .order_by(history.c.row)
    ).all()
    for row in rows:
        word = TITLE.unpack(row.word)
        if word["flags"] & GOODS:
            if fact.event in ("Locked", "GoodsHeld") and _is_leased(connection, word["lock"]):
                continue
            yield Happening(_RECEIPTS[fact.event], row.row, _receipt(connection, row, word))
            continue
        if word["flags"] & ORDER:
            yield Happening(_ORDERS[fact.event], row.row, _order_title(connection, fact, row, word))
            continue
        currency = connection.execute(
            select(ledger.roots.c.currency).where(ledger.roots.c.root == word["root"])
        ).scalar_one()
        settled = fact.event == "PaidOut" and word["flags"] & SETTLED
        data = {
            "title": format_id(row.title), "receivable": format_id(word["root"]),
            "other_title": None if row.counterpart is None else format_id(row.counterpart),
            "from_holder": row.from_holder, "to_holder": row.to_holder, "lock": word["lock"],
            "amount": text(row.quantity, currency), "currency": currency_codes()[currency],
        }  # fmt: skip
        yield Happening("title.settled" if settled else _TITLES[fact.event], row.row, data)


def _receipt(connection: Connection, row: Any, word: Mapping[str, int]) -> dict[str, Any]:
    lot = _row(connection, lots, word["root"])
    return {
        "receipt": format_id(row.title), "lot": format_id(word["root"]), "keeper": lot.keeper,
        "other_receipt": None if row.counterpart is None else format_id(row.counterpart),
        "from_holder": row.from_holder, "to_holder": row.to_holder, "lock": word["lock"],
        "quantity": quantity_text(row.quantity, lot.decimals), "unit": unit_code(lot.unit),
    }  # fmt: skip


def _begins_an_order(fact: Fact) -> bool:
    """An order's first title is told of by the order's own confirmation."""
    return fact.event == "RootAccepted" and bool(TITLE.unpack(fact.args["word"])["flags"] & ORDER)


def _order(row: Any) -> dict[str, Any]:
    return {
        "order": format_id(row.order), "buyer": row.buyer, "seller": row.seller,
        "currency": currency_codes()[row.currency], "last_day": iso(row.last_day),
    }  # fmt: skip


def _order_confirmed(connection: Connection, fact: Fact) -> dict[str, Any]:
    row = _row(connection, orders, fact.args["order"])
    return {**_order(row), "amount": text(row.quantity, row.currency)}


def _order_title(connection: Connection, fact: Fact, row: Any, word: Mapping[str, int]) -> dict[str, Any]:
    """What happened to an order, or to a part of it; and what its seller is to prepay, where what is left does not
    carry what is owed.
    """
    order = _row(connection, orders, word["root"])
    less = {"OrderReduced": row.quantity, "Converted": 0}.get(fact.event)
    promised = {}
    if fact.event == "Converted":
        receivable = _row(connection, conversions, fact.args["receivable"])
        less = receivable.taken - receivable.promised
        promised = {
            "receivable": format_id(receivable.receivable),
            "promised": text(receivable.promised, order.currency),
        }
    return {
        **_order(order), "title": format_id(row.title),
        "other_title": None if row.counterpart is None else format_id(row.counterpart),
        "lock": word["lock"], "amount": text(row.quantity, order.currency), **promised,
        "prepay": text(_prepayment(connection, word["lock"], less or 0), order.currency),
    }  # fmt: skip


def _prepayment(connection: Connection, lock: int, less: int) -> int:
    """What is owed above what the facility allows once so much face value is gone from it; the fact that tells so comes
    after this one.
    """
    if not lock:
        return 0
    row = _row(connection, ledger.facilities, lock)
    return prepayment(row.used, row.limit_amount, row.face - less, row.advance_bps)


def _counted(connection: Connection, fact: Fact) -> dict[str, Any]:
    lot = _row(connection, lots, fact.args["lot"])
    fields = LOT.unpack(fact.args["lotWord"])
    counted_day = fields.pop("counted_day")
    fields.pop("counts")
    sums = Lot(**fields)
    said = {"receipts": sums.nominal(lot.first_quantity), "in_store": sums.stored(lot.first_quantity)}
    return {
        "lot": format_id(lot.lot), "keeper": lot.keeper, "day": iso(counted_day), "unit": unit_code(lot.unit),
        **{name: quantity_text(value, lot.decimals) for name, value in said.items()},
    }  # fmt: skip


def _call(connection: Connection, fact: Fact) -> Iterator[Happening]:
    """What became more of one protection's call for one loan: called, paid, or got back; the rest is told to nobody.

    A claim that its protector gave up is no reimbursement: no bank attested it.
    """
    row = _row(connection, ledger.protections, fact.args["protection"])
    facility = _row(connection, ledger.facilities, row.facility)
    now = CALL.unpack(fact.args["call"])
    data = data_before(connection, fact, first_block=row.block_number)
    before = CALL.unpack(0 if data is None else int.from_bytes(data[:32]))
    for number, (name, kind) in enumerate(_CALLS.items()):
        more = now[name] - before[name]
        if more > 0 and (name != "reimbursed" or _attested(connection, fact)):
            yield Happening(kind, number, {
                "protection": format_id(row.protection), "protector": row.protector,
                "loan": format_id(fact.args["loan"]), "facility": row.facility, "lender": facility.lender,
                "borrower": facility.borrower, "amount": text(more, facility.currency),
                "currency": currency_codes()[facility.currency],
                **{each: text(now[each], facility.currency) for each in _CALLS},
            })  # fmt: skip


def _attested(connection: Connection, fact: Fact) -> bool:
    """Whether a bank's fact was behind it: money of that kind, recorded in the same transaction."""
    movements = ledger.movements.c
    found = select(movements.movement).where(
        movements.kind == FactKind.REIMBURSED,
        movements.subject == fact.args["protection"],
        movements.loan == fact.args["loan"],
        movements.transaction_hash == bytes.fromhex(fact.transaction_hash[2:]),
    )
    return connection.execute(found).first() is not None


def _party(_: Connection, fact: Fact) -> dict[str, Any]:
    return {name: fact.args[name] for name in ("party", "kinds", "group")}


def _facility(connection: Connection, fact: Fact) -> dict[str, Any]:
    row = _row(connection, ledger.facilities, fact.args["facility"])
    return {
        "facility": row.facility, "lender": row.lender, "borrower": row.borrower,
        "limit": text(row.limit_amount, row.currency), "currency": currency_codes()[row.currency],
    }  # fmt: skip


def _mark(connection: Connection, fact: Fact) -> dict[str, Any]:
    mark = MARK.unpack(fact.args["mark"])
    day = mark["day"]
    return {
        **_facility(connection, fact), "state": MarginState(mark["state"]).name.lower(),
        "day": iso(day) if day else None, "lots": mark["lots"], "fresh_until": iso(mark["fresh_until"]),
    }  # fmt: skip


def _lease(connection: Connection, fact: Fact) -> dict[str, Any]:
    """A receipt is to be leased, notice was given, or its holder has it free again."""
    row = _row(connection, leases, fact.args["title"])
    facility = _row(connection, ledger.facilities, row.facility)
    noticed = row.standing and row.notice_day
    return {
        "receipt": format_id(row.title), "facility": row.facility, "lessor": facility.lender,
        "lessee": facility.borrower, "seller": row.seller, "price": text(row.price, facility.currency),
        "currency": currency_codes()[facility.currency],
        "state": "notice" if noticed else "agreed" if row.standing else "withdrawn",
        "ends_from": iso(row.from_day) if noticed else None,
    }  # fmt: skip


def _lease_ended(connection: Connection, fact: Fact) -> dict[str, Any]:
    filled, loan = FILLED.unpack(fact.args["filled"]), _loan(connection, fact)
    (currency,) = (number for number, code in currency_codes().items() if code == loan["currency"])
    return {
        **loan, "value": text(sum(filled.values()), currency), "owed_to_lessee": text(filled["surplus"], currency),
    }  # fmt: skip


def _is_leased(connection: Connection, lock: int) -> bool:
    """Whether a receipt is locked because it is leased: a fact of its own tells that."""
    flags = connection.execute(
        select(ledger.facilities.c.flags).where(ledger.facilities.c.facility == lock)
    ).scalar()
    return flags is not None and form_of(flags) is Form.LEASE


def _stages_agreed(connection: Connection, fact: Fact) -> dict[str, Any]:
    terms, told = STAGE_TERMS.unpack(fact.args["terms"]), _facility(connection, fact)
    currency = _row(connection, ledger.facilities, fact.args["facility"]).currency
    return {**told, **terms, "first_amount": text(terms["first_amount"], currency)}


def _stages_changed(connection: Connection, fact: Fact) -> dict[str, Any]:
    word, told = STAGES.unpack(fact.args["word"]), _facility(connection, fact)
    currency = _row(connection, ledger.facilities, fact.args["facility"]).currency
    return {**told, **{part: text(amount, currency) for part, amount in word.items()}}


def _movement(connection: Connection, fact: Fact) -> dict[str, Any]:
    row = _at(connection, ledger.movements, fact)
    return {
        "movement": "0x" + row.movement.hex(), "kind": row.kind, "subject": str(row.subject),
        "loan": str(row.loan), "bank": row.bank, "amount_minor": row.amount, "value_day": iso(row.value_day),
    }  # fmt: skip


_ROOTS: Mapping[tuple[str, str], Kind] = {
    ("Evidence", "Issued"): "root.offered",
    ("Ledger", "RootAccepted"): "root.accepted",
    ("Ledger", "RootCancelled"): "root.cancelled",
    ("Ledger", "Received"): "root.received",
}
_TITLES: Mapping[str, Kind] = {
    "Assigned": "title.moved",
    "Split": "title.split",
    "Carved": "title.split",
    "Merged": "title.merged",
    "Locked": "title.locked",
    "Unlocked": "title.released",
    "Delivered": "title.delivered",
    "Frozen": "title.frozen",
    "Lifted": "title.lifted",
    "PaidOut": "title.paid",
    "SettledEarly": "title.settled",
    "TitleWrittenOff": "title.written_off",
}
_RECEIPTS: Mapping[str, Kind] = {
    "Stored": "receipt.stored",
    "Assigned": "receipt.moved",
    "ReceiptSplit": "receipt.split",
    "Carved": "receipt.split",
    "Merged": "receipt.merged",
    "Frozen": "receipt.frozen",
    "Lifted": "receipt.lifted",
    "Locked": "receipt.pledged",
    "Unlocked": "receipt.released",
    "GoodsHeld": "receipt.sale_changed",
    "GoodsConverted": "receipt.converted",
    "Delivered": "receipt.delivered",
    "HandedOver": "receipt.handed_over",
    "MediumChanged": "receipt.medium_changed",
    "Replaced": "receipt.replaced",
}
"""What happens to receipts, whose titles the same facts may change."""
_ORDERS: Mapping[str, Kind] = {
    "Locked": "order.locked",
    "Unlocked": "order.released",
    "Carved": "order.split",
    "Frozen": "order.frozen",
    "Lifted": "order.lifted",
    "OrderReduced": "order.reduced",
    "Converted": "order.converted",
    "OrderStored": "order.stored",
}
"""What happens to the titles of orders."""
_LOANS: Mapping[tuple[str, str], Kind] = {
    ("Credit", "Drawn"): "loan.drawn",
    ("Credit", "PaidOut"): "loan.paid_out",
    ("Credit", "Voided"): "loan.voided",
    ("Credit", "Repaid"): "loan.repaid",
    ("Credit", "RepaymentReversed"): "loan.repayment_reversed",
    ("Credit", "WrittenOff"): "loan.written_off",
}
_CALLS: Mapping[str, Kind] = {
    "called": "protection.called",
    "paid": "protection.paid",
    "reimbursed": "protection.reimbursed",
}
_OTHERS: Mapping[tuple[str, str], tuple[Kind, Callable[[Connection, Fact], dict[str, Any]]]] = {
    ("Registry", "Admitted"): ("party.admitted", _party),
    ("Ledger", "Counted"): ("lot.counted", _counted),
    ("Evidence", "OrderConfirmed"): ("order.confirmed", _order_confirmed),
    ("Credit", "Opened"): ("facility.opened", _facility),
    ("Credit", "MarkChanged"): ("collateral.marked", _mark),
    ("Credit", "LeaseChanged"): ("lease.changed", _lease),
    ("Credit", "LeaseEnded"): ("lease.ended", _lease_ended),
    ("Credit", "StagesAgreed"): ("stages.agreed", _stages_agreed),
    ("Credit", "StagesChanged"): ("stages.changed", _stages_changed),
    ("Settlement", "FactRecorded"): ("fact.recorded", _movement),
    ("Settlement", "MovementReversed"): ("fact.reversed", _movement),
}
