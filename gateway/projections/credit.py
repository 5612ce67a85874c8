"""Facts about facilities, loans and movements of money, and what was refused."""

from __future__ import annotations

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import (
    ACCRUAL,
    COSTS,
    ENTRUSTED,
    FACILITY,
    FILLED,
    LOAN,
    MOVEMENT,
    POSITION,
    RESTORED,
    SKIP,
)
from gateway.db import tables
from gateway.projections.fold import Fold, Row
from gateway.projections.parties import origin, place


def opened(fold: Fold, fact: Fact) -> None:
    """A facility, nothing locked or owed yet."""
    args = fact.args
    collection = {
        "collection_bank": args["collectionBank"],
        "collection_account": args["collectionAccount"],
    }
    fold.put(
        tables.facilities,
        {
            "facility": args["facility"],
            **FACILITY.unpack(args["word"]),
            **POSITION.unpack(args["position"]),
            **collection,
            **ENTRUSTED.unpack(0),
            "share_table": bytes(32),
            "evidence": args["evidence"],
            **origin(fact),
        },
    )


def entrusted(fold: Fold, fact: Fact) -> None:
    """Somebody else funds the facility and bears its loss."""
    args = fact.args
    row = fold.get(tables.facilities, args["facility"])
    terms = {"entrustor": args["entrustor"], "agent_fee_bps": args["agentFeeBps"]}
    fold.change(tables.facilities, row, terms)


def shared(fold: Fold, fact: Fact) -> None:
    """A new table of who funds and bears what part; the one before is gone."""
    args = fact.args
    facility = args["facility"]
    row = fold.get(tables.facilities, facility)
    for old in fold.select(tables.shares, facility=facility):
        fold.remove(tables.shares, facility, old["party"])
    for party, bps in zip(args["parties"], args["bps"], strict=True):
        fold.put(tables.shares, {"facility": facility, "party": party, "bps": bps})
    fold.change(tables.facilities, row, {"share_table": args["shares"]})


def _position(fold: Fold, facility: int, word: int) -> None:
    row = fold.get(tables.facilities, facility)
    fold.change(tables.facilities, row, POSITION.unpack(word))


def position_changed(fold: Fold, fact: Fact) -> None:
    """What is locked to a facility, and since when nothing is owed."""
    _position(fold, fact.args["facility"], fact.args["word"])


def drawn(fold: Fold, fact: Fact) -> None:
    """Reserved under its facility until the bank says it paid."""
    loan = LOAN.unpack(fact.args["word"])
    nothing = {**ACCRUAL.unpack(0), **COSTS.unpack(0)}
    row = {"loan": fact.args["loan"], **loan, **nothing, "title": 0, "end_evidence": None}
    documents = {"registration": fact.args["registration"], "evidence": fact.args["evidence"]}
    fold.put(tables.loans, {**row, **documents, **origin(fact)})
    _position(fold, loan["facility"], fact.args["position"])


def title_sold(fold: Fold, fact: Fact) -> None:
    """What the draw buys; it moves when the bank says it paid."""
    fold.change(tables.loans, _loan(fold, fact), {"title": fact.args["title"]})


def _loan(fold: Fold, fact: Fact) -> Row:
    return fold.get(tables.loans, fact.args["loan"])


def paid_out(fold: Fold, fact: Fact) -> None:
    """The reservation became a debt."""
    fold.change(tables.loans, _loan(fold, fact), LOAN.unpack(fact.args["word"]))


def instalment_set(fold: Fold, fact: Fact) -> None:
    """What is due each time on equal instalments, known from the value day on."""
    fold.change(tables.loans, _loan(fold, fact), ACCRUAL.unpack(fact.args["accrual"]))


def voided(fold: Fold, fact: Fact) -> None:
    """The reservation is given back."""
    row = _loan(fold, fact)
    fold.change(tables.loans, row, {**LOAN.unpack(fact.args["word"]), "end_evidence": fact.args["reason"]})
    _position(fold, row["facility"], fact.args["position"])


def repaid(fold: Fold, fact: Fact) -> None:
    """Costs first, then interest, then principal."""
    args = fact.args
    row, filled = _loan(fold, fact), FILLED.unpack(args["filled"])
    values = {**LOAN.unpack(args["word"]), **ACCRUAL.unpack(args["accrual"])}
    fold.change(tables.loans, row, {**values, "costs_paid": row["costs_paid"] + filled["costs"]})
    _position(fold, row["facility"], args["position"])
    fold.append(tables.repayments, {**place(fact), "loan": args["loan"], **filled})


def costs_added(fold: Fold, fact: Fact) -> None:
    """What enforcing the loan cost."""
    values = {**LOAN.unpack(fact.args["word"]), **COSTS.unpack(fact.args["costs"])}
    fold.change(tables.loans, _loan(fold, fact), values)


def repayment_reversed(fold: Fold, fact: Fact) -> None:
    """A repayment was taken back: a row of its own undoes the first one, so that the sums stay right."""
    args = fact.args
    row = _loan(fold, fact)
    values = {**LOAN.unpack(args["word"]), **ACCRUAL.unpack(args["accrual"])}
    costs = row["costs_paid"] - RESTORED.unpack(args["restored"])["costs"]
    fold.change(tables.loans, row, {**values, "costs_paid": costs})
    _position(fold, row["facility"], args["position"])
    restored = {name: -amount for name, amount in RESTORED.unpack(args["restored"]).items()}
    fold.append(tables.repayments, {**place(fact), "loan": args["loan"], **restored, "surplus": 0})


def written_off(fold: Fold, fact: Fact) -> None:
    """The claim outlives its place in the books."""
    args = fact.args
    row = _loan(fold, fact)
    values = {**LOAN.unpack(args["word"]), **ACCRUAL.unpack(args["accrual"])}
    fold.change(tables.loans, row, {**values, "end_evidence": args["evidence"]})
    _position(fold, row["facility"], args["position"])


def fact_recorded(fold: Fold, fact: Fact) -> None:
    """A bank's movement; what it did to loan, root or title is said by their own facts."""
    args = {**fact.args, "reverses": None}
    fold.append(tables.movements, {**MOVEMENT.unpack(args.pop("word")), **args, **place(fact)})


def movement_reversed(fold: Fold, fact: Fact) -> None:
    """The negative entry by which a bank took back a booking of its own."""
    args = dict(fact.args)
    word = MOVEMENT.unpack(args.pop("word"))
    fold.append(tables.movements, {**word, "movement": args.pop("negative"), **args, **place(fact)})


def skipped(fold: Fold, fact: Fact) -> None:
    """Items of a batch that were refused, with the contracts' reasons."""
    for number, row in enumerate(fact.args["rows"]):
        values = {**SKIP.unpack(row), "contract": fact.contract, "row": number}
        fold.append(tables.refusals, {**place(fact), **values})
