"""Facts about invoices, limits, policy and offers."""

from __future__ import annotations

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import INVOICE, OFFERS, POLICY
from gateway.db import tables
from gateway.projections.fold import Fold
from gateway.projections.parties import origin, place

_SHANGHAI_SECONDS, _DAY_SECONDS = 28_800, 86_400


def invoices_attested(fold: Fold, fact: Fact) -> None:
    """What each invoice is good for."""
    for nullifier, word, document in fact.args["rows"]:
        fold.put(
            tables.invoices,
            {
                "nullifier": nullifier,
                **INVOICE.unpack(word),
                "document": document,
                "credit_document": None,
                **origin(fact),
            },
        )


def invoices_credited(fold: Fold, fact: Fact) -> None:
    """Credit notes: a lower cap."""
    for nullifier, word, document in fact.args["rows"]:
        row = fold.get(tables.invoices, nullifier)
        fold.change(tables.invoices, row, {**INVOICE.unpack(word), "credit_document": document})


def limit_set(fold: Fold, fact: Fact) -> None:
    """What a debtor may owe; what it owes stays."""
    args = fact.args
    row = fold.find(tables.limits, args["debtor"], args["currency"])
    values = {"limit_amount": args["limit"], "evidence": args["evidence"]}
    if row is None:
        key = {"debtor": args["debtor"], "currency": args["currency"]}
        fold.put(tables.limits, {**key, **values, "used": 0})
    else:
        fold.change(tables.limits, row, values)


def use_limit(fold: Fold, debtor: int, currency: int, amount: int) -> None:
    """Take of a debtor's limit, or give back (a negative amount)."""
    row = fold.get(tables.limits, debtor, currency)
    fold.change(tables.limits, row, {"used": row["used"] + amount})


def policy_published(fold: Fold, fact: Fact) -> None:
    """It takes the place of the one that was still to come (Policies.announce)."""
    today = (fact.block_time + _SHANGHAI_SECONDS) // _DAY_SECONDS
    for earlier in fold.select(tables.policies, replaced=False):
        if earlier["effective_day"] > today:
            fold.change(tables.policies, earlier, {"replaced": True})
    terms = POLICY.unpack(fact.args["word"])
    row = {**place(fact), **terms, "document": fact.args["document"], "replaced": False}
    fold.put(tables.policies, row)


def issued(fold: Fold, fact: Fact) -> None:
    """A root's payee and invoices. One from a list has its limit from the list, which counts it as taken."""
    args = fact.args
    root = fold.get(tables.roots, args["root"])
    values = {"payee": args["payee"], "list": args["list"], "evidence": args["evidence"]}
    fold.change(tables.roots, root, values)
    for nullifier, amount in zip(args["nullifiers"], args["amounts"], strict=True):
        key = {"root": args["root"], "nullifier": nullifier}
        fold.append(tables.root_invoices, {**key, "amount": amount})
        invoice = fold.get(tables.invoices, nullifier)
        fold.change(tables.invoices, invoice, {"used": invoice["used"] + amount})
    if args["list"]:
        offers = fold.get(tables.offer_lists, args["list"])
        fold.change(tables.offer_lists, offers, {"taken": offers["taken"] + root["quantity"]})
    else:
        use_limit(fold, root["debtor"], root["currency"], root["quantity"])


def offer_ended(fold: Fold, fact: Fact) -> None:
    """Declined or expired: limit and invoices return whole."""
    root = fold.get(tables.roots, fact.args["root"])
    fold.change(tables.roots, root, {"end_reason": fact.args["reason"]})
    use_limit(fold, root["debtor"], root["currency"], -root["quantity"])
    for used in fold.select(tables.root_invoices, root=root["root"]):
        invoice = fold.get(tables.invoices, used["nullifier"])
        fold.change(tables.invoices, invoice, {"used": invoice["used"] - used["amount"]})


def offers_published(fold: Fold, fact: Fact) -> None:
    """A list reserves its total."""
    args = fact.args
    word = OFFERS.unpack(args["word"])
    commitments = {"offers": args["offers"], "evidence": args["evidence"], "returned": 0}
    fold.put(tables.offer_lists, {"list": args["list"], **word, **commitments, **origin(fact)})
    use_limit(fold, word["debtor"], word["currency"], word["total"])


def offers_closed(fold: Fold, fact: Fact) -> None:
    """What nobody took returns; from then on the list's total is what was taken."""
    row = fold.get(tables.offer_lists, fact.args["list"])
    returned = fact.args["returned"]
    values = {"total": row["total"] - returned, "returned": row["returned"] + returned}
    fold.change(tables.offer_lists, row, values)
    use_limit(fold, row["debtor"], row["currency"], -returned)
