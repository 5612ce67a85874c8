"""Why the ledger would not do an act on a receipt, in a sentence about that receipt and that act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.domain.goods_acts import ChangeMedium, HandOver, MergeReceipts, Replace, SplitReceipt
from gateway.domain.goods_trial import ReceiptAct, number_of
from gateway.domain.goods_units import quantity_text, unit_code
from gateway.domain.ledger_state import LedgerState
from gateway.domain.reasons import Reason, explain
from gateway.domain.records import Flag, Title
from gateway.ids import format_id
from gateway.money import currency_codes, text
from gateway.problems import Problem

_FAULTS: Mapping[Reason, Callable[[Title], Any]] = {
    Reason.TITLE_LOCKED: lambda title: title.lock,
    Reason.TITLE_FROZEN: lambda title: title.frozen,
    Reason.TITLE_SPENT: lambda title: title.dead,
    Reason.STORAGE_UNPAID: lambda title: title.flags & Flag.LIEN,
    Reason.ON_PAPER: lambda title: title.flags & Flag.PAPER,
}
"""By what of a receipt it is known that it is the one at fault, where an act is about two."""
_FIELDS: Mapping[Reason, str] = {
    Reason.QUANTITY_ABOVE_TITLE: "quantity",
    Reason.ZERO_QUANTITY: "quantity",
    Reason.SELF_ASSIGNMENT: "to",
    Reason.DIFFERENT_ROOT: "absorbed",
    Reason.DIFFERENT_HOLDER: "absorbed",
    Reason.EVIDENCE_MISSING: "evidence",
}
"""The field of what was asked that a rule is about, where it is not the receipt itself."""


def refuse(act: ReceiptAct, state: LedgerState, reason: Reason) -> Problem:
    """The refusal, naming the receipt at fault, with what is owed where it is the keeper's lien (CC-447)."""
    number = _at_fault(act, state, reason)
    field = _FIELDS.get(reason, "receipt" if number == number_of(act) else "absorbed")
    lien = state.liens.get(number) if reason is Reason.STORAGE_UNPAID else None
    owed = (
        {}
        if lien is None
        else {"lien": text(lien.amount, lien.currency), "currency": currency_codes()[lien.currency]}
    )
    return Problem(
        "RECEIPT-ACT", _sentence(act, state, reason, number), status=409, field=field, reason=reason.name,
        keeps=explain(reason).rule_id, document=format_id(number), **owed,
    )  # fmt: skip


def _at_fault(act: ReceiptAct, state: LedgerState, reason: Reason) -> int:
    is_it = _FAULTS.get(reason)
    if isinstance(act, MergeReceipts) and is_it is not None:
        titles = ((number, state.titles.get(number)) for number in (act.into, act.from_))
        return next(
            (number for number, title in titles if title is not None and is_it(title)), number_of(act)
        )
    return number_of(act)


def _sentence(act: ReceiptAct, state: LedgerState, reason: Reason, number: int) -> str:
    receipt, title = f"receipt {format_id(number)}", state.titles[number]
    both = f"{receipt} and {format_id(act.from_)}" if isinstance(act, MergeReceipts) else receipt
    sentences = {
        Reason.TITLE_LOCKED: f"{receipt} is pledged to facility {title.lock}",
        Reason.TITLE_FROZEN: f"{receipt} is frozen by an order",
        Reason.TITLE_SPENT: f"{receipt} stands for nothing any more: it was handed over, split, merged or replaced",
        Reason.TOO_DEEP: f"{receipt} has been split as many times as a receipt may be",
        Reason.SELF_ASSIGNMENT: f"{receipt} is held by party {title.holder} already",
        Reason.DIFFERENT_ROOT: f"{both} are not receipts for one lot",
        Reason.DIFFERENT_HOLDER: f"{both} are held by different parties",
    }
    if reason is Reason.QUANTITY_ABOVE_TITLE and isinstance(act, SplitReceipt | HandOver):
        return _too_much(act, state, title, receipt)
    if reason is Reason.ON_PAPER:
        return _on_paper(act, receipt)
    if reason is Reason.STORAGE_UNPAID and number in state.liens:
        lien = state.liens[number]
        owed = f"{text(lien.amount, lien.currency)} {currency_codes()[lien.currency]}"
        return f"{receipt}: the keeper has a lien of {owed} on the goods that has not been paid"
    return sentences.get(reason) or f"{receipt}: {explain(reason).sentence}"


def _too_much(act: SplitReceipt | HandOver, state: LedgerState, title: Title, receipt: str) -> str:
    root = state.roots[title.root]
    unit = unit_code(root.currency)
    has, asked = (f"{quantity_text(each, root.terms)} {unit}" for each in (title.quantity, act.quantity))
    most = "a part is for less" if isinstance(act, SplitReceipt) else "no more is handed over for it"
    return f"{receipt} is for {has}: {most}, and {asked} is asked for"


def _on_paper(act: ReceiptAct, receipt: str) -> str:
    if isinstance(act, ChangeMedium):
        return (
            f"{receipt} is out on paper already"
            if act.paper
            else f"{receipt} is not out on paper: nothing comes back"
        )
    if isinstance(act, Replace):
        return f"{receipt} is not out on paper: nothing can be lost"
    return f"{receipt} is out on paper: nothing is done with it before the paper comes back, or is replaced as lost"
