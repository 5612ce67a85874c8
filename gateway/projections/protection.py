"""Facts about protections: who stands behind a facility, what was called of it, what it may recover."""

from __future__ import annotations

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import CALL, CLAIMS, PROTECTION, STANDING
from gateway.db import tables
from gateway.projections.fold import Fold
from gateway.projections.parties import origin

NOTHING = bytes(32)


def protected(fold: Fold, fact: Fact) -> None:
    """Somebody stands behind a facility."""
    args = fact.args
    row = {
        "protection": args["protection"],
        "protector": args["protection"] >> 32,
        **PROTECTION.unpack(args["word"]),
        **STANDING.unpack(args["standing"]),
        "evidence": args["evidence"],
        "attested_evidence": None,
    }
    fold.put(tables.protections, {**row, **origin(fact)})


def call_changed(fold: Fold, fact: Fact) -> None:
    """One protection for one loan: consented to, called, paid, reimbursed, ended or given up."""
    args = fact.args
    row = fold.get(tables.protections, args["protection"])
    fold.change(
        tables.protections, row, {**PROTECTION.unpack(args["word"]), **STANDING.unpack(args["standing"])}
    )
    call = CALL.unpack(args["call"])
    found = fold.find(tables.calls, args["protection"], args["loan"])
    if found is None:
        key = {"protection": args["protection"], "loan": args["loan"]}
        fold.put(tables.calls, {**key, **call, "evidence": args["evidence"], **origin(fact)})
    else:
        signed = {} if args["evidence"] == NOTHING else {"evidence": args["evidence"]}
        fold.change(tables.calls, found, {**call, **signed})
    if args["claims"]:
        _claims(fold, fact)


def kept(fold: Fold, fact: Fact) -> None:
    """Money that the lender collected for those who paid in the debtor's place."""
    _claims(fold, fact)


def _claims(fold: Fold, fact: Fact) -> None:
    claims = CLAIMS.unpack(fact.args["claims"])
    found = fold.find(tables.claims, fact.args["loan"])
    if found is None:
        fold.put(tables.claims, {"loan": fact.args["loan"], **claims, **origin(fact)})
    else:
        fold.change(tables.claims, found, claims)


def reserve_attested(fold: Fold, fact: Fact) -> None:
    """What the custodian said is in a reserve."""
    row = fold.get(tables.protections, fact.args["protection"])
    values = {**STANDING.unpack(fact.args["standing"]), "attested_evidence": fact.args["evidence"]}
    fold.change(tables.protections, row, values)
