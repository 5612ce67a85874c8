"""Titles: split, merged, carved, frozen and lifted; early settlement."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.adapters.ledger.words import MOVEMENT
from tests.contracts import table
from tests.contracts.instructions import Instruction, Slot, office_slots, refused
from tests.contracts.table import AMOUNT, CHILD, FACILITY, ROOT, freeze_of, lift_of
from tests.house.cast import CLEARING, CORE, LENDER, PLATFORM, THIRD_BANK, TIER_1, TIER_2, TIER_3
from tests.house.house import CREDITED, RECEIVED, House, account_of
from tests.house.machine import STRANGER


def test_eight_tiers_and_no_ninth(house: House) -> None:
    title = house.live_root(1, AMOUNT, TIER_1)
    people = [TIER_1, TIER_2, TIER_3]
    for depth in range(1, 9):
        holder, to = people[(depth - 1) % 3], people[depth % 3]
        child = holder.number << 32 | depth
        assert house.split(title, holder, to, child, AMOUNT - depth * 1_000_000) == "None"
        title = child
        assert house.title(title)["depth"] == depth
    holder = people[8 % 3]
    assert house.split(title, holder, people[0], holder.number << 32 | 99, 10_000) == "TooDeep"
    assert house.assign(title, holder, people[0]) == "None"


def test_splits_and_merges_conserve_quantity(house: House) -> None:
    root = house.live_root(1, 100_000, TIER_1)
    for at, quantity in enumerate((33_333, 33_333)):
        assert house.split(root, TIER_1, TIER_1, CHILD + at, quantity) == "None"
    assert [house.title(title)["quantity"] for title in (root, CHILD, CHILD + 1)] == [33_334, 33_333, 33_333]
    act = {"into": root, "intoSequence": 2, "from": CHILD, "fromSequence": 0, "expiresAt": house.expiry()}
    assert (
        Instruction("merge", act, (table.title_slot("holder", TIER_1["maker"]),), "").carry(house) == "None"
    )
    assert house.title(root)["quantity"] == 66_667
    assert (house.title(CHILD)["quantity"], house.title(CHILD)["flags"]) == (0, 2)


def test_a_lender_carves_and_releases_a_part(house: House) -> None:
    """By right, below the minimum piece; the part keeps its lock until it is released."""
    part = table.carve(house)
    assert part.carry(house) == "None"
    child = part.message["child"]
    assert (house.title(child)["lock"], house.title(child)["quantity"]) == (FACILITY, 1_000)
    assert house.title(ROOT)["quantity"] == AMOUNT - 1_000
    order = {
        "facility": FACILITY, "titles": [child], "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": bytes(32),
    }  # fmt: skip
    house.must("release", order, first=LENDER["credit_maker"], second=LENDER["credit_checker"])
    assert house.title(child)["lock"] == 0
    assert house.title(ROOT)["lock"] == FACILITY
    assert house.facility(FACILITY)["face"] == AMOUNT - 1_000


def test_nobody_carves_what_is_not_locked_to_it(house: House) -> None:
    house.live_root(2, AMOUNT, TIER_1)
    part = table.carve(house)
    refused(house, part.changed(title=CORE.number << 32 | 2), "WrongLock")
    refused(house, part.changed(facility=9), "FacilityUnknown")
    refused(house, part.changed(child=TIER_1.number << 32 | 9), "ForeignId")


# ── Orders ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_freezes_a_part_and_the_rest_moves_on(house: House) -> None:
    root = house.live_root(1, AMOUNT, TIER_1)
    part = PLATFORM.number << 32 | 1
    assert freeze_of(house, root, child=part, quantity=1).carry(house) == "None"
    assert [house.title(title)["flags"] for title in (root, part)] == [0, 1]
    assert house.title(part)["holder"] == TIER_1.number
    assert house.assign(root, TIER_1, TIER_2) == "None"
    assert house.assign(part, TIER_1, TIER_2) == "TitleFrozen"
    assert lift_of(house, part).carry(house) == "None"
    assert house.assign(part, TIER_1, TIER_2) == "None"


def test_after_its_end_day_anyone_lifts_a_freeze(house: House) -> None:
    assert table.freeze(house).carry(house) == "None"
    unsigned = {"title": ROOT, "order": bytes(32), "nonce": 0, "expiresAt": 0}
    lift = Instruction("lift", unsigned, (), "")
    house.machine.pass_days(20)
    refused(house, lift, "InstructionExpired", sender=STRANGER)
    house.machine.pass_days(1)
    assert lift.carry(house, sender=STRANGER) == "None"
    assert house.title(ROOT)["flags"] == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"order": bytes(32)}, "EvidenceMissing"),
        ({"endDay": 1}, "DueDayPast"),
        ({"title": 5}, "UnknownTitle"),
        ({"child": THIRD_BANK.number << 32 | 1, "quantity": 5}, "ForeignId"),
        ({"child": PLATFORM.number << 32 | 1, "quantity": 0}, "ZeroQuantity"),
        ({"child": PLATFORM.number << 32 | 1, "quantity": AMOUNT}, "QuantityAboveTitle"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_orders_that_do_not_stand(house: House, changes: dict[str, Any], reason: str) -> None:
    refused(house, table.freeze(house).changed(**changes), reason)


def test_no_office_orders_what_it_gains_by(house: House) -> None:
    """The lender of a locked title, a bank of the debtor's group, the same office twice, one alone."""
    assert table.lock(house).carry(house) == "None"
    order = freeze_of(house, ROOT)
    for offices, reason in (
        ((PLATFORM, LENDER), "OfficeIsBeneficiary"),
        ((PLATFORM, PLATFORM), "OfficesSameGroup"),
        ((PLATFORM,), "OfficesTooFew"),
        ((), "OfficesTooFew"),
        ((CLEARING, THIRD_BANK), "None"),
    ):
        attempt = Instruction("freeze", order.message, office_slots("offices", *offices), "")
        if reason == "None":
            assert attempt.carry(house) == "None"
        else:
            refused(house, attempt, reason)


def test_a_firm_is_no_office(house: House) -> None:
    order = table.freeze(house)
    firm = Slot("offices", TIER_3["maker"], "", place=1, office=True)
    refused(house, Instruction("freeze", order.message, (order.slots[0], firm), ""), "RoleNotAllowed")


# ── Before the due day ──────────────────────────────────────────────────────────────────────────────────────────


def test_early_settlement_at_a_discount(house: House) -> None:
    """The whole quantity leaves root and limit; the money follows the lock."""
    assert table.settle_early(house).carry(house) == "None"
    title = house.title(ROOT)
    assert (title["paid"], title["flags"], title["lock"]) == (AMOUNT - 1_000, 4 | 32, FACILITY)
    assert house.money(ROOT)["removed"] == AMOUNT
    assert house.facility(FACILITY)["face"] == 0
    assert house.machine.view("Evidence", "limitOf", CORE.number, 156) & (1 << 48) - 1 == 0
    fact = next(event for event in house.machine.events if event.name == "FactRecorded")
    movement = MOVEMENT.unpack(fact.args["word"])
    assert (movement["kind"], fact.args["subject"], movement["amount"]) == (9, ROOT, AMOUNT - 1_000)


def test_early_settlement_of_a_locked_title_needs_its_lender(house: House) -> None:
    instruction = table.settle_early(house)
    without = tuple(slot for slot in instruction.slots if slot.part != "lender")
    refused(house, Instruction("settleEarly", instruction.message, without, ""), "SignatureInvalid")


def test_early_settlement_of_an_unlocked_title_pays_its_holder(house: House) -> None:
    root = house.live_root(1, AMOUNT, TIER_1)
    assert house.split(root, TIER_1, TIER_2, CHILD, 30_000_000) == "None"
    act = {
        "title": CHILD, "sequence": 0, "amount": 29_000_000, "account": b"\1" * 32, "valueDay": house.machine.day(),
        "entry": b"\5" * 32, "expiresAt": house.expiry(),
    }  # fmt: skip
    signers = {"debtor": CORE["checker"], "holder": TIER_2["maker"], "clearingBank": CLEARING["clearing"]}
    house.must("settleEarly", act, **signers)
    assert house.fact(CREDITED, CHILD, 29_000_000, CLEARING, account_of(TIER_2)) == "None"
    # At maturity the rest is shared among those who are left.
    house.machine.pass_days(90)
    assert house.fact(RECEIVED, root, 60_000_001, CLEARING, b"\1" * 32) == "ExcessAmount"
    assert house.fact(RECEIVED, root, 60_000_000, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(root, {CHILD: 1}) == "TitleSpent"
    assert house.distribute(root, {root: 60_000_000}) == "None"
    assert house.machine.view("Ledger", "rootOf", root) >> 128 & 0xFF == 3


def test_a_frozen_title_is_not_settled_early(house: House) -> None:
    instruction = table.settle_early(house)
    assert freeze_of(house, ROOT).carry(house) == "None"
    refused(house, instruction, "TitleFrozen")
    refused(house, instruction.changed(amount=AMOUNT + 1), "TitleFrozen")
    assert lift_of(house, ROOT).carry(house) == "None"
    refused(house, instruction.changed(amount=AMOUNT + 1), "ExcessAmount")
    refused(house, instruction.changed(amount=0), "ExcessAmount")
