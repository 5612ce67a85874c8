"""Facts about orders: confirmed, reduced, and converted into receivables. Where one begins, `titles` says."""

from __future__ import annotations

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import CLOSED, OFFERS, ORDER_WORD
from gateway.db import order_tables as tables
from gateway.db.tables import invoices, titles
from gateway.projections.fold import Fold, Row
from gateway.projections.parties import origin
from gateway.projections.titles import History


def order_confirmed(fold: Fold, fact: Fact) -> None:
    """Whose order it is, and which document it uses up. One from a list counts as taken there."""
    args = fact.args
    order = fold.get(tables.orders, args["order"])
    fold.change(
        tables.orders, order, {name: args[name] for name in ("seller", "list", "nullifier", "evidence")}
    )
    document = fold.get(invoices, args["nullifier"])
    fold.change(invoices, document, {"used": document["used"] + args["quantity"]})
    if args["list"]:
        listed = fold.get(tables.order_lists, args["list"])
        fold.change(tables.order_lists, listed, {"taken": listed["taken"] + args["quantity"]})


def orders_published(fold: Fold, fact: Fact) -> None:
    """A list of orders; it reserves nothing."""
    args = fact.args
    commitments = {"orders": args["orders"], "evidence": args["evidence"]}
    row = {"list": args["list"], **OFFERS.unpack(args["word"]), **commitments, **origin(fact)}
    fold.put(tables.order_lists, row)


def order_reduced(fold: Fold, fact: Fact) -> None:
    """So much of it will not come."""
    order, _ = _shrunk(fold, fact)
    fold.change(tables.orders, order, {"reduce_evidence": fact.args["evidence"]})


def converted(fold: Fold, fact: Fact) -> None:
    """What was received became a receivable."""
    args = fact.args
    order, before = _shrunk(fold, fact, counterpart=args["receivable"])
    sums = {name: order[name] - before[name] for name in ("taken", "promised")}
    ids = {"receivable": args["receivable"], "order": order["order"], "title": args["title"]}
    fold.put(tables.conversions, {**ids, **sums, "evidence": args["evidence"], **origin(fact)})


def order_stored(fold: Fold, fact: Fact) -> None:
    """What was ordered is in store, and a receipt secures the facility in its place."""
    order, before = _shrunk(fold, fact, counterpart=fact.args["receipt"])
    part = order["taken"] - before["taken"]
    fold.change(tables.orders, order, {"stored": before["stored"] + part})


def goods_converted(fold: Fold, fact: Fact) -> None:
    """Goods in store were sold, and a receivable took their place."""
    args = fact.args
    History(fold, fact).set_word(
        args["title"], args["word"], evidence=args["evidence"], counterpart=args["receivable"]
    )
    ids = {"receivable": args["receivable"], "title": args["title"]}
    fold.put(tables.goods_conversions, {**ids, "evidence": args["evidence"], **origin(fact)})


def _shrunk(fold: Fold, fact: Fact, counterpart: int | None = None) -> tuple[Row, Row]:
    """The order's row, and what it was before; with the last of it the order closes."""
    args = fact.args
    held = fold.get(titles, args["title"])
    order = fold.get(tables.orders, held["root"])
    before, sums = dict(order), ORDER_WORD.unpack(args["orderWord"])
    gone = sums["taken"] + sums["reduced"]
    part = gone - before["taken"] - before["reduced"]
    History(fold, fact).set_word(
        args["title"], args["word"], evidence=args["evidence"], quantity=part, counterpart=counterpart
    )
    fold.change(tables.orders, order, sums)
    if gone == order["quantity"]:
        fold.change(tables.orders, order, {"phase": CLOSED})
    return order, before
