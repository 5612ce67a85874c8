"""Gas of goods that secure a facility, beside that of pledged certificates; and of a look at them beside more receipts,
loans and facilities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gateway.adapters.ledger import acts
from tests.bench.gas_goods import BATCH, QUANTITY, store_item
from tests.bench.gas_loans import Side
from tests.contracts import goods_table
from tests.house.cast import CONTROL_AGENT, EVIDENCE, INSPECTOR, KEEPER, LENDER, TIER_1
from tests.house.house import EVIDENCE_HASH

if TYPE_CHECKING:
    from tests.bench.gas import Desk, Spent

LIMIT = 10**12
RATE = 50_000 * 1_000_000
"""Of a million units, minor units."""


def margin_rows(desk: Desk) -> Iterator[tuple[str, Spent, str, int]]:
    """Operation, what it spent, the reason its negative twin is refused with, and how many items it was."""
    pledge = Pledge(desk, desk.serial + 7_000_000)
    first, *receipts = pledge.store(1 + BATCH)
    # A facility's first receipt opens words that the others share, and a lender's first list its one-time bits.
    desk.done("pledgeGoods", [pledge.pledge_item(first)])
    spent = desk.done("pledgeGoods", [pledge.pledge_item(receipt) for receipt in receipts])
    refused = desk.send("pledgeGoods", [pledge.pledge_item(receipts[0], sequence=1)])[0]
    yield "goods_pledge", spent, refused, BATCH
    desk.done("releaseGoods", [pledge.release_item(first)])
    pledge.lose_one()
    spent = pledge.look()
    yield "margin_check", spent, desk.send("markGoods", [pledge.look_item()])[0], 1
    item = pledge.release_item(*receipts)
    yield (
        "goods_release_list100",
        desk.done("releaseGoods", [item]),
        desk.send("releaseGoods", [item])[0],
        BATCH,
    )


def beside_pledged(
    desk: Desk, others: Sequence[int], say: Callable[[str], None]
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """What a look at one pledged lot costs with so many more (rising) receipts of it pledged, then loans on it, then
    loans of facilities of their own; and how much the dearest is above the cheapest.
    """
    pledge = Pledge(desk, desk.serial + 7_000_000)
    # All are stored before any is missing: a pool that is short takes nothing in.
    first, *receipts = pledge.store(1 + max(others))
    desk.done("pledgeGoods", [pledge.pledge_item(first)])

    def pledge_more(count: int) -> None:
        some, receipts[:] = receipts[:count], receipts[count:]
        for start in range(0, count, BATCH):
            desk.done("pledgeGoods", [pledge.pledge_item(each) for each in some[start : start + BATCH]])

    side = Side(desk, pledge.facility)
    rows: list[dict[str, Any]] = []
    for where, add in (
        ("receipts", pledge_more),
        ("loans under the facility", side.here),
        ("other facilities", side.elsewhere),
    ):
        standing = 0
        for count in others:
            add(count - standing)
            standing = count
            say(f"a look at pledged goods beside {count} {where}")
            pledge.lose_one()
            rows.append(
                {
                    "operation": "margin_check_beside",
                    "others": count,
                    "where": where,
                    "gas": pledge.look().gas,
                }
            )
    gas = [row["gas"] for row in rows]
    return rows, {"margin_check_beside": max(gas) / min(gas)}


class Pledge:
    """A pool of goods, valued for a facility that both sides agreed may be secured by goods."""

    def __init__(self, desk: Desk, facility: int) -> None:
        self._desk = desk
        self.facility = facility
        self._pool = 0
        self._receipts = 0
        self._missing = 0
        assert desk.house.open_facility(facility, TIER_1, LIMIT, closesWithDebt=False) == "None"
        desk.done("agreeGoods", [self._agree_item()])

    def store(self, count: int) -> list[int]:
        """So many more receipts of the pool, which is valued with the first of them."""
        desk, valued = self._desk, self._pool
        fresh = [KEEPER.number << 32 | desk.serial + 1 + place for place in range(count)]
        desk.serial += count
        desk.titles += count
        self._receipts += count
        self._pool = valued or fresh[0]
        for start in range(0, count, BATCH):
            some = fresh[start : start + BATCH]
            desk.done("store", [store_item(desk, self._pool, receipt=each, pooled=True) for each in some])
        if not valued:
            desk.done("appraise", [self._appraise_item()])
        return fresh

    def lose_one(self) -> None:
        """The keeper finds one unit more missing, so that the next look has something to write."""
        self._missing += 1
        left = self._receipts * QUANTITY - self._missing
        found = goods_table.count_of(self._desk.house, left, goods_table.keeper(), lot=self._pool)
        assert found.carry(self._desk.house) == "None"

    def look(self) -> Spent:
        """Anyone looks at all that is pledged."""
        return self._desk.done("markGoods", [self.look_item(self._pool)])

    def look_item(self, *lots: int) -> Any:
        """A look at these lots of the facility."""
        return acts.verbs()["markGoods"].pack({"facility": self.facility, "lots": list(lots)})

    def pledge_item(self, receipt: int, **changes: Any) -> Any:
        """Holder, lender, keeper and control agent pledge a receipt."""
        message = {
            "title": receipt, "lot": self._pool, "sequence": 0, "quantity": QUANTITY, "facility": self.facility,
            "rate": RATE, "orderTitle": 0, "orderSequence": 0, "taken": 0,
            "expiresAt": self._desk.house.expiry(), "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self._desk.item(
            "pledgeGoods", message, holder=TIER_1["maker"], lender=LENDER["credit_maker"],
            keeper=KEEPER["keeper"], agent=CONTROL_AGENT["keeper"],
        )  # fmt: skip

    def release_item(self, *receipts: int) -> Any:
        """Two persons of the lender, and the keeper, release receipts by one list; nothing is owed."""
        message = {
            "facility": self.facility, "lot": self._pool, "quantity": len(receipts) * QUANTITY,
            "titles": list(receipts), "nonce": self._desk.house.nonce(), "expiresAt": self._desk.house.expiry(),
            "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        return self._desk.item(
            "releaseGoods", message, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"],
            keeper=KEEPER["keeper"], loans=[],
        )  # fmt: skip

    def _agree_item(self) -> Any:
        message = {
            "facility": self.facility, "controlAgent": CONTROL_AGENT.number, "appraiser": EVIDENCE.number,
            "secondAppraiser": INSPECTOR.number, "maintenanceBps": 9_000, "riseBps": 500, "validDays": 30,
            "callDays": 2, "floor": 0, "version": 1, "expiresAt": self._desk.house.expiry(),
            "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        return self._desk.item(
            "agreeGoods", message, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"],
            borrower=TIER_1["maker"], agent=CONTROL_AGENT["keeper"],
        )  # fmt: skip

    def _appraise_item(self) -> Any:
        day = self._desk.house.machine.day()
        message = {
            "facility": self.facility, "lot": self._pool, "rateBefore": 0, "rate": RATE, "valuedDay": day,
            "validUntil": day + 30, "model": 1, "expiresAt": self._desk.house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        return self._desk.item("appraise", message, appraiser=EVIDENCE["attestor"])
