"""A leased receipt, as it is asked about: who leases it to whom, on which rentals, and who holds it after that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from chainsvc.backends.process import Node, start_embedded
from gateway.adapters.ledger.chain import Book, Rpc
from gateway.adapters.ledger.reader import LedgerReader
from gateway.ids import format_id
from gateway.services.verdict import Verdict
from gateway.services.verdict_document import document as as_json
from gateway.services.verify import verify
from tests.contracts import leases_table as leases
from tests.contracts.goods_table import LOT, store
from tests.contracts.instructions import Instruction
from tests.gateway.conftest import book_of, house_on
from tests.gateway.verify.test_receipts import check
from tests.house.cast import CLEARING, KEEPER, LENDER
from tests.house.house import PAYOUT, REPAYMENT, START, House, account_of, collection_account
from tests.house.machine import CHAIN_ID

TAKEN_BACK, WITHDRAWN = KEEPER.number << 32 | 61, KEEPER.number << 32 | 62
SECOND = leases.LOAN + 1


@dataclass(slots=True)
class Leased:
    """A node on which receipts were leased, and by name the block after each thing that happened."""

    rpc: Rpc
    book: Book
    house: House
    blocks: dict[str, int] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        self.blocks[name] = int(self.rpc.call("eth_blockNumber"), 16)

    def ask(self, receipt: int, when: str) -> Verdict:
        return verify(LedgerReader(self.rpc, self.book), receipt, self.blocks[when])


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("leased")
    with start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node:
        yield node


@pytest.fixture(scope="module")
def leased(node: Node) -> Iterator[Leased]:
    with Rpc(node.url) as rpc:
        house = house_on(rpc)
        found = Leased(rpc, book_of(house), house)
        _tell(found)
        yield found


def _tell(told: Leased) -> None:
    """One is paid off, one withdrawn before anything was drawn, one taken back after notice."""
    house = told.house
    leases.leased(house)
    told.mark("agreed")
    assert leases.draw(house) == "None"
    assert leases.pay_out(house) == "None"
    told.mark("running")
    house.machine.pass_days(10)
    owed = sum(house.machine.view("Credit", "owedOn", leases.LOAN, house.machine.day()))
    account = collection_account(leases.FACILITY)
    assert house.fact(REPAYMENT, leases.LOAN, owed, LENDER, account) == "None"
    told.mark("paid off")
    for receipt in (WITHDRAWN, TAKEN_BACK):
        _do(house, store(house, receipt))
        _do(house, leases.leasing(house, title=receipt, sequence=0))
    act = {"title": WITHDRAWN, "sequence": 1, "expiresAt": house.expiry()}
    _do(house, Instruction("withdrawLease", act, leases.withdrawing(house).slots, ""))
    told.mark("withdrawn")
    assert leases.draw(house, loan=SECOND, title=TAKEN_BACK) == "None"
    assert house.fact(PAYOUT, SECOND, leases.DRAWN, CLEARING, account_of(leases.SELLER)) == "None"
    house.machine.pass_days(40)
    _do(house, leases.noticing(house, loan=SECOND))
    told.mark("noticed")
    house.machine.pass_days(leases.NOTICE_DAYS)
    _do(house, leases.ending(house, leases.DRAWN // 2, loan=SECOND))
    told.mark("taken back")


def _do(house: House, instruction: Instruction) -> None:
    reason = instruction.carry(house)
    assert reason == "None", f"{instruction.function}: {reason}"


def said_of(verdict: Verdict) -> Mapping[str, Any]:
    receipt: Mapping[str, Any] = json.loads(json.dumps(as_json(verdict)))["receipt"]
    return receipt


@pytest.mark.parametrize(
    ("receipt", "when", "free", "holder"),
    [
        (LOT, "agreed", False, leases.SELLER),
        (LOT, "running", False, LENDER),
        (LOT, "paid off", True, leases.LESSEE),
        (WITHDRAWN, "withdrawn", True, leases.SELLER),
        (TAKEN_BACK, "noticed", False, LENDER),
        (TAKEN_BACK, "taken back", True, LENDER),
    ],
)
def test_a_leased_receipt_is_authentic_at_every_step(
    leased: Leased, receipt: int, when: str, free: bool, holder: Any
) -> None:
    verdict = leased.ask(receipt, when)
    assert verdict.authentic, verdict.sentence
    assert verdict.free is free, verdict.sentence
    assert verdict.dossier.title is not None
    assert verdict.dossier.title["holder"] == holder.number


def test_it_says_who_leases_it_to_whom_and_on_which_rentals(leased: Leased) -> None:
    verdict = leased.ask(LOT, "running")
    lessor, lessee, loan = LENDER.number, leases.LESSEE.number, format_id(leases.LOAN)
    assert (
        f"party {lessor} leases them to party {lessee}, whose rentals are those of loan {loan}"
        in check(verdict, "control").sentence
    )
    assert (
        f"leased by party {lessor} to party {lessee}, whose it is with the last rental,"
        in check(verdict, "unlocked").sentence
    )
    said = said_of(verdict)
    assert said["pledge"] is None
    assert (said["lease"]["lessor"], said["lease"]["lessee"], said["lease"]["loan"]) == (lessor, lessee, loan)
    assert said_of(leased.ask(LOT, "agreed"))["lease"]["loan"] is None
    assert said_of(leased.ask(LOT, "paid off"))["lease"] is None


def test_a_notice_is_told_before_the_goods_are_taken_back(leased: Leased) -> None:
    verdict = leased.ask(TAKEN_BACK, "noticed")
    assert (
        "notice was given, and unless what it called for is paid the lease may be ended from"
        in check(verdict, "control").sentence
    )
    assert said_of(verdict)["lease"]["ends_from"] is not None
