"""The exception desk at a terminal: `tallystick money`, typed against a running gateway; and held money paid out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import Engine

from chainsvc.api import Settings as SubmitterSettings
from chainsvc.backends.process import Node, start_embedded
from chainsvc.signing import KeySigner
from gateway.adapters.ledger.acts import Domain
from gateway.adapters.ledger.chain import Chain, Rpc
from gateway.app import create_app
from gateway.bootstrap import Gateway, now
from gateway.ids import format_id
from gateway.projections.rebuild import follow
from gateway.services.payments import FactKind, end_to_end_id
from gateway.settings import Settings
from tests.bench.callbacks import Door
from tests.contracts.table import freeze_of, lift_of
from tests.gateway.banks.book import BIC, BOUND, LINE_WORTH, TITLES, ordered
from tests.gateway.banks.desk import Desk, desk_on
from tests.gateway.banks.wire import Line, Signer, notice, statement
from tests.gateway.conftest import book_of, house_on
from tests.gateway.serving import serving
from tests.house.cast import CLEARING, TIER_1
from tests.house.house import RECEIVED, START, House
from tests.house.machine import CHAIN_ID
from tests.house.node_machine import RELAYER_KEY

LINES = [end_to_end_id(FactKind.CREDITED, title, 0) for title in TITLES]
REFUSED, UNUSABLE, PENDING = 1, 2, 4
CHEN = ("--person", "Chen Yu", "--reason", "seen with the debtor's letter")
WU = ("--person", "Wu Min", "--reason", "agreed")
AMOUNT = 1_000_000_00


@pytest.fixture
def desk(database: Engine, story_node: Node) -> Iterator[Desk]:
    with Rpc(story_node.url) as rpc, desk_on(database, rpc) as found:
        yield found


def test_nobody_waits(desk: Desk) -> None:
    assert desk.typed("list") == {"exceptions": []}
    assert desk.typed("instructions") == {"instructions": []}
    assert desk.typed("held") == {"held": []}


def test_a_batch_is_shown_and_allocated_as_its_own_transactions_name_it(desk: Desk) -> None:
    batch = Line("B-1", 2 * LINE_WORTH, batch=tuple((line, LINE_WORTH) for line in LINES))
    desk.told("M-1", notice("M", BOUND, batch))
    (found,) = desk.typed("list", status=REFUSED)["exceptions"]
    name = found["id"]
    shown = desk.read("show", name)
    assert f"{name}  BATCH-ENTRY: " in shown
    assert f"200.00 CNY on {BOUND} at {BIC}" in shown
    assert f"its own transactions name 100.00 CREDITED {TITLES[1]}" in shown
    tried = desk.typed("allocate", name, *CHEN, "--dry-run")
    assert (tried["step"], desk.typed("list", status=REFUSED)["exceptions"][0]["proposed"]) == (
        "proposed",
        None,
    )
    first = desk.typed("allocate", name, *CHEN, "--key", "mine")
    assert desk.typed("allocate", name, *CHEN, "--key", "mine") == first
    assert f"allocate proposed by Chen Yu: {first['decision']}" in desk.read("show", name)
    assert "SAME-PERSON" in desk.read("second", first["decision"], *CHEN, status=REFUSED)
    assert desk.typed("second", first["decision"], *WU)["step"] == "seconded"
    assert desk.facts() == [("B-1", "100.00", str(title)) for title in TITLES]
    assert desk.typed("list") == {"exceptions": []}


def test_parts_links_and_bad_input_at_the_terminal(desk: Desk) -> None:
    desk.told("M-1", notice("M", BOUND, Line("R-1", LINE_WORTH, LINES[0][:12])))
    (found,) = desk.typed("list", status=REFUSED)["exceptions"]
    name = found["id"]
    part = f"CREDITED={format_id(TITLES[0])}="
    assert "give --part" in desk.read("allocate", name, *CHEN, status=UNUSABLE)
    assert "KIND=ID=AMOUNT" in desk.read("allocate", name, *CHEN, "--part", "100.00", status=UNUSABLE)
    assert "PARTS-SUM" in desk.read("allocate", name, *CHEN, "--part", f"{part}99.99", status=REFUSED)
    assert "EXCEPTION-UNKNOWN" in desk.read("show", "0" * 16, status=REFUSED)
    assert "LINK-FORM" in desk.read("link", name, *CHEN, status=REFUSED)
    assert desk.typed("allocate", name, *CHEN, "--part", f"{part}100.00")["step"] == "decided"
    # Not signed yet: another decision takes its place.
    assert desk.typed("link", name, *CHEN, "--payment", LINES[1])["exit"] == "link"
    assert desk.facts() == [("R-1", "100.00", str(TITLES[1]))]
    desk.told("M-2", statement("M-2", BOUND, Line("R-2", LINE_WORTH, bare=True)))
    (again,) = desk.typed("list", status=REFUSED)["exceptions"]
    desk.typed("link", again["id"], *CHEN, "--entry", "R-1")
    assert desk.typed("list") == {"exceptions": []}
    desk.told("M-3", statement("M-3", BOUND, Line("R-2", LINE_WORTH - 1, bare=True)))
    assert "ENTRY-DIFFERS" in desk.read("list", status=REFUSED)
    desk.typed("link", again["id"], *CHEN, "--message", "M-2")


def test_money_goes_back_by_an_order_to_who_paid_it(desk: Desk, tmp_path: Path) -> None:
    desk.told("M-1", notice("M", BOUND, Line("R-1", LINE_WORTH, "rent")))
    (found,) = desk.typed("list", status=REFUSED)["exceptions"]
    order = tmp_path / "back.xml"
    sent = ("return", found["id"], *CHEN)
    assert "--out and --day go together" in desk.read(*sent, "--out", str(order), status=UNUSABLE)
    assert "PAYEE-UNKNOWN" in desk.read(*sent, status=REFUSED)
    payee = "PAYRCNBJ/62000000009/Payer Ltd"
    desk.typed(*sent, "--payee", payee, "--out", str(order), "--day", "2026-06-01")
    document = etree.fromstring(order.read_bytes())
    assert [each.text for each in document.iter("{*}InstdAmt")] == ["100.00"]
    assert [each.text for each in document.iter("{*}BICFI")][-1] == "PAYRCNBJ"
    (waits,) = desk.typed("list", status=REFUSED)["exceptions"]
    assert (waits["rule"], waits["state"]) == ("RETURNING", "returning")


def test_orders_show_where_they_stand(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        ordered(connection, LINES[0], FactKind.CREDITED, TITLES[0], LINE_WORTH)
    desk.told("M-1", notice("M", BOUND, Line("R-1", LINE_WORTH - 1, LINES[0])))
    (found,) = desk.typed("instructions")["instructions"]
    assert (found["state"], found["settled"], found["problem"]) == ("accepted", "99.99", "PAYMENT-SHORT")


# ── held money, on a chain of its own ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class HeldLedger:
    """A chain on which a frozen certificate's money is held."""

    rpc: Rpc
    house: House
    title: int

    @property
    def chain(self) -> Chain:
        return Chain(self.rpc, book_of(self.house))


@pytest.fixture(scope="module")
def held_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldLedger]:
    folder = tmp_path_factory.mktemp("held")
    with (
        start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node,
        Rpc(node.url) as rpc,
    ):
        house = house_on(rpc)
        title = house.live_root(1, AMOUNT, TIER_1)
        house.machine.pass_days(85)
        assert freeze_of(house, title).carry(house) == "None"
        house.machine.pass_days(5)
        assert house.fact(RECEIVED, title, AMOUNT, CLEARING, b"\7" * 32) == "None"
        assert house.distribute(title, {title: AMOUNT}) == "None"
        yield HeldLedger(rpc, house, title)


def test_held_money_is_released_by_its_clearing_bank_once_the_order_is_gone(
    held_ledger: HeldLedger, sqlite: Engine, tmp_path: Path
) -> None:
    """Frozen: nobody releases it. Lifted: the clearing bank signs, a worker carries it, and nothing is held."""
    chain, house, title = held_ledger.chain, held_ledger.house, held_ledger.title
    gateway = Gateway(Settings(), sqlite, chain, Domain(CHAIN_ID, chain.book["Ledger"].address), 0)
    key = tmp_path / "clearing.key"
    key.write_text(CLEARING["clearing"].key.hex())

    def follow_the_chain() -> None:
        indexer = chain.indexer()
        while not follow(sqlite, indexer, chain.book).caught_up:
            pass

    with serving(create_app(gateway)) as http:
        desk = Desk(Door(http, sqlite, Signer(BIC)))
        release = ("release", format_id(title), "--key", str(key), "--wait", "0")
        follow_the_chain()
        (frozen,) = desk.typed("held")["held"]
        assert (frozen["because"], frozen["amount"], frozen["act"]) == ("frozen", "1000000.00", None)
        assert "an order stands against" in desk.read(*release, status=REFUSED)
        assert lift_of(house, title).carry(house) == "None"
        follow_the_chain()
        (lifted,) = desk.typed("held")["held"]
        assert (lifted["because"], lifted["releasable"]) == ("lifted", True)
        worker = chain.worker(sqlite, KeySigner(RELAYER_KEY), SubmitterSettings(chain_id=CHAIN_ID))
        for amount, left in (("400000.00", ["600000.00"]), ("", [])):
            part = ("--amount", amount) if amount else ()
            operation = desk.typed(*release, *part, status=PENDING)["key"]
            for _ in range(50):
                worker.step(now())
                follow_the_chain()
                if desk.get(f"/operations/{operation}")["state"] == "final":
                    break
            assert desk.get(f"/operations/{operation}")["state"] == "final"
            assert [each["amount"] for each in desk.typed("held")["held"]] == left
        assert "no money of" in desk.read(*release, status=REFUSED)
        worker.close()
