"""Every verb twice: the specification's function, and the contracts' call with the same parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_utils.address import to_checksum_address

from gateway.adapters.ledger import acts as signing
from gateway.domain import (
    collateral,
    credit,
    enforcement,
    evidence,
    facilities,
    funders,
    goods,
    goods_sales,
    leases,
    margin_calls,
    orders,
    protection,
    registry,
    settlement,
    stages,
    stock_sales,
    titles,
)
from gateway.domain.acts import Invoices
from gateway.domain.ledger_state import LedgerState
from gateway.domain.parties import approve, co_sign
from gateway.domain.reasons import Reason
from tests.invariants.messages import Messages


@dataclass(frozen=True, slots=True)
class Step:
    """One item to carry: the verb, the signed act, who signed, and what else the item holds.

    `sender` None is an admitted relayer. `forgery` says how a signature of nobody is made.
    """

    verb: str
    act: Any = None
    keys: tuple[Any, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    sender: str | None = None
    forgery: str = "stranger"
    note: str = ""


_BARE = {"closeOffers": "list", "completeSales": "title", "endSales": "title"}
"""Verbs whose items are bare numbers, and what they number."""

Domain = Callable[[LedgerState, Step, int], Sequence[Reason]]
Parts = Callable[[Messages, Step], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Verb:
    """How one verb is asked on both sides."""

    function: str
    domain: Domain
    parts: Parts

    def arguments(self, messages: Messages, steps: Sequence[Step]) -> tuple[Any, ...]:
        """The call's arguments: a list of items. A co-signature and a wallet's approval travel alone."""
        if self.function == "approve":
            (step,) = steps
            answer = b"".join(messages.sign(step.act, step.keys[0], step.forgery))
            return messages.digest(step.act), to_checksum_address(step.more["wallet"]), answer
        if self.function == "coSign":
            (step,) = steps
            return messages.digest(step.act), messages.sign(step.act, step.keys[0], step.forgery)
        return ([self._item(messages, step) for step in steps],)

    def _item(self, messages: Messages, step: Step) -> Any:
        if self.function in _BARE:
            return step.more[_BARE[self.function]]
        values = self.parts(messages, step)
        if step.act is not None:
            values["act"] = messages.message(step.act)
        return signing.verbs()[self.function].pack(values)


def _signed(function: str, domain: Callable[..., Reason], *names: str) -> Verb:
    """A verb whose signatures stand in the item one by one, in the order the specification takes them."""

    def ask(state: LedgerState, step: Step, now: int) -> Sequence[Reason]:
        return [domain(state, step.act, step.keys, now)]

    return Verb(function, ask, _parts(*names))


def _parts(*names: str) -> Parts:
    def parts(messages: Messages, step: Step) -> dict[str, Any]:
        pairs = zip(names, step.keys, strict=True)
        return {name: messages.sign(step.act, key, step.forgery) for name, key in pairs}

    return parts


def _by_offices(function: str, domain: Callable[..., Reason], part: str = "offices") -> Verb:
    def ask(state: LedgerState, step: Step, now: int) -> Sequence[Reason]:
        return [domain(state, step.act, step.keys, now)]

    def parts(messages: Messages, step: Step) -> dict[str, Any]:
        return {part: messages.offices(step.act, step.keys, step.forgery)}

    return Verb(function, ask, parts)


def _listed(invoices: Invoices) -> dict[str, Any]:
    return {"nullifiers": list(invoices.nullifiers), "amounts": list(invoices.amounts)}


def _decline_parts(messages: Messages, step: Step) -> dict[str, Any]:
    return {"payee": messages.sign(step.act, step.keys[0], step.forgery), **_listed(step.more["invoices"])}


def _expire_parts(_messages: Messages, step: Step) -> dict[str, Any]:
    return {"root": step.more["root"], "payee": step.more["payee"], **_listed(step.more["invoices"])}


def _accept_offer_parts(messages: Messages, step: Step) -> dict[str, Any]:
    shown = step.more["shown"]
    return {
        "receivable": messages.fields(shown),
        "proof": messages.proof(step.more["offers"], shown),
        "payee": messages.sign(step.act, step.keys[0], step.forgery),
    }


def _take_order_parts(messages: Messages, step: Step) -> dict[str, Any]:
    return {
        "proof": messages.proof(step.more["orders"], step.act.order),
        "seller": messages.sign(step.act, step.keys[0], step.forgery),
    }


def _release_parts(messages: Messages, step: Step) -> dict[str, Any]:
    first, second = (messages.sign(step.act, key, step.forgery) for key in step.keys)
    return {"first": first, "second": second, "loans": list(step.more["loans"])}


def _release_goods_parts(messages: Messages, step: Step) -> dict[str, Any]:
    signed = _parts("maker", "checker", "keeper")(messages, step)
    return {**signed, "loans": list(step.more["loans"])}


def _record_parts(messages: Messages, step: Step) -> dict[str, Any]:
    bank, borrower = (messages.sign(step.act, key, step.forgery) for key in step.keys)
    return {"bank": bank, "borrower": borrower, "unlock": list(step.more.get("unlock", ()))}


def _share_parts(messages: Messages, step: Step) -> dict[str, Any]:
    maker, checker, *others = (messages.sign(step.act, key, step.forgery) for key in step.keys)
    return {"maker": maker, "checker": checker, "participants": others}


def _call_parts(messages: Messages, step: Step) -> dict[str, Any]:
    signed = _parts("maker", "checker", "custodian")(messages, step)
    return {**signed, "others": list(step.more["others"]), "titles": list(step.more["locked"])}


def _bind_parts(messages: Messages, step: Step) -> dict[str, Any]:
    *party, bank = (messages.sign(step.act, key, step.forgery) for key in step.keys)
    return {"party": party, "bank": bank}


def _quorum_parts(messages: Messages, step: Step) -> dict[str, Any]:
    return {"party": [messages.sign(step.act, key, step.forgery) for key in step.keys]}


def _nothing(_messages: Messages, _step: Step) -> dict[str, Any]:
    return {}


def _expire(state: LedgerState, step: Step, now: int) -> Sequence[Reason]:
    more = step.more
    return [evidence.expire(state, more["root"], more["payee"], more["invoices"], now)]


def _approve(state: LedgerState, step: Step, _now: int) -> Sequence[Reason]:
    return [approve(state, step.act, step.more["wallet"], step.keys[0] == step.more["owner"])]


VERBS: Mapping[str, Verb] = {
    "attest_invoice": _signed("attestInvoices", evidence.attest_invoice, "service"),
    "credit_invoice": _signed("creditInvoices", evidence.credit_invoice, "service"),
    "issue": Verb(
        "issue", lambda s, step, now: evidence.issue(s, step.act, step.keys, now), _parts("maker", "checker")
    ),
    "accept": _signed("accept", evidence.accept, "payee"),
    "decline": Verb(
        "decline",
        lambda s, step, now: [evidence.decline(s, step.act, step.more["invoices"], step.keys, now)],
        _decline_parts,
    ),
    "expire": Verb("expire", _expire, _expire_parts),
    "publish_offers": _signed("publishOffers", evidence.publish_offers, "maker", "checker"),
    "accept_offer": Verb(
        "acceptOffer",
        lambda s, step, now: [evidence.accept_offer(s, step.act, step.more["shown"], step.keys, now)],
        _accept_offer_parts,
    ),
    "close_offers": Verb(
        "closeOffers", lambda s, step, now: [evidence.close_offers(s, step.more["list"], now)], _nothing
    ),
    "assign": _signed("assign", titles.assign, "holder", "acquirer"),
    "split": _signed("split", titles.split, "holder", "acquirer"),
    "merge": _signed("merge", titles.merge, "holder"),
    "withdraw": _signed("withdraw", titles.withdraw, "holder"),
    "store": _signed("store", goods.store, "depositor", "keeper", "inspector"),
    "endorse": _signed("endorse", goods.endorse, "holder", "acquirer", "keeper"),
    "split_receipt": _signed("splitReceipt", goods.split_receipt, "holder", "acquirer", "keeper"),
    "merge_receipts": _signed("mergeReceipts", goods.merge_receipts, "holder", "keeper"),
    "hand_over": _signed("handOver", goods.hand_over, "holder", "keeper"),
    "count": _signed("count", goods.count, "keeper", "inspector"),
    "charge_storage": _signed("chargeStorage", goods.charge_storage, "keeper"),
    "change_medium": _signed("changeMedium", goods.change_medium, "holder", "keeper"),
    "replace": _signed("replace", goods.replace_receipt, "holder", "keeper"),
    "confirm_order": _signed("confirmOrders", orders.confirm_order, "maker", "checker", "seller"),
    "publish_orders": _signed("publishOrders", orders.publish_orders, "maker", "checker"),
    "take_order": Verb(
        "takeOrder", lambda s, step, now: [orders.take_order(s, step.act, step.keys, now)], _take_order_parts
    ),
    "reduce_order": _signed("reduceOrder", orders.reduce_order, "debtor", "seller"),
    "convert": _signed("convert", orders.convert, "maker", "checker", "seller", "lender"),
    "convert_goods": _signed(
        "convertGoods", stock_sales.convert_goods, "maker", "checker", "seller", "keeper", "lender"
    ),
    "open": _signed(
        "open", facilities.open_facility, "maker", "checker", "borrower", "entrustor", "entrustorSecond"
    ),
    "share": Verb(
        "share",
        lambda s, step, now: [funders.share(s, step.act, step.keys[:2], step.keys[2:], now)],
        _share_parts,
    ),
    "lock": _signed("lock", credit.lock, "holder", "lender"),
    "draw": _signed("draw", credit.draw, "borrower", "maker", "checker"),
    "void": _signed("void", credit.void, "maker", "checker"),
    "release": Verb(
        "release",
        lambda s, step, now: [credit.release(s, step.act, step.more["loans"], step.keys, now)],
        _release_parts,
    ),
    "unlock": _signed("unlock", credit.unlock, "holder"),
    "carve": _signed("carve", credit.carve, "lender"),
    "write_off": _signed("writeOff", credit.write_off, "maker", "checker"),
    "agree_goods": _signed("agreeGoods", collateral.agree_goods, "maker", "checker", "borrower", "agent"),
    "appraise": _signed("appraise", collateral.appraise, "appraiser"),
    "pledge_goods": _signed("pledgeGoods", collateral.pledge_goods, "holder", "lender", "keeper", "agent"),
    "release_goods": Verb(
        "releaseGoods",
        lambda s, step, now: [collateral.release_goods(s, step.act, step.more["loans"], step.keys, now)],
        _release_goods_parts,
    ),
    "unlock_goods": _signed("unlockGoods", collateral.unlock_goods, "holder", "keeper"),
    "carve_goods": _signed("carveGoods", collateral.carve_goods, "lender", "keeper"),
    "mark_goods": Verb(
        "markGoods",
        lambda s, step, now: [margin_calls.mark_goods(s, step.more["facility"], step.more["lots"], now)],
        lambda _messages, step: {"facility": step.more["facility"], "lots": list(step.more["lots"])},
    ),
    "call_margin": _signed("callMargin", margin_calls.call_margin, "maker", "checker"),
    "waive_call": _signed("waiveCall", margin_calls.waive_call, "maker", "checker"),
    "enforce": _signed("enforce", goods_sales.enforce, "maker", "checker"),
    "sell_goods": _signed(
        "sellGoods",
        goods_sales.sell_goods,
        "maker",
        "checker",
        "keeper",
        "appraiser",
        "secondAppraiser",
        "buyer",
    ),
    "complete_sales": Verb(
        "completeSales", lambda s, step, _now: [goods_sales.complete_sale(s, step.more["title"])], _nothing
    ),
    "end_sales": Verb(
        "endSales", lambda s, step, now: [goods_sales.end_sale(s, step.more["title"], now)], _nothing
    ),
    "lease_goods": _signed("leaseGoods", leases.lease_goods, "holder", "lessee", "lender", "keeper"),
    "withdraw_lease": _signed("withdrawLease", leases.withdraw_lease, "holder", "keeper"),
    "give_notice": _signed("giveNotice", leases.give_notice, "maker", "checker"),
    "end_lease": _signed("endLease", leases.end_lease, "maker", "checker", "appraiser"),
    "agree_stages": _signed("agreeStages", stages.agree_stages, "maker", "checker", "borrower", "approver"),
    "open_stage": _signed("openStage", stages.open_stage, "maker", "checker", "approver"),
    "add_costs": _signed("addCosts", enforcement.add_costs, "maker", "checker"),
    "protect": _signed("protect", protection.protect, "first", "second", "maker", "checker", "custodian"),
    "consent": _signed("consent", protection.consent, "first", "second"),
    "call_protection": Verb(
        "callProtection",
        lambda s, step, now: [
            protection.call_protection(s, step.act, step.more["others"], step.more["locked"], step.keys, now)
        ],
        _call_parts,
    ),
    "end_call": _signed("endCall", protection.end_call, "first", "second"),
    "waive": _signed("waive", protection.waive, "first", "second"),
    "attest_reserve": _signed("attestReserve", protection.attest_reserve, "custodian"),
    "bind_account": Verb(
        "bindAccount",
        lambda s, step, now: [settlement.bind_account(s, step.act, step.keys[:-1], step.keys[-1], now)],
        _bind_parts,
    ),
    "record": Verb(
        "record",
        lambda s, step, now: [settlement.record(s, step.act, step.keys, step.more.get("unlock", ()), now)],
        _record_parts,
    ),
    "reverse": _signed("reverse", settlement.reverse, "bank", "borrower"),
    "distribute": _signed("distribute", settlement.distribute, "clearingBank"),
    "distribute_late": _signed("distributeLate", settlement.distribute_late, "clearingBank"),
    "settle_early": _signed(
        "settleEarly", settlement.settle_early, "debtor", "holder", "lender", "clearingBank"
    ),
    "release_held": _signed("releaseHeld", settlement.release_held, "clearingBank"),
    "write_off_title": _signed("writeOffTitle", settlement.write_off_title, "first", "second"),
    "admit": _by_offices("admit", registry.admit),
    "set_signers": Verb(
        "setSigners",
        lambda s, step, now: [registry.set_signers(s, step.act, step.keys, now)],
        _quorum_parts,
    ),
    "recover": _by_offices("recover", registry.recover),
    "veto": _signed("veto", registry.veto, "party"),
    "complete": Verb("complete", lambda s, step, now: [registry.complete(s, step.act, now)], _nothing),
    "suspend": _by_offices("suspend", registry.suspend),
    "reinstate": _by_offices("reinstate", registry.reinstate),
    "freeze": _by_offices("freeze", registry.freeze),
    "lift": _by_offices("lift", registry.lift),
    "stop": _by_offices("stop", registry.stop),
    "cure": _by_offices("cure", registry.cure),
    "set_limit": _by_offices("setLimit", registry.set_limit, "banks"),
    "publish_policy": _by_offices("publishPolicy", registry.publish_policy, "banks"),
    "approve": Verb("approve", _approve, _nothing),
    "co_sign": Verb("coSign", lambda s, step, now: [co_sign(s, step.act, step.keys[0], now)], _nothing),
}
"""Every verb of the house by its name in the specification."""
