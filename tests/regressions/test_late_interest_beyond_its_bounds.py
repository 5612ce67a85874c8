"""Late interest could be listed for a title that had been settled before its due day, in place of one that was late;
and sums beyond 48 bits would have run into what was written off."""

from __future__ import annotations

from tests.contracts.instructions import Instruction, Slot, refused
from tests.contracts.table import CHILD
from tests.house.cast import CLEARING, CORE, TIER_1, TIER_2
from tests.house.house import RECEIVED, House, nullifier_of

MOST = 2**48 - 1


def late(house: House, root: int, lines: dict[int, int]) -> Instruction:
    act = {
        "root": root, "lateBefore": house.money(root)["late"], "titles": sorted(lines),
        "amounts": [lines[title] for title in sorted(lines)], "account": b"\1" * 32,
        "valueDay": house.machine.day(), "entry": house.nonce().to_bytes(32, "big"), "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction("distributeLate", act, (Slot("clearingBank", CLEARING["clearing"], "CLEARING"),), "")


def test_a_title_settled_early_bears_no_late_interest(house: House) -> None:
    root = house.live_root(1, 100_000, TIER_1)
    assert house.split(root, TIER_1, TIER_2, CHILD, 40_000) == "None"
    act = {
        "title": CHILD, "sequence": 0, "amount": 40_000, "account": b"\1" * 32, "valueDay": house.machine.day(),
        "entry": b"\2" * 32, "expiresAt": house.expiry(),
    }  # fmt: skip
    house.must(
        "settleEarly", act, debtor=CORE["checker"], holder=TIER_2["maker"], clearingBank=CLEARING["clearing"]
    )
    house.machine.pass_days(100)
    refused(house, late(house, root, {CHILD: 60}), "TitleSpent")
    assert late(house, root, {root: 60}).carry(house) == "None"


def test_sums_stay_in_their_field(house: House) -> None:
    house.set_limit(CORE.number, MOST, 10**13)
    root = CORE.number << 32 | 1
    assert house.attest(nullifier_of(root), MOST, TIER_1, CORE) == "None"
    assert house.issue(root, CORE, TIER_1, MOST, terms=65_535) == "None"
    assert house.accept(root, TIER_1, MOST) == "None"
    house.machine.pass_days(120)
    before = house.money(root)
    refused(house, late(house, root, {root: 1}), "ExcessAmount")
    assert house.fact(RECEIVED, root, MOST, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(root, {root: MOST}) == "None"
    assert house.money(root) == {**before, "received": MOST, "distributed": MOST}
