"""From what is asked of a receipt to the act that is signed for it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.domain import goods_acts
from gateway.domain.goods_trial import ReceiptAct
from gateway.domain.goods_units import quantity_text, unit_code
from gateway.domain.ledger_state import LedgerState
from gateway.ids import parse_id
from gateway.money import exponent, number_of
from gateway.problems import Problem
from gateway.schemas import receipt_acts as schemas
from gateway.services.storage import in_units

FUNCTIONS: Mapping[type, str] = {
    goods_acts.Endorse: "endorse",
    goods_acts.SplitReceipt: "splitReceipt",
    goods_acts.MergeReceipts: "mergeReceipts",
    goods_acts.HandOver: "handOver",
    goods_acts.ChargeStorage: "chargeStorage",
    goods_acts.ChangeMedium: "changeMedium",
    goods_acts.Replace: "replace",
}
"""The contract's verb for each act."""


def numbers_of(receipt: int, asked: schemas.AnyAct) -> list[int]:
    """Ids that must be looked at before the act is made: the receipt's, and those that it names or makes."""
    names = ("part", "rest", "absorbed", "replacement")
    return [receipt, *(parse_id(getattr(asked, name)) for name in names if hasattr(asked, name))]


def act_of(state: LedgerState, receipt: int, asked: schemas.AnyAct, expires_at: int) -> ReceiptAct:
    """The act, with what only the ledger can tell filled in. `receipt` is in `state`.

    Raises Problem(LOT-QUANTITY, AMOUNT-FORM), naming the field.
    """
    title = state.titles[receipt]
    root, lot = state.roots[title.root], state.lot_of(title.root)
    evidence = bytes.fromhex(asked.evidence.removeprefix("0x"))
    common: dict[str, Any] = {"title": receipt, "expires_at": expires_at, "evidence": evidence}
    match asked:
        case schemas.EndorseAct():
            return goods_acts.Endorse(**common, sequence=title.sequence, to=asked.to)
        case schemas.SplitAct():
            return goods_acts.SplitReceipt(
                **common, sequence=title.sequence, part=parse_id(asked.part), rest=parse_id(asked.rest),
                quantity=in_units(asked.quantity, root.terms, "quantity"), to=asked.to or title.holder,
            )  # fmt: skip
        case schemas.MergeAct():
            absorbed = parse_id(asked.absorbed)
            other = state.titles.get(absorbed)
            return goods_acts.MergeReceipts(
                receipt, title.sequence, absorbed, 0 if other is None else other.sequence, expires_at
            )
        case schemas.HandOverAct():
            quantity = title.quantity
            if asked.quantity is not None:
                quantity = in_units(asked.quantity, root.terms, "quantity")
            delivered = lot.share(root.quantity, quantity) if lot.nominal(root.quantity) else 0
            return goods_acts.HandOver(
                **common, sequence=title.sequence, quantity=quantity, delivered=delivered
            )
        case schemas.ChargeAct():
            return goods_acts.ChargeStorage(
                **common, currency=number_of(asked.currency), amount=_minor(asked), nonce=secrets.randbits(64)
            )
        case schemas.PaperAct():
            return goods_acts.ChangeMedium(**common, sequence=title.sequence, paper=asked.paper)
        case schemas.ReplaceAct():
            return goods_acts.Replace(
                **common, sequence=title.sequence, replacement=parse_id(asked.replacement)
            )


def leaving(state: LedgerState, act: ReceiptAct) -> dict[str, str] | None:
    """What leaves the store by a hand-over, and what is given up for it; None of another act.

    Where the lot is short every receipt gets the same part of what it says.
    """
    if not isinstance(act, goods_acts.HandOver):
        return None
    root = state.roots[state.titles[act.title].root]
    return {
        "delivered": quantity_text(act.delivered, root.terms), "quantity": quantity_text(act.quantity, root.terms),
        "unit": unit_code(root.currency),
    }  # fmt: skip


def _minor(asked: schemas.ChargeAct) -> int:
    exact = Decimal(asked.amount).scaleb(exponent(asked.currency))
    if exact != int(exact) or exact >= 1 << 48:
        raise Problem(
            "AMOUNT-FORM", f"an amount of {asked.currency} has {exponent(asked.currency)} digits", field="amount",
            found=asked.amount,
        )  # fmt: skip
    return int(exact)
