"""Facts about roots and titles."""

from __future__ import annotations

from collections.abc import Callable

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import CANCELLED as ROOT_CANCELLED
from gateway.adapters.ledger.words import (
    CASH,
    CLOSED,
    HELD,
    LINE,
    LIVE,
    MONEY,
    ORDER_WORD,
    PAIR,
    ROOT,
    SETTLED,
    TITLE,
    order_fields,
)
from gateway.db import tables
from gateway.db.order_tables import orders
from gateway.domain.goods_records import RootKind
from gateway.projections.evidence import use_limit
from gateway.projections.fold import Fold, Row
from gateway.projections.parties import origin, place, transaction

# ── Roots ───────────────────────────────────────────────────────────────────────────────────────────────────


def root_opened(fold: Fold, fact: Fact) -> None:
    """A promise, or an order; to whom and on which documents is said by Evidence right after."""
    word = ROOT.unpack(fact.args["word"])
    if word["kind"] == RootKind.ORDER:
        fold.put(orders, _fresh_order(fact, word))
        return
    unknown_yet = {"payee": 0, "list": 0, "evidence": bytes(32)}
    given_up = {"given_up_quantity": 0, "given_up_paid": 0}
    later = {"accept_evidence": None, "accept_transaction": None, "end_reason": None}
    fold.put(
        tables.roots,
        {
            "root": fact.args["root"],
            **word,
            **MONEY.unpack(0),
            **given_up,
            **unknown_yet,
            **later,
            **origin(fact),
        },
    )


def _fresh_order(fact: Fact, word: Row) -> Row:
    unknown_yet = {"seller": 0, "stored": 0, "list": 0, "nullifier": bytes(32), "evidence": bytes(32)}
    fields = {"order": fact.args["root"], **order_fields(word), **ORDER_WORD.unpack(0)}
    return {**fields, **unknown_yet, "reduce_evidence": None, **origin(fact)}


def root_accepted(fold: Fold, fact: Fact) -> None:
    """The root is live; its first title bears its number."""
    args = fact.args
    order = fold.find(orders, args["root"])
    if order is not None:
        fold.change(orders, order, {"phase": LIVE})
    else:
        accepted = {"accept_evidence": args["evidence"], "accept_transaction": transaction(fact)}
        fold.change(tables.roots, fold.get(tables.roots, args["root"]), {"phase": LIVE, **accepted})
    History(fold, fact).set_word(args["root"], args["word"], evidence=args["evidence"])


def root_cancelled(fold: Fold, fact: Fact) -> None:
    """Nobody took it."""
    fold.change(tables.roots, fold.get(tables.roots, fact.args["root"]), {"phase": ROOT_CANCELLED})


def received(fold: Fold, fact: Fact) -> None:
    """The clearing bank has money for a root; the word is all of the root's money."""
    root = fold.get(tables.roots, fact.args["root"])
    fold.change(tables.roots, root, MONEY.unpack(fact.args["word"]))


def _money(fold: Fold, root: Row, column: str, amount: int) -> None:
    """Add to one of a root's sums; it closes when nothing of it stands open (Discharge._closeIfDone)."""
    fold.change(tables.roots, root, {column: root[column] + amount})
    if root["distributed"] + root["removed"] + root["written_off"] == root["quantity"]:
        fold.change(tables.roots, root, {"phase": CLOSED})


# ── Titles ──────────────────────────────────────────────────────────────────────────────────────────────────


class History:
    """Writes titles and their history for one fact, numbering the rows it makes."""

    def __init__(self, fold: Fold, fact: Fact) -> None:
        self._fold = fold
        self._fact = fact
        self._rows = 0

    def set_word(
        self,
        title: int,
        word: int,
        *,
        evidence: bytes | None = None,
        quantity: int | None = None,
        counterpart: int | None = None,
        parent: int | None = None,
    ) -> Row:
        """A title's new word; `quantity` is what the act concerned, the whole title when it is not said."""
        fields = TITLE.unpack(word)
        row = self._fold.find(tables.titles, title)
        before = 0 if row is None else row["holder"]
        if row is None:
            row = {
                "title": title,
                **fields,
                "parent": parent,
                "merged_into": None,
                **CASH.unpack(0),
                "frozen_until_day": 0,
                **origin(self._fact),
            }
            self._fold.put(tables.titles, row)
        else:
            self._fold.change(tables.titles, row, fields)
        self._append(row, word, before, quantity, counterpart, evidence)
        return row

    def update(self, title: int, change: Callable[[Row], Row], *, quantity: int | None = None) -> Row:
        """A title that the fact changes without saying its word."""
        row = self._fold.get(tables.titles, title)
        self._fold.change(tables.titles, row, change(row))
        self._append(row, TITLE.pack(row), row["holder"], quantity, None, None)
        return row

    def _append(
        self,
        row: Row,
        word: int,
        before: int,
        quantity: int | None,
        counterpart: int | None,
        evidence: bytes | None,
    ) -> None:
        self._fold.append(
            tables.title_history,
            {
                **place(self._fact),
                "row": self._rows,
                "title": row["title"],
                "event": self._fact.event,
                "counterpart": counterpart,
                "from_holder": before,
                "to_holder": row["holder"],
                "quantity": row["quantity"] if quantity is None else quantity,
                "word": word,
                "evidence": evidence,
            },
        )
        self._rows += 1


def title_rows(fold: Fold, fact: Fact) -> None:
    """A batch of acts on one title each: Assigned, OfferWithdrawn, Locked."""
    fold.fetch(tables.titles, [title for title, _, _ in fact.args["rows"]])
    history = History(fold, fact)
    for title, word, evidence in fact.args["rows"]:
        history.set_word(title, word, evidence=evidence)


def pair_rows(fold: Fold, fact: Fact) -> None:
    """A part taken out of a title: Split, Carved."""
    pairs = [PAIR.unpack(ids) for ids, _, _, _ in fact.args["rows"]]
    fold.fetch(tables.titles, [title for pair in pairs for title in (pair["parent"], pair["child"])])
    history = History(fold, fact)
    for pair, (_, parent_word, child_word, evidence) in zip(pairs, fact.args["rows"], strict=True):
        parent, child = pair["parent"], pair["child"]
        part = TITLE.unpack(child_word)["quantity"]
        history.set_word(parent, parent_word, evidence=evidence, quantity=part, counterpart=child)
        history.set_word(
            child, child_word, evidence=evidence, quantity=part, counterpart=parent, parent=parent
        )


def merged(fold: Fold, fact: Fact) -> None:
    """Two titles become the first; the second is spent."""
    history = History(fold, fact)
    for ids, into_word, from_word, _ in fact.args["rows"]:
        pair = PAIR.unpack(ids)
        into, gone = pair["parent"], pair["child"]
        part = fold.get(tables.titles, gone)["quantity"]
        history.set_word(into, into_word, quantity=part, counterpart=gone)
        row = history.set_word(gone, from_word, quantity=part, counterpart=into)
        fold.change(tables.titles, row, {"merged_into": into})


def unlocked(fold: Fold, fact: Fact) -> None:
    """Released titles keep everything but their lock."""
    history = History(fold, fact)
    for title in fact.args["titles"]:
        history.update(title, lambda _: {"lock": 0})


def frozen_or_lifted(fold: Fold, fact: Fact) -> None:
    """An order's mark on a title."""
    args = fact.args
    History(fold, fact).set_word(args["title"], args["word"], evidence=args["order"])


def paid_out(fold: Fold, fact: Fact) -> None:
    """A distribution list discharges titles, uses up what was received, and returns the debtor's limit."""
    root = fold.get(tables.roots, fact.args["root"])
    history = History(fold, fact)
    total = 0
    for number, line in enumerate(fact.args["lines"]):
        fields = _line(fold, fact, number, line, "due")
        amount, held = fields["amount"], fields["held"]

        def discharge(title: Row, amount: int = amount, held: int = held) -> Row:
            paid = title["paid"] + amount
            flags = title["flags"] | (SETTLED if paid == title["quantity"] else 0) | (HELD if held else 0)
            return {"paid": paid, "flags": flags}

        history.update(fields["title"], discharge, quantity=amount)
        total += amount
    _money(fold, root, "distributed", total)
    use_limit(fold, root["debtor"], root["currency"], -total)


def late_paid(fold: Fold, fact: Fact) -> None:
    """Late interest touches no title's word."""
    root = fold.get(tables.roots, fact.args["root"])
    history = History(fold, fact)
    total = 0
    for number, line in enumerate(fact.args["lines"]):
        fields = _line(fold, fact, number, line, "late")
        history.update(fields["title"], lambda _: {}, quantity=fields["amount"])
        total += fields["amount"]
    fold.change(tables.roots, root, {"late_interest": root["late_interest"] + total})


def _line(fold: Fold, fact: Fact, number: int, line: int, kind: str) -> dict[str, int]:
    fields = LINE.unpack(line)
    row = {**place(fact), "row": number, "root": fact.args["root"], "kind": kind, **fields}
    fold.append(tables.lines, {**row, "held": bool(fields["held"])})
    return fields


def settled_early(fold: Fold, fact: Fact) -> None:
    """The whole quantity leaves the root, whatever discount was agreed."""
    args = fact.args
    title = History(fold, fact).set_word(args["title"], args["word"], quantity=args["amount"])
    _gone(fold, title, "removed", title["quantity"])


def title_written_off(fold: Fold, fact: Fact) -> None:
    """Its holder gave up what was still open."""
    args = fact.args
    title = History(fold, fact).set_word(args["title"], args["word"], quantity=args["amount"])
    _gone(fold, title, "written_off", args["amount"])
    root = fold.get(tables.roots, title["root"])
    quantity, paid = root["given_up_quantity"] + title["quantity"], root["given_up_paid"] + title["paid"]
    fold.change(tables.roots, root, {"given_up_quantity": quantity, "given_up_paid": paid})


def _gone(fold: Fold, title: Row, column: str, amount: int) -> None:
    root = fold.get(tables.roots, title["root"])
    _money(fold, root, column, amount)
    use_limit(fold, root["debtor"], root["currency"], -amount)


def cash_changed(fold: Fold, fact: Fact) -> None:
    """What became of the money a title was discharged by."""
    row = fold.get(tables.titles, fact.args["title"])
    fold.change(tables.titles, row, CASH.unpack(fact.args["word"]))


def held_released(fold: Fold, fact: Fact) -> None:
    """Held money goes out; the sums follow as the title's cash."""
    History(fold, fact).update(fact.args["title"], lambda _: {}, quantity=fact.args["amount"])
