"""The specification counted a title twice that a release named twice, so it called collateral short that was not: the
contracts, which pass over a title once it is free, released it."""

from __future__ import annotations

from gateway.domain import quotes
from gateway.domain.ledger_state import LedgerState
from gateway.domain.records import Facility, Title
from tests.contracts.table import FACILITY, LOAN, ROOT
from tests.house.cast import LENDER, TIER_1
from tests.house.house import House

OTHER = ROOT + 1


def test_both_sides_count_it_once(house: House) -> None:
    facility = Facility(11, 201, 156, 8_000, 1_000_000, 60_000, 30_000, True, 2, face=200_000)
    titles = {number: Title(201, number, 100_000, lock=FACILITY) for number in (ROOT, OTHER)}
    state = LedgerState(titles=titles, facilities={FACILITY: facility})
    assert quotes.covered_after(state, FACILITY, [ROOT, ROOT])
    assert not quotes.covered_after(state, FACILITY, [ROOT, OTHER])

    assert house.open_facility(FACILITY, TIER_1, 1_000_000) == "None"
    for serial in (1, 2):
        assert house.lock(house.live_root(serial, 100_000, TIER_1), TIER_1, FACILITY) == "None"
    assert house.draw(LOAN, TIER_1, FACILITY, 60_000) == "None"
    act = {
        "facility": FACILITY, "titles": [ROOT, ROOT], "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": b"\1" * 32,
    }  # fmt: skip
    people = {"first": LENDER["credit_maker"], "second": LENDER["credit_checker"]}
    house.must("release", act, loans=[LOAN], **people)
    assert (house.title(ROOT)["lock"], house.facility(FACILITY)["face"]) == (0, 100_000)
