"""Maturity: money received, shared, held, returned; late interest; what is given up."""

from __future__ import annotations

import pytest

from tests.contracts import table
from tests.contracts.instructions import Instruction, Slot, refused, stored
from tests.contracts.table import AMOUNT, CHILD, ROOT, freeze_of, lift_of
from tests.house.cast import CLEARING, LENDER, TIER_1, TIER_2, TIER_3, Party
from tests.house.house import CREDITED, EVIDENCE_HASH, RECEIVED, RETURNED, House, account_of

THIRDS = {ROOT: TIER_1, CHILD: TIER_2, CHILD + 1: TIER_3}
PAYER = b"\1" * 32


def thirds(house: House, quantity: int = 100_000) -> None:
    """A root of 1,000.00 in three holdings of 333.34, 333.33 and 333.33, on its due day."""
    root = house.live_root(1, quantity, TIER_1)
    for child, to in ((CHILD, TIER_2), (CHILD + 1, TIER_3)):
        assert house.split(root, TIER_1, to, child, quantity // 3) == "None"
    house.machine.pass_days(90)


def receive(house: House, amount: int) -> str:
    return house.fact(RECEIVED, ROOT, amount, CLEARING, PAYER)


def cash(house: House, title: int) -> dict[str, int]:
    word = house.machine.view("Settlement", "cashOf", title)
    names = ("late", "held", "surplus", "collected", "credited")
    return {name: word >> 16 + 48 * at & (1 << 48) - 1 for at, name in enumerate(names)}


def test_two_partial_receipts_in_thirds_end_at_the_exact_sum(house: House) -> None:
    """Each title stays within one fen of its share, in whichever order the odd fen goes round."""
    thirds(house)
    assert receive(house, 50_000) == "None"
    assert house.distribute(ROOT, {ROOT: 16_668, CHILD: 16_666, CHILD + 1: 16_666}) == "None"
    assert receive(house, 1) == "None"
    assert house.distribute(ROOT, {CHILD: 1}) == "None"
    assert receive(house, 49_999) == "None"
    assert house.distribute(ROOT, {ROOT: 16_666, CHILD: 16_667, CHILD + 1: 16_666}) == "ExcessAmount"
    assert house.distribute(ROOT, {ROOT: 16_666, CHILD: 16_666, CHILD + 1: 16_667}) == "None"
    assert [house.title(title)["flags"] for title in THIRDS] == [4, 4, 4]
    assert house.money(ROOT)["distributed"] == 100_000
    assert house.machine.view("Ledger", "rootOf", ROOT) >> 128 & 0xFF == 3
    for title, holder in THIRDS.items():
        paid = house.title(title)["paid"]
        assert house.fact(CREDITED, title, paid, CLEARING, account_of(holder)) == "None"
        assert cash(house, title)["credited"] == paid


def test_a_list_may_leave_titles_for_the_next(house: House) -> None:
    thirds(house)
    assert receive(house, 100_000) == "None"
    assert house.distribute(ROOT, {CHILD: 33_333}) == "None"
    assert house.distribute(ROOT, {ROOT: 33_334, CHILD + 1: 33_333}) == "None"


def test_a_list_is_all_or_nothing(house: House) -> None:
    thirds(house)
    assert receive(house, 100_000) == "None"
    before = stored(house)
    assert house.distribute(ROOT, {ROOT: 33_334, CHILD: 33_333, CHILD + 1: 33_334}) == "ExcessAmount"
    assert stored(house) == before


def test_money_is_the_holders_only_on_its_bound_account(house: House) -> None:
    thirds(house)
    assert receive(house, 100_000) == "None"
    assert house.distribute(ROOT, {CHILD: 33_333}) == "None"
    before = stored(house)
    assert house.fact(CREDITED, CHILD, 33_333, CLEARING, account_of(TIER_3)) == "AccountDiffers"
    assert house.fact(CREDITED, CHILD, 33_334, CLEARING, account_of(TIER_2)) == "ExcessAmount"
    assert house.fact(CREDITED, ROOT, 1, CLEARING, account_of(TIER_1)) == "ExcessAmount"
    assert stored(house) == before


# ── Held and returned ───────────────────────────────────────────────────────────────────────────────────────────


def held_release(house: House, before: int, amount: int) -> Instruction:
    act = {"title": CHILD, "heldBefore": before, "amount": amount, "expiresAt": house.expiry()}
    return Instruction("releaseHeld", act, (Slot("clearingBank", CLEARING["clearing"], "CLEARING"),), "")


def test_a_frozen_titles_money_waits_and_then_goes_to_its_holder(house: House) -> None:
    thirds(house)
    assert freeze_of(house, CHILD).carry(house) == "None"
    assert receive(house, 100_000) == "None"
    assert house.distribute(ROOT, {CHILD: 33_333}) == "None"
    assert (cash(house, CHILD)["held"], house.title(CHILD)["flags"]) == (33_333, 1 | 4 | 8)
    assert house.fact(CREDITED, CHILD, 33_333, CLEARING, account_of(TIER_2)) == "ExcessAmount"
    refused(house, held_release(house, 33_333, 33_333), "TitleFrozen")
    assert lift_of(house, CHILD).carry(house) == "None"
    refused(house, held_release(house, 33_333, 33_334), "NotHeld")
    refused(house, held_release(house, 33_332, 1), "ListStale")
    assert held_release(house, 33_333, 10_000).carry(house) == "None"
    assert held_release(house, 23_333, 23_333).carry(house) == "None"
    assert house.fact(CREDITED, CHILD, 33_333, CLEARING, account_of(TIER_2)) == "None"


def test_a_returned_line_is_held_and_never_revives_the_title(house: House) -> None:
    thirds(house)
    assert receive(house, 100_000) == "None"
    assert house.distribute(ROOT, {CHILD: 33_333}) == "None"
    assert house.fact(RETURNED, CHILD, 33_334, CLEARING, PAYER) == "ExcessAmount"
    assert house.fact(RETURNED, CHILD, 33_333, LENDER, PAYER) == "WrongBank"
    assert house.fact(RETURNED, CHILD, 33_333, CLEARING, PAYER) == "None"
    assert (cash(house, CHILD)["held"], house.title(CHILD)["flags"], house.title(CHILD)["paid"]) == (
        33_333,
        4,
        33_333,
    )
    assert house.money(ROOT)["received"] == 100_000
    assert held_release(house, 33_333, 33_333).carry(house) == "None"
    assert house.fact(CREDITED, CHILD, 33_333, CLEARING, account_of(TIER_2)) == "None"
    refused(house, held_release(house, 0, 1), "NotHeld")


# ── Late ────────────────────────────────────────────────────────────────────────────────────────────────────────


def late(house: House, lines: dict[int, int], **changes: int) -> Instruction:
    act = {
        "root": ROOT, "lateBefore": house.money(ROOT)["late"], "titles": sorted(lines),
        "amounts": [lines[title] for title in sorted(lines)], "account": PAYER, "valueDay": house.machine.day(),
        "entry": house.nonce().to_bytes(32, "big"), "expiresAt": house.expiry(), **changes,
    }  # fmt: skip
    return Instruction("distributeLate", act, (Slot("clearingBank", CLEARING["clearing"], "CLEARING"),), "")


def test_late_interest_has_its_own_list_and_bounds(house: House) -> None:
    """500 parts per million a day on 1,000.00 for ten days is 5.00; a fen more is refused."""
    thirds(house)
    refused(house, late(house, {ROOT: 1}), "ValueDayOutOfRange")
    house.machine.pass_days(10)
    full = {ROOT: 167, CHILD: 167, CHILD + 1: 166}
    refused(house, late(house, {**full, CHILD + 1: 167}), "ExcessAmount")
    refused(house, late(house, {ROOT: 170, CHILD: 165, CHILD + 1: 165}), "ShareWrong")
    refused(house, late(house, {ROOT: 500}), "ShareWrong")
    refused(house, late(house, {}), "ShareWrong")
    refused(house, late(house, {ROOT: 0}), "ExcessAmount")
    refused(house, late(house, full, lateBefore=1), "ListStale")
    refused(house, late(house, full, valueDay=house.machine.day() + 1), "ValueDayOutOfRange")
    refused(house, late(house, full, root=ROOT + 5), "UnknownRoot")
    assert late(house, full).carry(house) == "None"
    assert house.money(ROOT) == {
        "received": 0,
        "distributed": 0,
        "removed": 0,
        "writtenOff": 0,
        "late": 500,
        "_": 0,
    }
    refused(house, late(house, {ROOT: 1, CHILD: 0, CHILD + 1: 0}), "ExcessAmount")
    assert [house.title(title)["paid"] for title in THIRDS] == [0, 0, 0]
    assert house.fact(CREDITED, CHILD, 167, CLEARING, account_of(TIER_2)) == "None"


def test_a_frozen_titles_late_interest_waits_too(house: House) -> None:
    thirds(house)
    assert freeze_of(house, CHILD, endDay=house.machine.day() + 300).carry(house) == "None"
    house.machine.pass_days(10)
    assert late(house, {ROOT: 167, CHILD: 167, CHILD + 1: 166}).carry(house) == "None"
    assert cash(house, CHILD) == {"late": 167, "held": 167, "surplus": 0, "collected": 0, "credited": 0}
    assert cash(house, ROOT)["held"] == 0


# ── Given up ────────────────────────────────────────────────────────────────────────────────────────────────────


def giving_up(house: House, title: int, holder: Party) -> Instruction:
    act = {"title": title, "sequence": 0, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH}
    slots = table.title_slot("first", holder["maker"]), table.title_slot("second", holder["checker"])
    return Instruction("writeOffTitle", act, slots, "")


def test_two_persons_give_up_what_is_unpaid_after_the_due_day(house: House) -> None:
    thirds(house)
    refused(house, giving_up(house, CHILD, TIER_2), "NotYetDue")
    assert receive(house, 50_000) == "None"
    assert house.distribute(ROOT, {ROOT: 16_667, CHILD: 16_667, CHILD + 1: 16_666}) == "None"
    house.machine.pass_days(1)
    assert giving_up(house, CHILD, TIER_2).carry(house) == "None"
    assert house.money(ROOT)["writtenOff"] == 16_666
    # What was paid before is still on its way to the holder.
    assert house.fact(CREDITED, CHILD, 16_667, CLEARING, account_of(TIER_2)) == "None"
    used = house.machine.view("Evidence", "limitOf", 101, 156) & (1 << 48) - 1
    assert used == 100_000 - 50_000 - 16_666


@pytest.mark.parametrize("hold", ["frozen", "locked"])
def test_what_others_have_a_hold_on_is_not_given_up(house: House, hold: str) -> None:
    if hold == "locked":
        assert table.lock(house).carry(house) == "None"
        house.machine.pass_days(91)
    else:
        table.due(house)
        house.machine.pass_days(1)
        assert freeze_of(house, ROOT).carry(house) == "None"
    instruction = giving_up(house, ROOT, TIER_1).changed(sequence=house.title(ROOT)["sequence"])
    refused(house, instruction, {"frozen": "TitleFrozen", "locked": "TitleLocked"}[hold])


def test_a_root_all_given_up_is_closed(house: House) -> None:
    assert table.write_off_title(house).carry(house) == "None"
    assert house.machine.view("Ledger", "rootOf", ROOT) >> 128 & 0xFF == 3
    assert receive(house, AMOUNT) == "NotLive"
