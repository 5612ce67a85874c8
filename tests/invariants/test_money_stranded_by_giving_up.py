"""A holder that gives up after the debtor's money came once kept the others from being paid at all."""

from __future__ import annotations

from tests.house.cast import CLEARING, CORE, TIER_1, TIER_2
from tests.house.house import CNY, EVIDENCE_HASH, RECEIVED, House


def test_the_others_are_paid_in_full_from_money_that_came_before_one_gave_up() -> None:
    house = House()
    root = house.live_root(1, 10_000_000, TIER_1)
    second = TIER_1.number << 32 | 1
    assert house.split(root, TIER_1, TIER_2, second, 4_000_000) == "None"
    house.machine.pass_days(91)
    assert house.fact(RECEIVED, root, 10_000_000, CLEARING, b"\7" * 32) == "None"

    act = {
        "title": second,
        "sequence": house.title(second)["sequence"],
        "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }
    given_up = house.do("writeOffTitle", act, first=TIER_2["maker"], second=TIER_2["checker"])
    assert given_up == "None"

    assert house.distribute(root, {root: 6_000_000}) == "None"
    assert house.title(root)["paid"] == 6_000_000
    limit = house.machine.view("Evidence", "limitOf", CORE.number, CNY)
    assert limit & (1 << 48) - 1 == 0
