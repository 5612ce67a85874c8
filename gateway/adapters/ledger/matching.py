"""Which item of a transaction's batch an event came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.adapters.ledger.calldata import Item
from gateway.adapters.ledger.words import GOODS
from gateway.ports.verification import Event

CONVERSIONS = ("convert", "convertGoods")
"""Verbs that put a receivable, live at once, in the place of what was ordered or in store."""

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "Issued": ("issue", "acceptOffer", *CONVERSIONS),
    "OffersPublished": ("publishOffers",),
    "RootAccepted": ("accept", "acceptOffer", *CONVERSIONS),
    "InvoicesAttested": ("attestInvoices",),
    "Assigned": ("assign",),
    "Split": ("split",),
    "Merged": ("merge",),
    "OfferWithdrawn": ("withdraw",),
    "Locked": ("lock",),
    "Carved": ("lock", "carve", "freeze"),
    "Frozen": ("freeze",),
    "PaidOut": ("distribute",),
    "LatePaid": ("distributeLate",),
    "SettledEarly": ("settleEarly",),
    "TitleWrittenOff": ("writeOffTitle",),
    "FactRecorded": ("record",),
    "Delivered": ("record",),
    "Stored": ("store",),
    "ReceiptSplit": ("splitReceipt", "carveGoods"),
    "HandedOver": ("handOver",),
    "GoodsConverted": ("convertGoods",),
    "GoodsHeld": ("sellGoods", "endSales", "leaseGoods"),
    "Counted": ("count",),
    "StorageCharged": ("chargeStorage",),
    "MediumChanged": ("changeMedium",),
    "Replaced": ("replace",),
}
"""The verbs that make each event. Events that no one signs by themselves are not here: what ends a lock with the
debt, what lifts an order that has run out."""

_OF_RECEIPTS: Mapping[str, tuple[str, ...]] = {
    "Assigned": ("endorse",),
    "Merged": ("mergeReceipts",),
    "Locked": ("pledgeGoods", "leaseGoods"),
    "Unlocked": ("releaseGoods", "unlockGoods"),
    "Delivered": ("completeSales", "record", "withdrawLease", "endLease"),
}
"""Where a receipt takes another verb than a certificate for the same event: the one that asks its keeper (CC-910), or
that hands over what such a one sold or leased.
"""


def comes_from(event: Event, item: Item) -> bool:
    """Whether this item, of a verb that makes such events, asked for just this one."""
    return item.function in functions_of(event) and _TESTS[item.function](event, item.message)


def functions_of(event: Event) -> tuple[str, ...]:
    """The verbs that make such an event of such a title; none where no one does by itself."""
    of_goods = event.after is not None and bool(event.after["flags"] & GOODS)
    return (_OF_RECEIPTS if of_goods and event.name in _OF_RECEIPTS else FUNCTIONS).get(event.name, ())


def _carved(event: Event, message: Mapping[str, Any]) -> bool:
    """A part taken out of a title first: the child bears the act; without a child the title itself does."""
    if event.name == "Carved":
        return bool(message["title"] == event.title and message["child"] == event.other)
    return bool((message["child"] or message["title"]) == event.title)


def _moved(event: Event, message: Mapping[str, Any]) -> bool:
    return message["title"] == event.title and _sequence(event, message)


def _sequence(event: Event, message: Mapping[str, Any]) -> bool:
    return event.before is not None and bool(message["sequence"] == event.before["sequence"])


def _recorded(event: Event, message: Mapping[str, Any]) -> bool:
    if event.name == "Delivered":
        # The pay-out or a plain repayment is about the loan; money collected for a title names the loan it repays.
        loan = event.details["loan"]
        return bool(loan and loan in (message["subject"], message["loan"]))
    return all(message[name] == event.details[name] for name in _RECORDED)


_RECORDED = ("kind", "subject", "loan", "bank", "account", "valueDay", "amount", "entry")


def _listed(event: Event, message: Mapping[str, Any]) -> bool:
    return event.title in message["titles"]


def _divided(event: Event, message: Mapping[str, Any]) -> bool:
    """A pledged receipt's parts are the lender's to number: the act names all three."""
    return (message["title"], message["part"], message["rest"]) == (event.title, event.other, event.rest)


def _sold(event: Event, message: Mapping[str, Any]) -> bool:
    return message["title"] == event.title and bool(event.details["on"])


def _ended(event: Event, message: Mapping[str, Any]) -> bool:
    return message["number"] == event.title and not event.details["on"]


def _leased(event: Event, message: Mapping[str, Any]) -> bool:
    """One act locks the receipt, and then holds it together."""
    if event.name == "Locked":
        return _moved(event, message)
    after = event.before is not None and event.before["sequence"] == message["sequence"] + 1
    return after and message["title"] == event.title and bool(event.details["on"])


def _converted(event: Event, message: Mapping[str, Any]) -> bool:
    """The receivable that it made; or the receipt that this stands for."""
    if event.name == "GoodsConverted":
        return _moved(event, message)
    return bool(message["receivable"]["root"] == event.details.get("root", event.title))


_TESTS: Mapping[str, Callable[[Event, Mapping[str, Any]], bool]] = {
    "issue": lambda event, message: any(
        each["root"] == event.details["root"] for each in message["receivables"]
    ),
    "acceptOffer": lambda event, message: message["root"] == event.details.get("root", event.title),
    "publishOffers": lambda event, message: message["list"] == event.details["list"],
    "accept": lambda event, message: message["root"] == event.title,
    **dict.fromkeys(CONVERSIONS, _converted),
    "attestInvoices": lambda event, message: message["nullifier"] == event.details["nullifier"],
    "assign": _moved,
    "split": lambda event, message: message["title"] == event.title and message["child"] == event.other,
    "merge": lambda event, message: message["into"] == event.title and message["from"] == event.other,
    "withdraw": _moved,
    "lock": _carved,
    "carve": _carved,
    "freeze": _carved,
    "distribute": _listed,
    "distributeLate": _listed,
    "settleEarly": lambda event, message: message["title"] == event.title,
    "writeOffTitle": lambda event, message: message["title"] == event.title,
    "record": _recorded,
    "store": lambda event, message: message["receipt"] == event.title,
    "endorse": _moved,
    "splitReceipt": _moved,
    "mergeReceipts": lambda event, message: message["into"] == event.title and message["from"] == event.other,
    "handOver": _moved,
    "count": lambda event, message: (
        message["lot"] == event.details["lot"]
        and message["countsBefore"] == (event.details["sums_before"] or {}).get("counts")
    ),
    "chargeStorage": lambda event, message: (
        message["title"] == event.title
        and all(message[name] == event.details[name] for name in ("currency", "amount", "evidence"))
    ),
    "changeMedium": _moved,
    "replace": _moved,
    "pledgeGoods": _moved,
    "releaseGoods": _listed,
    "unlockGoods": _listed,
    "carveGoods": _divided,
    "sellGoods": _sold,
    "endSales": _ended,
    "leaseGoods": _leased,
    "withdrawLease": _moved,
    "endLease": lambda event, message: message["loan"] == event.details["loan"],
    "completeSales": lambda event, message: message["number"] == event.title,
}
