"""Leased goods: the lessor's from the pay-out to the last rental, and not a day longer (CC-735, 745, 752, 758)."""

from __future__ import annotations

import pytest

from tests.contracts import leases_table as leases
from tests.contracts import margin_table
from tests.contracts.goods_table import LOT, QUANTITY, holder, keeper, store
from tests.contracts.instructions import Instruction, Slot, refused
from tests.contracts.leases_table import DRAWN, FACILITY, LESSEE, LOAN, PRICE, SELLER
from tests.contracts.table import freeze_of
from tests.house.cast import (
    CLEARING,
    GUARANTOR,
    INSPECTOR,
    KEEPER,
    LENDER,
    PLATFORM,
    TIER_3,
    Party,
)
from tests.house.house import (
    EVIDENCE_HASH,
    PAYOUT,
    REJECTED,
    REPAYMENT,
    House,
    account_of,
    collection_account,
)

HELD = 8
RESERVED, OUTSTANDING, SETTLED, VOID, WRITTEN_OFF = 1, 2, 3, 4, 5


def standing(house: House) -> tuple[int, int, bool]:
    """Holder and lock of the receipt, and whether it is one thing."""
    title = house.title(LOT)
    return title["holder"], title["lock"], bool(title["flags"] & HELD)


def owed(house: House) -> int:
    """What settles the lease today, in minor units."""
    interest, principal = house.machine.view("Credit", "owedOn", LOAN, house.machine.day())
    return int(interest + principal)


def pay(house: House, amount: int) -> str:
    """The lessor's bank attests a rental."""
    return house.fact(REPAYMENT, LOAN, amount, LENDER, collection_account(FACILITY))


def first_rental(house: House) -> int:
    """What is due each time, from the accrual's word."""
    word: int = house.machine.view("Credit", "loanOf", LOAN)[1]
    return word >> 16 & (1 << 48) - 1


# ── title follows the money ─────────────────────────────────────────────────────────────────────────────────────


def test_the_lessor_has_title_from_the_pay_out_and_the_lessee_with_the_last_rental(house: House) -> None:
    leases.leased(house)
    assert standing(house) == (SELLER.number, FACILITY, True)
    assert leases.draw(house) == "None"
    assert standing(house) == (SELLER.number, FACILITY, True)
    assert leases.pay_out(house) == "None"
    assert standing(house) == (LENDER.number, FACILITY, True)
    house.machine.pass_days(10)
    assert pay(house, owed(house) - 1) == "None"
    assert standing(house) == (LENDER.number, FACILITY, True)
    assert pay(house, owed(house)) == "None"
    assert standing(house) == (LESSEE.number, 0, False)
    assert house.loan(LOAN)["phase"] == SETTLED
    assert (house.facility(FACILITY)["face"], house.facility(FACILITY)["used"]) == (0, 0)
    assert leases.lease_of(house)["price"] == 0


def test_twelve_rentals_paid_when_they_are_due_bring_title(house: House) -> None:
    leases.running(house)
    rental = first_rental(house)
    for _month in range(11):
        house.machine.pass_days(31)
        assert pay(house, rental) == "None"
        assert standing(house)[0] == LENDER.number
    assert pay(house, owed(house)) == "None"
    assert standing(house) == (LESSEE.number, 0, False)


def test_title_passes_though_the_receipt_is_frozen_and_stays_frozen(house: House) -> None:
    leases.running(house)
    assert freeze_of(house, LOT).carry(house) == "None"
    assert pay(house, owed(house)) == "None"
    assert standing(house)[:2] == (LESSEE.number, 0)
    assert house.title(LOT)["flags"] & 1


def test_what_the_lessee_sells_it_leases_back(house: House) -> None:
    leases.agreed(house, lessee=SELLER)
    assert leases.leasing(house, lessee=SELLER).carry(house) == "None"
    loan = SELLER.number << 32 | 502
    terms = {"title": LOT, "dueDay": house.machine.day() + 365, **leases.RENTALS}
    assert house.draw(loan, SELLER, FACILITY, DRAWN, **terms) == "None"
    assert house.fact(PAYOUT, loan, DRAWN, CLEARING, account_of(SELLER)) == "None"
    assert standing(house) == (LENDER.number, FACILITY, True)
    assert house.fact(REPAYMENT, loan, DRAWN, LENDER, collection_account(FACILITY)) == "None"
    assert standing(house) == (SELLER.number, 0, False)


def test_what_the_lessor_holds_already_is_leased_too(house: House) -> None:
    leases.agreed(house)
    act = {
        "title": LOT, "sequence": 0, "to": LENDER.number, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    acquirer = Slot("acquirer", LENDER["credit_maker"], "TITLE", QUANTITY)
    assert Instruction("endorse", act, (holder(), acquirer, keeper()), "").carry(house) == "None"
    lease = leases.leasing(house)
    others = lease.slots[1:]
    refused(house, lease, "WrongParty")  # the seller has it no more
    lease = Instruction(
        lease.function, lease.message, (Slot("holder", LENDER["credit_checker"], "TITLE"), *others), ""
    )
    assert lease.carry(house) == "None"
    assert leases.draw(house) == "None"
    assert leases.pay_out(house, to=LESSEE) == "AccountDiffers"
    assert leases.pay_out(house) == "None"
    assert pay(house, owed(house)) == "None"
    assert standing(house) == (LESSEE.number, 0, False)


def test_the_seller_is_paid_and_nobody_else(house: House) -> None:
    leases.leased(house)
    assert leases.draw(house) == "None"
    assert leases.pay_out(house, to=LESSEE) == "AccountDiffers"
    assert leases.pay_out(house, amount=DRAWN - 1) == "AmountDiffers"
    assert standing(house)[0] == SELLER.number
    assert leases.pay_out(house) == "None"


@pytest.mark.parametrize("way", ["void", "rejected"])
def test_a_pay_out_that_does_not_happen_leaves_the_receipt_as_it_was(house: House, way: str) -> None:
    leases.leased(house)
    before = house.title(LOT)
    assert leases.draw(house) == "None"
    if way == "void":
        act = {"loan": LOAN, "reason": b"\1" * 32, "expiresAt": house.expiry()}
        house.must("void", act, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])
    else:
        assert house.fact(REJECTED, LOAN, DRAWN, CLEARING, account_of(SELLER)) == "None"
    assert house.loan(LOAN)["phase"] == VOID
    assert house.title(LOT) == before
    assert leases.draw(house, loan=LOAN + 1) == "None"


def test_a_pay_out_that_is_taken_back_gives_the_receipt_back_to_its_seller(house: House) -> None:
    leases.leased(house)
    assert leases.draw(house) == "None"
    entry = b"\7" * 32
    assert house.fact(PAYOUT, LOAN, DRAWN, CLEARING, account_of(SELLER), entry=entry) == "None"
    assert standing(house)[0] == LENDER.number
    act = {
        "bank": CLEARING.number, "account": account_of(SELLER), "valueDay": house.machine.day(), "amount": DRAWN,
        "entry": entry, "reversedDay": house.machine.day(), "reversalEntry": b"\x08" * 32, "expiresAt": house.expiry(),
    }  # fmt: skip
    assert house.do("reverse", act, bank=CLEARING["payments"]) == "None"
    assert standing(house) == (SELLER.number, FACILITY, True)
    assert leases.withdrawing(house).carry(house) == "None"
    assert standing(house) == (SELLER.number, 0, False)


# ── what may be leased, and what not ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": 0}, "ZeroQuantity"),
        ({"noticeDays": 0}, "TermsOutOfRange"),
        ({"quantity": QUANTITY - 1}, "AmountDiffers"),
        ({"appraiser": LENDER.number}, "NotIndependent"),
        ({"appraiser": LESSEE.number}, "NotIndependent"),
        ({"seller": LESSEE.number}, "DifferentHolder"),
        ({"seller": LENDER.number}, "DifferentHolder"),
        ({"facility": FACILITY + 1}, "FacilityUnknown"),
        ({"title": LOT + 1, "sequence": 0}, "UnknownTitle"),
        ({"sequence": 1}, "WrongSequence"),
    ],
)
def test_what_may_not_be_leased(house: House, changes: dict[str, int], reason: str) -> None:
    leases.agreed(house)
    refused(house, leases.leasing(house, **changes), reason)


@pytest.mark.parametrize("slot", [0, 1, 2, 3])
def test_no_lease_without_each_of_holder_lessee_lessor_and_keeper(house: House, slot: int) -> None:
    instruction = leases.lease_goods(house)
    kept = tuple(each for at, each in enumerate(instruction.slots) if at != slot)
    without = Instruction(instruction.function, instruction.message, kept, "")
    refused(house, without, "SignatureInvalid")


def test_goods_are_leased_under_a_facility_of_that_form_alone(house: House) -> None:
    leases.agreed(house)
    for form in (0, 1, 2):
        number = FACILITY + 1 + form
        assert house.open_facility(number, LESSEE, PRICE, form=form) == "None"
        refused(house, leases.leasing(house, facility=number), "TermsOutOfRange")
    assert house.open_facility(FACILITY + 9, LESSEE, PRICE, form=4) == "TermsOutOfRange"


def test_a_facility_of_leases_takes_no_pledge(house: House) -> None:
    """CC-428: no path gives a pledgee title, because nothing is pledged where title passes."""
    leases.agreed(house)
    title = house.live_root(1, PRICE, LESSEE)
    assert house.lock(title, LESSEE, FACILITY) == "TermsOutOfRange"
    agree = margin_table.agree_goods(house, facility=FACILITY)
    agree = agree.signed_by(agree.slots[2], LESSEE["maker"])
    refused(house, agree, "TermsOutOfRange")
    refused(house, margin_table.pledging(house, facility=FACILITY), "GoodsTermsMissing")


def test_what_a_lease_may_draw(house: House) -> None:
    """Registered (CC-745), of a receipt that was leased here, and no more than was agreed of its price."""
    leases.leased(house)
    for changes, reason in (
        ({"registration": bytes(32)}, "RegistrationMissing"),
        ({"title": 0}, "WrongLock"),
        ({"amount": DRAWN + 1}, "CollateralShort"),
        ({"count": 0}, "TermsOutOfRange"),
    ):
        assert leases.draw(house, **changes) == reason
    assert leases.draw(house) == "None"
    assert leases.draw(house, loan=LOAN + 1, amount=1) == "CollateralShort"


def test_each_receipt_covers_its_own_price(house: House) -> None:
    leases.leased(house)
    other = KEEPER.number << 32 | 7
    assert store(house, other).carry(house) == "None"
    lease = leases.leasing(house, title=other, sequence=0, price=10_000_000)
    assert lease.carry(house) == "None"
    assert leases.draw(house, title=other, amount=9_000_001) == "CollateralShort"
    assert leases.draw(house, title=other, amount=9_000_000) == "None"
    assert leases.draw(house, loan=LOAN + 1, title=other, amount=1) == "TitleSold"


@pytest.mark.parametrize("drawn", [False, True], ids=["agreed", "running"])
def test_a_leased_receipt_goes_nowhere_else(house: House, drawn: bool) -> None:
    (leases.running if drawn else leases.leased)(house)
    owner = LENDER["credit_maker"] if drawn else SELLER["maker"]
    fields = {
        "title": LOT, "sequence": house.title(LOT)["sequence"], "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    mine, theirs = Slot("holder", owner, "TITLE"), Slot("acquirer", TIER_3["maker"], "TITLE", QUANTITY)
    refused(
        house,
        Instruction("endorse", {**fields, "to": TIER_3.number}, (mine, theirs, keeper()), ""),
        "TitleLocked",
    )
    out = Instruction("handOver", {**fields, "quantity": 1, "delivered": 1}, (mine, keeper()), "")
    refused(house, out, "TitleLocked")
    refused(
        house, Instruction("changeMedium", {**fields, "paper": True}, (mine, keeper()), ""), "TitleLocked"
    )
    part, rest = LENDER.number << 32 | 71, LENDER.number << 32 | 72
    carve = {
        "facility": FACILITY, "title": LOT, "part": part, "quantity": 300, "rest": rest,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    lender = Slot("lender", LENDER["credit_maker"], "CREDIT_MAKER")
    refused(house, Instruction("carveGoods", carve, (lender, keeper()), ""), "GoodsSold")
    frozen = freeze_of(house, LOT, child=PLATFORM.number << 32 | 5, quantity=10)
    refused(house, frozen, "TitleSold" if drawn else "GoodsSold")
    refused(house, leases.leasing(house), "WrongParty" if drawn else "TitleLocked")
    assert house.release_facility(FACILITY, [LOT]) == "OtherKind"
    free = margin_table.releasing(house, LOT, quantity=QUANTITY, value=PRICE, facility=FACILITY)
    refused(house, free, "QuantityAboveTitle")


def test_a_lessor_that_never_pays_cannot_keep_a_receipt(house: House) -> None:
    instruction = leases.withdraw_lease(house)
    assert leases.draw(house) == "None"
    refused(house, instruction, "TitleSold")
    act = {"loan": LOAN, "reason": b"\1" * 32, "expiresAt": house.expiry()}
    house.must("void", act, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])
    alone = Instruction(instruction.function, instruction.message, instruction.slots[:1], "")
    refused(house, alone, "SignatureInvalid")
    assert instruction.carry(house) == "None"
    assert standing(house) == (SELLER.number, 0, False)
    assert house.facility(FACILITY)["face"] == 0


# ── default ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lease_ends_only_when_rentals_are_overdue_and_the_notice_has_run_out(house: House) -> None:
    leases.leased(house)
    refused(house, leases.noticing(house), "NotLeased")
    assert leases.draw(house) == "None"
    refused(house, leases.noticing(house), "LoanNotOutstanding")
    assert leases.pay_out(house) == "None"
    refused(house, leases.noticing(house), "NotYetDue")
    house.machine.pass_days(40)
    refused(house, leases.ending(house, DRAWN), "NotEnforced")
    refused(house, leases.noticing(house, fromDay=house.machine.day() + 4), "ValueDayOutOfRange")
    assert leases.noticing(house).carry(house) == "None"
    refused(house, leases.ending(house, DRAWN), "NotEnforced")
    house.machine.pass_days(4)
    refused(house, leases.ending(house, DRAWN), "NotEnforced")
    house.machine.pass_days(1)
    refused(house, leases.ending(house, DRAWN, evidence=bytes(32)), "EvidenceMissing")
    assert leases.ending(house, DRAWN).carry(house) == "None"


def test_paying_what_the_notice_called_for_cures_it(house: House) -> None:
    """CC-752: the lessee that pays in time keeps the lease, and what falls due later needs a notice of its own."""
    leases.noticed(house)
    rental = first_rental(house)
    assert pay(house, rental + 300_000) == "None"  # with the interest since
    refused(house, leases.ending(house, DRAWN), "NotYetDue")
    house.machine.pass_days(40)
    refused(house, leases.ending(house, DRAWN), "NotEnforced")
    assert leases.noticing(house).carry(house) == "None"
    house.machine.pass_days(leases.NOTICE_DAYS)
    assert leases.ending(house, DRAWN).carry(house) == "None"


def test_goods_worth_less_than_is_owed_are_set_off_and_the_rest_is_still_claimed(house: House) -> None:
    leases.noticed(house)
    before = owed(house)
    value = DRAWN // 2
    assert leases.ending(house, value).carry(house) == "None"
    assert standing(house) == (LENDER.number, 0, False)
    loan, facility = house.loan(LOAN), house.facility(FACILITY)
    assert loan["phase"] == WRITTEN_OFF
    assert owed(house) == before - value
    assert (facility["used"], facility["face"], facility["loans"], facility["writtenOff"]) == (0, 0, 0, 1)
    assert leases.difference_of(house) == 0
    # What is recovered later brings the goods to nobody: the lessor has them for good.
    assert pay(house, owed(house)) == "None"
    assert standing(house) == (LENDER.number, 0, False)
    assert house.facility(FACILITY)["writtenOff"] == 0


@pytest.mark.parametrize("more", [0, 1, 7_000_000])
def test_what_goods_are_worth_beyond_the_debt_is_the_lessees(house: House, more: int) -> None:
    """CC-758."""
    leases.noticed(house)
    assert leases.ending(house, owed(house) + more).carry(house) == "None"
    assert house.loan(LOAN)["phase"] == SETTLED
    assert owed(house) == 0
    assert leases.difference_of(house) == more
    assert standing(house) == (LENDER.number, 0, False)
    facility = house.facility(FACILITY)
    assert (facility["used"], facility["face"], facility["loans"], facility["writtenOff"]) == (0, 0, 0, 0)


def test_a_lease_that_was_written_off_ends_too(house: House) -> None:
    leases.noticed(house)
    act = {"loan": LOAN, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH}
    house.must("writeOff", act, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])
    assert standing(house) == (LENDER.number, FACILITY, True)
    assert leases.ending(house, owed(house) + 5).carry(house) == "None"
    assert leases.difference_of(house) == 5
    assert house.facility(FACILITY)["writtenOff"] == 0


def test_a_lease_written_off_and_then_paid_whole_brings_title(house: House) -> None:
    leases.noticed(house)
    act = {"loan": LOAN, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH}
    house.must("writeOff", act, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])
    assert pay(house, owed(house)) == "None"
    assert standing(house) == (LESSEE.number, 0, False)


@pytest.mark.parametrize("who", [INSPECTOR, KEEPER], ids=["another appraiser", "the keeper"])
def test_nobody_else_says_what_goods_taken_back_are_worth(house: House, who: Party) -> None:
    instruction = leases.end_lease(house)
    person = next(iter(who.people.values()))
    refused(house, instruction.signed_by(instruction.slots[2], person), "WrongParty")
    alone = Instruction(instruction.function, instruction.message, instruction.slots[:2], "")
    refused(house, alone, "SignatureInvalid")


def test_goods_that_are_frozen_are_not_taken_back(house: House) -> None:
    instruction = leases.end_lease(house)
    assert freeze_of(house, LOT).carry(house) == "None"
    refused(house, instruction, "TitleFrozen")


def test_goods_taken_back_are_leased_to_another(house: House) -> None:
    assert leases.end_lease(house).carry(house) == "None"
    lease = leases.leasing(house)
    slots = Slot("holder", LENDER["credit_checker"], "TITLE"), *lease.slots[1:]
    assert Instruction(lease.function, lease.message, slots, "").carry(house) == "None"


def test_a_guarantor_is_called_though_goods_are_leased(house: House) -> None:
    """CC-392 puts first what the debtor itself pledged; leased goods are the lessor's own."""
    leases.running(house)
    number = GUARANTOR.number << 32 | 9
    assert house.protect(number, FACILITY, 1, DRAWN) == "None"
    house.machine.pass_days(40)
    assert house.call_protection(number, LOAN, 1_000, [number]) == "None"
