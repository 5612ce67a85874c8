"""Gas of warehouse receipts, beside that of their twins among certificates, and of deliveries beside many receipts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gateway.domain.ledger_state import PARTS
from tests.contracts import goods_table
from tests.house.cast import INSPECTOR, KEEPER, TIER_1, TIER_2
from tests.house.house import EVIDENCE_HASH

if TYPE_CHECKING:
    from tests.bench.gas import Desk, Spent

BATCH = 100
QUANTITY = 1_000
SIGNATURE = 64 * 16 + 3_000 + 2_100 + 700
"""One more signature: its bytes, the recovery, the signer's slot, and what its word is asked."""
SLOT = 22_100
"""One more slot, written for the first time."""
TRANSACTION = 21_000
"""What every transaction costs before it does anything."""
TWINS = {
    "receipt_issue": ("issue_one", "accept_one"),
    "receipt_split_batch100": ("split_accepted_batch100",),
    "receipt_endorse_batch100": ("assign_accepted_batch100",),
    "goods_pledge": ("lock_batch100_one_facility",),
    "goods_release_list100": ("release_list100",),
    "convert": ("issue_one", "accept_one"),
}
"""What among certificates does the same, of one item each; where two transactions do, one of them is not counted."""


def goods_rows(desk: Desk) -> Iterator[tuple[str, Spent, str, int]]:
    """Operation, what it spent, the reason its negative twin is refused with, and how many items it was."""
    first = KEEPER.number << 32 | desk.serial + 1
    desk.serial += 3 * BATCH
    spent = desk.done("store", [store_item(desk, first)])
    yield "receipt_issue", spent, desk.send("store", [store_item(desk, first + 1, number_of=first)])[0], 1
    lots = list(range(first + 1, first + 1 + 2 * BATCH))
    for start in range(0, len(lots), BATCH):
        desk.done("store", [store_item(desk, lot) for lot in lots[start : start + BATCH]])
    endorsed, split = lots[:BATCH], lots[BATCH:]
    spent = desk.done("endorse", [_endorse_item(desk, lot) for lot in endorsed])
    yield (
        "receipt_endorse_batch100",
        spent,
        desk.send("endorse", [_endorse_item(desk, endorsed[0])])[0],
        BATCH,
    )
    spent = desk.done("splitReceipt", [_split_item(desk, lot) for lot in split])
    yield "receipt_split_batch100", spent, desk.send("splitReceipt", [_split_item(desk, split[0])])[0], BATCH
    desk.titles += 4 * BATCH


def beside_receipts(
    desk: Desk, counts: Sequence[int], say: Callable[[str], None]
) -> tuple[list[dict[str, Any]], float]:
    """A delivery from a short pool beside more and more receipts of it: a row for each number, and how much the
    dearest is above the cheapest.
    """
    rows = []
    for count in counts:
        say(f"a delivery from a pool of {count} receipts")
        pool = KEEPER.number << 32 | 0x10000000 | count
        receipts = [pool, *(pool + 0x1000 * (at + 1) for at in range(count - 1))]
        for start in range(0, count, BATCH):
            some = receipts[start : start + BATCH]
            desk.done("store", [store_item(desk, pool, receipt=each, pooled=True) for each in some])
        stored = count * QUANTITY
        assert (
            goods_table.count_of(desk.house, stored - 5, goods_table.keeper(), lot=pool).carry(desk.house)
            == "None"
        )
        delivered = QUANTITY * (stored - 5) // stored
        spent = desk.done("handOver", [_hand_over_item(desk, pool, delivered)])
        rows.append({"case": "receipt_handover", "receipts": count, "gas": spent.gas})
    gas = [row["gas"] for row in rows]
    return rows, max(gas) / min(gas)


def store_item(desk: Desk, lot: int, *, number_of: int = 0, receipt: int = 0, pooled: bool = False) -> Any:
    """Goods of a lot of its own, or, with a `receipt` of its own, of a pool."""
    message = {
        "lot": lot, "receipt": receipt or lot, "keeper": KEEPER.number, "depositor": TIER_1.number,
        "inspector": INSPECTOR.number, "unit": goods_table.KILOGRAM, "decimals": 0, "pooled": pooled,
        "lastDay": desk.house.machine.day() + 180, "quantity": QUANTITY,
        "number": goods_table.number_of(number_of or lot), "expiresAt": desk.house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return desk.item(
        "store", message, depositor=TIER_1["maker"], keeper=KEEPER["keeper"], inspector=INSPECTOR["inspector"]
    )


def _endorse_item(desk: Desk, title: int) -> Any:
    message = {
        "title": title, "sequence": 0, "to": TIER_2.number, "expiresAt": desk.house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return desk.item(
        "endorse", message, holder=TIER_1["maker"], acquirer=TIER_2["maker"], keeper=KEEPER["keeper"]
    )


def _split_item(desk: Desk, title: int) -> Any:
    child = TIER_1.number << 32 | PARTS | (title & 0xFFFFFF) << 1
    message = {
        "title": title, "sequence": 0, "part": child, "quantity": QUANTITY // 3, "rest": child + 1, "to": TIER_2.number,
        "expiresAt": desk.house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return desk.item(
        "splitReceipt", message, holder=TIER_1["maker"], acquirer=TIER_2["maker"], keeper=KEEPER["keeper"]
    )


def _hand_over_item(desk: Desk, title: int, delivered: int) -> Any:
    message = {
        "title": title, "sequence": 0, "quantity": QUANTITY, "delivered": delivered, "expiresAt": desk.house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return desk.item("handOver", message, holder=TIER_1["maker"], keeper=KEEPER["keeper"])
