"""A facility used stage by stage: what may be drawn, where it is paid to, whose keys open more, which goods go free."""

from __future__ import annotations

import pytest

from tests.contracts import margin_table as margin
from tests.contracts import stages_table as stages
from tests.contracts.goods_table import LOT, QUANTITY, holder, keeper, store
from tests.contracts.instructions import Instruction, Slot, refused
from tests.contracts.margin_table import FACILITY, LIMIT, LOAN, PART, REST, VALUE
from tests.contracts.stages_table import CARRIED, FIRST, RELEASE_BPS, SOLD, SPECIAL_ACCOUNT
from tests.contracts.stock_table import selling
from tests.house.cast import CLEARING, EVIDENCE, GUARANTOR, INSPECTOR, LENDER, THIRD_BANK, TIER_1, Party
from tests.house.house import (
    COLLECTED,
    EVIDENCE_HASH,
    PAYOUT,
    PROTECTED,
    RECEIVED,
    REJECTED,
    House,
    account_of,
    collection_account,
)

SECOND_LOAN = TIER_1.number << 32 | 401
EARNED = SOLD * RELEASE_BPS // 10_000
KILOGRAM = 50_000
ENTRY = b"\4" * 32


def draw(house: House, amount: int, loan: int = SECOND_LOAN, facility: int = FACILITY) -> str:
    """One more loan."""
    return house.draw(loan, TIER_1, facility, amount)


def taken_back(house: House, amount: int) -> str:
    """The lender's bank takes a repayment back; the borrower agrees."""
    day = house.machine.day()
    act = {
        "bank": LENDER.number, "account": collection_account(FACILITY), "valueDay": day, "amount": amount,
        "entry": ENTRY, "reversedDay": day, "reversalEntry": b"\3" * 32, "expiresAt": house.expiry(),
    }  # fmt: skip
    return house.do("reverse", act, bank=LENDER["payments"], borrower=TIER_1["maker"])


def release(
    house: House, kilograms: int, part: int = PART, rest: int = REST, title: int = LOT
) -> Instruction:
    """A tranche, carved out of the receipt."""
    assert margin.carving(house, kilograms, title, part, rest).carry(house) == "None"
    return margin.releasing(house, part, quantity=kilograms, value=kilograms * KILOGRAM)


# ── what may be drawn ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_stage_is_drawn_to_the_last_fen_and_no_further(house: House) -> None:
    stages.staged(house)
    assert draw(house, FIRST + 1) == "StageNotOpened"
    assert draw(house, FIRST) == "None"
    assert draw(house, 1, SECOND_LOAN + 1) == "StageNotOpened"


def test_sales_alone_open_nothing_and_two_keys_open_what_sales_carry(house: House) -> None:
    stages.selling(house)
    assert draw(house, SOLD + 1) == "StageNotOpened"
    refused(house, stages.opening(house, CARRIED + 1), "SalesShort")
    assert stages.opening(house).carry(house) == "None"
    owed = FIRST - SOLD
    assert draw(house, CARRIED - owed + 1) == "StageNotOpened"
    assert draw(house, CARRIED - owed) == "None"


def test_a_stage_is_opened_in_steps_and_only_upwards(house: House) -> None:
    stages.selling(house)
    refused(house, stages.opening(house, FIRST), "TermsOutOfRange")
    stale = stages.opening(house, CARRIED)
    assert stages.opening(house, CARRIED - 1).carry(house) == "None"
    refused(house, stale, "ListStale")
    assert stages.opening(house, CARRIED).carry(house) == "None"


def test_no_stage_goes_beyond_the_limit_or_what_goods_cover(house: House) -> None:
    stages.staged(house, first=LIMIT)
    refused(house, stages.opening(house, LIMIT + 1), "FacilityLimitExceeded")
    assert draw(house, VALUE * 7 // 10 + 1) == "CollateralShort"
    assert draw(house, LIMIT + 1) == "FacilityLimitExceeded"


def test_a_need_is_shown_for_every_stage(house: House) -> None:
    stages.selling(house)
    refused(house, stages.opening(house, evidence=bytes(32)), "EvidenceMissing")


def test_a_repayment_taken_back_closes_what_it_carried_until_sales_catch_up(house: House) -> None:
    stages.staged(house)
    stages.paid_out(house, FIRST)
    assert stages.sold(house, SOLD, entry=ENTRY) == "None"
    assert stages.opening(house).carry(house) == "None"
    assert taken_back(house, SOLD) == "None"
    assert stages.stages_of(house) == {"opened": CARRIED, "sales": 0, "released": 0}
    assert draw(house, 1) == "StageNotOpened"
    assert stages.sold(house, SOLD) == "None"
    assert draw(house, CARRIED - (FIRST - SOLD)) == "None"


# ── whose keys ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("key", [0, 1])
def test_neither_key_opens_a_stage_alone(house: House, alone: bool, key: int) -> None:
    stages.selling(house, approver=0 if alone else EVIDENCE.number)
    instruction = stages.opening(house, alone=alone)
    one = Instruction("openStage", instruction.message, (instruction.slots[key],), "")
    refused(house, one, "SignatureInvalid")


def test_the_lenders_second_person_does_not_stand_in_for_the_platform(house: House) -> None:
    stages.selling(house)
    refused(house, stages.opening(house, alone=True), "SignatureInvalid")
    other = Slot("approver", INSPECTOR["inspector"], "ATTEST")
    by_another = stages.opening(house)
    refused(
        house, Instruction("openStage", by_another.message, (by_another.slots[0], other), ""), "WrongParty"
    )


@pytest.mark.parametrize("party", [LENDER, TIER_1])
def test_the_approver_is_of_neither_side(house: House, party: Party) -> None:
    margin.pledged(house)
    refused(house, stages.agreeing(house, party.number), "NotIndependent")


def test_stages_are_opened_only_where_they_were_agreed(house: House) -> None:
    margin.pledged(house)
    refused(house, stages.opening(house), "StagesMissing")


# ── what is agreed ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("terms", [{"first": 0}, {"first": LIMIT + 1}, {"specialBank": 0}])
def test_terms_that_nobody_could_keep_are_refused(house: House, terms: dict[str, int]) -> None:
    margin.pledged(house)
    refused(house, stages.agreeing(house, **terms), "TermsOutOfRange")


def test_stages_begin_while_nothing_is_owed_and_are_agreed_anew_at_any_time(house: House) -> None:
    margin.lent(house, FIRST)
    refused(house, stages.agreeing(house), "DebtOutstanding")
    assert stages.sold(house, FIRST) == "None"
    assert stages.agreeing(house).carry(house) == "None"
    assert stages.stages_of(house) == {"opened": FIRST, "sales": 0, "released": 0}
    stages.paid_out(house, FIRST, SECOND_LOAN)
    refused(house, stages.agreeing(house, version=3), "ListStale")
    assert stages.agreeing(house, first=2 * FIRST, version=2).carry(house) == "None"
    assert stages.stages_of(house)["opened"] == 2 * FIRST
    assert draw(house, FIRST + 1, SECOND_LOAN + 1) == "StageNotOpened"
    assert draw(house, FIRST, SECOND_LOAN + 1) == "None"


def test_fewer_means_agreed_later_count_at_once(house: House) -> None:
    stages.staged(house)
    assert stages.agreeing(house, first=FIRST // 2, version=2).carry(house) == "None"
    assert draw(house, FIRST // 2 + 1) == "StageNotOpened"
    assert draw(house, FIRST // 2) == "None"


def test_what_a_draw_buys_is_paid_for_at_once_and_has_no_stages(house: House) -> None:
    assert house.open_facility(FACILITY, TIER_1, LIMIT, form=1) == "None"
    refused(house, stages.agreeing(house), "TermsOutOfRange")


# ── where the money goes ────────────────────────────────────────────────────────────────────────────────────────


def test_a_loan_in_stages_is_paid_out_on_the_special_account_alone(house: House) -> None:
    stages.staged(house)
    assert draw(house, FIRST, LOAN) == "None"
    assert house.fact(PAYOUT, LOAN, FIRST, CLEARING, account_of(TIER_1)) == "AccountDiffers"
    assert house.fact(PAYOUT, LOAN, FIRST, THIRD_BANK, SPECIAL_ACCOUNT) == "AccountDiffers"
    assert house.fact(PAYOUT, LOAN, FIRST, CLEARING, SPECIAL_ACCOUNT) == "None"
    assert house.loan(LOAN)["phase"] == 2


def test_a_loan_of_another_facility_is_paid_out_on_the_borrowers_own_account(house: House) -> None:
    stages.staged(house)
    other = FACILITY + 1
    assert house.open_facility(other, TIER_1, LIMIT) == "None"
    assert house.lock(house.live_root(1, FIRST, TIER_1), TIER_1, other) == "None"
    assert draw(house, 1_000, SECOND_LOAN, other) == "None"
    assert house.fact(PAYOUT, SECOND_LOAN, 1_000, CLEARING, SPECIAL_ACCOUNT) == "AccountDiffers"
    assert house.fact(PAYOUT, SECOND_LOAN, 1_000, CLEARING, account_of(TIER_1)) == "None"


def test_the_lender_or_the_special_accounts_bank_says_that_a_pay_out_will_not_come(house: House) -> None:
    stages.staged(house, specialBank=THIRD_BANK.number)
    assert draw(house, FIRST, LOAN) == "None"
    assert house.fact(REJECTED, LOAN, FIRST, CLEARING, account_of(TIER_1)) == "WrongBank"
    assert house.fact(REJECTED, LOAN, FIRST, THIRD_BANK, SPECIAL_ACCOUNT) == "None"
    assert draw(house, FIRST) == "None"
    assert house.fact(REJECTED, SECOND_LOAN, FIRST, LENDER, bytes(32)) == "None"


# ── what counts as sales ────────────────────────────────────────────────────────────────────────────────────────


def test_all_that_fills_a_loan_counts_interest_too(house: House) -> None:
    stages.staged(house)
    stages.paid_out(house, FIRST)
    house.machine.pass_days(10)
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    assert interest > 0
    assert stages.sold(house, interest + principal) == "None"
    assert stages.stages_of(house)["sales"] == interest + FIRST


def test_what_a_pledged_certificate_brings_counts_without_its_surplus(house: House) -> None:
    stages.staged(house)
    root = house.live_root(1, 2 * FIRST, TIER_1)
    assert house.lock(root, TIER_1, FACILITY) == "None"
    stages.paid_out(house, FIRST)
    house.machine.pass_days(90)
    assert house.fact(RECEIVED, root, 2 * FIRST, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(root, {root: 2 * FIRST}) == "None"
    owed = sum(house.machine.view("Credit", "owedOn", LOAN, house.machine.day()))
    account = collection_account(FACILITY)
    assert house.fact(COLLECTED, root, 2 * FIRST, LENDER, account, loan=LOAN) == "None"
    assert margin.surplus_of(house, root) == 2 * FIRST - owed
    assert stages.stages_of(house)["sales"] == owed


def test_what_a_guarantor_pays_is_no_sale(house: House) -> None:
    guarantee, root = GUARANTOR.number << 32 | 1, house.live_root(1, 2 * FIRST, TIER_1)
    assert house.open_facility(FACILITY, TIER_1, LIMIT) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    assert stages.agreeing(house).carry(house) == "None"
    assert house.protect(guarantee, FACILITY, 1, FIRST) == "None"
    stages.paid_out(house, FIRST)
    house.machine.pass_days(91)
    assert house.call_protection(guarantee, LOAN, FIRST, [guarantee], [root]) == "None"
    assert house.fact(PROTECTED, guarantee, FIRST, LENDER, collection_account(FACILITY), loan=LOAN) == "None"
    assert stages.stages_of(house)["sales"] == 0


def test_the_price_of_goods_sold_in_enforcement_is_no_sale(house: House) -> None:
    stages.staged(house)
    stages.paid_out(house, FIRST)
    house.machine.pass_days(31)
    notice = margin.enforcing(house, loan=LOAN)
    assert notice.carry(house) == "None"
    house.machine.pass_days(1)
    assert margin.selling(house).carry(house) == "None"
    assert margin.collected(house, FIRST) == "None"
    assert stages.stages_of(house) == {"opened": FIRST, "sales": 0, "released": 0}


# ── which goods go free ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_pay_out_frees_no_goods_and_sales_cash_does_to_the_kilogram(house: House) -> None:
    stages.staged(house)
    stages.paid_out(house, FIRST)
    refused(house, release(house, 1), "SalesShort")
    assert stages.sold(house, SOLD) == "None"
    kilograms = EARNED // KILOGRAM
    over = release(house, kilograms + 1, PART + 2, REST + 2, REST)
    refused(house, over, "SalesShort")
    fits = release(house, kilograms, PART + 4, REST + 4, PART + 2)
    assert fits.carry(house) == "None"
    assert stages.stages_of(house) == {"opened": FIRST, "sales": SOLD, "released": EARNED}
    refused(house, margin.releasing(house, PART, quantity=1, value=KILOGRAM), "SalesShort")


def test_a_certificate_goes_free_against_sales_cash_too(house: House) -> None:
    stages.staged(house)
    root = house.live_root(1, EARNED, TIER_1)
    assert house.lock(root, TIER_1, FACILITY) == "None"
    stages.paid_out(house, FIRST)
    assert house.release_facility(FACILITY, [root], [LOAN]) == "SalesShort"
    assert stages.sold(house, SOLD) == "None"
    assert house.release_facility(FACILITY, [root], [LOAN]) == "None"
    assert stages.stages_of(house)["released"] == EARNED
    refused(house, release(house, 1), "SalesShort")


def test_goods_sold_on_credit_do_not_go_free_by_way_of_their_receivable(house: House) -> None:
    stages.staged(house)
    stages.paid_out(house, FIRST)
    act = selling(house)
    assert act.carry(house) == "None"
    assert house.facility(FACILITY)["face"] >= FIRST * 2
    assert house.release_facility(FACILITY, [act.message["receivable"]["root"]], [LOAN]) == "SalesShort"


def test_sales_free_no_goods_that_what_is_owed_needs(house: House) -> None:
    stages.staged(house, first=35_000_000, releaseBps=65_535)
    stages.paid_out(house, 35_000_000)
    assert stages.sold(house, SOLD) == "None"
    refused(house, release(house, QUANTITY // 2), "CollateralShort")


def test_a_repayment_taken_back_stops_later_tranches_until_sales_catch_up(house: House) -> None:
    stages.staged(house)
    stages.paid_out(house, FIRST)
    assert stages.sold(house, SOLD, entry=ENTRY) == "None"
    assert release(house, EARNED // KILOGRAM).carry(house) == "None"
    assert taken_back(house, SOLD) == "None"
    next_ = release(house, 1, PART + 2, REST + 2, REST)
    refused(house, next_, "SalesShort")
    assert stages.sold(house, SOLD) == "None"
    refused(house, next_, "SalesShort")
    assert stages.sold(house, KILOGRAM * 10_000 // RELEASE_BPS + 1) == "None"
    assert next_.carry(house) == "None"


def test_stages_refuse_no_repayment_and_no_further_pledge(house: House) -> None:
    stages.staged(house)
    stages.paid_out(house, FIRST)
    second = store(house, (LOT >> 32) << 32 | 2, 1_000)
    assert second.carry(house) == "None"
    assert margin.appraise(house, (LOT >> 32) << 32 | 2).carry(house) == "None"
    assert margin.pledging(house, (LOT >> 32) << 32 | 2, 1_000).carry(house) == "None"
    assert stages.sold(house, FIRST) == "None"


@pytest.mark.parametrize("by_holder", [False, True])
def test_once_nothing_is_owed_goods_go_free_whatever_was_sold(house: House, by_holder: bool) -> None:
    stages.selling(house)
    assert stages.sold(house, FIRST - SOLD) == "None"
    if by_holder:
        house.machine.pass_days(3)
        act = {
            "facility": FACILITY, "lot": LOT, "quantity": QUANTITY, "titles": [LOT], "nonce": house.nonce(),
            "expiresAt": house.expiry(),
        }  # fmt: skip
        assert Instruction("unlockGoods", act, (holder(), keeper()), "").carry(house) == "None"
    else:
        assert margin.releasing(house, LOT, quantity=QUANTITY, value=VALUE).carry(house) == "None"
    # All that sales had earned is used up, and no more: the next season begins with nothing to release.
    assert stages.stages_of(house)["released"] == FIRST * RELEASE_BPS // 10_000


def test_what_was_agreed_is_told_with_the_whole_special_account(house: House) -> None:
    assert stages.agree_stages(house).carry(house) == "None"
    agreed = next(event for event in house.machine.events if event.name == "StagesAgreed")
    assert agreed.args["specialBank"] == CLEARING.number
    assert agreed.args["specialAccount"] == SPECIAL_ACCOUNT
    assert agreed.args["evidence"] == EVIDENCE_HASH
