"""A holder that assigned a locked certificate to itself came out of it with the lock gone."""

from __future__ import annotations

import pytest

from tests.contracts.instructions import stored
from tests.contracts.table import FACILITY, LOAN
from tests.house.cast import CLEARING, LENDER, TIER_1, Party
from tests.house.house import PAYOUT, House, account_of

AMOUNT = 100_000_000


@pytest.mark.parametrize("form", [0, 1, 2], ids=["pledge", "purchase agreed", "recourse"])
def test_a_lock_stands_through_any_assignment_of_the_title(house: House, form: int) -> None:
    """Neither to itself, nor between seller and lender, whoever of them holds it."""
    root = house.live_root(1, AMOUNT, TIER_1)
    assert house.open_facility(FACILITY, TIER_1, AMOUNT, form=form) == "None"
    assert house.lock(root, TIER_1, FACILITY) == "None"
    holder: Party = TIER_1
    if form:
        terms = {"title": root, "rate": 0, "dueDay": house.machine.day() + 90}
        assert house.draw(LOAN, TIER_1, FACILITY, AMOUNT // 2, **terms) == "None"
    if form == 2:
        assert house.fact(PAYOUT, LOAN, AMOUNT // 2, CLEARING, account_of(TIER_1)) == "None"
        holder = LENDER
    before = stored(house)
    for to in (TIER_1, LENDER):
        act = {
            "title": root, "sequence": house.title(root)["sequence"], "to": to.number,
            "expiresAt": house.expiry(), "evidence": b"\1" * 32,
        }  # fmt: skip
        assert house.do("assign", act, holder=_signer(holder), acquirer=_signer(to)) == "TitleLocked"
    assert stored(house) == before
    assert house.title(root)["lock"] == FACILITY


def _signer(party: Party):  # type: ignore[no-untyped-def]
    return party["credit_maker" if party is LENDER else "maker"]
