"""A second order on a part of a frozen title was refused and divided the title all the same; that part, like one a
lender carved, was frozen with no order to lift it, so its money would have been held for ever."""

from __future__ import annotations

from tests.contracts.instructions import refused
from tests.contracts.table import ROOT, carve, freeze, freeze_of, lift_of
from tests.house.cast import PLATFORM
from tests.house.house import House


def test_a_refused_freeze_divides_nothing(house: House) -> None:
    assert freeze(house).carry(house) == "None"
    part = freeze_of(house, ROOT, child=PLATFORM.number << 32 | 5, quantity=1_000)
    refused(house, part, "TitleFrozen")


def test_a_lender_carves_nothing_out_of_a_frozen_title(house: House) -> None:
    part = carve(house)
    assert freeze_of(house, ROOT).carry(house) == "None"
    refused(house, part, "TitleFrozen")
    assert lift_of(house, ROOT).carry(house) == "None"
    assert part.carry(house) == "None"
