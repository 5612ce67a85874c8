"""What a run found, as people and programs read it: amounts as decimal text, days as ISO dates, in a fixed order.

The hash of a day end is taken of exactly this document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain.calendar import iso
from gateway.domain.trade import decimal_text, plain
from gateway.money import exponent
from gateway.services.reconciliation import Difference, Found, Side
from gateway.services.reconciliation.books import Given
from gateway.services.reconciliation.goods import Goods, KeeperWord, LotFigure
from gateway.services.reconciliation.orders import OUTCOMES
from gateway.services.stock import describe_heartbeat


def document(found: Found) -> dict[str, Any]:
    """The whole of it; the same books give the same document."""
    return {
        "day": iso(found.books.day),
        "statements": list(_statements(found)),
        "figures": list(_figures(found)),
        "orders": list(_orders(found)),
        "sums": [
            {
                "rule": each.rule, "about": each.about, "currency": each.currency, "holds": each.holds,
                "left": amount_text(each.left, each.currency), "right": amount_text(each.right, each.currency),
            }
            for each in found.sums
        ],
        "goods": [lot(each) for each in _goods(found).lots],
        "words": [word(each) for each in _goods(found).words],
        "differences": [difference(each) for each in found.differences],
    }  # fmt: skip


def _goods(found: Found) -> Goods:
    return found.goods or Goods((), (), ())


def lot(each: LotFigure) -> dict[str, Any]:
    """A lot in each book; quantities are decimal text in its unit."""
    receipts, told = each.receipts, each.told
    last_count = None if told is None else told.last_count
    return {
        "keeper": each.keeper, "lot": each.lot, "unit": receipts.unit,
        "receipts": plain(receipts.goods(receipts.live)), "in_store": plain(receipts.goods(receipts.stored)),
        "counted_day": iso(receipts.counted_day) if receipts.counted_day else None,
        "told": None if told is None else plain(told.quantity), "sound": None if told is None else plain(told.sound),
        "last_count": None if last_count is None else last_count.isoformat(),
        "count_due": None if each.count.due_day is None else iso(each.count.due_day),
        "lendable": plain(receipts.goods(each.lendable.quantity)),
        "cuts": [
            {"rule": cut.rule, "quantity": plain(receipts.goods(cut.quantity)), "reason": cut.reason}
            for cut in each.lendable.cuts
        ],
        "rules": list(each.rules),
    }  # fmt: skip


def word(each: KeeperWord) -> dict[str, Any]:
    """How a keeper's word stands."""
    due = each.beat.due_day
    told = {"due_day": None if due is None else iso(due), "lots": each.lots}
    return {"keeper": each.keeper, **describe_heartbeat(each.beat), **told}


def difference(each: Difference) -> dict[str, Any]:
    """A difference as it was found."""
    return {
        "rule": each.rule, "bic": each.bic, "account": each.account, "item": each.item, "day": iso(each.day),
        "currency": each.currency, "amount": amount_text(each.amount, each.currency), "reference": each.reference,
        "expected": each.expected, "found": each.found, "sentence": each.sentence,
    }  # fmt: skip


def amount_text(amount: int, currency: str) -> str:
    """An amount in units of its currency; of what has no currency, as it is."""
    return _text(amount, currency) if currency else str(amount)


def _text(amount: int, currency: str) -> str:
    return decimal_text(amount, exponent(currency))


def _statements(found: Found) -> Iterator[dict[str, Any]]:
    """Opening + movements = closing, of each statement of this run."""
    for timeline in found.timelines.values():
        for each in timeline.statements:
            if each.lines is not None:
                yield _statement(each)


def _statement(each: Given) -> dict[str, Any]:
    lines = each.lines or ()
    credits = sum(line.amount for line in lines if line.credit)
    debits = sum(line.amount for line in lines if not line.credit)
    values: Mapping[str, int] = {
        "opening": each.opening, "credits": credits, "debits": debits, "closing": each.closing,
    }  # fmt: skip
    return {
        "bic": each.bic, "account": each.account, "currency": each.currency, "statement": each.statement_id,
        "document": each.document, "sequence": each.sequence, "first_day": iso(each.first_day),
        "last_day": iso(each.last_day), "entries": len(lines),
        **{name: _text(value, each.currency) for name, value in values.items()},
        "holds": each.opening + credits - debits == each.closing, "digest": each.digest,
    }  # fmt: skip


def _figures(found: Found) -> Iterator[dict[str, Any]]:
    def side(of: Side, currency: str) -> dict[str, Any]:
        return {"count": of.count, "sum": _text(of.amount, currency)}

    for each in found.figures:
        yield {
            "bic": each.bic, "account": each.account, "currency": each.currency, "side": each.side, "kind": each.kind,
            "expected": side(each.expected, each.currency), "database": side(each.database, each.currency),
            "bank": side(each.bank, each.currency),
        }  # fmt: skip


def _orders(found: Found) -> Iterator[dict[str, Any]]:
    """Σ instructed = Σ settled + rejected + pending + unknown (INV-5), of what was ordered through the gateway."""
    orders = [each for each in found.books.orders if each.end_to_end in found.outcomes.by_order]
    for currency in sorted({each.currency for each in orders}):
        mine = [each for each in orders if each.currency == currency]
        row: dict[str, Any] = {
            "currency": currency, "instructed": _text(sum(each.amount for each in mine), currency),
            "count": len(mine),
        }  # fmt: skip
        for outcome in OUTCOMES:
            of = [each.amount for each in mine if found.outcomes.by_order[each.end_to_end] == outcome]
            row[outcome] = _text(sum(of), currency)
        yield row
