"""The access table's rows on leased goods: see `table`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.contracts.goods_table import LOT, QUANTITY, holder, keeper, stored_goods
from tests.contracts.instructions import Instruction, Slot
from tests.house.cast import CLEARING, EVIDENCE, LENDER, TIER_1, TIER_2, Party
from tests.house.house import EVIDENCE_HASH, PAYOUT, House, account_of, unpack

FACILITY = 41
LESSEE, SELLER = TIER_2, TIER_1
LOAN = LESSEE.number << 32 | 501
LIMIT = 100_000_000
PRICE = 50_000_000
DRAWN = 45_000_000
NOTICE_DAYS = 5
FORM_LEASE = 3
RENTALS = {"terms": 1, "count": 12}
"""Twelve equal instalments, a month apart."""
LEASE_FIELDS = (("owner", 32), ("seller", 32), ("appraiser", 32), ("facility", 32), ("price", 48), ("noticeDays", 8),
                ("noticeDay", 16), ("fromDay", 16))  # fmt: skip


def lease_of(house: House, title: int = LOT) -> dict[str, int]:
    """The lease that a receipt is under."""
    return unpack(house.machine.view("Credit", "leaseOf", title), LEASE_FIELDS)


def difference_of(house: House) -> int:
    """What goods taken back were worth beyond what was owed."""
    amount: int = house.machine.view("Credit", "differenceOf", LOAN)
    return amount


def maker() -> Slot:
    return Slot("maker", LENDER["credit_maker"], "CREDIT_MAKER")


def checker(amount: int) -> Slot:
    return Slot("checker", LENDER["credit_checker"], "CREDIT_CHECKER", amount)


def agreed(house: House, lessee: Party = LESSEE) -> None:
    """Goods in store, and a facility under which nine tenths of their price may be financed."""
    stored_goods(house)
    assert house.open_facility(FACILITY, lessee, LIMIT, advanceBps=9_000, form=FORM_LEASE) == "None"


def leasing(house: House, lessee: Party = LESSEE, **changes: Any) -> Instruction:
    """A receipt that its seller holds; the lessee's second person where it sells itself."""
    act = {
        "title": LOT, "sequence": house.title(LOT)["sequence"], "quantity": QUANTITY, "facility": FACILITY,
        "price": PRICE, "seller": SELLER.number, "appraiser": EVIDENCE.number, "noticeDays": NOTICE_DAYS,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    slots = (
        holder(),
        Slot("lessee", lessee["checker" if lessee is SELLER else "maker"], "BORROW", PRICE),
        Slot("lender", LENDER["credit_maker"], "CREDIT_MAKER"),
        keeper(),
    )
    return Instruction("leaseGoods", act, slots, "TitleLocked")


def lease_goods(house: House) -> Instruction:
    agreed(house)
    return leasing(house)


def leased(house: House) -> None:
    """The receipt is to be leased; nothing is drawn yet."""
    assert lease_goods(house).carry(house) == "None"


def draw(house: House, loan: int = LOAN, amount: int = DRAWN, **changes: Any) -> str:
    """The lessee agrees twelve monthly rentals."""
    terms = {"title": LOT, "dueDay": house.machine.day() + 365, **RENTALS, **changes}
    return house.draw(loan, LESSEE, FACILITY, amount, **terms)


def pay_out(house: House, amount: int = DRAWN, to: Party = SELLER) -> str:
    """A bank says that the price arrived."""
    return house.fact(PAYOUT, LOAN, amount, CLEARING, account_of(to))


def running(house: House) -> None:
    """The seller is paid, and the first rental is due in a month."""
    leased(house)
    assert draw(house) == "None"
    assert pay_out(house) == "None"


def withdrawing(house: House, by: Party = SELLER) -> Instruction:
    act = {"title": LOT, "sequence": house.title(LOT)["sequence"], "expiresAt": house.expiry()}
    return Instruction("withdrawLease", act, (holder(party=by), keeper()), "NotLeased")


def withdraw_lease(house: House) -> Instruction:
    leased(house)
    return withdrawing(house)


def noticing(house: House, **changes: Any) -> Instruction:
    """The lessee is called on to pay within five days."""
    act = {
        "loan": LOAN, "fromDay": house.machine.day() + NOTICE_DAYS, "nonce": house.nonce(),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    return Instruction("giveNotice", act, (maker(), checker(DRAWN)), "NonceUsed")


def give_notice(house: House) -> Instruction:
    """The first rental is overdue."""
    running(house)
    house.machine.pass_days(40)
    return noticing(house)


def ending(house: House, value: int, **changes: Any) -> Instruction:
    """The goods are taken back for what they are worth."""
    act = {
        "loan": LOAN, "value": value, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip
    slots = maker(), checker(DRAWN), Slot("appraiser", EVIDENCE["attestor"], "ATTEST")
    return Instruction("endLease", act, slots, "NotLeased")


def noticed(house: House) -> None:
    """The notice ran out."""
    assert give_notice(house).carry(house) == "None"
    house.machine.pass_days(NOTICE_DAYS)


def end_lease(house: House) -> Instruction:
    noticed(house)
    return ending(house, DRAWN // 2)


ROWS: Mapping[str, Callable[[House], Instruction]] = {
    "leaseGoods": lease_goods,
    "withdrawLease": withdraw_lease,
    "giveNotice": give_notice,
    "endLease": end_lease,
}
