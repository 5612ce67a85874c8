"""Facts about leased goods: what was agreed, the notice, what became of the receipt, and how the lease ended."""

from __future__ import annotations

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import ACCRUAL, FILLED, LEASE, LOAN, POSITION, TITLE
from gateway.db import lease_tables, tables
from gateway.projections.fold import Fold
from gateway.projections.parties import origin
from gateway.projections.titles import History

_NOTHING = bytes(32)


def lease_changed(fold: Fold, fact: Fact) -> None:
    """A receipt is to be leased, or notice was given; a word of 0 says that its holder has it free again."""
    args = fact.args
    said = {**LEASE.unpack(args["lease"]), "standing": 1} if args["lease"] else {"standing": 0}
    if args["evidence"] != _NOTHING:
        said["evidence"] = args["evidence"]
    row = fold.find(lease_tables.leases, args["title"])
    if row is None:
        key = {"title": args["title"], "evidence": _NOTHING}
        fold.put(lease_tables.leases, {**key, **said, **origin(fact)})
    else:
        fold.change(lease_tables.leases, row, {**said, **origin(fact)})


def delivered(fold: Fold, fact: Fact) -> None:
    """A pay-out brought a title to its buyer, or the last repayment back to its seller or on to its lessee. What leaves
    its facility is not leased any more.
    """
    args = fact.args
    History(fold, fact).set_word(args["title"], args["word"])
    lease = fold.find(lease_tables.leases, args["title"])
    if lease is not None and not TITLE.unpack(args["word"])["lock"]:
        fold.change(lease_tables.leases, lease, {"standing": 0})


def lease_ended(fold: Fold, fact: Fact) -> None:
    """The goods were taken back, and what they are worth set against what was owed."""
    args = fact.args
    row, filled = fold.get(tables.loans, args["loan"]), FILLED.unpack(args["filled"])
    values = {**LOAN.unpack(args["word"]), **ACCRUAL.unpack(args["accrual"])}
    costs = row["costs_paid"] + filled["costs"]
    fold.change(tables.loans, row, {**values, "costs_paid": costs, "end_evidence": args["evidence"]})
    facility = fold.get(tables.facilities, row["facility"])
    fold.change(tables.facilities, facility, POSITION.unpack(args["position"]))
    difference = filled.pop("surplus")
    day = values["accrued_day"]
    end = {"loan": args["loan"], "title": args["title"], "day": day, **filled, "difference": difference}
    fold.put(lease_tables.lease_ends, {**end, "evidence": args["evidence"], **origin(fact)})
