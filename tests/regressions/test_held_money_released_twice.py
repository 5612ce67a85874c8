"""A release of held money named only the sum: when the same sum came back and was held again, the old order released
it a second time."""

from __future__ import annotations

from tests.contracts.instructions import refused
from tests.contracts.table import AMOUNT, ROOT, release_held
from tests.house.cast import CLEARING
from tests.house.house import RETURNED, House


def test_each_release_needs_its_own_signature(house: House) -> None:
    order = release_held(house)
    assert order.carry(house) == "None"
    assert house.fact(RETURNED, ROOT, AMOUNT, CLEARING, b"\1" * 32) == "None"
    refused(house, order, "NonceUsed")
    again = order.changed(expiresAt=order.message["expiresAt"] + 1)
    assert again.carry(house) == "None"
