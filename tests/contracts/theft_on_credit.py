"""Leases and stages worth robbing, and attempts at them: see test_theft_drill.

Whoever signs an act but one may be in league with the thief, lessor and keeper among them: that one's signature is the
one that is missing. No paper counts twice, and none counts before its day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from chainsvc.artifacts import load
from chainsvc.codec import Interface
from tests.contracts import goods_table, leases_table, margin_table, stages_table
from tests.contracts.goods_table import QUANTITY
from tests.contracts.instructions import Instruction, Slot
from tests.contracts.leases_table import LESSEE, NOTICE_DAYS, SELLER
from tests.contracts.stages_table import CARRIED, FIRST, SOLD
from tests.contracts.theft_of_goods import CONFIRMERS, THIEF
from tests.house.cast import CLEARING, KEEPER, LENDER, PLATFORM, TIER_1, TIER_2
from tests.house.house import (
    EVIDENCE_HASH,
    PAYOUT,
    REPAYMENT,
    House,
    account_of,
    collection_account,
)

FREE, AGREED, RUNNING, OVERDUE, STAGED = (KEEPER.number << 32 | serial for serial in range(51, 56))
LEASE, LATE_LEASE = LESSEE.number << 32 | 551, LESSEE.number << 32 | 552
NEXT_LOAN = TIER_1.number << 32 | 553
TRANCHE, UNSOLD, REST, KEPT = (LENDER.number << 32 | serial for serial in range(51, 55))
PRICE, DRAWN = 20_000_000, 18_000_000
KILOGRAM = 50_000
HIGHER = margin_table.RATE * 104 // 100
EARNED = SOLD * stages_table.RELEASE_BPS // 10_000 // KILOGRAM
"""Kilograms that sales cash freed."""


class Scene(Protocol):
    """What an attempt is made on."""

    @property
    def house(self) -> House: ...

    def try_(self, function: str, message: Any, slots: tuple[Slot, ...], **unsigned: Any) -> None: ...

    def raw(self, contract: str, calldata: bytes) -> None: ...


def in_use(house: House) -> None:
    """A receipt that was leased and taken back, one that is to be leased, two that are paid for, one of them overdue
    and called for; and a facility whose first stage came back from sales, with a tranche carved out and another."""
    assert house.open_facility(leases_table.FACILITY, LESSEE, leases_table.LIMIT, advanceBps=9_000,
                               form=leases_table.FORM_LEASE) == "None"  # fmt: skip
    for receipt in (FREE, AGREED, RUNNING, OVERDUE):
        assert goods_table.store(house, receipt).carry(house) == "None"
        assert _leasing(house, receipt).carry(house) == "None"
    for receipt in (FREE, AGREED):
        assert _withdrawing(house, receipt).carry(house) == "None"
    assert _leasing(house, AGREED).carry(house) == "None"
    today = house.machine.day()
    for loan, receipt, terms in (
        (LEASE, RUNNING, {**leases_table.RENTALS, "dueDay": today + 365}),
        (LATE_LEASE, OVERDUE, {"terms": 1, "count": 1, "dueDay": today + 1}),
    ):
        drawn = house.draw(loan, LESSEE, leases_table.FACILITY, DRAWN, title=receipt, **terms)
        assert drawn == "None"
        assert house.fact(PAYOUT, loan, DRAWN, CLEARING, account_of(SELLER)) == "None"
    _staged(house)
    house.machine.pass_days(2)
    assert _noticing(house, LATE_LEASE).carry(house) == "None"


def _staged(house: House) -> None:
    assert goods_table.store(house, STAGED).carry(house) == "None"
    assert margin_table.agree_goods(house).carry(house) == "None"
    assert margin_table.appraise(house, STAGED).carry(house) == "None"
    assert margin_table.pledging(house, STAGED).carry(house) == "None"
    assert stages_table.agreeing(house).carry(house) == "None"
    stages_table.paid_out(house, FIRST)
    assert stages_table.sold(house, SOLD) == "None"
    for title, quantity, part, rest in ((STAGED, EARNED, TRANCHE, REST), (REST, EARNED + 1, UNSOLD, KEPT)):
        assert margin_table.carving(house, quantity, title, part, rest).carry(house) == "None"


# ── Attempts on leases ──────────────────────────────────────────────────────────────────────────────────────────


def lease_a_partys_receipt(scene: Scene) -> None:
    """Without its holder, the lessee, the lessor or the keeper; or by the paper of a lease that came to nothing."""
    _lacking(scene, _leasing(scene.house, FREE))
    _all_signed(scene, _leasing(scene.house, FREE, sequence=0))
    for receipt in (AGREED, RUNNING):
        _all_signed(scene, _leasing(scene.house, receipt))


def lease_for_an_appraiser_of_ones_own(scene: Scene) -> None:
    """Who says what goods taken back are worth is of neither side, even where all four agree."""
    for appraiser in (LENDER.number, LESSEE.number, 0, 999):
        _all_signed(scene, _leasing(scene.house, FREE, appraiser=appraiser))


def withdraw_what_is_leased(scene: Scene) -> None:
    """Without the one it goes back to or the keeper; by an old paper; and by a seller that was paid, keeper and all."""
    house = scene.house
    _lacking(scene, _withdrawing(house, AGREED))
    _all_signed(scene, _withdrawing(house, AGREED, sequence=house.title(AGREED)["sequence"] - 2))
    for receipt in (RUNNING, OVERDUE):
        _all_signed(scene, _withdrawing(house, receipt))
        lessor = Slot("holder", LENDER["credit_maker"], "TITLE", QUANTITY)
        _signed(scene, _withdrawing(house, receipt), (lessor, goods_table.keeper()))


def call_for_rentals_that_are_paid(scene: Scene) -> None:
    """A notice where nothing is overdue, or by one person of the lessor."""
    _all_signed(scene, _noticing(scene.house, LEASE))
    _lacking(scene, _noticing(scene.house, LATE_LEASE))


def end_a_lease_before_the_last_rental(scene: Scene) -> None:
    """With all whom it takes: while rentals are paid in time, and until the notice has run out."""
    for loan in (LEASE, LATE_LEASE):
        for value in (0, 1, DRAWN):
            _all_signed(scene, _ending(scene.house, loan, value))
    scene.house.machine.pass_days(NOTICE_DAYS - 1)
    _all_signed(scene, _ending(scene.house, LATE_LEASE))


def end_an_overdue_lease_alone(scene: Scene) -> None:
    """After the notice, without one of the lessor's two or the appraiser both sides named."""
    scene.house.machine.pass_days(NOTICE_DAYS)
    _lacking(scene, _ending(scene.house, LATE_LEASE))
    _all_signed(scene, _ending(scene.house, LEASE))


def take_leased_goods_by_another_verb(scene: Scene) -> None:
    """By lessor and keeper together: out of the door, on to somebody else, onto paper, into parts, free of the lock."""
    house = scene.house
    owner, keeper = Slot("holder", LENDER["credit_maker"], "TITLE", QUANTITY), goods_table.keeper()
    acquirer = Slot("acquirer", TIER_2["maker"], "TITLE", QUANTITY)
    fields = {
        "title": RUNNING, "sequence": house.title(RUNNING)["sequence"], "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    scene.try_("handOver", {**fields, "quantity": QUANTITY, "delivered": QUANTITY}, (owner, keeper))
    scene.try_("endorse", {**fields, "to": TIER_2.number}, (owner, acquirer, keeper))
    scene.try_("changeMedium", {**fields, "paper": True}, (owner, keeper))
    parts = {"part": TIER_1.number << 32 | 51, "quantity": 300, "rest": TIER_1.number << 32 | 52}
    scene.try_("splitReceipt", {**fields, **parts, "to": LENDER.number}, (owner, keeper))
    lease = {"facility": leases_table.FACILITY}
    _all_signed(scene, margin_table.carving(house, 300, RUNNING, TRANCHE + 9, TRANCHE + 10).changed(**lease))
    free = margin_table.releasing(house, RUNNING, quantity=QUANTITY, value=PRICE, lot=RUNNING, **lease)
    _all_signed(scene, free)
    unlock = {
        **lease, "lot": RUNNING, "quantity": QUANTITY, "titles": [RUNNING], "nonce": 1, "expiresAt": house.expiry(),
    }  # fmt: skip
    scene.try_("unlockGoods", unlock, (owner, keeper))


def forge_the_price_or_the_last_rental(scene: Scene) -> None:
    """Title follows money that a bank attested, and no bank's word is the thief's."""
    house = scene.house
    accounts = account_of(SELLER), collection_account(leases_table.FACILITY), b"\6" * 32
    for kind in (PAYOUT, REPAYMENT):
        for bank in (LENDER, CLEARING, PLATFORM):
            for account in accounts:
                _fact_of_the_thief(scene, kind, LEASE, DRAWN, bank.number, account)
    assert house.loan(LEASE)["principal"] == DRAWN


def deliver_as_a_module(scene: Scene) -> None:
    """What moves a leased receipt answers to Credit alone."""
    goods = Interface(load("Goods"))
    for receipt in (FREE, AGREED, RUNNING):
        scene.raw("Ledger", goods.function("deliverGoods").encode(receipt, PLATFORM.number, 0))
        scene.raw("Ledger", goods.function("holdGoods").encode(receipt, receipt == FREE))


# ── Attempts on stages ──────────────────────────────────────────────────────────────────────────────────────────


def open_a_stage(scene: Scene) -> None:
    """By one key, by the lender's two without the platform's approver, or beyond what sales carry by both."""
    house = scene.house
    _lacking(scene, stages_table.opening(house))
    _all_signed(scene, stages_table.opening(house, alone=True))
    for opened in (CARRIED + 1, margin_table.LIMIT, margin_table.LIMIT + 1):
        _all_signed(scene, stages_table.opening(house, opened))


def agree_a_better_stage(scene: Scene) -> None:
    """All at once, on an account of the thief's, or with the platform's office for approver."""
    house = scene.house
    for changes in (
        {"first": margin_table.LIMIT}, {"specialAccount": b"\6" * 32}, {"stepBps": 65_535, "releaseBps": 65_535},
    ):  # fmt: skip
        _lacking(scene, stages_table.agreeing(house, version=2, **changes))
        _all_signed(scene, stages_table.agreeing(house, version=1, **changes))
    _lacking(scene, stages_table.agreeing(house, approver=0, version=2))


def make_up_sales(scene: Scene) -> None:
    """Cash on the collection account that never came."""
    account = collection_account(margin_table.FACILITY)
    for bank in (LENDER, CLEARING, PLATFORM):
        for subject in (margin_table.LOAN, STAGED):
            _fact_of_the_thief(scene, REPAYMENT, subject, SOLD, bank.number, account)


def draw_beyond_the_stage(scene: Scene) -> None:
    """By borrower and lender together; and what is open without either."""
    owed = FIRST - SOLD
    for amount in (FIRST - owed + 1, CARRIED - owed, margin_table.LIMIT):
        _all_signed(scene, _drawing(scene.house, amount))
    _lacking(scene, _drawing(scene.house, FIRST - owed))


def raise_what_goods_are_worth(scene: Scene) -> None:
    """More may be drawn on goods that count for more: one of the two appraisers says so, and neither says much more."""
    higher = margin_table.appraise(scene.house, STAGED, HIGHER)
    for who in (THIEF, LENDER["credit_maker"], TIER_1["maker"], KEEPER["keeper"]):
        _signed(scene, higher, (replace(higher.slots[0], who=who),))
    _all_signed(scene, margin_table.appraise(scene.house, STAGED, 2 * margin_table.RATE))


def free_goods_that_sales_did_not_pay_for(scene: Scene) -> None:
    """A tranche without lender or keeper; and by all of them more than sales cash freed."""
    _lacking(scene, _releasing(scene.house, TRANCHE, EARNED))
    _all_signed(scene, _releasing(scene.house, UNSOLD, EARNED + 1))
    unlock = {
        "facility": margin_table.FACILITY, "lot": STAGED, "quantity": QUANTITY, "titles": [TRANCHE, UNSOLD, KEPT],
        "nonce": scene.house.nonce(), "expiresAt": scene.house.expiry(),
    }  # fmt: skip
    scene.try_("unlockGoods", unlock, (goods_table.holder(), goods_table.keeper()))


ATTEMPTS: tuple[Callable[[Any], None], ...] = (
    lease_a_partys_receipt,
    lease_for_an_appraiser_of_ones_own,
    withdraw_what_is_leased,
    call_for_rentals_that_are_paid,
    end_a_lease_before_the_last_rental,
    end_an_overdue_lease_alone,
    take_leased_goods_by_another_verb,
    forge_the_price_or_the_last_rental,
    deliver_as_a_module,
    open_a_stage,
    agree_a_better_stage,
    make_up_sales,
    draw_beyond_the_stage,
    raise_what_goods_are_worth,
    free_goods_that_sales_did_not_pay_for,
)


def honest(house: House) -> Iterator[Instruction]:
    """What the attempts imitate, signed by whom it takes, one after the other."""
    yield _leasing(house, FREE)
    yield _withdrawing(house, AGREED)
    yield _noticing(house, LATE_LEASE)
    yield _releasing(house, TRANCHE, EARNED)
    yield _drawing(house, SOLD)
    yield stages_table.opening(house)
    yield stages_table.agreeing(house, version=2, first=CARRIED)
    yield margin_table.appraise(house, STAGED, HIGHER)
    house.machine.pass_days(NOTICE_DAYS)
    yield _ending(house, LATE_LEASE)


# ── Papers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _lacking(scene: Scene, instruction: Instruction) -> None:
    """Without any one of its signatures, with a stranger's in its place, with that of another who signs it as well;
    and with a stranger's in every place."""
    signers = tuple(slot.who for slot in instruction.slots)
    for at, slot in enumerate(instruction.slots):
        before, after = instruction.slots[:at], instruction.slots[at + 1 :]
        _signed(scene, instruction, (*before, *after))
        for who in (*CONFIRMERS, *signers):
            if who is not slot.who:
                _signed(scene, instruction, (*before, replace(slot, who=who), *after))
    for who in CONFIRMERS:
        _signed(scene, instruction, tuple(replace(slot, who=who) for slot in instruction.slots))


def _all_signed(scene: Scene, instruction: Instruction) -> None:
    """With every signature that it asks for."""
    _signed(scene, instruction, instruction.slots)


def _signed(scene: Scene, instruction: Instruction, slots: tuple[Slot, ...]) -> None:
    scene.try_(instruction.function, instruction.message, slots, **instruction.unsigned)


def _leasing(house: House, receipt: int, **changes: Any) -> Instruction:
    said: Mapping[str, Any] = {"title": receipt, "sequence": house.title(receipt)["sequence"], "price": PRICE}
    return leases_table.leasing(house, **{**said, **changes})


def _withdrawing(house: House, receipt: int, **changes: Any) -> Instruction:
    sequence = house.title(receipt)["sequence"]
    return leases_table.withdrawing(house).changed(**{"title": receipt, "sequence": sequence, **changes})


def _noticing(house: House, loan: int) -> Instruction:
    return leases_table.noticing(house, loan=loan)


def _ending(house: House, loan: int, value: int = DRAWN // 2) -> Instruction:
    return leases_table.ending(house, value, loan=loan)


def _releasing(house: House, title: int, quantity: int) -> Instruction:
    return margin_table.releasing(house, title, quantity=quantity, value=quantity * KILOGRAM, lot=STAGED)


def _drawing(house: House, amount: int) -> Instruction:
    act = {
        "loan": NEXT_LOAN, "facility": margin_table.FACILITY, "title": 0, "amount": amount, "rate": 72_000,
        "dueDay": house.machine.day() + 30, "basis": 0, "minimumDays": 0, "penaltyBps": 5_000, "terms": 0,
        "count": 0, "graceDays": 0, "registration": EVIDENCE_HASH, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    borrower = Slot("borrower", TIER_1["maker"], "BORROW", amount)
    return Instruction("draw", act, (borrower, margin_table.maker(), margin_table.checker(amount)), "")


def _fact_of_the_thief(scene: Scene, kind: int, subject: int, amount: int, bank: int, account: bytes) -> None:
    act = {
        "kind": kind, "subject": subject, "loan": 0, "bank": bank, "account": account,
        "valueDay": scene.house.machine.day(), "amount": amount, "credit": True, "entry": b"\6" * 32,
        "expiresAt": scene.house.expiry(),
    }  # fmt: skip
    scene.try_("record", act, (Slot("bank", THIEF, "PAYMENTS"),), unlock=[])
