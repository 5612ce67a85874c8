"""What a list released was cut to 48 bits before the lender's mandate was asked: a total above that passed for a small
one. No facility takes more than its field holds any more, so no total can be cut."""

from __future__ import annotations

from tests.contracts.table import FACILITY
from tests.house.cast import CORE, LENDER, TIER_1, TIER_3
from tests.house.house import House

MOST = 2**48 - 1


def test_a_facility_takes_no_more_than_its_field_holds(house: House) -> None:
    for debtor, before in ((CORE, 10**13), (TIER_3, 0)):
        house.set_limit(debtor.number, MOST, before=before)
    most = house.live_root(1, MOST, TIER_1)
    more = house.live_root(2, 10_000, TIER_1, TIER_3)
    assert house.open_facility(FACILITY, TIER_1, 1_000) == "None"
    assert house.lock(most, TIER_1, FACILITY) == "None"
    assert house.lock(more, TIER_1, FACILITY) == "FacilityLimitExceeded"
    assert house.title(more)["lock"] == 0
    act = {
        "facility": FACILITY, "titles": [most], "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": b"\1" * 32,
    }  # fmt: skip
    house.must("release", act, first=LENDER["credit_maker"], second=LENDER["credit_checker"])
    assert house.facility(FACILITY)["face"] == 0
    assert house.lock(more, TIER_1, FACILITY) == "None"
