"""Goods in the place of what was ordered, and receivables in the place of goods: no fen counts in two stages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT, QUANTITY, keeper
from tests.contracts.instructions import Instruction, Slot, refused
from tests.contracts.margin_table import FACILITY, LOAN, VALUE
from tests.contracts.orders_table import ORDER, ORDERED, RECEIVABLE, order_of, reducing
from tests.contracts.stock_table import SOLD_FOR, arriving, ordered, selling
from tests.contracts.table import freeze_of
from tests.house.cast import CLEARING, CONTROL_AGENT, CORE, LENDER, THIRD_BANK, TIER_1, TIER_2, TIER_3
from tests.house.house import CNY, EVIDENCE_HASH, PAYOUT, REPAYMENT, House, account_of, collection_account

HALF = VALUE // 2


def face(house: House) -> int:
    return int(house.facility(FACILITY)["face"])


def both(house: House, drawn: int = 0) -> None:
    """An order secures the facility; what was ordered lies valued in store, and is not pledged yet."""
    assert margin.appraise(house).carry(house) == "None"
    ordered(house)
    if drawn:
        assert house.draw(LOAN, TIER_1, FACILITY, drawn) == "None"
        assert house.fact(PAYOUT, LOAN, drawn, CLEARING, account_of(TIER_1)) == "None"


def lien(house: House) -> Instruction:
    """The keeper is owed something for this receipt's storage."""
    charge = {
        "title": LOT, "currency": CNY, "amount": 12_000, "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("chargeStorage", charge, (keeper(),), "")


# ── an order becomes goods in store ─────────────────────────────────────────────────────────────────────────────


def test_goods_in_store_take_the_place_of_what_was_ordered(house: House) -> None:
    both(house)
    assert face(house) == ORDERED
    assert arriving(house, taken=HALF).carry(house) == "None"
    assert face(house) == ORDERED - HALF + VALUE
    assert house.title(ORDER)["quantity"] == ORDERED - HALF
    assert house.title(LOT)["lock"] == FACILITY
    assert order_of(house) == {"taken": HALF, "promised": 0, "reduced": 0, "_": 0}


def test_the_whole_order_in_store_ends_it(house: House) -> None:
    both(house)
    assert arriving(house, taken=ORDERED).carry(house) == "None"
    assert house.title(ORDER)["lock"] == 0
    assert house.title(ORDER)["quantity"] == 0
    assert face(house) == VALUE


def test_what_is_in_store_cannot_be_converted_or_stored_again(house: House) -> None:
    both(house)
    instruction = arriving(house, taken=HALF)
    assert instruction.carry(house) == "None"
    refused(house, instruction, "TitleLocked")
    refused(house, reducing(house, ORDERED - HALF + 1), "QuantityAboveTitle")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"taken": ORDERED + 1}, "QuantityAboveTitle"),
        ({"taken": 0}, "ZeroQuantity"),
        ({"orderSequence": 9}, "WrongSequence"),
        ({"orderTitle": 0}, "UnknownTitle"),
        ({"orderTitle": LOT}, "OtherKind"),
        ({"lot": ORDER}, "ValuationMissing"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_pledges_that_do_not_stand_for_an_order(house: House, changes: dict[str, Any], reason: str) -> None:
    both(house)
    refused(house, arriving(house, taken=HALF).changed(**changes), reason)


def test_an_order_that_secures_nothing_or_is_frozen_or_late_is_not_replaced(house: House) -> None:
    assert margin.appraise(house).carry(house) == "None"
    free = arriving(house, taken=HALF)
    refused(house, free, "UnknownTitle")
    ordered(house)
    assert freeze_of(house, ORDER).carry(house) == "None"
    refused(house, arriving(house, taken=HALF), "TitleFrozen")


def test_goods_that_count_for_less_than_was_ordered_must_leave_the_debt_covered(house: House) -> None:
    """Seven tenths may be lent: 700,000.00 of the order; half of what it said comes as goods that count for less."""
    both(house, drawn=ORDERED * 7 // 10)
    refused(house, arriving(house, taken=VALUE + 1), "CollateralShort")
    assert arriving(house, taken=VALUE).carry(house) == "None"
    assert face(house) == ORDERED


# ── goods in store become a receivable ──────────────────────────────────────────────────────────────────────────


def test_what_is_owed_for_the_goods_takes_their_place_under_the_same_lock(house: House) -> None:
    margin.lent(house)
    assert selling(house, SOLD_FOR).carry(house) == "None"
    receipt, owed = house.title(LOT), house.title(RECEIVABLE)
    assert (receipt["holder"], receipt["lock"]) == (CORE.number, 0)
    assert (owed["holder"], owed["lock"], owed["quantity"]) == (TIER_1.number, FACILITY, SOLD_FOR)
    assert face(house) == SOLD_FOR
    assert house.machine.view("Evidence", "limitOf", CORE.number, CNY) & (1 << 48) - 1 == SOLD_FOR


def test_goods_are_not_sold_for_less_than_the_debt_needs(house: House) -> None:
    margin.lent(house)
    refused(house, selling(house, SOLD_FOR - 1), "CollateralShort")


def test_free_goods_are_sold_without_a_lender(house: House) -> None:
    margin.stored_goods(house)
    assert selling(house, 5_000).carry(house) == "None"
    assert house.title(RECEIVABLE)["lock"] == 0
    assert house.title(LOT)["holder"] == CORE.number


@pytest.mark.parametrize("part", ["maker", "checker", "seller", "keeper", "lender"])
def test_each_of_five_signatures_is_needed(house: House, part: str) -> None:
    margin.pledged(house)
    instruction = selling(house)
    slot = next(each for each in instruction.slots if each.part == part)
    stranger = CONTROL_AGENT["keeper"] if part == "keeper" else THIRD_BANK["credit_maker"]
    refused(house, instruction.signed_by(slot, stranger), "WrongParty")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"payee": TIER_2.number}, "DifferentHolder"),
        ({"payee": CORE.number}, "DifferentHolder"),
        ({"currency": 840}, "InvoiceOtherCurrency"),
        ({"quantity": SOLD_FOR + 1}, "InvoiceSumWrong"),
        ({"root": TIER_2.number << 32 | 7}, "InvoiceOtherParty"),
        ({"dueDay": 1}, "DueDayPast"),
        ({"clearingBank": TIER_2.number}, "NotABank"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_sales_on_credit_that_may_not_be(house: House, changes: dict[str, Any], reason: str) -> None:
    margin.pledged(house)
    instruction = selling(house)
    said = {**instruction.message["receivable"], **changes}
    refused(house, instruction.changed(receivable=said), reason)


def test_nothing_is_sold_twice_nor_frozen_nor_while_the_keeper_is_owed(house: House) -> None:
    margin.pledged(house)
    instruction = selling(house)
    assert lien(house).carry(house) == "None"
    refused(house, instruction, "StorageUnpaid")
    assert freeze_of(house, LOT).carry(house) == "None"
    refused(house, selling(house), "TitleFrozen")


def test_a_receipt_that_is_sold_in_enforcement_is_not_sold_on_credit(house: House) -> None:
    assert margin.sell_goods(house).carry(house) == "None"
    refused(house, selling(house), "GoodsSold")


def test_pledged_goods_are_not_sold_to_who_stands_behind_the_loan(house: House) -> None:
    """CC-428: no path gives the goods to the lender's side, not even against a promise."""
    behind = {"entrustor": CORE["maker"], "entrustorSecond": CORE["checker"]}
    terms = {"advanceBps": 7_000, "closesWithDebt": False, "entrustor": CORE.number, "agentFeeBps": 25}
    assert house.open_facility(FACILITY, TIER_1, margin.LIMIT, behind, **terms) == "None"
    margin.pledged(house)
    refused(house, selling(house), "NotIndependent")


def test_the_buyers_limit_is_asked(house: House) -> None:
    margin.pledged(house)
    word = house.machine.view("Evidence", "limitOf", CORE.number, CNY)
    house.set_limit(CORE.number, SOLD_FOR - 1, before=word >> 48)
    refused(house, selling(house), "DebtorLimitExceeded")


# ── a sale in enforcement that is not paid whole ────────────────────────────────────────────────────────────────


def test_a_sale_that_was_paid_in_part_is_agreed_anew_with_another(house: House) -> None:
    """What the first buyer paid stays in the debt it filled; the second pays its own price, whole."""
    assert margin.sell_goods(house).carry(house) == "None"
    assert margin.collected(house, 100_000) == "None"
    refused(house, margin.selling(house), "GoodsSold")
    house.machine.pass_days(11)
    again = margin.selling(house, price=20_000_000).changed(buyer=TIER_3.number)
    slots = (*again.slots[:-1], Slot("buyer", TIER_3["maker"], "TITLE", 20_000_000))
    again = Instruction("sellGoods", again.message, slots, "")
    assert again.carry(house) == "None"
    assert margin.collected(house, 20_000_000 + 1) == "ExcessAmount"
    assert margin.collected(house, 20_000_000) == "None"
    assert Instruction("completeSales", {}, (), "", unsigned={"list": LOT}).carry(house) == "None"
    assert house.title(LOT)["holder"] == TIER_3.number


def test_the_same_buyer_gets_more_time_or_a_lower_price_and_what_it_paid_counts(house: House) -> None:
    assert margin.sell_goods(house).carry(house) == "None"
    assert margin.collected(house, 100_000) == "None"
    house.machine.pass_days(11)
    refused(house, margin.selling(house, price=99_999), "ExcessAmount")
    assert margin.selling(house, price=150_000).carry(house) == "None"
    assert margin.collected(house, 50_001) == "ExcessAmount"
    assert margin.collected(house, 50_000) == "None"
    assert Instruction("completeSales", {}, (), "", unsigned={"list": LOT}).carry(house) == "None"
    assert house.title(LOT)["holder"] == TIER_2.number


def test_once_nothing_is_owed_a_sale_paid_in_part_ends_and_the_pledgor_has_its_goods(house: House) -> None:
    assert margin.sell_goods(house).carry(house) == "None"
    assert margin.collected(house, 100_000) == "None"
    house.machine.pass_days(11)
    end = Instruction("endSales", {}, (), "", unsigned={"list": LOT})
    refused(house, end, "SaleUnpaid")
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    assert house.fact(REPAYMENT, LOAN, interest + principal, LENDER, collection_account(FACILITY)) == "None"
    refused(house, end, "SaleUnpaid")
    house.machine.pass_days(30)
    assert end.carry(house) == "None"
    assert margin.collected(house, 1, loan=0) == "ExcessAmount"
    assert margin.releasing(house, LOT, quantity=QUANTITY, value=VALUE).carry(house) == "None"
