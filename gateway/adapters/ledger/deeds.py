"""Whether the chain recorded what was signed: a title's new holder and quantity, a lot's sums, against the act."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.adapters.ledger.calldata import Item
from gateway.domain.calendar import day_of
from gateway.domain.goods_records import Lot, RootKind
from gateway.ports.verification import Event, Fields

Pairs = Iterator[tuple[str, Any, Any]]
"""What is compared: its name, as the act has it, as the chain has it."""


def fault(event: Event, item: Item) -> str:
    """In what act and record differ; empty when in nothing, or where nothing of the act is recorded."""
    compare = _PAIRS.get(item.function)
    pairs = [] if compare is None else compare(event, item.message)
    return "; ".join(
        f"the act and the chain have another {name}" for name, signed, kept in pairs if signed != kept
    )


def _passed(event: Event, message: Mapping[str, Any]) -> Pairs:
    yield "holder", message["to"], _of(event.after)["holder"]


def _parted(event: Event, message: Mapping[str, Any]) -> Pairs:
    yield "holder of the part", message["to"], _of(event.other_after)["holder"]
    yield "quantity of the part", message["quantity"], _of(event.other_after)["quantity"]


def _cancelled(event: Event, message: Mapping[str, Any]) -> Pairs:
    yield from _parted(event, message)
    yield "number of the part", message["part"], event.other
    yield "number of the rest", message["rest"], event.rest
    yield "holder of the rest", _of(event.before)["holder"], _of(event.rest_after)["holder"]
    yield from _bound(event, 0)


def _carved(event: Event, message: Mapping[str, Any]) -> Pairs:
    """Whose the goods are stays as it was, and both parts are pledged where the whole was."""
    for fields, name in ((event.other_after, "part"), (event.rest_after, "rest")):
        yield f"holder of the {name}", _of(event.before)["holder"], _of(fields)["holder"]
    yield "quantity of the part", message["quantity"], _of(event.other_after)["quantity"]
    yield "facility", message["facility"], _of(event.before)["lock"]
    yield from _bound(event, message["facility"])


def _bound(event: Event, facility: int) -> Pairs:
    yield "facility of the part", facility, _of(event.other_after)["lock"]
    yield "facility of the rest", facility, _of(event.rest_after)["lock"]
    yield "facility of what is cancelled", 0, _of(event.after)["lock"]


def _converted(event: Event, message: Mapping[str, Any]) -> Pairs:
    """The seller has the receivable, and the buyer what was in store, free."""
    made, after = message["receivable"], _of(event.after)
    if event.name == "GoodsConverted":
        yield "holder", made["root"] >> 32, after["holder"]
        yield "facility", 0, after["lock"]
    if event.name == "RootAccepted":
        yield "holder", made["payee"], after["holder"]
        yield "quantity", made["quantity"], after["quantity"]


def _pledged(event: Event, message: Mapping[str, Any]) -> Pairs:
    yield "quantity", message["quantity"], _of(event.after)["quantity"]
    yield "facility", message["facility"], _of(event.after)["lock"]


def _freed(event: Event, message: Mapping[str, Any]) -> Pairs:
    """Receipts go free together, and are together what was signed for."""
    yield "facility", message["facility"], event.details["facility"]
    yield "facility before", message["facility"], _of(event.before)["lock"]
    yield "lot", message["lot"], _of(event.after)["root"]
    yield "quantity of all that went free", message["quantity"], event.details["quantity"]


def _sold(event: Event, message: Mapping[str, Any]) -> Pairs:
    sale = _of(event.details["sale"])
    yield "facility", message["facility"], _of(event.before)["lock"]
    yield "buyer", message["buyer"], sale["buyer"]
    yield "price", message["price"], sale["price"]
    yield "last day to pay", message["payBy"], sale["pay_by"]
    yield "quantity sold", sale["quantity"], _of(event.before)["quantity"]


def _sale_ended(event: Event, _: Mapping[str, Any]) -> Pairs:
    """Nobody signs it: the day by which the buyer was to pay had passed."""
    yield "last day to pay", True, 0 < _of(event.details["sale"])["pay_by"] < day_of(event.time)


def _withdrawn(event: Event, _: Mapping[str, Any]) -> Pairs:
    """Whoever holds it, its owner or the lessor, has it free of the lease."""
    yield "holder", _of(event.before)["holder"], _of(event.after)["holder"]
    yield "facility", 0, _of(event.after)["lock"]


def _delivered(event: Event, _: Mapping[str, Any]) -> Pairs:
    """Nobody signs it: it is what all agreed on who signed the sale."""
    sale = _of(event.details["sale"])
    yield "buyer", sale["buyer"], _of(event.after)["holder"]
    yield "facility", sale["facility"], _of(event.before)["lock"]


def _stored(event: Event, message: Mapping[str, Any]) -> Pairs:
    after, root = _of(event.after), event.details["root_word"]
    yield "lot", message["lot"], event.details["lot"]
    yield "depositor", message["depositor"], after["holder"]
    yield "quantity", message["quantity"], after["quantity"]
    yield "number of the lot", message["number"], event.details["number"]
    yield "document", message["evidence"], event.details["evidence"]
    yield "keeper", message["keeper"], root["debtor"]
    yield "inspector", message["inspector"], root["clearing_bank"]
    yield "unit", message["unit"], root["currency"]
    yield "number of decimals", message["decimals"], root["terms"]
    yield "last day", message["lastDay"], root["due_day"]
    yield "kind of lot", message["pooled"], root["kind"] == RootKind.POOL
    before, now = event.details["sums_before"], event.details["sums"]
    if before is not None:
        yield "sum deposited", before["deposited"] + message["quantity"], now["deposited"]


def _handed_over(event: Event, message: Mapping[str, Any]) -> Pairs:
    before, now = _of(event.details["sums_before"]), event.details["sums"]
    yield (
        "rest on the receipt",
        _of(event.before)["quantity"] - message["quantity"],
        _of(event.after)["quantity"],
    )
    yield "sum given up", before["redeemed"] + message["quantity"], now["redeemed"]
    yield "sum delivered", before["delivered"] + message["delivered"], now["delivered"]


def _counted(event: Event, message: Mapping[str, Any]) -> Pairs:
    lot = Lot.of(event.details["sums"])
    yield "quantity in store", message["counted"], lot.stored(event.details["first"])
    yield "quantity delivered before", message["deliveredBefore"], lot.delivered
    yield "day of the count", message["day"], lot.counted_day
    yield "document", message["evidence"], event.details["evidence"]


def _of(fields: Fields | None) -> Fields:
    return _NOTHING if fields is None else fields


_NOTHING = dict.fromkeys(
    (
        "holder", "lock", "root", "quantity", "deposited", "redeemed", "delivered", "facility", "buyer", "price",
        "pay_by",
    ),
    0,
)  # fmt: skip

_PAIRS: Mapping[str, Callable[[Event, Mapping[str, Any]], Pairs]] = {
    "assign": _passed,
    "endorse": _passed,
    "split": _parted,
    "store": _stored,
    "splitReceipt": _cancelled,
    "handOver": _handed_over,
    "count": _counted,
    "pledgeGoods": _pledged,
    "convert": _converted,
    "convertGoods": _converted,
    "releaseGoods": _freed,
    "unlockGoods": _freed,
    "carveGoods": _carved,
    "sellGoods": _sold,
    "leaseGoods": _pledged,
    "withdrawLease": _withdrawn,
    "endLease": _withdrawn,
    "endSales": _sale_ended,
    "completeSales": _delivered,
}
