"""Facts about goods that secure facilities: what was agreed, what they count for, how that stands, what was sold."""

from __future__ import annotations

from sqlalchemy import Table

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import GOODS_SALE, GOODS_TERMS, MARK, PLEDGED_LOT
from gateway.db import margin_tables as tables
from gateway.projections.fold import Fold, Row
from gateway.projections.parties import origin
from gateway.projections.titles import History

_NOTHING = bytes(32)


def goods_agreed(fold: Fold, fact: Fact) -> None:
    """What was agreed of goods under a facility; it may be agreed anew."""
    args = fact.args
    terms = GOODS_TERMS.unpack(args["terms"])
    keep(fold, tables.goods_terms, {"facility": args["facility"]}, said(fact, terms))


def lot_marked(fold: Fold, fact: Fact) -> None:
    """What a lot is, and counts for, under a facility."""
    args = fact.args
    lot = {"facility": args["facility"], "lot": args["lot"]}
    keep(fold, tables.pledged_lots, lot, said(fact, PLEDGED_LOT.unpack(args["word"])))


def mark_changed(fold: Fold, fact: Fact) -> None:
    """How what is pledged stands. A look that anyone may take has no document, and leaves the last one."""
    args = fact.args
    keep(fold, tables.marks, {"facility": args["facility"]}, said(fact, MARK.unpack(args["mark"])))


def goods_sale_changed(fold: Fold, fact: Fact) -> None:
    """A receipt's goods are sold in enforcement, or paid for; a word of 0 says that nobody paid."""
    args = fact.args
    sale = GOODS_SALE.unpack(args["sale"]) if args["sale"] else {"state": 0}
    keep(fold, tables.goods_sales, {"title": args["title"]}, said(fact, sale))


def goods_held(fold: Fold, fact: Fact) -> None:
    """A receipt is one thing, because it is being sold or leased; or is not after all."""
    History(fold, fact).set_word(fact.args["title"], fact.args["word"])


def said(fact: Fact, fields: Row) -> Row:
    """What a word says, and where; an act without a document leaves the last one."""
    evidence = fact.args["evidence"]
    return {**fields, **({} if evidence == _NOTHING else {"evidence": evidence}), **origin(fact)}


def keep(fold: Fold, table: Table, key: Row, values: Row) -> None:
    """Keeps a record that there is one of: a new one, or the one there is with other values."""
    row = fold.find(table, *key.values())
    if row is None:
        fold.put(table, {"evidence": _NOTHING, **key, **values})
    else:
        fold.change(table, row, values)
