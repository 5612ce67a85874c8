"""Receipts that secure a loan: what they count for, what a fall in value demands, and what becomes of them."""

from __future__ import annotations

import pytest

from tests.contracts import goods_table
from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT, QUANTITY, count_of, holder, inspector, keeper, store
from tests.contracts.instructions import Instruction, Slot, refused
from tests.contracts.margin_table import DRAWN, FACILITY, LOAN, PART, PRICE, RATE, REST, VALUE
from tests.contracts.table import freeze_of
from tests.house.cast import (
    CLEARING,
    CONTROL_AGENT,
    EVIDENCE,
    GUARANTOR,
    INSPECTOR,
    KEEPER,
    LENDER,
    PLATFORM,
    TIER_1,
    TIER_2,
    Party,
)
from tests.house.house import (
    EVIDENCE_HASH,
    PAYOUT,
    REPAYMENT,
    SURPLUS,
    House,
    account_of,
    collection_account,
)

SECOND = KEEPER.number << 32 | 2
COVERED = VALUE * 7 // 10


def second_lot(house: House, quantity: int = 1_000, rate: int = RATE) -> None:
    """Other goods of the borrower, valued for the facility and not pledged yet."""
    assert store(house, SECOND, quantity).carry(house) == "None"
    assert margin.appraise(house, SECOND, rate).carry(house) == "None"


def repay(house: House, amount: int) -> str:
    """The lender's bank attests a repayment."""
    return house.fact(REPAYMENT, LOAN, amount, LENDER, collection_account(FACILITY))


def look(house: House, *lots: int) -> str:
    """Anyone looks at what is pledged."""
    return margin.mark_goods(house, *lots).carry(house)


def draw(house: House, amount: int, serial: int = 2) -> str:
    """One more loan under the facility."""
    return house.draw(TIER_1.number << 32 | 400 + serial, TIER_1, FACILITY, amount)


# ── what goods count for ────────────────────────────────────────────────────────────────────────────────────────


def test_goods_count_for_quantity_times_rate_and_the_last_fen_is_refused(house: House) -> None:
    margin.pledged(house)
    assert margin.pledged_lot(house) | {"_": 0} == {
        "quantity": QUANTITY, "value": VALUE, "rate": RATE, "valuedDay": house.machine.day(),
        "validUntil": house.machine.day() + 30, "model": 1, "_": 0,
    }  # fmt: skip
    assert house.facility(FACILITY)["face"] == VALUE
    assert draw(house, COVERED + 1) == "CollateralShort"
    assert draw(house, COVERED) == "None"


def test_goods_and_certificates_cover_a_loan_together(house: House) -> None:
    margin.pledged(house)
    title = house.live_root(1, 10_000_000, TIER_1)
    assert house.lock(title, TIER_1, FACILITY) == "None"
    assert house.facility(FACILITY)["face"] == VALUE + 10_000_000
    assert draw(house, (VALUE + 10_000_000) * 7 // 10) == "None"


def test_a_certificates_release_does_not_take_goods_with_it(house: House) -> None:
    margin.pledged(house)
    before = house.title(LOT)
    assert house.release_facility(FACILITY, [LOT]) == "None"
    assert house.title(LOT) == before
    assert house.facility(FACILITY)["face"] == VALUE


@pytest.mark.parametrize("days", [0, 1, 4])
def test_a_rate_rises_by_no_more_a_day_than_was_agreed(house: House, days: int) -> None:
    margin.pledged(house)
    house.machine.pass_days(days)
    most = RATE * (10_000 + 500 * days) // 10_000
    refused(house, margin.appraise(house, rate=most + 1), "RiseTooSteep")
    assert margin.appraise(house, rate=most).carry(house) == "None"
    assert house.facility(FACILITY)["face"] == QUANTITY * most // 1_000_000


def test_a_rate_falls_as_far_as_it_does(house: House) -> None:
    margin.lent(house)
    assert margin.appraise(house, rate=1).carry(house) == "None"
    assert house.facility(FACILITY)["face"] == 0


def test_nothing_is_drawn_on_a_stale_valuation(house: House) -> None:
    margin.lent(house, DRAWN // 2)
    house.machine.pass_days(30)
    assert draw(house, 1_000, 3) == "None"
    house.machine.pass_days(1)
    assert draw(house, 1_000) == "ValuationStale"


def test_goods_pledged_under_a_stale_valuation_count_once_they_are_valued(house: House) -> None:
    half, other = goods_table.PART, goods_table.REST
    parting = goods_table.split_receipt(house).changed(to=TIER_1.number, quantity=QUANTITY // 2)
    assert Instruction("splitReceipt", parting.message, (holder(), keeper()), "").carry(house) == "None"
    assert margin.agree_goods(house).carry(house) == "None"
    assert margin.appraise(house).carry(house) == "None"
    assert margin.pledging(house, half, QUANTITY // 2).carry(house) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, DRAWN // 2) == "None"
    assert margin.appraise(house, rate=RATE * 7 // 10).carry(house) == "None"
    assert margin.call_margin(house).carry(house) == "None"
    house.machine.pass_days(31)
    before = house.facility(FACILITY)["face"]
    assert margin.pledging(house, other, QUANTITY // 2).carry(house) == "None"
    assert house.title(other)["lock"] == FACILITY
    # Nobody stands by the price: more of it cures no call, whoever looks.
    assert look(house, LOT) == "None"
    assert house.facility(FACILITY)["face"] == before
    assert margin.mark_of(house)["state"] == 1
    assert margin.appraise(house, rate=RATE * 7 // 10).carry(house) == "None"
    assert house.facility(FACILITY)["face"] == 2 * before
    assert look(house, LOT) == "None"
    assert margin.mark_of(house)["state"] == 0


def test_a_shortage_counts_under_a_stale_valuation_and_its_end_only_when_valued(house: House) -> None:
    margin.pledged(house)
    house.machine.pass_days(31)
    assert count_of(house, QUANTITY - 5, keeper()).carry(house) == "None"
    assert look(house, LOT) == "None"
    assert house.facility(FACILITY)["face"] == (QUANTITY - 5) * 50_000
    assert count_of(house, QUANTITY, keeper(), inspector()).carry(house) == "None"
    assert look(house, LOT) == "None"
    assert house.facility(FACILITY)["face"] == (QUANTITY - 5) * 50_000
    assert margin.appraise(house).carry(house) == "None"
    assert house.facility(FACILITY)["face"] == VALUE


def test_a_shortage_counts_when_anyone_looks(house: House) -> None:
    margin.pledged(house)
    assert count_of(house, QUANTITY - 5, keeper()).carry(house) == "None"
    assert house.facility(FACILITY)["face"] == VALUE
    assert look(house) == "None"
    assert house.facility(FACILITY)["face"] == (QUANTITY - 5) * 50_000


def test_a_look_at_some_of_the_lots_is_none(house: House) -> None:
    margin.pledged(house)
    second_lot(house)
    assert margin.pledging(house, SECOND, 1_000).carry(house) == "None"
    for lots in ([LOT], [SECOND, LOT], [LOT, LOT], [LOT, SECOND, SECOND + 1]):
        refused(house, margin.mark_goods(house, *lots), "ListStale")
    assert look(house, LOT, SECOND) == "None"


def test_the_oldest_valuation_counts_for_all(house: House) -> None:
    margin.pledged(house)
    house.machine.pass_days(20)
    second_lot(house)
    assert margin.pledging(house, SECOND, 1_000).carry(house) == "None"
    first = house.machine.day() + 10
    assert margin.mark_of(house)["freshUntil"] == first
    assert margin.appraise(house).carry(house) == "None"
    assert look(house, LOT, SECOND) == "None"
    assert margin.mark_of(house)["freshUntil"] == first + 20


# ── who agrees ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "party"),
    [("appraiser", LENDER), ("secondAppraiser", TIER_1), ("secondAppraiser", EVIDENCE), ("controlAgent", TIER_1)],
)  # fmt: skip
def test_appraisers_and_control_agent_are_independent(house: House, field: str, party: Party) -> None:
    refused(house, margin.agree_goods(house, **{field: party.number}), "NotIndependent")


def test_goods_are_pledged_only_where_that_was_agreed(house: House) -> None:
    assert store(house).carry(house) == "None"
    assert house.open_facility(FACILITY, TIER_1, 1_000_000) == "None"
    refused(house, margin.pledging(house), "GoodsTermsMissing")
    assert house.lock(LOT, TIER_1, FACILITY) == "OtherKind"


def test_goods_that_nobody_valued_are_not_pledged(house: House) -> None:
    assert store(house).carry(house) == "None"
    assert margin.agree_goods(house).carry(house) == "None"
    refused(house, margin.pledging(house), "ValuationMissing")


def test_a_pledge_at_another_rate_than_todays_is_refused(house: House) -> None:
    instruction = margin.pledge_goods(house)
    assert margin.appraise(house, rate=RATE - 1).carry(house) == "None"
    refused(house, instruction, "AmountDiffers")


# ── the margin ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_lender_calls_only_above_the_maintenance_rate(house: House) -> None:
    """CC-433: a pledge that loses value may be asked to be made good, one that has not may not."""
    margin.lent(house)
    assert margin.appraise(house, rate=RATE * 875 // 1_000).carry(house) == "None"  # 350,000 of 437,500: 80 %
    refused(house, margin.call_margin(house), "NotShort")
    assert margin.appraise(house, rate=RATE * 875 // 1_000 - 1_000).carry(house) == "None"
    refused(house, margin.call_margin(house, untilDay=house.machine.day() + 1), "ValueDayOutOfRange")
    assert margin.call_margin(house).carry(house) == "None"


def test_while_a_call_stands_nothing_is_drawn_or_released_and_repayment_and_more_goods_come_in(
    house: House,
) -> None:
    margin.fallen(house)
    second_lot(house)
    margin.called(house)
    assert draw(house, 1) == "MarginCalled"
    refused(house, margin.releasing(house, LOT, quantity=QUANTITY, value=VALUE), "MarginCalled")
    assert repay(house, 1_000_000) == "None"
    assert margin.pledging(house, SECOND, 1_000).carry(house) == "None"


def test_a_call_is_cured_by_cash(house: House) -> None:
    margin.fallen(house)
    margin.called(house)
    allowed = VALUE * 7 // 10 * 7 // 10
    assert repay(house, DRAWN - allowed - 1) == "None"
    assert look(house) == "None"
    assert margin.mark_of(house)["state"] == 1  # one fen short
    assert repay(house, 1) == "None"
    assert look(house) == "None"
    assert margin.mark_of(house)["state"] == 0


def test_a_call_is_cured_by_other_goods_which_come_in_first(house: House) -> None:
    margin.fallen(house)
    margin.called(house)
    second_lot(house)
    refused(house, margin.releasing(house, LOT, quantity=QUANTITY, value=VALUE), "MarginCalled")
    assert margin.pledging(house, SECOND, 1_000).carry(house) == "None"
    assert look(house, LOT, SECOND) == "None"
    assert margin.mark_of(house)["state"] == 0
    # The second lot alone covers it: the first goes free.
    out = margin.releasing(house, LOT, quantity=QUANTITY, value=QUANTITY * 35_000)
    assert out.carry(house) == "None"
    assert house.title(LOT)["lock"] == 0
    assert house.facility(FACILITY)["face"] == VALUE


def test_a_call_is_waived_by_the_lender_and_the_draw_still_needs_cover(house: House) -> None:
    instruction = margin.waive_call(house)
    assert instruction.carry(house) == "None"
    assert draw(house, 1) == "CollateralShort"


# ── release ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_release_larger_than_coverage_is_refused_to_the_kilogram(house: House) -> None:
    margin.lent(house, amount=24_500_000)  # needs 350,000.00, which 700 kilograms are
    assert margin.carving(house, 301).carry(house) == "None"
    over = margin.releasing(house, PART, quantity=301, value=301 * 50_000)
    refused(house, over, "CollateralShort")
    assert margin.carving(house, 300, PART, PART + 10, REST + 10).carry(house) == "None"
    assert margin.releasing(house, PART + 10, quantity=300, value=300 * 50_000).carry(house) == "None"
    assert house.title(PART + 10)["lock"] == 0
    assert house.title(PART + 10)["holder"] == TIER_1.number


def test_floating_stock_keeps_its_floor(house: House) -> None:
    assert store(house).carry(house) == "None"
    assert margin.agree_goods(house, floor=40_000_000).carry(house) == "None"
    assert margin.appraise(house).carry(house) == "None"
    assert margin.pledging(house).carry(house) == "None"
    assert draw(house, 1_000) == "None"
    loans = {"loans": [TIER_1.number << 32 | 402]}
    assert margin.carving(house, 201).carry(house) == "None"
    over = margin.releasing(house, PART, quantity=201, value=201 * 50_000)
    refused(house, Instruction(over.function, over.message, over.slots, "", loans), "BelowFloor")
    assert margin.carving(house, 1, PART, PART + 10, REST + 10).carry(house) == "None"
    fits = margin.releasing(house, REST + 10, quantity=200, value=200 * 50_000)
    assert Instruction(fits.function, fits.message, fits.slots, "", loans).carry(house) == "None"


def test_a_certificate_beside_floating_stock_is_held_by_the_same_floor(house: House) -> None:
    assert store(house).carry(house) == "None"
    assert margin.agree_goods(house, floor=VALUE + 5_000_000).carry(house) == "None"
    assert margin.appraise(house).carry(house) == "None"
    assert margin.pledging(house).carry(house) == "None"
    first, second = house.live_root(1, 5_000_000, TIER_1), house.live_root(2, 5_000_000, TIER_1)
    assert house.lock(first, TIER_1, FACILITY) == house.lock(second, TIER_1, FACILITY) == "None"
    assert draw(house, 1_000) == "None"
    loans = [TIER_1.number << 32 | 402]
    assert house.release_facility(FACILITY, [first, second], loans) == "BelowFloor"
    assert house.release_facility(FACILITY, [first], loans) == "None"
    assert house.release_facility(FACILITY, [second], loans) == "BelowFloor"
    assert house.facility(FACILITY)["face"] == VALUE + 5_000_000


@pytest.mark.parametrize("slot", [0, 1, 2])
def test_no_release_without_each_of_lender_and_keeper(house: House, slot: int) -> None:
    instruction = margin.release_goods(house)
    kept = tuple(each for at, each in enumerate(instruction.slots) if at != slot)
    without = Instruction(instruction.function, instruction.message, kept, "", instruction.unsigned)
    refused(house, without, "SignatureInvalid")


def test_goods_go_free_as_they_were_signed_for_or_not_at_all(house: House) -> None:
    margin.lent(house, amount=DRAWN // 4)
    assert margin.carving(house, 300).carry(house) == "None"
    for titles, quantity, reason in (
        ([PART, PART], 300, "WrongLock"),
        ([PART, LOT], 300, "WrongLock"),
        ([PART], 299, "AmountDiffers"),
        ([], 300, "AmountDiffers"),
        ([PART], 0, "ZeroQuantity"),
        ([PART], 1_001, "QuantityAboveTitle"),
    ):
        refused(house, margin.releasing(house, *titles, quantity=quantity, value=VALUE), reason)


def test_once_nothing_is_owed_a_release_needs_no_price(house: House) -> None:
    margin.lent(house)
    assert repay(house, DRAWN) == "None"
    house.machine.pass_days(40)  # every valuation is old
    assert margin.releasing(house, LOT, quantity=QUANTITY, value=VALUE).carry(house) == "None"


def test_the_holder_frees_goods_with_the_keeper_when_the_lender_is_silent(house: House) -> None:
    instruction = margin.unlock_goods(house)
    alone = Instruction(instruction.function, instruction.message, instruction.slots[:1], "")
    refused(house, alone, "SignatureInvalid")
    assert instruction.carry(house) == "None"
    assert house.title(LOT)["lock"] == 0


def test_a_pledged_receipt_goes_nowhere_else(house: House) -> None:
    """A pledge flag that is always false is a known fault: every verb on the receipt must see the lock."""
    margin.pledged(house)
    word = house.title(LOT)
    fields = {
        "title": LOT,
        "sequence": word["sequence"],
        "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }
    acquirer = Slot("acquirer", TIER_2["maker"], "TITLE", QUANTITY)
    signed = (holder(), acquirer, keeper())
    endorse = Instruction("endorse", {**fields, "to": TIER_2.number}, signed, "")
    refused(house, endorse, "TitleLocked")
    out = Instruction("handOver", {**fields, "quantity": 1, "delivered": 1}, (holder(1), keeper()), "")
    refused(house, out, "TitleLocked")
    refused(
        house, Instruction("changeMedium", {**fields, "paper": True}, (holder(), keeper()), ""), "TitleLocked"
    )
    refused(house, margin.pledging(house), "TitleLocked")


# ── enforcement ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_goods_are_enforced_only_after_a_call_ran_out_or_a_loan_is_overdue(house: House) -> None:
    margin.fallen(house)
    refused(house, margin.enforcing(house), "NotCalled")
    margin.called(house)
    refused(house, margin.enforcing(house), "NotYetDue")
    refused(house, margin.enforcing(house, loan=LOAN), "NotYetDue")
    house.machine.pass_days(2)
    refused(house, margin.enforcing(house), "NotYetDue")
    house.machine.pass_days(1)
    refused(house, margin.enforcing(house, fromDay=house.machine.day()), "ValueDayOutOfRange")
    assert margin.enforcing(house).carry(house) == "None"
    refused(house, margin.selling(house), "NotEnforced")


def test_an_overdue_loan_is_ground_enough(house: House) -> None:
    margin.lent(house)
    house.machine.pass_days(31)
    assert margin.enforcing(house, loan=LOAN).carry(house) == "None"


def test_full_repayment_before_the_sale_releases(house: House) -> None:
    instruction = margin.sell_goods(house)
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    assert repay(house, interest + principal) == "None"
    refused(house, instruction, "NothingOwed")
    assert margin.releasing(house, LOT, quantity=QUANTITY, value=VALUE).carry(house) == "None"


@pytest.mark.parametrize("buyer", [LENDER, TIER_1])
def test_goods_never_go_to_the_lender_nor_back_to_who_owes(house: House, buyer: Party) -> None:
    """CC-428, of goods."""
    sale = margin.sell_goods(house)
    refused(house, sale.changed(buyer=buyer.number), "NotIndependent")


def test_the_price_fills_the_buckets_and_the_rest_is_the_pledgors(house: House) -> None:
    """CC-438: what a sale brings above the claim is the pledgor's."""
    assert margin.sell_goods(house).carry(house) == "None"
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    refused(
        house, Instruction("completeSales", {}, (), "", unsigned={"list": LOT}), "SaleUnpaid"
    )  # paid, then delivered
    assert margin.collected(house, PRICE + 1) == "ExcessAmount"
    assert margin.collected(house, PRICE) == "None"
    surplus = PRICE - interest - principal
    assert margin.surplus_of(house) == surplus
    assert house.title(LOT)["holder"] == TIER_1.number
    assert Instruction("completeSales", {}, (), "", unsigned={"list": LOT}).carry(house) == "None"
    assert house.title(LOT)["holder"] == TIER_2.number
    assert house.title(LOT)["lock"] == 0
    wrong = house.fact(SURPLUS, LOT, surplus, CLEARING, account_of(TIER_2))
    assert wrong == "AccountDiffers"  # the buyer has the goods, the pledgor what is left
    assert house.fact(SURPLUS, LOT, surplus, CLEARING, account_of(TIER_1)) == "None"
    assert house.facility(FACILITY)["used"] == 0


def test_a_price_that_comes_in_parts_is_delivered_against_with_the_last(house: House) -> None:
    assert margin.sell_goods(house).carry(house) == "None"
    done = Instruction("completeSales", {}, (), "", unsigned={"list": LOT})
    assert margin.collected(house, PRICE - 1) == "None"
    refused(house, done, "SaleUnpaid")
    house.machine.pass_days(11)
    refused(house, Instruction("endSales", {}, (), "", unsigned={"list": LOT}), "SaleUnpaid")
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    assert (interest, principal) == (0, 0)
    assert margin.collected(house, 1, loan=0) == "None"
    assert done.carry(house) == "None"


def test_a_sale_that_nobody_paid_for_ends_and_the_goods_secure_again(house: House) -> None:
    face = VALUE * 7 // 10
    assert margin.sell_goods(house).carry(house) == "None"
    assert house.facility(FACILITY)["face"] == 0
    end = Instruction("endSales", {}, (), "", unsigned={"list": LOT})
    refused(house, end, "OfferStillOpen")
    house.machine.pass_days(11)
    assert end.carry(house) == "None"
    assert house.facility(FACILITY)["face"] == face
    assert margin.selling(house).carry(house) == "None"


def test_the_keepers_lien_is_settled_before_a_sale(house: House) -> None:
    sale = margin.sell_goods(house)
    charge = {
        "title": LOT, "currency": 156, "amount": 12_000, "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    assert Instruction("chargeStorage", charge, (keeper(),), "").carry(house) == "None"
    refused(house, sale, "StorageUnpaid")
    paid = {**charge, "amount": 0, "nonce": house.nonce()}
    assert Instruction("chargeStorage", paid, (keeper(),), "").carry(house) == "None"
    assert sale.carry(house) == "None"


def test_no_order_divides_a_receipt_that_is_being_sold(house: House) -> None:
    assert margin.sell_goods(house).carry(house) == "None"
    refused(house, freeze_of(house, LOT, child=PLATFORM.number << 32 | 5, quantity=10), "GoodsSold")
    assert freeze_of(house, LOT).carry(house) == "None"
    assert margin.collected(house, PRICE) == "None"
    refused(house, Instruction("completeSales", {}, (), "", unsigned={"list": LOT}), "TitleFrozen")


def test_either_appraiser_values(house: House) -> None:
    margin.pledged(house)
    second = margin.appraise(house, rate=RATE - 1)
    (slot,) = second.slots
    assert second.signed_by(slot, INSPECTOR["inspector"]).carry(house) == "None"
    other = margin.appraise(house, rate=RATE - 2)
    refused(house, other.signed_by(slot, CONTROL_AGENT["keeper"]), "WrongParty")


@pytest.mark.parametrize("part", ["appraiser", "secondAppraiser"])
def test_a_sale_needs_both_appraisers(house: House, part: str) -> None:
    sale = margin.sell_goods(house)
    (slot,) = [each for each in sale.slots if each.part == part]
    other = EVIDENCE["attestor"] if part == "secondAppraiser" else INSPECTOR["inspector"]
    refused(house, sale.signed_by(slot, other), "WrongParty")


def test_pledged_goods_are_used_up_when_they_are_sold_and_not_by_their_weight(house: House) -> None:
    """CC-392: kilograms are no fen, not even where there are as many of them."""
    guarantee = GUARANTOR.number << 32 | 31
    assert store(house).carry(house) == "None"
    assert margin.agree_goods(house).carry(house) == "None"
    assert margin.appraise(house, rate=1_000_000).carry(house) == "None"
    assert margin.pledging(house).carry(house) == "None"
    assert house.facility(FACILITY)["face"] == QUANTITY
    assert house.protect(guarantee, FACILITY, 1, 10_000) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, 500, dueDay=house.machine.day() + 170) == "None"
    assert house.fact(PAYOUT, LOAN, 500, CLEARING, account_of(TIER_1)) == "None"
    house.machine.pass_days(200)  # the loan is overdue, and the last day of storage has passed
    assert house.call_protection(guarantee, LOAN, 100, [guarantee], [LOT]) == "CollateralFirst"
