"""A contract's second page: built in, on the contract's own records, and nothing by itself."""

from __future__ import annotations

import pytest

from chainsvc.artifacts import load
from tests.contracts import goods_table, table
from tests.house.cast import KEEPER
from tests.house.house import REASONS, House
from tests.house.machine import PAGES, Reverted


@pytest.mark.parametrize(("contract", "page"), PAGES.items())
def test_a_contract_turns_to_its_own_page(house: House, contract: str, page: str) -> None:
    (built_in,) = load(contract).immutable_values(
        bytes(house.machine._evm.get_code(house.machine.addresses[contract]))
    )[f"{contract}._{page.lower()}"]
    assert built_in[-20:].hex() == house.machine.addresses[page][2:]


def test_what_the_page_does_is_on_its_contracts_records(house: House) -> None:
    assert goods_table.store(house).carry(house) == "None"
    assert house.machine.view("Ledger", "titleOf", goods_table.LOT) != 0
    # By itself the page has no party, no signer and no receipt, and so refuses every sender and every act.
    item = [goods_table.store(house, KEEPER.number << 32 | 9).item(house)]
    with pytest.raises(Reverted, match="NotRelayer"):
        house.machine.call("Goods", "store", item, sender=goods_table.keeper().who.address)


def test_a_page_that_asks_others_for_signatures_refuses_at_its_own_address(house: House) -> None:
    with pytest.raises(Reverted, match="NotModule"):
        house.machine.call("Margin", "open", [table.TABLE["open"](house).item(house)])


@pytest.mark.parametrize("row", goods_table.ROWS)
def test_a_page_asked_at_its_own_address_refuses(house: House, row: str) -> None:
    item = goods_table.ROWS[row](house).item(house)
    (reason,) = house.machine.call("Goods", row, [item])
    assert REASONS[reason] in ("NotIndependent", "UnknownTitle", "UnknownRoot")
