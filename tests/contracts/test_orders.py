"""Orders on the contracts: how they become money, and what may not happen on the way."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.contracts import table
from tests.contracts.goods_table import holder, keeper
from tests.contracts.instructions import Instruction, Slot, refused
from tests.contracts.orders_table import (
    FACILITY,
    LISTED,
    ORDER,
    ORDERED,
    RECEIVABLE,
    RECEIVED,
    buyer,
    confirm_order,
    confirmed,
    converting,
    leaf_of,
    order,
    order_number,
    order_of,
    publish_orders,
    reducing,
    seller,
)
from tests.contracts.table import freeze_of, lift_of, title_slot
from tests.house.cast import CLEARING, CORE, LENDER, THIRD_BANK, TIER_1, TIER_2
from tests.house.house import CNY, EVIDENCE_HASH, PAYOUT, House, account_of, nullifier_of

SPENT, FLAG_ORDER = 2, 128
CLOSED = 3
LOAN = TIER_1.number << 32 | 1


def phase(house: House, root: int) -> int:
    return house.machine.view("Ledger", "rootOf", root) >> 128 & 0xFF


def limit_used(house: House) -> int:
    return house.machine.view("Evidence", "limitOf", CORE.number, CNY) & (1 << 48) - 1


def advanced(house: House, amount: int) -> None:
    """An order of 1,000,000.00 secures a loan."""
    confirmed(house, locked=True)
    assert house.draw(LOAN, TIER_1, FACILITY, amount) == "None"
    assert house.fact(PAYOUT, LOAN, amount, CLEARING, account_of(TIER_1)) == "None"


# ── Confirmed ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_is_the_sellers_and_takes_no_limit(house: House) -> None:
    confirmed(house)
    title = house.title(ORDER)
    assert (title["holder"], title["root"], title["quantity"], title["flags"]) == (
        TIER_1.number,
        ORDER,
        ORDERED,
        FLAG_ORDER,
    )
    assert limit_used(house) == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"seller": TIER_2.number}, "InvoiceOtherParty"),
        ({"seller": CORE.number}, "DebtorIsPayee"),
        ({"root": TIER_1.number << 32 | 5}, "ForeignId"),
        ({"quantity": 0}, "ZeroQuantity"),
        ({"quantity": ORDERED + 1}, "InvoiceExhausted"),
        ({"currency": 840}, "InvoiceOtherCurrency"),
        ({"lastDay": 1}, "DueDayPast"),
        ({"evidence": bytes(32)}, "EvidenceMissing"),
        ({"nullifier": bytes(32)}, "InvoiceUnknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_orders_that_are_not_confirmed(house: House, changes: dict[str, Any], reason: str) -> None:
    instruction = confirm_order(house)
    said = {**instruction.message["order"], **changes}
    refused(house, instruction.changed(order=said), reason)


def test_one_order_is_not_financed_under_two_numbers(house: House) -> None:
    confirmed(house)
    again = confirm_order(house).changed(order=order(house, ORDER + 1, nullifier=order_number()))
    refused(house, again, "InvoiceExhausted")


def test_nobody_confirms_for_the_seller_nor_without_a_second_person(house: House) -> None:
    instruction = confirm_order(house)
    maker, checker, sold = instruction.slots
    refused(house, instruction.signed_by(sold, TIER_2["maker"]), "WrongParty")
    refused(house, instruction.signed_by(sold, CORE["maker"]), "WrongParty")
    refused(house, instruction.signed_by(checker, CORE["maker"]), "WrongRole")
    refused(house, instruction.signed_by(maker, CORE["checker"]), "WrongRole")


def test_many_orders_are_confirmed_by_one_signature_of_the_buyers_two_people(house: House) -> None:
    """One commitment; every seller takes its own, and nobody one that is not in it."""
    others = {number: TIER_1 if number % 2 else TIER_2 for number in range(LISTED + 1, LISTED + 5)}
    said = {}
    for number, party in others.items():
        assert house.attest(order_number(number), 1_000, party, CORE) == "None"
        said[number] = order(house, number, seller=party.number, quantity=1_000)
    leaves = sorted(leaf_of(each) for each in said.values())
    pairs = [keccak(b"".join(sorted(leaves[at : at + 2]))) for at in (0, 2)]
    root = keccak(b"".join(sorted(pairs)))
    listed = publish_orders(house).changed(orders=root, total=4_000)
    listed = Instruction("publishOrders", listed.message, buyer(4_000), "")
    assert listed.carry(house) == "None"
    for number, party in others.items():
        at = leaves.index(leaf_of(said[number]))
        proof = [leaves[at ^ 1], pairs[at // 2 ^ 1]]
        act = {"list": LISTED, "order": said[number], "expiresAt": house.expiry()}
        slot = Slot("seller", party["maker"], "TITLE", 1_000)
        taking = Instruction("takeOrder", act, (slot,), "", {"proof": proof})
        dearer = {**said[number], "quantity": 1_001}
        refused(house, taking.changed(order=dearer), "ProofInvalid")
        assert taking.carry(house) == "None"
        assert house.title(number)["holder"] == party.number
    assert limit_used(house) == 0


def test_after_the_days_to_accept_an_order_of_a_list_is_not_taken(house: House) -> None:
    said = order(house)
    assert publish_orders(house).carry(house) == "None"
    house.machine.pass_days(11)
    act = {"list": LISTED, "order": said, "expiresAt": house.expiry()}
    refused(house, Instruction("takeOrder", act, (seller(ORDERED),), "", {"proof": []}), "OfferLapsed")


# ── No money yet ────────────────────────────────────────────────────────────────────────────────────────────────


def order_as_a_certificate(house: House) -> list[tuple[Instruction, str]]:
    """Every act on certificates and on receipts, tried on an order by all who would sign it."""
    common = {"title": ORDER, "sequence": 0, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH}
    child = TIER_1.number << 32 | 9
    whole = title_slot("holder", TIER_1["maker"], ORDERED)
    acquirer = title_slot("acquirer", TIER_2["maker"], ORDERED)
    assign = {**common, "to": TIER_2.number}
    split = {**common, "to": TIER_2.number, "child": child, "quantity": 1_000_000}
    receipt = {**common, "to": TIER_2.number, "part": child, "quantity": 5, "rest": child + 1}
    leaving = {**common, "quantity": 5, "delivered": 5}
    medium = {**common, "paper": True}
    giving_up = title_slot("first", TIER_1["maker"], ORDERED), title_slot("second", TIER_1["checker"])
    return [
        (Instruction("assign", assign, (whole, acquirer), ""), "OtherKind"),
        (Instruction("split", split, (whole, acquirer), ""), "OtherKind"),
        (Instruction("endorse", assign, (whole, acquirer, keeper()), ""), "OtherKind"),
        (Instruction("splitReceipt", receipt, (whole, acquirer, keeper()), ""), "OtherKind"),
        (Instruction("handOver", leaving, (holder(5), keeper()), ""), "OtherKind"),
        (Instruction("changeMedium", medium, (whole, keeper()), ""), "OtherKind"),
        (Instruction("writeOffTitle", common, giving_up, ""), "OtherKind"),
    ]


def test_an_order_is_no_certificate_and_no_receipt(house: House) -> None:
    confirmed(house)
    for instruction, reason in order_as_a_certificate(house):
        refused(house, instruction, reason)


def test_a_certificate_is_no_order(house: House) -> None:
    root = house.live_root(1, RECEIVED, TIER_1)
    refused(house, reducing(house, 1, root), "OtherKind")
    refused(house, converting(house, RECEIVED, RECEIVED).changed(title=root), "OtherKind")
    refused(house, reducing(house, 1, ORDER), "UnknownTitle")


def test_no_money_pays_an_order(house: House) -> None:
    """It has no clearing bank, so no bank's word about money for it counts."""
    confirmed(house)
    house.machine.pass_days(61)
    assert house.fact(3, ORDER, ORDERED, CLEARING, account_of(CORE)) == "WrongBank"
    act = {
        "root": ORDER, "distributedBefore": 0, "titles": [ORDER], "amounts": [1], "expiresAt": house.expiry(),
    }  # fmt: skip
    clearing = Slot("clearingBank", CLEARING["clearing"], "CLEARING")
    refused(house, Instruction("distribute", act, (clearing,), ""), "WrongParty")


def test_no_draw_buys_an_order(house: House) -> None:
    confirmed(house)
    assert house.open_facility(FACILITY, TIER_1, ORDERED, form=2) == "None"
    assert house.lock(ORDER, TIER_1, FACILITY) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, RECEIVED, title=ORDER) == "OtherKind"


# ── Advance, release ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_secures_an_advance_and_a_part_of_it_is_released(house: House) -> None:
    advanced(house, 40_000_000)
    child = LENDER.number << 32 | 1
    carve = {
        "title": ORDER, "child": child, "quantity": 50_000_000, "facility": FACILITY, "expiresAt": house.expiry(),
    }  # fmt: skip
    assert house.do("carve", carve, lender=LENDER["credit_maker"]) == "None"
    assert house.title(child)["flags"] == FLAG_ORDER
    release = {
        "facility": FACILITY, "titles": [child], "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    two = {"first": LENDER["credit_maker"], "second": LENDER["credit_checker"]}
    assert house.do("release", release, loans=[LOAN], **two) == "None"
    assert house.facility(FACILITY)["face"] == 50_000_000
    assert (house.title(child)["lock"], house.title(ORDER)["lock"]) == (0, FACILITY)


def test_a_part_of_an_order_is_pledged(house: House) -> None:
    confirmed(house)
    assert house.open_facility(FACILITY, TIER_1, ORDERED) == "None"
    child = TIER_1.number << 32 | 9
    assert house.lock(ORDER, TIER_1, FACILITY, child=child, quantity=30_000_000) == "None"
    assert (house.title(child)["flags"], house.title(child)["lock"]) == (FLAG_ORDER, FACILITY)
    assert house.title(ORDER)["lock"] == 0
    assert house.facility(FACILITY)["face"] == 30_000_000


# ── Reduced ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_does_not_come_secures_nothing_and_stops_the_next_draw(house: House) -> None:
    """A short delivery is a fact: it is recorded even where less is left than covers what is owed."""
    advanced(house, 80_000_000)
    assert reducing(house, 20_000_000).carry(house) == "None"
    facility = house.facility(FACILITY)
    assert (facility["face"], facility["used"]) == (80_000_000, 80_000_000)
    assert house.draw(LOAN + 1, TIER_1, FACILITY, 1) == "CollateralShort"
    assert order_of(house)["reduced"] == 20_000_000


@pytest.mark.parametrize("state", ["frozen", "stopped", "past its last day", "free"])
def test_neither_lock_nor_freeze_nor_stop_nor_time_is_in_the_way_of_less(house: House, state: str) -> None:
    confirmed(house, locked=state != "free")
    if state == "frozen":
        assert freeze_of(house, ORDER).carry(house) == "None"
    if state == "stopped":
        assert table.TABLE["stop"](house).carry(house) == "None"
    if state == "past its last day":
        house.machine.pass_days(61)
    assert reducing(house, 1_000_000).carry(house) == "None"
    assert house.title(ORDER)["quantity"] == ORDERED - 1_000_000


def test_a_cancelled_order_is_at_its_end(house: House) -> None:
    confirmed(house, locked=True)
    assert reducing(house, ORDERED).carry(house) == "None"
    title = house.title(ORDER)
    assert (title["quantity"], title["lock"], title["flags"]) == (0, 0, FLAG_ORDER | SPENT)
    assert (phase(house, ORDER), house.facility(FACILITY)["face"]) == (CLOSED, 0)
    refused(house, reducing(house, 1), "TitleSpent")
    refused(house, converting(house, 1, 1), "TitleSpent")


def test_an_order_is_not_reduced_by_one_side_nor_below_nothing(house: House) -> None:
    confirmed(house)
    instruction = reducing(house, 1_000)
    debtor, sold = instruction.slots
    refused(house, instruction.signed_by(sold, TIER_2["maker"]), "WrongParty")
    refused(house, instruction.signed_by(debtor, TIER_1["checker"]), "WrongParty")
    refused(house, reducing(house, ORDERED + 1), "QuantityAboveTitle")
    refused(house, reducing(house, 0), "ZeroQuantity")


# ── Converted ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_fen_counts_in_two_stages(house: House) -> None:
    """After every step, what secures the advance is what is still ordered and what was received, once."""
    advanced(house, 80_000_000)
    steps = ((RECEIVED, RECEIVED), (30_000_000, 29_000_000), (10_000_000, 10_000_000))
    promised = taken = 0
    for at, (came, quantity) in enumerate(steps):
        assert converting(house, came, quantity, RECEIVABLE + at).carry(house) == "None"
        promised, taken = promised + quantity, taken + came
        fresh = house.title(RECEIVABLE + at)
        assert (fresh["holder"], fresh["quantity"], fresh["flags"]) == (TIER_1.number, quantity, 0)
        assert fresh["lock"] == FACILITY
        assert house.title(ORDER)["quantity"] == ORDERED - taken
        assert house.facility(FACILITY)["face"] == ORDERED - taken + promised
        assert limit_used(house) == promised
    assert order_of(house) == {"taken": ORDERED, "promised": promised, "reduced": 0, "_": 0}
    assert (phase(house, ORDER), house.title(ORDER)["flags"]) == (CLOSED, FLAG_ORDER | SPENT)
    refused(house, converting(house, 1, 1, RECEIVABLE + 9), "TitleSpent")


def test_invoice_of_a_hundred_against_ninety_received(house: House) -> None:
    confirmed(house)
    refused(house, converting(house, 90_000_000, 100_000_000), "ExcessAmount")
    assert converting(house, 90_000_000, 90_000_000).carry(house) == "None"
    assert house.title(ORDER)["quantity"] == 10_000_000


def test_no_more_is_received_than_was_ordered(house: House) -> None:
    confirmed(house)
    refused(house, converting(house, ORDERED + 1, ORDERED), "QuantityAboveTitle")
    refused(house, converting(house, 0, 0), "ZeroQuantity")


def test_a_receivable_is_converted_once(house: House) -> None:
    confirmed(house)
    instruction = converting(house, RECEIVED, RECEIVED, invoiced=ORDERED)
    assert instruction.carry(house) == "None"
    refused(house, instruction, "InvoiceExhausted")
    again = converting(house, 1, 1, RECEIVABLE + 1)
    refused(house, again.changed(sequence=0), "WrongSequence")
    twice = {**again.message["receivable"], "root": RECEIVABLE}
    refused(house, again.changed(receivable=twice), "IdTaken")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"payee": TIER_2.number}, "DifferentHolder"),
        ({"currency": 840}, "CurrencyMismatch"),
        ({"root": TIER_1.number << 32 | 5}, "ForeignId"),
        ({"amounts": [RECEIVED - 1]}, "InvoiceSumWrong"),
        ({"nullifiers": [nullifier_of(1)]}, "InvoiceUnknown"),
        ({"dueDay": 1}, "DueDayPast"),
        ({"evidence": bytes(32)}, "EvidenceMissing"),
        ({"clearingBank": TIER_2.number}, "NotABank"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_a_converted_receivable_is_held_to_what_every_receivable_is(
    house: House, changes: dict[str, Any], reason: str
) -> None:
    confirmed(house)
    instruction = converting(house, RECEIVED, RECEIVED)
    said = {**instruction.message["receivable"], **changes}
    refused(house, instruction.changed(receivable=said), reason)
    refused(house, instruction.changed(evidence=bytes(32)), "EvidenceMissing")


def test_a_foreign_seller_and_a_foreign_lender_convert_nothing(house: House) -> None:
    confirmed(house, locked=True)
    instruction = converting(house, RECEIVED, RECEIVED)
    maker, checker, sold, lender = instruction.slots
    refused(house, instruction.signed_by(sold, TIER_2["maker"]), "WrongParty")
    refused(house, instruction.signed_by(lender, THIRD_BANK["credit_maker"]), "WrongParty")
    refused(house, instruction.signed_by(checker, CORE["maker"]), "WrongRole")
    unasked = Instruction("convert", instruction.message, (maker, checker, sold), "")
    refused(house, unasked, "SignatureInvalid")


def test_an_order_is_not_converted_frozen_nor_after_its_last_day_nor_by_a_stopped_buyer(house: House) -> None:
    confirmed(house)
    assert freeze_of(house, ORDER).carry(house) == "None"
    refused(house, converting(house, RECEIVED, RECEIVED), "TitleFrozen")
    assert lift_of(house, ORDER).carry(house) == "None"
    house.machine.pass_days(60)
    last = converting(house, 1_000, 1_000, RECEIVABLE + 1)
    assert last.carry(house) == "None"
    house.machine.pass_days(1)
    refused(house, converting(house, RECEIVED, RECEIVED), "PastDue")


def test_a_stopped_buyer_promises_nothing_new(house: House) -> None:
    confirmed(house)
    assert table.TABLE["stop"](house).carry(house) == "None"
    refused(house, converting(house, RECEIVED, RECEIVED), "IssuerStopped")


def test_the_receivable_takes_the_buyers_limit(house: House) -> None:
    confirmed(house)
    house.set_limit(CORE.number, RECEIVED - 1, 10**13)
    refused(house, converting(house, RECEIVED, RECEIVED), "DebtorLimitExceeded")


def test_goods_that_came_strengthen_a_facility_that_is_short(house: House) -> None:
    advanced(house, 80_000_000)
    assert reducing(house, 30_000_000).carry(house) == "None"
    assert converting(house, RECEIVED, RECEIVED).carry(house) == "None"
    assert house.facility(FACILITY)["face"] == 70_000_000
    assert house.title(RECEIVABLE)["lock"] == FACILITY
