"""Goods worth stealing, and attempts at them: see test_theft_drill.

Holder and acquirer may even be in league with the thief. Without the keeper no receipt moves, and without them no
keeper moves one; nobody makes goods up, or finds them lost, or lets the keeper wait for its money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from tests.contracts import goods_table, stock_table, table
from tests.contracts.goods_table import LOT
from tests.contracts.instructions import Instruction, Slot
from tests.contracts.orders_table import RECEIVABLE
from tests.house.cast import CORE, INSPECTOR, KEEPER, PLATFORM, TIER_1, TIER_2, Person
from tests.house.house import EVIDENCE_HASH, House, nullifier_of

CHARGED = KEEPER.number << 32 | 2
PAPER = KEEPER.number << 32 | 3
STOLEN = KEEPER.number << 32 | 9
THIEF = PLATFORM["office"]
CONFIRMERS = (THIEF, PLATFORM["office_second"], INSPECTOR["inspector"], TIER_1["maker"], TIER_2["maker"])
"""Who might confirm what only the keeper may: the thief, the lot's inspector, and the parties themselves."""

QUANTITY = goods_table.QUANTITY
SOLD_FOR = 5_000


class Scene(Protocol):
    """What an attempt is made on."""

    @property
    def house(self) -> House: ...

    def try_(self, function: str, message: Any, slots: tuple[Slot, ...], **unsigned: Any) -> None: ...


def in_store(house: House) -> None:
    """A pool that was counted short, with a second receipt that owes storage; and a receipt out on paper."""
    for receipt in (LOT, CHARGED):
        assert goods_table.store(house, receipt=receipt, pooled=True).carry(house) == "None"
    assert goods_table.count_of(house, 2 * QUANTITY - 5, goods_table.keeper()).carry(house) == "None"
    assert _charge(house, 7_500).carry(house) == "None"
    assert goods_table.store(house, PAPER).carry(house) == "None"
    assert _medium(house, 0, paper=True).carry(house) == "None"
    assert house.attest(nullifier_of(RECEIVABLE), SOLD_FOR, TIER_1, CORE) == "None"


# ── Attempts ────────────────────────────────────────────────────────────────────────────────────────────────────


def make_up_goods(scene: Scene) -> None:
    """A receipt for nothing: in the keeper's name, into its pool, and with the platform for a keeper."""
    forged = goods_table.store(scene.house, STOLEN)
    into_pool = goods_table.store(scene.house, receipt=STOLEN, pooled=True)
    own = PLATFORM.number << 32 | 9
    platform = goods_table.store(scene.house, own, keeper=PLATFORM.number, depositor=TIER_1.number)
    for instruction in (forged, into_pool, platform):
        _as_anybody(scene, instruction, "keeper", "inspector")
        _as_anybody(scene, instruction, *(slot.part for slot in instruction.slots))


def endorse_without_the_keeper(scene: Scene) -> None:
    """Whoever confirms: an endorsement that its keeper did not confirm is none (CC-910)."""
    passing = _passing(scene.house)
    agreed = goods_table.holder(), Slot("acquirer", TIER_2["maker"], "TITLE", QUANTITY)
    _as_anybody(scene, Instruction("endorse", passing, (*agreed, goods_table.keeper()), ""), "keeper")
    scene.try_("endorse", passing, agreed)
    scene.try_("assign", passing, agreed)


def endorse_without_the_holder(scene: Scene) -> None:
    """Nor does the keeper's word alone take a receipt from its holder."""
    slots = goods_table.holder(), Slot("acquirer", TIER_2["maker"], "TITLE", QUANTITY), goods_table.keeper()
    scene.try_("endorse", _passing(scene.house), (replace(slots[0], who=THIEF), *slots[1:]))


def split_and_merge_without_the_keeper(scene: Scene) -> None:
    """Into parts of its own, by the verb of receipts and by that of certificates; and two of a pool into one."""
    house = scene.house
    act = {
        "title": LOT, "sequence": 0, "part": goods_table.PART, "quantity": 300, "rest": goods_table.REST,
        "to": TIER_1.number, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    both = goods_table.holder(300), goods_table.keeper()
    _as_anybody(scene, Instruction("splitReceipt", act, both, ""), "keeper")
    scene.try_("splitReceipt", act, both[:1])
    plain = {"title": LOT, "sequence": 0, "child": goods_table.PART, "quantity": 300, "to": TIER_1.number}
    scene.try_("split", {**plain, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH}, both[:1])
    joined = {
        "into": LOT, "intoSequence": 0, "from": CHARGED, "fromSequence": 0, "expiresAt": house.expiry(),
    }  # fmt: skip
    merging = Instruction("mergeReceipts", joined, (goods_table.holder(0), goods_table.keeper()), "")
    _as_anybody(scene, merging, "keeper")
    scene.try_("merge", joined, merging.slots[:1])


def carry_goods_away(scene: Scene) -> None:
    """Out of the door without their keeper, without their holder, for more than their part, with storage unpaid."""
    house = scene.house
    for title, quantity, delivered in ((LOT, 400, 399), (LOT, 400, 400), (CHARGED, 400, 399)):
        act = {
            "title": title, "sequence": 0, "quantity": quantity, "delivered": delivered,
            "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        leaving = Instruction("handOver", act, (goods_table.holder(quantity), goods_table.keeper()), "")
        _as_anybody(scene, leaving, "keeper")
        scene.try_("handOver", act, (replace(leaving.slots[0], who=THIEF), leaving.slots[1]))
        if (title, delivered) != (LOT, 399):
            scene.try_("handOver", act, leaving.slots)


def make_a_lien_go_away(scene: Scene) -> None:
    """The keeper's money, struck out or run up by others."""
    for amount in (0, 1, 10**9):
        _as_anybody(scene, _charge(scene.house, amount), "keeper")


def find_goods_lost_or_found(scene: Scene) -> None:
    """A count by neither keeper nor inspector; and one that finds more, by the keeper alone."""
    for counted in (0, 2 * QUANTITY - 6, 2 * QUANTITY):
        for who in (THIEF, TIER_1["maker"]):
            slots = tuple(replace(each, who=who) for each in (goods_table.keeper(), goods_table.inspector()))
            count = goods_table.count_of(scene.house, counted, *slots)
            scene.try_("count", count.message, slots)
    more = goods_table.count_of(scene.house, 2 * QUANTITY, goods_table.keeper())
    scene.try_("count", more.message, more.slots)


def call_paper_back(scene: Scene) -> None:
    """Electronic again while the paper is in somebody's hands, or another receipt in its place."""
    house = scene.house
    _as_anybody(scene, _medium(house, 1, paper=False), "keeper")
    again = {
        "title": PAPER, "sequence": 1, "replacement": STOLEN, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    both = goods_table.holder(), goods_table.keeper()
    _as_anybody(scene, Instruction("replace", again, both, ""), "keeper")
    scene.try_("replace", again, (replace(both[0], who=THIEF), both[1]))


def pledge_goods_without_their_keeper(scene: Scene) -> None:
    """By the verb that pledges certificates, with the holder's and the lender's own signatures."""
    act = {
        "title": LOT, "sequence": 0, "facility": table.FACILITY, "child": 0, "quantity": QUANTITY,
        "expiresAt": scene.house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    lender = Slot("lender", table.LENDER["credit_maker"], "CREDIT_MAKER", QUANTITY)
    scene.try_("lock", act, (goods_table.holder(), lender))


def sell_goods_on_credit(scene: Scene) -> None:
    """For a promise that the buyer never made, or without the goods' keeper or holder."""
    selling = stock_table.selling(scene.house, SOLD_FOR)
    for part in ("maker", "checker", "seller", "keeper"):
        slots = tuple(_by(slot, THIEF) if slot.part == part else slot for slot in selling.slots)
        scene.try_("convertGoods", selling.message, slots)
    _as_anybody(scene, selling, "maker", "checker", "seller", "keeper")


def freeze_goods_alone(scene: Scene) -> None:
    """With the platform's two people for two offices."""
    order = table.freeze_of(scene.house, LOT)
    offices = tuple(
        Slot("offices", who, "OFFICE", place=at, office=True) for at, who in enumerate(CONFIRMERS[:2])
    )
    scene.try_("freeze", order.message, offices)


ATTEMPTS: tuple[Callable[[Any], None], ...] = (
    make_up_goods,
    endorse_without_the_keeper,
    endorse_without_the_holder,
    split_and_merge_without_the_keeper,
    carry_goods_away,
    make_a_lien_go_away,
    find_goods_lost_or_found,
    call_paper_back,
    pledge_goods_without_their_keeper,
    sell_goods_on_credit,
    freeze_goods_alone,
)


def honest(house: House) -> tuple[Instruction, ...]:
    """What the attempts imitate, signed by whom it takes."""
    agreed = goods_table.holder(), Slot("acquirer", TIER_2["maker"], "TITLE", QUANTITY), goods_table.keeper()
    return (
        _medium(house, 1, paper=False),
        _charge(house, 0),
        goods_table.count_of(house, 2 * QUANTITY, goods_table.keeper(), goods_table.inspector()),
        goods_table.store(house, receipt=STOLEN, pooled=True),
        stock_table.selling(house, SOLD_FOR, CHARGED),
        Instruction("endorse", _passing(house), agreed, ""),
    )


# ── Papers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _as_anybody(scene: Scene, instruction: Instruction, *parts: str) -> None:
    """The instruction with each of those who are not asked in these places; the other signatures are genuine."""
    for who in CONFIRMERS:
        slots = tuple(_by(slot, who) if slot.part in parts else slot for slot in instruction.slots)
        scene.try_(instruction.function, instruction.message, slots)


def _by(slot: Slot, who: Person) -> Slot:
    return replace(slot, who=who)


def _passing(house: House) -> dict[str, Any]:
    return {
        "title": LOT, "sequence": 0, "to": TIER_2.number, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip


def _charge(house: House, amount: int) -> Instruction:
    act = {
        "title": CHARGED, "currency": 156, "amount": amount, "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("chargeStorage", act, (goods_table.keeper(),), "")


def _medium(house: House, sequence: int, *, paper: bool) -> Instruction:
    act = {
        "title": PAPER, "sequence": sequence, "paper": paper, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("changeMedium", act, (goods_table.holder(), goods_table.keeper()), "")
