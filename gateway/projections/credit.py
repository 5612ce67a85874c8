"""Facts about facilities, loans and movements of money, and what was refused."""

from __future__ import annotations

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import ACCRUAL, COLLATERAL, FACILITY, LOAN, REPAID, SKIP, WRITTEN_OFF
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
            **COLLATERAL.unpack(0),
            **collection,
            "evidence": args["evidence"],
            **origin(fact),
        },
    )


def collateral_changed(fold: Fold, fact: Fact) -> None:
    """What is locked to a facility, and since when nothing is owed."""
    row = fold.get(tables.facilities, fact.args["facility"])
    fold.change(tables.facilities, row, COLLATERAL.unpack(fact.args["word"]))


def _count(fold: Fold, facility: int, *, used: int = 0, loans: int = 0, written_off: int = 0) -> None:
    """Add to a facility's counters."""
    row = fold.get(tables.facilities, facility)
    added = {"used": used, "loans": loans, "written_off": written_off}
    fold.change(tables.facilities, row, {name: row[name] + more for name, more in added.items()})


def drawn(fold: Fold, fact: Fact) -> None:
    """Reserved under its facility until the bank says it paid."""
    loan = LOAN.unpack(fact.args["word"])
    row = {"loan": fact.args["loan"], **loan, **ACCRUAL.unpack(0), "end_evidence": None}
    fold.put(tables.loans, {**row, "evidence": fact.args["evidence"], **origin(fact)})
    _count(fold, loan["facility"], used=loan["drawn"], loans=1)


def _loan(fold: Fold, fact: Fact) -> Row:
    return fold.get(tables.loans, fact.args["loan"])


def paid_out(fold: Fold, fact: Fact) -> None:
    """The reservation became a debt."""
    fold.change(tables.loans, _loan(fold, fact), LOAN.unpack(fact.args["word"]))


def voided(fold: Fold, fact: Fact) -> None:
    """The reservation is given back."""
    row = _loan(fold, fact)
    fold.change(tables.loans, row, {**LOAN.unpack(fact.args["word"]), "end_evidence": fact.args["reason"]})
    _count(fold, row["facility"], used=-row["drawn"], loans=-1)


def repaid(fold: Fold, fact: Fact) -> None:
    """Interest first, then principal. A written-off loan left `used` before, so it does not count there."""
    args = fact.args
    row = _loan(fold, fact)
    before = row["phase"]
    fold.change(tables.loans, row, {**LOAN.unpack(args["word"]), **ACCRUAL.unpack(args["accrual"])})
    ended = row["phase"] == REPAID
    if before == WRITTEN_OFF:
        _count(fold, row["facility"], written_off=-ended)
    elif args["principal"]:
        _count(fold, row["facility"], used=-args["principal"], loans=-ended)
    parts = {name: args[name] for name in ("loan", "interest", "principal", "surplus")}
    fold.append(tables.repayments, {**place(fact), **parts})


def written_off(fold: Fold, fact: Fact) -> None:
    """The claim outlives its place in the books."""
    args = fact.args
    row = _loan(fold, fact)
    values = {**LOAN.unpack(args["word"]), **ACCRUAL.unpack(args["accrual"])}
    fold.change(tables.loans, row, {**values, "end_evidence": args["evidence"]})
    _count(fold, row["facility"], used=-row["principal"], loans=-1, written_off=1)


def fact_recorded(fold: Fold, fact: Fact) -> None:
    """A bank's movement; what it did to loan, root or title is said by their own facts."""
    args = {**fact.args, "value_day": fact.args["valueDay"]}
    del args["valueDay"]
    fold.append(tables.movements, {**args, **place(fact)})


def skipped(fold: Fold, fact: Fact) -> None:
    """Items of a batch that were refused, with the contracts' reasons."""
    for number, row in enumerate(fact.args["rows"]):
        values = {**SKIP.unpack(row), "contract": fact.contract, "row": number}
        fold.append(tables.refusals, {**place(fact), **values})
