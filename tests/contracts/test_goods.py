"""Warehouse receipts on the contracts: what only goods have, and what may not happen to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from gateway.domain.ledger_state import PARTS
from tests.contracts import goods_table, table
from tests.contracts.goods_table import LOT, PART, QUANTITY, REST, count_of, holder, inspector, keeper, lot_of
from tests.contracts.instructions import Instruction, Slot, refused
from tests.contracts.table import freeze_of, lift_of, recover_of, title_slot
from tests.house.cast import EVIDENCE, INSPECTOR, KEEPER, TIER_1, TIER_2, grant_dict, person
from tests.house.house import EVIDENCE_HASH, House

SPENT, SETTLED, PAPER, GOODS = 2, 4, 16, 64
POOL_RECEIPTS = 300


def handing_over(house: House, title: int, quantity: int, delivered: int) -> Instruction:
    act = {
        "title": title, "sequence": house.title(title)["sequence"], "quantity": quantity, "delivered": delivered,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("handOver", act, (holder(quantity), keeper()), "")


# ── A receipt and its goods ─────────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_stands_for_what_came_in(house: House) -> None:
    assert goods_table.store(house).carry(house) == "None"
    title = house.title(LOT)
    assert (title["holder"], title["root"], title["quantity"], title["flags"]) == (
        TIER_1.number,
        LOT,
        QUANTITY,
        GOODS,
    )
    assert house.machine.view("Ledger", "lotOfNumber", goods_table.number_of(LOT)) == LOT


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lot": LOT + 1, "receipt": LOT + 1, "number": goods_table.number_of(LOT)}, "LotKnown"),
        ({"receipt": LOT + 1}, "LotKnown"),
        ({"lot": TIER_1.number << 32 | 5, "receipt": TIER_1.number << 32 | 5}, "ForeignId"),
        ({"lot": LOT | PARTS, "receipt": LOT | PARTS}, "NumberForParts"),
        ({"evidence": bytes(32)}, "EvidenceMissing"),
        ({"quantity": 0}, "ZeroQuantity"),
        ({"lastDay": 1}, "DueDayPast"),
        ({"depositor": KEEPER.number}, "NotIndependent"),
        ({"inspector": KEEPER.number}, "NotIndependent"),
        ({"inspector": TIER_1.number}, "NotIndependent"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_receipts_that_are_not_issued(house: House, changes: dict[str, Any], reason: str) -> None:
    """Two receipts for one lot, and receipts that nobody independent stands behind."""
    assert goods_table.store(house).carry(house) == "None"
    fresh = {"lot": LOT + 9, "receipt": LOT + 9, "number": goods_table.number_of(LOT + 9)}
    known = {} if reason == "LotKnown" else fresh
    refused(house, goods_table.store(house, **{**known, **changes}), reason)


def test_goods_never_move_without_their_keeper(house: House) -> None:
    """Public code let anyone confirm an endorsement; here the keeper's signature is part of the act."""
    endorsement = goods_table.endorse(house)
    assign = {**endorsement.message}
    both = title_slot("holder", TIER_1["maker"], QUANTITY), title_slot("acquirer", TIER_2["maker"], QUANTITY)
    refused(house, Instruction("assign", assign, both, ""), "OtherKind")
    refused(house, Instruction("endorse", endorsement.message, both, ""), "SignatureInvalid")
    another = Slot("keeper", TIER_2["checker"], "KEEP")
    refused(house, Instruction("endorse", endorsement.message, (*both, another), ""), "WrongParty")
    assert house.title(LOT)["holder"] == TIER_1.number
    assert endorsement.carry(house) == "None"
    assert house.title(LOT)["holder"] == TIER_2.number


def test_a_certificate_needs_no_keeper_and_has_none(house: House) -> None:
    root = house.live_root(1, QUANTITY, TIER_1)
    refused(house, goods_table.endorse(house).changed(title=root), "OtherKind")
    assert house.assign(root, TIER_1, TIER_2) == "None"


def test_a_split_cancels_the_receipt_and_its_parts_are_on_the_ledger(house: House) -> None:
    """Public code told of a split in an event and moved nothing."""
    assert goods_table.split_receipt(house).carry(house) == "None"
    old, part, rest = (house.title(title) for title in (LOT, PART, REST))
    assert (old["quantity"], old["flags"]) == (0, SPENT | GOODS)
    assert (part["holder"], part["quantity"], part["flags"]) == (TIER_2.number, 300, GOODS)
    assert (rest["holder"], rest["quantity"], rest["flags"]) == (TIER_1.number, QUANTITY - 300, GOODS)
    assert {part["root"], rest["root"]} == {LOT}


def test_receipts_of_different_lots_are_not_merged(house: House) -> None:
    goods_table.stored_goods(house)
    assert goods_table.store(house, LOT + 1, number=goods_table.number_of(7)).carry(house) == "None"
    act = {"into": LOT, "intoSequence": 0, "from": LOT + 1, "fromSequence": 0, "expiresAt": house.expiry()}
    merge = Instruction("mergeReceipts", act, (title_slot("holder", TIER_1["maker"]), keeper()), "")
    refused(house, merge, "DifferentRoot")


def test_money_does_not_pay_goods(house: House) -> None:
    """A lot is no receivable: neither its inspector nor its keeper can say that its debtor paid."""
    goods_table.stored_goods(house)
    house.machine.pass_days(200)
    act = {
        "root": LOT, "distributedBefore": 0, "titles": [LOT], "amounts": [1], "expiresAt": house.expiry(),
    }  # fmt: skip
    refused(
        house,
        Instruction("distribute", act, (Slot("clearingBank", INSPECTOR["inspector"], "CLEARING"),), ""),
        "WrongRole",
    )


# ── Counting, handing over ──────────────────────────────────────────────────────────────────────────────────────


def test_a_part_handed_over_is_noted_on_the_receipt(house: House) -> None:
    assert goods_table.hand_over(house).carry(house) == "None"
    assert (house.title(LOT)["quantity"], house.title(LOT)["flags"]) == (600, GOODS)
    assert (lot_of(house)["delivered"], lot_of(house)["redeemed"]) == (400, 400)
    assert handing_over(house, LOT, 600, 600).carry(house) == "None"
    assert (house.title(LOT)["quantity"], house.title(LOT)["flags"]) == (0, SETTLED | GOODS)
    refused(house, handing_over(house, LOT, 1, 1), "TitleSpent")


def test_damage_then_delivery(house: House) -> None:
    """A tenth is spoilt: a receipt for 400 is handed 360, and no more."""
    whole = goods_table.hand_over(house)
    assert count_of(house, 900, keeper()).carry(house) == "None"
    refused(house, whole, "ShareWrong")
    refused(house, whole.changed(delivered=361), "ShareWrong")
    assert whole.changed(delivered=360).carry(house) == "None"
    assert (lot_of(house)["lost"], lot_of(house)["delivered"], house.title(LOT)["quantity"]) == (
        100,
        360,
        600,
    )
    assert handing_over(house, LOT, 600, 540).carry(house) == "None"


@pytest.mark.parametrize("who", [keeper, inspector], ids=["keeper", "inspector"])
def test_either_may_find_less_and_neither_alone_more(house: House, who: Any) -> None:
    goods_table.stored_goods(house)
    assert count_of(house, 990, who()).carry(house) == "None"
    refused(house, count_of(house, 991, who()), "SignatureInvalid")
    assert count_of(house, 991, keeper(), inspector()).carry(house) == "None"
    refused(house, count_of(house, QUANTITY + 1, keeper(), inspector()), "ExcessAmount")


def test_another_inspector_does_not_count(house: House) -> None:
    goods_table.stored_goods(house)
    stranger = Slot("inspector", EVIDENCE["attestor"], "ATTEST")
    refused(house, count_of(house, 1, stranger), "WrongParty")


def test_a_count_made_before_goods_left_is_stale(house: House) -> None:
    leaving = goods_table.hand_over(house)
    before = count_of(house, QUANTITY, keeper(), inspector())
    assert leaving.carry(house) == "None"
    refused(house, before, "ListStale")


def pool_of_three_hundred(house: House, unit: int = 1, decimals: int = 0) -> dict[int, int]:
    """A thousand, in three hundred receipts of one to five and a large one; five of them are not there."""
    quantities = [unit * (1 + (at * 7) % 5) for at in range(POOL_RECEIPTS - 1)]
    quantities.append(1_000 * unit - sum(quantities))
    receipts = {LOT + at: quantity for at, quantity in enumerate(quantities)}
    for receipt, quantity in receipts.items():
        deposit = goods_table.store(
            house,
            receipt=receipt,
            pooled=True,
            quantity=quantity,
            decimals=decimals,
            number=goods_table.number_of(LOT),
        )
        assert deposit.carry(house) == "None"
    assert lot_of(house)["deposited"] == 1_000 * unit - quantities[0]
    assert count_of(house, 995 * unit, inspector()).carry(house) == "None"
    return receipts


def in_the_pool(house: House, receipts: Mapping[int, int]) -> tuple[int, int]:
    """What its receipts stand for and what it has, by the ledger."""
    lot, received = lot_of(house), sum(receipts.values())
    return received - lot["redeemed"], received - lot["delivered"] - lot["lost"]


def handed_over(house: House, receipts: Mapping[int, int], receipt: int) -> int:
    """The receipt's share as the pool stands, rounded down: a unit more or less than that is refused."""
    quantity, (nominal, stored) = receipts[receipt], in_the_pool(house, receipts)
    share = quantity * stored // nominal
    for wrong in {share + 1, max(share - 1, 0)} - {share}:
        assert handing_over(house, receipt, quantity, wrong).carry(house) == "ShareWrong"
    assert handing_over(house, receipt, quantity, share).carry(house) == "None"
    return share


ORDERS: Mapping[str, Callable[[dict[int, int]], list[int]]] = {
    "as they came": list,
    "the last first": lambda receipts: list(reversed(receipts)),
    "the small first": lambda receipts: sorted(receipts, key=receipts.__getitem__),
    "the large first": lambda receipts: sorted(receipts, key=receipts.__getitem__, reverse=True),
    "any": lambda receipts: Random(7).sample(list(receipts), len(receipts)),
}


@pytest.mark.parametrize("order", ORDERS)
def test_a_pool_short_by_five_of_a_thousand_among_three_hundred_receipts(house: House, order: str) -> None:
    """Everybody gets the same part of what his receipt says, whatever the order; what there is leaves to the last."""
    receipts = pool_of_three_hundred(house)
    more = goods_table.store(house, receipt=LOT + 900, pooled=True, quantity=1)
    refused(house, more, "LotShort")
    leaving = ORDERS[order](receipts)
    shares = {receipt: handed_over(house, receipts, receipt) for receipt in leaving[:-1]}
    # The last one takes the whole rest, so that nothing is over and nothing lacks.
    last, (nominal, stored) = leaving[-1], in_the_pool(house, receipts)
    assert (nominal, stored) == (receipts[last], 995 - sum(shares.values()))
    shares[last] = handed_over(house, receipts, last)
    assert sum(shares.values()) == 995 == lot_of(house)["delivered"]
    assert in_the_pool(house, receipts) == (0, 0)
    for receipt, quantity in receipts.items():
        # Nobody more than his receipt says, and nobody less, however late he comes, than his part rounded down.
        assert quantity * 995 // 1_000 <= shares[receipt] <= quantity
        title = house.title(receipt)
        assert (title["quantity"], title["flags"]) == (0, SETTLED | GOODS)
    refused(house, handing_over(house, last, 1, 1), "TitleSpent")


def test_what_is_found_again_raises_the_shares_of_those_who_have_not_left(house: House) -> None:
    """In grams, so that the shortage does not go with the first who come; a count finds half of it, another all."""
    receipts = pool_of_three_hundred(house, unit=1_000, decimals=3)
    leaving = ORDERS["any"](receipts)
    shares: dict[int, int] = {}
    for at, receipt in enumerate(leaving):
        nominal, stored = in_the_pool(house, receipts)
        if at in (100, 200):
            found = (nominal - stored) // (2 if at == 100 else 1)
            assert found > 0
            refused(house, count_of(house, nominal + 1, keeper(), inspector()), "ExcessAmount")
            refused(house, count_of(house, stored + found, keeper()), "SignatureInvalid")
            assert count_of(house, stored + found, keeper(), inspector()).carry(house) == "None"
        shares[receipt] = handed_over(house, receipts, receipt)
    early, later, late = leaving[:100], leaving[100:200], leaving[200:]
    # 99.5 of a hundred, 99.75, and all; a gram is what rounding may have left for the next.
    for part, group in ((995, early), (997.5, later), (1_000, late)):
        assert all(0 <= shares[each] - int(receipts[each] * part / 1_000) <= 1 for each in group)
    assert {each: shares[each] for each in late} == {each: receipts[each] for each in late}
    lot = lot_of(house)
    assert sum(shares.values()) == lot["delivered"] == 1_000_000 - lot["lost"]
    assert in_the_pool(house, receipts) == (0, 0)


@pytest.mark.parametrize("others", [9, 39])
def test_a_delivery_from_a_short_pool_costs_the_same_however_many_receipts_it_has(
    house: House, others: int
) -> None:
    """No act of one holder grows with the number of the others. It is the same act, byte for byte, so gas is exact."""
    alone = delivery_cost(house, others=1)
    assert delivery_cost(house, others=others) == alone


def delivery_cost(house: House, others: int) -> int:
    """Gas of a receipt's delivery out of a pool that lacks a tenth and has so many other receipts; nothing is kept."""
    mark = house.machine._evm.snapshot()
    for receipt in range(LOT, LOT + 1 + others):
        deposit = goods_table.store(
            house, receipt=receipt, pooled=True, quantity=10, number=goods_table.number_of(LOT)
        )
        assert deposit.carry(house) == "None"
    assert count_of(house, 9 * (1 + others), inspector()).carry(house) == "None"
    assert handing_over(house, LOT, 10, 9).carry(house) == "None"
    gas = house.machine.gas_used
    house.machine._evm.revert(mark)
    return gas


# ── Lien, paper, orders ─────────────────────────────────────────────────────────────────────────────────────────


def test_goods_leave_when_their_storage_is_paid(house: House) -> None:
    assert goods_table.charge_storage(house).carry(house) == "None"
    leaving = handing_over(house, LOT, QUANTITY, QUANTITY)
    refused(house, leaving, "StorageUnpaid")
    assert house.machine.view("Ledger", "lienOf", LOT) == 12_000 << 16 | 156
    paid = {
        "title": LOT, "currency": 156, "amount": 0, "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    assert Instruction("chargeStorage", paid, (keeper(),), "").carry(house) == "None"
    assert leaving.carry(house) == "None"


def test_while_a_receipt_is_on_paper_nothing_happens_to_it_here(house: House) -> None:
    assert goods_table.change_medium(house).carry(house) == "None"
    assert house.title(LOT)["flags"] == PAPER | GOODS
    refused(house, handing_over(house, LOT, 1, 1), "OnPaper")
    act = {
        "title": LOT,
        "sequence": 1,
        "to": TIER_2.number,
        "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }
    slots = holder(), Slot("acquirer", TIER_2["maker"], "TITLE", QUANTITY), keeper()
    refused(house, Instruction("endorse", act, slots, ""), "OnPaper")
    back = {
        "title": LOT,
        "sequence": 1,
        "paper": False,
        "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }
    assert Instruction("changeMedium", back, (holder(), keeper()), "").carry(house) == "None"
    assert house.title(LOT)["flags"] == GOODS


def test_a_receipt_lost_on_paper_is_replaced_and_the_old_one_is_dead(house: House) -> None:
    replacing = goods_table.replace(house)
    assert replacing.carry(house) == "None"
    fresh = house.title(replacing.message["replacement"])
    assert (fresh["holder"], fresh["quantity"], fresh["flags"]) == (TIER_1.number, QUANTITY, GOODS)
    assert house.title(LOT)["flags"] & SPENT
    refused(house, handing_over(house, LOT, 1, 1), "TitleSpent")


def test_an_order_stops_a_part_of_the_goods(house: House) -> None:
    goods_table.stored_goods(house)
    child = table.PLATFORM.number << 32 | 1
    assert freeze_of(house, LOT, child=child, quantity=200).carry(house) == "None"
    assert house.title(child)["flags"] == GOODS | 1
    refused(house, handing_over(house, child, 200, 200), "TitleFrozen")
    assert handing_over(house, LOT, 800, 800).carry(house) == "None"
    assert lift_of(house, child).carry(house) == "None"
    assert handing_over(house, child, 200, 200).carry(house) == "None"


def test_after_the_last_day_of_storage_goods_are_only_taken_out(house: House) -> None:
    endorsement = goods_table.endorse(house)
    house.machine.pass_days(180)
    refused(house, endorsement.changed(expiresAt=house.expiry()), "PastDue")
    assert handing_over(house, LOT, QUANTITY, QUANTITY).carry(house) == "None"


def test_a_keepers_successor_hands_over_what_its_receipts_say_and_who_was_before_does_not(
    house: House,
) -> None:
    """By a court's order, after seven public days: the keeper's number stays, and so does every receipt."""
    goods_table.stored_goods(house)
    heirs = [person(KEEPER.number, f"successor {at}", 70 + at, "ADMIN", "KEEP") for at in range(2)]
    succession = recover_of(house, KEEPER, succession=True, granted=[grant_dict(heir) for heir in heirs])
    assert succession.carry(house) == "None"
    house.machine.pass_days(7)
    assert Instruction("complete", succession.message, (), "").carry(house) == "None"
    delivery = handing_over(house, LOT, 400, 400)
    refused(house, delivery, "SignerRevoked")
    (slot,) = (each for each in delivery.slots if each.part == "keeper")
    assert delivery.signed_by(slot, heirs[0]).carry(house) == "None"
    assert (house.title(LOT)["quantity"], lot_of(house)["delivered"]) == (QUANTITY - 400, 400)
