"""A receipt that secures a facility, as it is asked about: who controls it, when valued, called for, freed, sold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.console import Console

from chainsvc.backends.process import Node, start_embedded
from gateway.adapters.ledger.calldata import items_of
from gateway.adapters.ledger.chain import Book, Request, Rpc
from gateway.adapters.ledger.reader import LedgerReader
from gateway.adapters.ledger.words import GOODS_TERMS, TITLE
from gateway.console.pages import verdict_page
from gateway.console.verdict_text import verdict_text
from gateway.domain.calendar import iso
from gateway.services.verdict import Verdict
from gateway.services.verdict_document import document as as_json
from gateway.services.verify import verify
from tests.contracts import margin_table as margin
from tests.contracts.goods_table import LOT
from tests.contracts.instructions import Instruction
from tests.gateway.conftest import book_of, house_on
from tests.gateway.verify.altering import Alter, AlteringRpc
from tests.gateway.verify.test_receipts import check, failed
from tests.house.cast import CONTROL_AGENT, EVIDENCE, INSPECTOR, KEEPER, LENDER, TIER_1, TIER_2
from tests.house.house import START, House
from tests.house.machine import CHAIN_ID

SOLD, KEPT = LENDER.number << 32 | 31, LENDER.number << 32 | 32


@dataclass(slots=True)
class Pledged:
    """A node on which a receipt was pledged, and by name the block after each thing that happened to it."""

    rpc: Rpc
    book: Book
    house: House
    blocks: dict[str, int] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        self.blocks[name] = int(self.rpc.call("eth_blockNumber"), 16)
        self.days[name] = self.house.machine.day()

    def ask(self, receipt: int, when: str) -> Verdict:
        return verify(LedgerReader(self.rpc, self.book), receipt, self.blocks[when])


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("pledged")
    with start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node:
        yield node


@pytest.fixture(scope="module")
def pledged(node: Node) -> Iterator[Pledged]:
    with Rpc(node.url) as rpc:
        house = house_on(rpc)
        found = Pledged(rpc, book_of(house), house)
        _tell(found)
        yield found


def _tell(told: Pledged) -> None:
    """Pledged, lent on, a part carved out and freed, called for, sold to one who does not pay, then to one who does."""
    house = told.house
    margin.lent(house, amount=margin.DRAWN // 4)
    told.mark("pledged")
    _do(told, "carved", margin.carving(house, 300))
    _do(told, "freed", margin.releasing(house, margin.PART, quantity=300, value=300 * 50_000))
    _do(told, "fell", margin.appraise(house, rate=margin.RATE // 4))
    _do(told, "called", margin.call_margin(house))
    house.machine.pass_days(3)
    _do(told, "enforced", margin.enforcing(house))
    house.machine.pass_days(1)
    _do(told, "sold once", margin.selling(house, margin.REST))
    house.machine.pass_days(11)
    _do(told, "not paid", Instruction("endSales", {}, (), "", unsigned={"list": margin.REST}))
    _do(told, "carved again", margin.carving(house, 500, margin.REST, SOLD, KEPT))
    _do(told, "sold", margin.selling(house, SOLD))
    assert margin.collected(house, margin.PRICE, SOLD) == "None"
    _do(told, "delivered", Instruction("completeSales", {}, (), "", unsigned={"list": SOLD}))


def _do(told: Pledged, name: str, instruction: Instruction) -> None:
    reason = instruction.carry(told.house)
    assert reason == "None", f"{name}: {reason}"
    told.mark(name)


def said_of(verdict: Verdict) -> Mapping[str, Any]:
    receipt: Mapping[str, Any] = json.loads(json.dumps(as_json(verdict)))["receipt"]
    return receipt


# ── What is told ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("receipt", "when", "free"),
    [
        (LOT, "pledged", False),
        (LOT, "delivered", False),
        (margin.PART, "carved", False),
        (margin.PART, "freed", True),
        (margin.REST, "called", False),
        (margin.REST, "sold once", False),
        (margin.REST, "not paid", False),
        (SOLD, "sold", False),
        (SOLD, "delivered", True),
        (KEPT, "delivered", False),
    ],
)
def test_the_receipt_is_authentic_at_every_step(
    pledged: Pledged, receipt: int, when: str, free: bool
) -> None:
    verdict = pledged.ask(receipt, when)
    assert verdict.authentic, verdict.sentence
    assert verdict.free is free, verdict.sentence


def test_a_pledged_receipt_says_for_whom_under_whose_control_and_when_it_was_valued(pledged: Pledged) -> None:
    verdict, day = pledged.ask(LOT, "pledged"), pledged.days["pledged"]
    control = (
        f"they secure facility {margin.FACILITY} of party {LENDER.number}, for which party {CONTROL_AGENT.number} "
        "controls them."
    )
    assert check(verdict, "control").sentence.endswith(control)
    pledge = check(verdict, "pledge")
    assert pledge.holds
    assert (
        f"last valued for {iso(day)}, by model 1, and that is good until {iso(day + 30)}" in pledge.sentence
    )
    assert pledge.sentence.endswith(
        f"what secures facility {margin.FACILITY} is standing: nothing is called for."
    )
    freed = f"it would be 1,000 KGM once facility {margin.FACILITY} sets it free"
    assert f"0 KGM would be handed over today; {freed}" in check(verdict, "left").sentence
    said = said_of(verdict)
    assert (said["deliverable"], said["share"], said["barred_by"]) == ("0", "1000", ["facility"])
    assert said["control"]["control_agent"] == CONTROL_AGENT.number
    assert (said["control"]["facility"], said["control"]["lender"]) == (margin.FACILITY, LENDER.number)
    assert said["pledge"] == {
        "quantity": "1000", "valued_on": iso(day), "valid_until": iso(day + 30), "model": 1,
        "state": "standing", "day": None, "sale": None,
    }  # fmt: skip


def test_who_signed_the_pledge_is_named(pledged: Pledged) -> None:
    tree = pledged.ask(LOT, "pledged").lineage
    assert tree is not None
    (step,) = [each for each in tree.steps if each.event == "Locked"]
    assert [(each.part, each.party) for each in step.signatures] == [
        ("holder", TIER_1.number),
        ("lender", LENDER.number),
        ("keeper", KEEPER.number),
        ("agent", CONTROL_AGENT.number),
    ]


def test_a_carved_receipt_is_cancelled_its_freed_part_is_free(pledged: Pledged) -> None:
    over, part = pledged.ask(LOT, "freed"), pledged.ask(margin.PART, "freed")
    parts = f"{LENDER.number}-21 and {LENDER.number}-22"
    assert f"it was cancelled, its parts are {parts}" in over.sentence
    assert over.dossier.title is not None
    assert over.dossier.title["lock"] == 0
    assert part.sentence == (
        f"Receipt {LENDER.number}-21 is authentic and free: 300 KGM would be handed over for it today."
    )
    assert said_of(part)["pledge"] is None
    release = next(each for each in part.dossier.lineage if each.name == "Unlocked")
    assert release.act is not None
    assert [(each.part, each.party) for each in release.act.signatures] == [
        ("maker", LENDER.number),
        ("checker", LENDER.number),
        ("keeper", KEEPER.number),
    ]


def test_a_call_an_enforcement_and_an_old_valuation_are_said(pledged: Pledged) -> None:
    called, enforced = pledged.ask(margin.REST, "called"), pledged.ask(margin.REST, "enforced")
    until, start = iso(pledged.days["called"] + 2), iso(pledged.days["enforced"] + 1)
    assert f"called for more through {until}" in check(called, "pledge").sentence
    assert f"being enforced from {start}" in check(enforced, "pledge").sentence
    assert not check(called, "pledge").holds
    states = [
        (said_of(each)["pledge"]["state"], said_of(each)["pledge"]["day"]) for each in (called, enforced)
    ]
    assert states == [("called", until), ("enforced", start)]


def test_a_sale_names_who_buys_until_the_receipt_is_theirs(pledged: Pledged) -> None:
    sold, unpaid, delivered = (
        pledged.ask(receipt, when)
        for receipt, when in ((margin.REST, "sold once"), (margin.REST, "not paid"), (SOLD, "delivered"))
    )
    pay_by = iso(pledged.days["sold once"] + 10)
    assert f"it is sold to party {TIER_2.number}, who is to pay by {pay_by}" in check(sold, "pledge").sentence
    assert said_of(sold)["pledge"]["sale"] == {"buyer": TIER_2.number, "pay_by": pay_by}
    assert said_of(unpaid)["pledge"]["sale"] is None
    assert delivered.dossier.title is not None
    assert delivered.dossier.title["holder"] == TIER_2.number
    sale = next(each for each in delivered.dossier.lineage if each.name == "GoodsHeld" and each.title == SOLD)
    assert sale.act is not None
    assert [(each.part, each.party) for each in sale.act.signatures] == [
        ("maker", LENDER.number),
        ("checker", LENDER.number),
        ("keeper", KEEPER.number),
        ("appraiser", EVIDENCE.number),
        ("secondAppraiser", INSPECTOR.number),
        ("buyer", TIER_2.number),
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_and_terminal_say_it_and_no_price(pledged: Pledged, language: str) -> None:
    verdict = pledged.ask(margin.REST, "sold once")
    page = verdict_page(verdict, url="http://x/verify/1-1", style_url="/verify.css", language=language)
    console = Console(record=True, width=400)
    console.print(verdict_text(verdict, language=language, evidence=True))
    terminal = console.export_text()
    for shown in (page, terminal):
        assert f"for which party {CONTROL_AGENT.number} controls them" in shown
        assert f"is to pay by {iso(pledged.days['sold once'] + 10)}" in shown
        assert "400,000.00" not in shown
    label = {"en": "Control agent", "zh": "监管人"}[language]
    assert f"<dt>{label}</dt>" in page


def test_a_bounded_number_of_exchanges(pledged: Pledged, node: Node) -> None:
    """One more than for other receipts: what was agreed of goods, and what they counted for."""
    for receipt in (LOT, margin.PART, SOLD, KEPT):
        with AlteringRpc(node.url) as rpc:
            verify(LedgerReader(rpc, pledged.book), receipt)
            assert rpc.exchanges <= 15


# ── A node that lies ────────────────────────────────────────────────────────────────────────────────────────


def _lied_to(pledged: Pledged, node: Node, receipt: int, when: str, alter: Alter) -> Verdict:
    with AlteringRpc(node.url, alter) as rpc:
        return verify(LedgerReader(rpc, pledged.book), receipt, pledged.blocks[when])


def _in_logs(pledged: Pledged, contract: str, event: str, change: Any) -> Alter:
    topic = "0x" + pledged.book[contract].interface.event(event).topic.hex()

    def alter(request: Request, answer: Any) -> Any:
        if request.method != "eth_getLogs":
            return answer
        changed = [change(dict(log)) if log["topics"][0] == topic else log for log in answer]
        return [log for log in changed if log is not None]

    return alter


@pytest.mark.parametrize(
    ("receipt", "when", "event", "part"),
    [
        (LOT, "pledged", "Locked", "keeper"),
        (LOT, "pledged", "Locked", "agent"),
        (margin.PART, "freed", "ReceiptSplit", "keeper"),
        (margin.PART, "freed", "Unlocked", "checker"),
        (margin.PART, "freed", "Unlocked", "keeper"),
        (SOLD, "delivered", "GoodsHeld", "secondAppraiser"),
        (SOLD, "delivered", "GoodsHeld", "buyer"),
    ],
)
def test_an_act_without_one_of_its_signatures_is_none(
    pledged: Pledged, node: Node, receipt: int, when: str, event: str, part: str
) -> None:
    """Without its keeper, no goods are pledged, divided, freed or sold (CC-910)."""
    lineage = pledged.ask(receipt, when).dossier.lineage
    found = next(
        each for each in reversed(lineage) if each.name == event and each.act and each.act.signatures
    )
    (item,) = items_of(pledged.book, pledged.rpc.call("eth_getTransactionByHash", found.transaction))
    good: bytes = item.parts[part][0]

    def alter(request: Request, answer: Any) -> Any:
        if request.method != "eth_getTransactionByHash":
            return answer
        return {**answer, "input": answer["input"].replace(good.hex(), bytes(32).hex())}

    verdict = _lied_to(pledged, node, receipt, when, alter)
    assert not verdict.authentic
    assert f"{part}: the signature is of no registered signer" in check(verdict, "lineage").sentence


@pytest.mark.parametrize(
    ("receipt", "when", "event"),
    [
        (LOT, "pledged", "Locked"),
        (margin.PART, "freed", "Unlocked"),
        (margin.PART, "freed", "ReceiptSplit"),
        (SOLD, "sold", "GoodsHeld"),
        (SOLD, "delivered", "Delivered"),
    ],
)
def test_what_is_hidden_is_noticed(pledged: Pledged, node: Node, receipt: int, when: str, event: str) -> None:
    verdict = _lied_to(pledged, node, receipt, when, _in_logs(pledged, "Ledger", event, lambda _: None))
    assert not verdict.authentic
    assert failed(verdict) & {"lineage", "conservation", "replay"}


def test_another_control_agent_than_was_agreed_on_is_noticed(pledged: Pledged, node: Node) -> None:
    def other(log: dict[str, Any]) -> dict[str, Any]:
        word, rest = int(log["data"][2:66], 16), log["data"][66:]
        forged = GOODS_TERMS.pack({**GOODS_TERMS.unpack(word), "control_agent": TIER_2.number})
        return {**log, "data": f"0x{forged:064x}{rest}"}

    verdict = _lied_to(pledged, node, LOT, "pledged", _in_logs(pledged, "Credit", "GoodsAgreed", other))
    assert f"the signer is of party {CONTROL_AGENT.number}" in check(verdict, "lineage").sentence


def test_goods_that_went_to_another_than_who_bought_them_are_noticed(pledged: Pledged, node: Node) -> None:
    """Nobody signs the delivery: it is held against the sale, and the sale against what was signed."""
    lender = LENDER.number

    def to_lender(log: dict[str, Any]) -> dict[str, Any]:
        word, rest = int(log["data"][2:66], 16), log["data"][66:]
        forged = TITLE.pack({**TITLE.unpack(word), "holder": lender})
        return {**log, "data": f"0x{forged:064x}{rest}"}

    verdict = _lied_to(pledged, node, SOLD, "delivered", _in_logs(pledged, "Ledger", "Delivered", to_lender))
    assert "another buyer" in check(verdict, "lineage").sentence
    hidden = _in_logs(pledged, "Credit", "GoodsSaleChanged", lambda _: None)
    assert "another buyer" in check(_lied_to(pledged, node, SOLD, "delivered", hidden), "lineage").sentence
