"""What the ledger would say to an act on a receipt if all who must sign it had signed: the rule, before anybody does.

Whose mandate reaches how far is asked when they sign.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.domain import goods
from gateway.domain.goods_acts import (
    ChangeMedium,
    ChargeStorage,
    Endorse,
    HandOver,
    MergeReceipts,
    Replace,
    SplitReceipt,
)
from gateway.domain.ledger_state import LedgerState
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Role, Signer

ReceiptAct = Endorse | SplitReceipt | MergeReceipts | HandOver | ChargeStorage | ChangeMedium | Replace

_FOREVER = (1 << 40) - 1
_THREE, _BOTH = ("holder", "acquirer", "keeper"), ("holder", "keeper")
_VERBS: Mapping[type, tuple[Callable[..., Reason], tuple[str, ...]]] = {
    Endorse: (goods.endorse, _THREE),
    SplitReceipt: (goods.split_receipt, _THREE),
    MergeReceipts: (goods.merge_receipts, _BOTH),
    HandOver: (goods.hand_over, _BOTH),
    ChargeStorage: (goods.charge_storage, ("keeper",)),
    ChangeMedium: (goods.change_medium, _BOTH),
    Replace: (goods.replace_receipt, _BOTH),
}
"""The verb of each act, and who signs it, in the order of the contract."""


def number_of(act: ReceiptAct) -> int:
    """The receipt that an act is about."""
    return act.into if isinstance(act, MergeReceipts) else act.title


def parties_of(state: LedgerState, act: ReceiptAct) -> dict[str, int]:
    """Who signs an act, by the part in which each does. Raises KeyError when there is no such receipt."""
    title = state.titles[number_of(act)]
    holder, keeper = title.holder, state.roots[title.root].debtor
    parties = {"holder": holder, "acquirer": getattr(act, "to", holder), "keeper": keeper}
    signing = {part: parties[part] for part in _VERBS[type(act)][1]}
    if isinstance(act, SplitReceipt) and act.to == holder:
        signing.pop("acquirer")
    return signing


def would(state: LedgerState, act: ReceiptAct, now: int) -> Reason:
    """The reason with which the ledger would refuse the act, or NONE. `state` is spent by it."""
    if number_of(act) not in state.titles:
        return Reason.UNKNOWN_TITLE
    verb, parts = _VERBS[type(act)]
    signing = parties_of(state, act)
    for party in signing.values():
        state.signers[str(party)] = Signer(party, 1, Role(sum(Role)), MAX_AMOUNT, 0, _FOREVER, 0)
    keys: tuple[Any, ...] = tuple(str(signing[part]) if part in signing else None for part in parts)
    return verb(state, act, keys, now)
