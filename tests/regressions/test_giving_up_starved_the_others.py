"""When one holder gave up what was unpaid, the others' shares were still reckoned as if it shared: money that the
debtor then paid could not be given to them."""

from __future__ import annotations

from tests.contracts.table import CHILD
from tests.house.cast import CLEARING, TIER_1, TIER_2
from tests.house.house import EVIDENCE_HASH, RECEIVED, House

ACCOUNT = b"\1" * 32


def give_up(house: House, title: int) -> str:
    act = {"title": title, "sequence": 0, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH}
    return house.do("writeOffTitle", act, first=TIER_2["maker"], second=TIER_2["checker"])


def test_the_others_are_paid_in_full(house: House) -> None:
    root = house.live_root(1, 100_000, TIER_1)
    assert house.split(root, TIER_1, TIER_2, CHILD, 40_000) == "None"
    house.machine.pass_days(91)
    assert give_up(house, CHILD) == "None"
    assert house.fact(RECEIVED, root, 60_001, CLEARING, ACCOUNT) == "ExcessAmount"
    assert house.fact(RECEIVED, root, 60_000, CLEARING, ACCOUNT) == "None"
    assert house.distribute(root, {root: 60_000}) == "None"
    assert house.money(root)["distributed"] == 60_000


def test_also_after_a_first_payment(house: House) -> None:
    root = house.live_root(1, 100_000, TIER_1)
    assert house.split(root, TIER_1, TIER_2, CHILD, 40_000) == "None"
    house.machine.pass_days(91)
    assert house.fact(RECEIVED, root, 50_000, CLEARING, ACCOUNT) == "None"
    assert house.distribute(root, {root: 30_000, CHILD: 20_000}) == "None"
    assert give_up(house, CHILD) == "None"
    for amount in (15_000, 15_000):
        assert house.fact(RECEIVED, root, amount, CLEARING, ACCOUNT) == "None"
        assert house.distribute(root, {root: amount - 2}) == "ShareWrong"
        assert house.distribute(root, {root: amount}) == "None"
    assert house.money(root) == {
        "received": 80_000, "distributed": 80_000, "removed": 0, "writtenOff": 20_000, "late": 0, "_": 0,
    }  # fmt: skip
    assert house.machine.view("Ledger", "rootOf", root) >> 128 & 0xFF == 3
