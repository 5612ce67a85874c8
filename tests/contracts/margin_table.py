"""The access table's rows on goods that secure a facility: see `table`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.contracts.goods_table import LOT, QUANTITY, count_of, holder, keeper, stored_goods
from tests.contracts.instructions import Instruction, Slot
from tests.house.cast import (
    CLEARING,
    CONTROL_AGENT,
    EVIDENCE,
    INSPECTOR,
    LENDER,
    TIER_1,
    TIER_2,
)
from tests.house.house import COLLECTED, EVIDENCE_HASH, PAYOUT, House, account_of, collection_account, unpack

FACILITY = 31
LOAN = TIER_1.number << 32 | 301
LIMIT = 100_000_000
RATE = 50_000 * 1_000_000  # 500.00 a kilogram
VALUE = QUANTITY * 50_000
DRAWN = 35_000_000
PRICE = 40_000_000
PART, REST = LENDER.number << 32 | 21, LENDER.number << 32 | 22
LOT_FIELDS = (("quantity", 48), ("value", 48), ("rate", 64), ("valuedDay", 16), ("validUntil", 16), ("model", 32),
              ("_", 32))  # fmt: skip
MARK_FIELDS = (("loan", 64), ("freshUntil", 16), ("lots", 16), ("state", 8), ("day", 16))
SALE_FIELDS = (("price", 48), ("buyer", 32), ("facility", 32), ("quantity", 48), ("payBy", 16), ("state", 8))


def pledged_lot(house: House, lot: int = LOT) -> dict[str, int]:
    """A lot as it secures the facility."""
    return unpack(house.machine.view("Credit", "pledgedLotOf", FACILITY, lot), LOT_FIELDS)


def mark_of(house: House) -> dict[str, int]:
    """How what is pledged stands."""
    return unpack(house.machine.view("Credit", "markOf", FACILITY), MARK_FIELDS)


def sale_of(house: House, title: int = LOT) -> dict[str, int]:
    """A receipt's sale in enforcement."""
    return unpack(house.machine.view("Credit", "goodsSaleOf", title), SALE_FIELDS)


def surplus_of(house: House, title: int = LOT) -> int:
    """What of a sale's price is the pledgor's, and was not paid to it yet."""
    fields = (("credited", 48), ("collected", 48), ("surplus", 48), ("held", 48), ("late", 48), ("_", 16))
    return unpack(house.machine.view("Settlement", "cashOf", title), fields)["surplus"]


def maker() -> Slot:
    return Slot("maker", LENDER["credit_maker"], "CREDIT_MAKER")


def checker(amount: int) -> Slot:
    return Slot("checker", LENDER["credit_checker"], "CREDIT_CHECKER", amount)


def agent() -> Slot:
    return Slot("agent", CONTROL_AGENT["keeper"], "KEEP")


def agree_goods(house: House, **changes: Any) -> Instruction:
    """Seven tenths may be lent of what goods count for, and eight tenths be owed before the lender calls."""
    opened = house.open_facility(FACILITY, TIER_1, LIMIT, advanceBps=7_000, closesWithDebt=False)
    assert opened in ("None", "FacilityTaken")
    act = {
        "facility": FACILITY, "controlAgent": CONTROL_AGENT.number, "appraiser": EVIDENCE.number,
        "secondAppraiser": INSPECTOR.number, "maintenanceBps": 8_000, "riseBps": 500, "validDays": 30, "callDays": 2,
        "floor": 0, "version": 1, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    slots = maker(), checker(LIMIT), Slot("borrower", TIER_1["maker"], "BORROW", LIMIT), agent()
    return Instruction("agreeGoods", act, slots, "ListStale")


def appraise(house: House, lot: int = LOT, rate: int = RATE, **changes: Any) -> Instruction:
    """A rate as of today, good for thirty days."""
    if not house.machine.view("Credit", "goodsTermsOf", FACILITY):
        stored_goods(house)
        assert agree_goods(house).carry(house) == "None"
    day = house.machine.day()
    act = {
        "facility": FACILITY, "lot": lot, "rateBefore": pledged_lot(house, lot)["rate"], "rate": rate,
        "valuedDay": day, "validUntil": day + 30, "model": 1, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    return Instruction("appraise", act, (Slot("appraiser", EVIDENCE["attestor"], "ATTEST"),), "ListStale")


def pledging(house: House, title: int = LOT, quantity: int = QUANTITY, **changes: Any) -> Instruction:
    """A receipt of the first tier, at the rate that its lot has."""
    word = house.title(title)
    act = {
        "title": title, "lot": word["root"], "sequence": word["sequence"], "quantity": quantity,
        "facility": FACILITY, "rate": pledged_lot(house, word["root"])["rate"], "orderTitle": 0, "orderSequence": 0,
        "taken": 0, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    lender = Slot("lender", LENDER["credit_maker"], "CREDIT_MAKER")
    return Instruction("pledgeGoods", act, (holder(quantity), lender, keeper(), agent()), "TitleLocked")


def pledge_goods(house: House) -> Instruction:
    assert appraise(house).carry(house) == "None"
    return pledging(house)


def pledged(house: House) -> None:
    """A thousand kilograms secure the facility, for 500,000.00."""
    assert pledge_goods(house).carry(house) == "None"


def lent(house: House, amount: int = DRAWN, **terms: Any) -> None:
    """So much is lent on them."""
    pledged(house)
    assert house.draw(LOAN, TIER_1, FACILITY, amount, **terms) == "None"
    assert house.fact(PAYOUT, LOAN, amount, CLEARING, account_of(TIER_1)) == "None"


def releasing(house: House, *titles: int, quantity: int, value: int, **changes: Any) -> Instruction:
    """Receipts of the lot, free again."""
    act = {
        "facility": FACILITY, "lot": LOT, "quantity": quantity, "titles": list(titles), "nonce": house.nonce(),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    loans = [LOAN] if house.facility(FACILITY)["loans"] else []
    return Instruction(
        "releaseGoods", act, (maker(), checker(value), keeper()), "NonceUsed", unsigned={"loans": loans}
    )


def release_goods(house: House) -> Instruction:
    """A part: what stays covers what is owed."""
    lent(house, amount=DRAWN // 4)
    assert carving(house, 300).carry(house) == "None"
    return releasing(house, PART, quantity=300, value=300 * 50_000)


def unlock_goods(house: House) -> Instruction:
    pledged(house)
    house.machine.pass_days(3)
    act = {
        "facility": FACILITY, "lot": LOT, "quantity": QUANTITY, "titles": [LOT], "nonce": house.nonce(),
        "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction("unlockGoods", act, (holder(), keeper()), "QuantityAboveTitle")


def carving(house: House, quantity: int, title: int = LOT, part: int = PART, rest: int = REST) -> Instruction:
    """Lender and keeper divide a pledged receipt."""
    act = {
        "facility": FACILITY, "title": title, "part": part, "quantity": quantity, "rest": rest,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction(
        "carveGoods", act, (Slot("lender", LENDER["credit_maker"], "CREDIT_MAKER"), keeper()), "WrongLock"
    )


def carve_goods(house: House) -> Instruction:
    pledged(house)
    return carving(house, 300)


def mark_goods(house: House, *lots: int) -> Instruction:
    """Anyone looks at what is pledged, of which some was found missing. A second look finds nothing new."""
    if not house.machine.view("Credit", "goodsTermsOf", FACILITY):
        pledged(house)
        assert count_of(house, QUANTITY - 5, keeper()).carry(house) == "None"
    return Instruction(
        "markGoods", {}, (), "None", unsigned={"facility": FACILITY, "lots": list(lots) or [LOT]}
    )


def fallen(house: House, rate: int = RATE * 7 // 10) -> None:
    """Thirty parts in a hundred less are the goods worth, on which as much was lent as there could be."""
    lent(house)
    assert appraise(house, rate=rate).carry(house) == "None"


def call_margin(house: House, **changes: Any) -> Instruction:
    if not house.facility(FACILITY)["lender"]:
        fallen(house)
    act = {
        "facility": FACILITY, "untilDay": house.machine.day() + 2, "nonce": house.nonce(),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    return Instruction("callMargin", act, (maker(), checker(DRAWN)), "MarginCalled")


def called(house: House) -> None:
    """The lender called, through the day after tomorrow."""
    assert call_margin(house).carry(house) == "None"


def waive_call(house: House) -> Instruction:
    called(house)
    act = {
        "facility": FACILITY, "nonce": house.nonce(), "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("waiveCall", act, (maker(), checker(DRAWN)), "NotCalled")


def enforcing(house: House, **changes: Any) -> Instruction:
    """Default notice: from tomorrow on the goods may be sold."""
    act = {
        "facility": FACILITY, "loan": 0, "fromDay": house.machine.day() + 1, "nonce": house.nonce(),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    return Instruction("enforce", act, (maker(), checker(DRAWN)), "MarginCalled")


def enforce(house: House) -> Instruction:
    called(house)
    house.machine.pass_days(3)
    return enforcing(house)


def selling(house: House, title: int = LOT, price: int = PRICE, **changes: Any) -> Instruction:
    """The goods go to another trader, who pays within ten days."""
    act = {
        "facility": FACILITY, "title": title, "buyer": TIER_2.number, "price": price,
        "payBy": house.machine.day() + 10, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    slots = (
        maker(),
        checker(price),
        keeper(),
        Slot("appraiser", EVIDENCE["attestor"], "ATTEST"),
        Slot("secondAppraiser", INSPECTOR["inspector"], "ATTEST"),
        Slot("buyer", TIER_2["maker"], "TITLE", price),
    )
    return Instruction("sellGoods", act, slots, "GoodsSold")


def sell_goods(house: House) -> Instruction:
    assert enforce(house).carry(house) == "None"
    house.machine.pass_days(1)
    return selling(house)


def collected(house: House, amount: int, title: int = LOT, loan: int = LOAN) -> str:
    """So much of the price came to the facility's collection account."""
    return house.fact(COLLECTED, title, amount, LENDER, collection_account(FACILITY), loan=loan)


def complete_sales(house: House) -> Instruction:
    assert sell_goods(house).carry(house) == "None"
    assert collected(house, PRICE) == "None"
    return Instruction("completeSales", {}, (), "NotEnforced", unsigned={"list": LOT})


def end_sales(house: House) -> Instruction:
    assert sell_goods(house).carry(house) == "None"
    house.machine.pass_days(11)
    return Instruction("endSales", {}, (), "NotEnforced", unsigned={"list": LOT})


ROWS: Mapping[str, Callable[[House], Instruction]] = {
    "agreeGoods": agree_goods,
    "appraise": appraise,
    "pledgeGoods": pledge_goods,
    "releaseGoods": release_goods,
    "unlockGoods": unlock_goods,
    "carveGoods": carve_goods,
    "markGoods": mark_goods,
    "callMargin": call_margin,
    "waiveCall": waive_call,
    "enforce": enforce,
    "sellGoods": sell_goods,
    "completeSales": complete_sales,
    "endSales": end_sales,
}
