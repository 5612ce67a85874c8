"""What the ledger would say to an act on an order if all who must sign it had signed: the rule, before anybody does.

Whose mandate reaches how far is asked when they sign.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.domain import evidence, orders
from gateway.domain.acts import AttestInvoice
from gateway.domain.ledger_state import LedgerState
from gateway.domain.order_acts import ConfirmOrder, Convert, PublishOrders, ReduceOrder, TakeOrder
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Role, Signer

OrderAct = AttestInvoice | ConfirmOrder | PublishOrders | TakeOrder | ReduceOrder | Convert

_FOREVER = (1 << 40) - 1
_BUYERS = ("maker", "checker")
_VERBS: Mapping[type, tuple[Callable[..., Reason], tuple[str, ...]]] = {
    AttestInvoice: (evidence.attest_invoice, ("service",)),
    ConfirmOrder: (orders.confirm_order, (*_BUYERS, "seller")),
    PublishOrders: (orders.publish_orders, _BUYERS),
    TakeOrder: (orders.take_order, ("seller",)),
    ReduceOrder: (orders.reduce_order, ("debtor", "seller")),
    Convert: (orders.convert, (*_BUYERS, "seller", "lender")),
}
"""The verb of each act, and who signs it, in the order of the contract."""


def parties_of(state: LedgerState, act: OrderAct) -> dict[str, int]:
    """Who signs an act, by the part in which each does. Raises KeyError when its title or list is not there."""
    if isinstance(act, AttestInvoice):
        return {"service": act.service}
    if isinstance(act, ConfirmOrder):
        return {**dict.fromkeys(_BUYERS, act.debtor), "seller": act.order.seller}
    if isinstance(act, PublishOrders):
        return dict.fromkeys(_BUYERS, act.debtor)
    if isinstance(act, TakeOrder):
        return {"seller": act.order.seller}
    title = state.titles[act.title]
    buyer = state.roots[title.root].debtor
    if isinstance(act, ReduceOrder):
        return {"debtor": buyer, "seller": title.holder}
    locked = {"lender": state.facilities[title.lock].lender} if title.lock else {}
    return {**dict.fromkeys(_BUYERS, buyer), "seller": title.holder, **locked}


def would(state: LedgerState, act: OrderAct, now: int) -> Reason:
    """The reason with which the ledger would refuse the act, or NONE. `state` is spent by it."""
    verb, parts = _VERBS[type(act)]
    signing = parties_of(state, act)
    for person, (part, party) in enumerate(signing.items(), start=1):
        state.signers[part] = Signer(party, person, Role(sum(Role)), MAX_AMOUNT, 0, _FOREVER, 0)
    keys: tuple[Any, ...] = tuple(part if part in signing else None for part in parts)
    return verb(state, act, keys, now)
