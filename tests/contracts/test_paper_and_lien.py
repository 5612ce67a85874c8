"""A receipt that is out on paper, or on which its keeper is owed storage, secures nothing and is not sold on credit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.contracts import leases_table as leases
from tests.contracts import margin_table as margin
from tests.contracts.goods_table import changing_medium, charging, stored_goods
from tests.contracts.instructions import Instruction, refused
from tests.contracts.stock_table import selling
from tests.house.house import House

BOUND: Mapping[str, tuple[Callable[[House], Instruction], Callable[[House], Instruction], str]] = {
    "paper": (changing_medium, lambda house: changing_medium(house, paper=False), "OnPaper"),
    "lien": (charging, lambda house: charging(house, 0), "StorageUnpaid"),
}
"""How a receipt is bound, how it is free again, and the reason in between."""


def valued(house: House) -> None:
    """All is ready for the receipt to be pledged."""
    assert margin.appraise(house).carry(house) == "None"


ACTS: Mapping[str, tuple[Callable[[House], None], Callable[[House], Instruction]]] = {
    "pledgeGoods": (valued, margin.pledging),
    "convertGoods": (stored_goods, selling),
    "leaseGoods": (leases.agreed, leases.leasing),
    "carveGoods": (margin.pledged, lambda house: margin.carving(house, 300)),
}
"""What has to stand before, and the act."""

# What is pledged does not go out on paper: "TitleLocked" says so in test_margin.
CASES = [(bond, act) for bond in BOUND for act in ACTS if (bond, act) != ("paper", "carveGoods")]


@pytest.mark.parametrize(("bond", "name"), CASES, ids=lambda value: value)
def test_a_bound_receipt_is_not_pledged_sold_on_credit_leased_or_divided(
    house: House, bond: str, name: str
) -> None:
    bind, free, reason = BOUND[bond]
    prepare, act = ACTS[name]
    prepare(house)
    assert bind(house).carry(house) == "None"
    refused(house, act(house), reason)
    assert free(house).carry(house) == "None"
    assert act(house).carry(house) == "None"
