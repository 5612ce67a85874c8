"""Funding forms: what a title does when money does, who owes what afterwards, who bears a loss (DEC-8, CC-766/767)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts import table
from tests.contracts.instructions import Instruction, Slot, refused, stored
from tests.contracts.table import FACILITY, LOAN, ROOT
from tests.house.cast import CLEARING, CORE, LENDER, PLATFORM, THIRD_BANK, TIER_1, TIER_2
from tests.house.house import (
    CNY,
    COLLECTED,
    CREDITED,
    PAYOUT,
    RECEIVED,
    REJECTED,
    REPAYMENT,
    SURPLUS,
    House,
    account_of,
    collection_account,
)

MILLION = 100_000_000
PRICE = 78_000_000
PURCHASE, RECOURSE = 1, 2
SOLD, SETTLED, OUTSTANDING = 6, 3, 2
FORMS = pytest.mark.parametrize("form", [PURCHASE, RECOURSE], ids=["purchase", "recourse"])


def agree(house: House, form: int, **draw: Any) -> int:
    """A title of 1,000,000.00 is locked, and a draw of 780,000.00 names it; nothing is paid out yet."""
    root = house.live_root(1, MILLION, TIER_1)
    assert house.open_facility(FACILITY, TIER_1, 2 * MILLION, form=form) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    terms = {"title": root, "rate": 0 if form == PURCHASE else 72_000, "dueDay": house.machine.day() + 90}
    assert house.draw(LOAN, TIER_1, FACILITY, PRICE, **(terms | draw)) == "None"
    return root


def sell(house: House, form: int, **draw: Any) -> int:
    """The same, paid out today."""
    root = agree(house, form, **draw)
    assert house.fact(PAYOUT, LOAN, PRICE, CLEARING, account_of(TIER_1)) == "None"
    return root


def mature(house: House, root: int, amount: int = MILLION) -> None:
    """On the due day the debtor pays, and the clearing bank distributes."""
    house.machine.pass_days(90)
    assert house.fact(RECEIVED, root, amount, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(root, {root: amount}) == "None"


def standing(house: House) -> tuple[int, int]:
    """Holder and lock of the title."""
    title = house.title(ROOT)
    return title["holder"], title["lock"]


def repay(house: House, amount: int, **changes: Any) -> str:
    return house.fact(REPAYMENT, LOAN, amount, LENDER, collection_account(FACILITY), **changes)


# ── Delivery against payment ────────────────────────────────────────────────────────────────────────────────────


@FORMS
def test_a_title_moves_with_the_money_and_not_before(house: House, form: int) -> None:
    agree(house, form)
    assert standing(house) == (TIER_1.number, FACILITY)
    assert house.fact(PAYOUT, LOAN, PRICE, CLEARING, account_of(TIER_1)) == "None"
    assert standing(house) == (LENDER.number, FACILITY if form == RECOURSE else 0)


def test_after_a_purchase_nothing_is_owed_and_nothing_locked(house: House) -> None:
    sell(house, PURCHASE)
    facility, loan = house.facility(FACILITY), house.loan(LOAN)
    assert (facility["used"], facility["face"], facility["loans"]) == (0, 0, 0)
    assert (loan["phase"], loan["principal"], loan["drawn"]) == (SOLD, 0, PRICE)
    assert house.machine.view("Credit", "owedOn", LOAN, house.machine.day() + 200) == (0, 0)


def test_with_recourse_the_seller_owes_a_loan(house: House) -> None:
    sell(house, RECOURSE)
    facility = house.facility(FACILITY)
    assert (facility["used"], facility["face"]) == (PRICE, MILLION)
    assert house.loan(LOAN)["phase"] == OUTSTANDING


@FORMS
@pytest.mark.parametrize("way", ["void", "rejected"])
def test_a_payout_that_does_not_happen_moves_nothing(house: House, form: int, way: str) -> None:
    """The title can be sold under another draw afterwards."""
    agree(house, form)
    before = house.title(ROOT)
    if way == "void":
        act = {"loan": LOAN, "reason": b"\1" * 32, "expiresAt": house.expiry()}
        house.must("void", act, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])
    else:
        assert house.fact(REJECTED, LOAN, PRICE, LENDER, bytes(32)) == "None"
    assert house.title(ROOT) == before
    terms = {"title": ROOT, "rate": 0, "dueDay": house.machine.day() + 90}
    assert house.draw(LOAN + 1, TIER_1, FACILITY, PRICE, **terms) == "None"


def test_what_a_draw_may_not_buy(house: House) -> None:
    """A pledge buys nothing; a purchase bears no interest; what is bought is locked here, free of orders, and covers
    its price by itself."""
    root = house.live_root(1, MILLION, TIER_1)
    other = house.live_root(2, MILLION, TIER_1)
    for number, form in ((FACILITY, PURCHASE), (8, 0)):
        assert house.open_facility(number, TIER_1, 3 * MILLION, form=form) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    before = stored(house)
    for facility, amount, terms, reason in (
        (FACILITY, 80_000_001, {"title": root}, "CollateralShort"),
        (FACILITY, PRICE, {"title": 0}, "WrongLock"),
        (FACILITY, PRICE, {"title": other}, "WrongLock"),
        (FACILITY, PRICE, {"title": root, "rate": 1}, "TermsOutOfRange"),
    ):
        assert house.draw(LOAN, TIER_1, facility, amount, **({"rate": 0} | terms)) == reason
    assert stored(house) == before
    assert house.lock(other, TIER_1, 8) == "None"
    assert house.draw(LOAN, TIER_1, 8, PRICE, title=other) == "TermsOutOfRange"


def test_each_title_covers_its_own_price(house: House) -> None:
    """Two titles of 1,000,000.00 at 80 %: neither is bought for 800,000.01, though both together would cover it."""
    agree(house, PURCHASE)
    other = house.live_root(2, MILLION, TIER_1)
    assert house.lock(other, TIER_1, FACILITY) == "None"
    for amount, reason in ((80_000_001, "CollateralShort"), (80_000_000, "None")):
        assert house.draw(LOAN + 1, TIER_1, FACILITY, amount, title=other, rate=0) == reason


def test_a_frozen_title_is_not_delivered_until_the_order_ends(house: House) -> None:
    root = agree(house, PURCHASE)
    assert table.freeze_of(house, root).carry(house) == "None"
    assert house.fact(PAYOUT, LOAN, PRICE, CLEARING, account_of(TIER_1)) == "TitleFrozen"
    assert standing(house) == (TIER_1.number, FACILITY)
    assert table.lift_of(house, root).carry(house) == "None"
    assert house.fact(PAYOUT, LOAN, PRICE, CLEARING, account_of(TIER_1)) == "None"
    assert standing(house) == (LENDER.number, 0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"form": 4}, "TermsOutOfRange"),
        ({"agentFeeBps": 1}, "TermsOutOfRange"),
        ({"form": 2, "entrustor": TIER_2.number}, "TermsOutOfRange"),
        ({"entrustor": TIER_2.number, "agentFeeBps": 10_001}, "TermsOutOfRange"),
        ({"entrustor": TIER_1.number}, "EntrustorConflict"),
        ({"entrustor": LENDER.number}, "EntrustorConflict"),
        ({"entrustor": PLATFORM.number}, "EntrustorConflict"),
    ],
    ids=str,
)
def test_openings_that_may_not_be(house: House, changes: dict[str, int], reason: str) -> None:
    refused(house, table.open_facility(house).changed(**changes), reason)


# ── At maturity, and after it ───────────────────────────────────────────────────────────────────────────────────


def test_cc_766_with_recourse_the_surplus_is_the_sellers(house: House) -> None:
    """1,000,000.00 is collected; 780,000.00 and 90 days at 7.2 % are the lender's; the rest goes to the seller."""
    root = sell(house, RECOURSE)
    mature(house, root)
    account = collection_account(FACILITY)
    assert house.fact(COLLECTED, root, MILLION, LENDER, account, loan=LOAN) == "None"
    assert house.loan(LOAN)["phase"] == SETTLED
    surplus = MILLION - PRICE - 1_404_000
    assert house.machine.view("Settlement", "cashOf", root) >> 112 & (1 << 48) - 1 == surplus
    house.bind_account(LENDER, THIRD_BANK, account_of(LENDER))
    assert house.fact(SURPLUS, root, surplus, THIRD_BANK, account_of(LENDER)) == "AccountDiffers"
    assert house.fact(SURPLUS, root, surplus, CLEARING, account_of(TIER_1)) == "None"


def test_cc_767_without_recourse_the_surplus_is_the_buyers(house: House) -> None:
    root = sell(house, PURCHASE)
    house.bind_account(LENDER, THIRD_BANK, account_of(LENDER))
    mature(house, root)
    assert house.fact(CREDITED, root, MILLION, CLEARING, account_of(TIER_1)) == "AccountDiffers"
    assert house.fact(CREDITED, root, MILLION, THIRD_BANK, account_of(LENDER)) == "None"


def test_no_recourse_against_a_seller_without_recourse(house: House) -> None:
    """The debtor does not pay. The seller of a purchase owes nothing, whatever is said of it."""
    sell(house, PURCHASE)
    house.machine.pass_days(120)
    before = stored(house)
    assert repay(house, 1) == "NoRecourse"
    act = {"loan": LOAN, "expiresAt": house.expiry(), "evidence": b"\1" * 32}
    slots = (Slot("maker", LENDER["credit_maker"], ""), Slot("checker", LENDER["credit_checker"], ""))
    refused(house, Instruction("writeOff", act, slots, ""), "LoanNotOutstanding")
    assert stored(house) == before


@pytest.mark.parametrize("days", [10, 120], ids=["before maturity", "after dishonour"])
def test_the_seller_who_repays_has_its_title_back_in_the_same_act(house: House, days: int) -> None:
    sell(house, RECOURSE)
    house.machine.pass_days(days)
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    assert repay(house, interest + principal - 1) == "None"
    assert standing(house) == (LENDER.number, FACILITY)
    assert repay(house, 1) == "None"
    assert standing(house) == (TIER_1.number, 0)
    facility = house.facility(FACILITY)
    assert (facility["used"], facility["face"]) == (0, 0)


def test_a_frozen_title_comes_back_frozen(house: House) -> None:
    """Repaying is never blocked, and an order stands whoever holds the title."""
    root = sell(house, RECOURSE)
    assert table.freeze_of(house, root).carry(house) == "None"
    assert repay(house, PRICE) == "None"
    assert standing(house) == (TIER_1.number, 0)
    assert house.title(root)["flags"] == 1


def test_a_titles_money_repays_the_loan_that_bought_it(house: House) -> None:
    """Else what is left of one sale would pay for another, and its seller would not get its surplus."""
    root = sell(house, RECOURSE, dueDay=house.machine.day() + 100)
    other = house.live_root(2, MILLION, TIER_1)
    assert house.lock(other, TIER_1, FACILITY) == "None"
    assert (
        house.draw(LOAN + 1, TIER_1, FACILITY, PRICE, title=other, dueDay=house.machine.day() + 100) == "None"
    )
    assert house.fact(PAYOUT, LOAN + 1, PRICE, CLEARING, account_of(TIER_1)) == "None"
    mature(house, root)
    account = collection_account(FACILITY)
    assert house.fact(COLLECTED, root, MILLION, LENDER, account, loan=LOAN + 1) == "WrongLock"
    assert house.fact(COLLECTED, root, MILLION, LENDER, account, loan=LOAN) == "None"


def write_off(house: House) -> None:
    act = {"loan": LOAN, "expiresAt": house.expiry(), "evidence": b"\1" * 32}
    house.must("writeOff", act, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])


def release(house: House) -> str:
    act = {
        "facility": FACILITY, "titles": [ROOT], "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": b"\1" * 32,
    }  # fmt: skip
    return house.do("release", act, first=LENDER["credit_maker"], second=LENDER["credit_checker"])


def test_a_written_off_claim_keeps_the_title_until_it_is_recovered(house: House) -> None:
    sell(house, RECOURSE)
    house.machine.pass_days(100)
    write_off(house)
    assert standing(house) == (LENDER.number, FACILITY)
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    assert repay(house, interest + principal) == "None"
    assert standing(house) == (TIER_1.number, 0)


def test_a_lender_keeps_what_it_bought_once_it_wrote_the_loan_off(house: House) -> None:
    """Its two people end the lock: it holds the title for good, and what the seller still pays brings nothing back."""
    sell(house, RECOURSE)
    house.machine.pass_days(100)
    assert release(house) == "CollateralShort"
    write_off(house)
    assert release(house) == "None"
    assert standing(house) == (LENDER.number, 0)
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    assert repay(house, interest + principal) == "None"
    assert (house.loan(LOAN)["phase"], standing(house)) == (SETTLED, (LENDER.number, 0))


@pytest.mark.parametrize(
    ("form", "reason"), [(RECOURSE, "None"), (PURCHASE, "ReversalTooLate")], ids=["recourse", "purchase"]
)
def test_a_payout_that_its_bank_takes_back(house: House, form: int, reason: str) -> None:
    """With recourse the title goes back to its seller, locked as before the draw. A purchase is closed: the title stays
    with its buyer, who has a claim on nobody here."""
    agree(house, form)
    entry = b"\x09" * 32
    assert house.fact(PAYOUT, LOAN, PRICE, CLEARING, account_of(TIER_1), entry=entry) == "None"
    act = {
        "bank": CLEARING.number, "account": account_of(TIER_1), "valueDay": house.machine.day(), "amount": PRICE,
        "entry": entry, "reversedDay": house.machine.day(), "reversalEntry": b"\x0a" * 32,
        "expiresAt": house.expiry(),
    }  # fmt: skip
    assert house.do("reverse", act, bank=CLEARING["payments"]) == reason
    assert standing(house) == ((TIER_1.number, FACILITY) if form == RECOURSE else (LENDER.number, 0))


# ── Notice: whom the debtor pays (CC-545/546) ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("delivered", [False, True], ids=["before delivery", "after delivery"])
def test_cc_546_money_goes_where_the_title_stands_that_day(house: House, delivered: bool) -> None:
    """The promise is the debtor's notice: it pays the clearing bank and is discharged. Where that pays is asked of the
    title: before delivery the collection account, after it the new holder's; the old holder's account never."""
    root = sell(house, PURCHASE) if delivered else agree(house, PURCHASE)
    house.bind_account(LENDER, THIRD_BANK, account_of(LENDER))
    mature(house, root)
    assert house.fact(CREDITED, root, MILLION, CLEARING, account_of(TIER_1)) == (
        "AccountDiffers" if delivered else "TitleLocked"
    )
    assert house.title(root)["paid"] == MILLION
    assert house.machine.view("Ledger", "rootOf", root) >> 128 & 0xFF == 3
    if delivered:
        assert house.fact(CREDITED, root, MILLION, THIRD_BANK, account_of(LENDER)) == "None"


# ── Who funds, who bears ────────────────────────────────────────────────────────────────────────────────────────


def test_s5_an_entrusted_loan_is_the_agents_in_name_and_the_entrustors_in_loss(house: House) -> None:
    instruction = table.open_entrusted(house)
    assert instruction.carry(house) == "None"
    assert house.facility(FACILITY)["lender"] == LENDER.number
    assert house.machine.view("Credit", "entrustorOf", FACILITY) == TIER_2.number << 16 | 25


def test_a_share_table_is_the_whole_and_stands_only_while_nothing_is_owed(house: House) -> None:
    instruction = table.share(house)
    for bps in ([5_000, 3_000, 1_999], [5_000, 3_000, 2_001], [10_000, 0, 0]):
        refused(house, instruction.changed(bps=bps), "ShareWrong")
    parties = instruction.message["parties"]
    refused(house, instruction.changed(parties=parties[::-1]), "ShareWrong")
    refused(house, instruction.changed(parties=[*parties[:2], TIER_1.number]), "ShareWrong")
    refused(house, instruction.changed(parties=parties[:2]), "ShareWrong")
    assert house.machine.view("Evidence", "sharesOf", FACILITY) == bytes(32)
    assert instruction.carry(house) == "None"
    assert house.machine.view("Evidence", "sharesOf", FACILITY) != bytes(32)
    root = house.live_root(1, MILLION, TIER_1)
    assert house.lock(root, TIER_1, FACILITY) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, 1_000) == "None"
    refused(house, instruction.changed(nonce=house.nonce()), "DebtOutstanding")


def test_every_participant_signs_its_share(house: House) -> None:
    instruction = table.share(house)
    alone = Instruction("share", instruction.message, instruction.slots[:3], "")
    refused(house, alone, "OfficesTooFew")


def test_s17_three_funders_each_own_their_part_of_one_receivable(house: House) -> None:
    """Basis points 5,000 / 3,000 / 2,000 of one certificate, carved at funding; each draws and is repaid for itself."""
    root = house.live_root(1, MILLION, TIER_1)
    lenders = {20: (LENDER, 50_000_000), 21: (CLEARING, 30_000_000), 22: (THIRD_BANK, 20_000_000)}
    for place, (number, (lender, part)) in enumerate(lenders.items()):
        assert open_with(house, number, lender) == "None"
        child = 0 if place == 2 else TIER_1.number << 32 | number
        word = house.title(root)
        act = {
            "title": root, "sequence": word["sequence"], "facility": number, "child": child, "quantity": part,
            "expiresAt": house.expiry(), "evidence": b"\1" * 32,
        }  # fmt: skip
        house.must("lock", act, holder=TIER_1["maker"], lender=lender["credit_maker"])
    assert [house.facility(number)["face"] for number in lenders] == [part for _, part in lenders.values()]
    assert sum(house.facility(number)["face"] for number in lenders) == MILLION


def open_with(house: House, number: int, lender: Any) -> str:
    act = {
        "facility": number, "lender": lender.number, "borrower": TIER_1.number, "currency": CNY,
        "advanceBps": 8_000, "limit": MILLION, "endDay": house.machine.day() + 300, "closesWithDebt": True,
        "form": 0, "entrustor": 0, "agentFeeBps": 0, "collectionBank": lender.number,
        "collectionAccount": collection_account(number), "expiresAt": house.expiry(), "evidence": b"\1" * 32,
    }  # fmt: skip
    people = {"maker": lender["credit_maker"], "checker": lender["credit_checker"]}
    return house.do("open", act, **people, borrower=TIER_1["maker"])


def test_an_office_that_gains_by_a_sale_freezes_nothing_of_it(house: House) -> None:
    """The seller is concerned with what it sold with recourse, though the lender holds it."""
    root = sell(house, RECOURSE)
    act = table.freeze_of(house, root)
    assert act.carry(house) == "None"
    assert standing(house) == (LENDER.number, FACILITY)
    assert CORE.number != TIER_1.number
