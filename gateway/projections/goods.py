"""Facts about goods: what came in, was counted, left, and what its receipts became."""

from __future__ import annotations

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import CLOSED, LOT, ROOT, SPLIT, TITLE, lot_fields
from gateway.db import goods_tables as tables
from gateway.db.tables import titles
from gateway.domain.goods_records import RootKind
from gateway.projections.fold import Fold, Row
from gateway.projections.parties import origin
from gateway.projections.titles import History


def stored(fold: Fold, fact: Fact) -> None:
    """A receipt for goods that came in: the first of a lot, or one more of a pool."""
    args = fact.args
    lot = fold.find(tables.lots, args["lot"])
    if lot is None:
        row = {
            "lot": args["lot"], **lot_fields(ROOT.unpack(args["root"])), **LOT.unpack(args["lotWord"]),
            "number_hash": args["number"], "evidence": args["evidence"], "count_evidence": None, **origin(fact),
        }  # fmt: skip
        fold.put(tables.lots, row)
    else:
        fold.change(tables.lots, lot, LOT.unpack(args["lotWord"]))
    History(fold, fact).set_word(args["receipt"], args["word"], evidence=args["evidence"])


def receipt_split(fold: Fold, fact: Fact) -> None:
    """The receipt is cancelled, and two stand for it."""
    history = History(fold, fact)
    for ids, word, part_word, rest_word, evidence in fact.args["rows"]:
        fields = SPLIT.unpack(ids)
        title, part, rest = fields["title"], fields["part"], fields["rest"]
        whole = fold.get(titles, title)["quantity"]
        history.set_word(title, word, evidence=evidence, quantity=whole, counterpart=part)
        history.set_word(part, part_word, evidence=evidence, counterpart=title, parent=title)
        history.set_word(rest, rest_word, evidence=evidence, counterpart=title, parent=title)


def handed_over(fold: Fold, fact: Fact) -> None:
    """Goods left for a receipt, or for a part of it; with the last of them the lot closes, unless it is a pool."""
    args = fact.args
    gone = fold.get(titles, args["title"])["quantity"] - TITLE.unpack(args["word"])["quantity"]
    title = History(fold, fact).set_word(
        args["title"], args["word"], evidence=args["evidence"], quantity=gone
    )
    lot = fold.get(tables.lots, title["root"])
    fold.change(tables.lots, lot, LOT.unpack(args["lotWord"]))
    if lot["kind"] == RootKind.LOT and lot["first_quantity"] + lot["deposited"] == lot["redeemed"]:
        fold.change(tables.lots, lot, {"phase": CLOSED})


def counted(fold: Fold, fact: Fact) -> None:
    """What a lot has in store."""
    args = fact.args
    lot = fold.get(tables.lots, args["lot"])
    fold.change(tables.lots, lot, {**LOT.unpack(args["lotWord"]), "count_evidence": args["evidence"]})


def storage_charged(fold: Fold, fact: Fact) -> None:
    """The keeper's lien on a receipt's goods."""
    args = fact.args
    History(fold, fact).set_word(args["title"], args["word"], evidence=args["evidence"])
    said: Row = {name: args[name] for name in ("amount", "currency", "evidence")}
    lien = fold.find(tables.liens, args["title"])
    if lien is None:
        fold.put(tables.liens, {"title": args["title"], **said, **origin(fact)})
    else:
        fold.change(tables.liens, lien, {**said, **origin(fact)})


def medium_changed(fold: Fold, fact: Fact) -> None:
    """A receipt went out on paper, or came back."""
    args = fact.args
    History(fold, fact).set_word(args["title"], args["word"], evidence=args["evidence"])


def replaced(fold: Fold, fact: Fact) -> None:
    """A receipt lost on paper is cancelled, and another stands for it."""
    args, history = fact.args, History(fold, fact)
    title, fresh = args["title"], args["replacement"]
    history.set_word(title, args["word"], evidence=args["evidence"], counterpart=fresh)
    history.set_word(
        fresh, args["replacementWord"], evidence=args["evidence"], counterpart=title, parent=title
    )
