"""Facts about parties, signers, offices and who may carry instructions."""

from __future__ import annotations

from typing import Any

from gateway.adapters.ledger.act_types import type_hash
from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import PARTY, SIGNER
from gateway.db import tables
from gateway.projections.fold import Fold, Row, UnexplainedFact

_ORDERS = {  # an order names its act by the hash of its type
    type_hash(act): act.lower() for act in ("Freeze", "Lift", "Stop", "Cure", "Suspend", "Reinstate")
}


def transaction(fact: Fact) -> bytes:
    """Hash of the transaction that said it."""
    return bytes.fromhex(fact.transaction_hash[2:])


def origin(fact: Fact) -> Row:
    """Block and transaction, for a row that this fact makes."""
    return {"block_number": fact.block_number, "transaction_hash": transaction(fact)}


def place(fact: Fact) -> Row:
    """The same with the log's number, for a row that is this fact."""
    return {**origin(fact), "log_index": fact.log_index}


# ── Parties and signers ─────────────────────────────────────────────────────────────────────────────────────


def admitted(fold: Fold, fact: Fact) -> None:
    """The identity comes first; the rest of the party follows as its word."""
    args = fact.args
    fold.put(
        tables.parties,
        {
            **PARTY.unpack(0),
            **origin(fact),
            "party": args["party"],
            "kinds": args["kinds"],
            "group_number": args["group"],
            "identity": args["identity"],
        },
    )


def party_set(fold: Fold, fact: Fact) -> None:
    """A party's whole word."""
    row = fold.get(tables.parties, fact.args["party"])
    fold.change(tables.parties, row, PARTY.unpack(fact.args["word"]))


def signer_set(fold: Fold, fact: Fact) -> None:
    """A signer's whole word; signers are never removed."""
    key, word = fact.args["key"], SIGNER.unpack(fact.args["word"])
    row = fold.find(tables.signers, key)
    if row is None:
        fold.put(tables.signers, {"key": key, **word, "certificate": bytes(32), **origin(fact)})
    else:
        fold.change(tables.signers, row, word)


def signer_granted(fold: Fold, fact: Fact) -> None:
    """The certificate behind a key; whether it is managed stands in the word's flags."""
    row = fold.get(tables.signers, fact.args["key"])
    fold.change(tables.signers, row, {"certificate": fact.args["certificate"]})


def nonce_spent(fold: Fold, fact: Fact) -> None:
    """A one-time number of a party."""
    fold.append(tables.nonces, {**fact.args, **origin(fact)})


def co_signed(fold: Fold, fact: Fact) -> None:
    """A second person's agreement beforehand; each key says it once."""
    fold.append(tables.co_signatures, {**fact.args, **origin(fact)})


def approved(fold: Fold, fact: Fact) -> None:
    """A contract wallet's agreement to a digest; saying it again changes nothing."""
    if fold.find(tables.approvals, fact.args["digest"], fact.args["wallet"]) is None:
        fold.put(tables.approvals, {**fact.args, **origin(fact)})


def account_bound(fold: Fold, fact: Fact) -> None:
    """The account a party is paid on in one currency."""
    row = fold.find(tables.accounts, fact.args["party"], fact.args["currency"])
    if row is None:
        fold.put(tables.accounts, {**fact.args, **origin(fact)})
    else:
        fold.change(tables.accounts, row, {**fact.args, **origin(fact)})


# ── Offices ─────────────────────────────────────────────────────────────────────────────────────────────────


def ordered(fold: Fold, fact: Fact) -> None:
    """An order of the offices; freezing and lifting also date the title."""
    args = fact.args
    act = _ORDERS.get(args["act"])
    if act is None:
        raise UnexplainedFact(f"an order of unknown kind 0x{args['act'].hex()}")
    fold.append(
        tables.orders,
        {
            **place(fact),
            "act": act,
            "subject": args["subject"],
            "order_hash": args["order"],
            "end_day": args["endDay"],
        },
    )
    if act in ("freeze", "lift"):
        # A lift's end day is zero: no order stands any more.
        title = fold.get(tables.titles, args["subject"])
        fold.change(tables.titles, title, {"frozen_until_day": args["endDay"]})


def recovery_announced(fold: Fold, fact: Fact) -> None:
    """New signers for a party, in seven days; it takes the place of one announced before."""
    args = fact.args
    for earlier in _announced(fold, args["party"]):
        fold.change(tables.recoveries, earlier, {"state": "replaced"})
    fold.put(
        tables.recoveries,
        {
            **place(fact),
            "party": args["party"],
            "recovery": args["recovery"],
            "succession": args["succession"],
            "order_hash": args["order"],
            "ready_at": args["readyAt"],
            "state": "announced",
        },
    )


def recovery_vetoed(fold: Fold, fact: Fact) -> None:
    """A live signer said no."""
    _end_recovery(fold, fact, "vetoed")


def recovery_completed(fold: Fold, fact: Fact) -> None:
    """The announced signers are in office."""
    _end_recovery(fold, fact, "completed")


def _announced(fold: Fold, party: int) -> list[Row]:
    return fold.select(tables.recoveries, party=party, state="announced")


def _end_recovery(fold: Fold, fact: Fact, state: str) -> None:
    standing = _announced(fold, fact.args["party"])
    if [row["recovery"] for row in standing] != [fact.args["recovery"]]:
        raise UnexplainedFact(f"party {fact.args['party']}: a recovery ends that was not announced")
    fold.change(tables.recoveries, standing[0], {"state": state})


# ── Who carries ─────────────────────────────────────────────────────────────────────────────────────────────


def role_granted(fold: Fold, fact: Fact) -> None:
    """A role of the access manager; granting it again changes its delay."""
    args: dict[str, Any] = fact.args
    values = {"delay": args["delay"], "since": args["since"]}
    row = fold.find(tables.role_holders, args["roleId"], args["account"])
    if row is None:
        key = {"role": args["roleId"], "account": args["account"]}
        fold.put(tables.role_holders, {**key, **values, **origin(fact)})
    elif args["newMember"]:
        fold.change(tables.role_holders, row, {**values, **origin(fact)})
    else:
        fold.change(tables.role_holders, row, {"delay": args["delay"]})


def role_revoked(fold: Fold, fact: Fact) -> None:
    """Taken away, or given up."""
    fold.remove(tables.role_holders, fact.args["roleId"], fact.args["account"])


def without_effect(fold: Fold, fact: Fact) -> None:
    """Known, and no table's business: what it says stands elsewhere or binds none of our contracts."""
