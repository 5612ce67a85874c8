"""What messages tell of one entry, brought together so that neither their order nor their number matters.

Kept is every different telling; what an entry is follows from all of them at once. Where they contradict each other
the entry is `contested`: the statement's telling is shown (a statement outranks a report, a report a notification),
and nothing is prepared from it until a person has said which one holds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from gateway.adapters.kit.iso20022.records import NO_REASON, Account, Detail, Entry

Telling = Mapping[str, Any]

NO_DAY = 0
"""Stands for a value day that no message gives."""

_EPOCH = date(1970, 1, 1)
_RANK = {"camt.053": 0, "camt.052": 1, "camt.054": 2}
_CORE = ("side", "amount", "currency", "value_day", "reversal")
_DECISIVE = ("end_to_end", "returned", "amount", "side")
"""What decides what a transaction is about; names and remittance only help to find that out."""


def telling_of(kind: str, entry: Entry) -> Telling:
    """What one message of a kind such as `camt.053` says of an entry. The value day is None where it gives none."""
    return {
        "by": kind[:8],
        "side": _side(entry.side),
        "amount": entry.amount_minor,
        "currency": entry.currency,
        "value_day": None if entry.value_day is None else (entry.value_day - _EPOCH).days,
        "reversal": int(entry.reversal),
        "batch": entry.batch,
        "transactions": [_transaction(each) for each in entry.details],
    }


def _transaction(detail: Detail) -> dict[str, Any]:
    told: dict[str, Any] = {
        "end_to_end": detail.end_to_end,
        "instruction": detail.instruction_id,
        "transaction": detail.transaction_id,
        "uetr": detail.uetr,
        "amount": detail.amount_minor,
        "side": _side(detail.side),
        "returned": detail.return_reason,
        "payer": _party(detail.debtor_name, detail.debtor_account, detail.debtor_bic),
        "payee": _party(detail.creditor_name, detail.creditor_account, detail.creditor_bic),
        "remittance": detail.remittance,
        "references": list(detail.references),
        "additional": detail.additional,
        "instructed": None if detail.instructed is None else list(detail.instructed),
        "foreign": None if detail.foreign is None else list(detail.foreign),
        "charges": [
            [each.amount_minor, each.currency, _side(each.side), each.included] for each in detail.charges
        ],
    }
    return {name: value for name, value in told.items() if value not in ("", None, [], {})}


def _side(side: str) -> str:
    return "credit" if side == "CRDT" else "debit"


def _party(name: str, account: Account | None, bic: str) -> dict[str, str]:
    told = {"name": name, "account": "" if account is None else account.number, "bic": bic}
    return {key: value for key, value in told.items() if value}


# ── bringing them together ──────────────────────────────────────────────────────────────────────────────────


def joined(known: str, told: Telling) -> str:
    """The kept list of tellings with one more, which may be among them; the same whatever came first."""
    texts = {_text(each) for each in load(known)} | {_text(told)}
    return "[" + ",".join(sorted(texts)) + "]"


def load(kept: str) -> list[Telling]:
    """A kept list of tellings."""
    found: list[Telling] = json.loads(kept or "[]")
    return found


def marks(kept: str) -> list[str]:
    """16 hexadecimal digits for each telling of a kept list: what was known of an entry at some time."""
    return [_mark(each) for each in load(kept)]


def since(kept: str, known: Collection[str], held: Telling) -> str:
    """A kept list as it is to whoever decided when `known` were its marks: all that was known then, or of it only the
    telling that was said to hold (empty where none was), and everything told since.
    """
    text = joined("", held) if held else ""
    for each in load(kept):
        if _mark(each) not in known or not held:
            text = joined(text, each)
    return text


def _mark(telling: Telling) -> str:
    return sha256(_text(telling).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _text(telling: Telling) -> str:
    return json.dumps(telling, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def columns_of(kept: str) -> dict[str, Any]:
    """What the tellings come to: the values of an entry's row that follow from them."""
    tellings = _ranked(load(kept))
    transactions, contested = transactions_of(tellings)
    alone = transactions[0] if len(transactions) == 1 else {}
    said = {name: [each[name] for each in tellings if each[name] is not None] for name in _CORE}
    contested = [name for name, values in said.items() if len(set(values)) > 1] + contested
    return {
        **{name: values[0] if values else NO_DAY for name, values in said.items()},
        "end_to_end": alone.get("end_to_end", ""),
        "returned": alone.get("returned", ""),
        "transactions": len(transactions),
        "contested": " ".join(dict.fromkeys(contested)),
        "tellings": kept,
    }


def transactions_of(tellings: Iterable[Telling]) -> tuple[Sequence[Mapping[str, Any]], list[str]]:
    """The transactions of an entry by all its tellings, and what of them is contested; none where none breaks it down.

    A reference that one message cut short is the whole one of another, and a reason or reference that only one of
    them gives is given.
    """
    lists = [each["transactions"] for each in _ranked(tellings) if each["transactions"]]
    if not lists:
        return (), []
    if len({len(each) for each in lists}) > 1:
        return lists[0], ["transactions"]
    if len(lists[0]) > 1:
        same = {_text({"of": sorted(_text(_decisive(one)) for one in each)}) for each in lists}
        return lists[0], ["transactions"] if len(same) > 1 else []
    merged, contested = _merged([each[0] for each in lists])
    return [merged], contested


def _ranked(tellings: Iterable[Telling]) -> list[Telling]:
    return sorted(tellings, key=lambda each: (_RANK.get(each["by"], len(_RANK)), _text(each)))


def _decisive(transaction: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: transaction.get(name, "") for name in _DECISIVE}


def _merged(told: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], list[str]]:
    merged: dict[str, Any] = {}
    contested = []
    for name in dict.fromkeys(name for each in told for name in each):
        values = [each[name] for each in told if name in each]
        merged[name] = values[0]
        texts = sorted({each for each in values if isinstance(each, str) and each != NO_REASON})
        if texts:
            merged[name] = max(texts, key=len)
        if name in _DECISIVE and not _agree(name, values, merged[name]):
            contested.append(name)
    return merged, contested


def _agree(name: str, values: Sequence[Any], taken: Any) -> bool:
    if name == "end_to_end":
        return all(taken.startswith(each) for each in values)
    return all(each in (taken, NO_REASON) for each in values)
