"""A buyer's gateway with its trade documents, in front of a ledger with everybody admitted and no order yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from itertools import count
from typing import Any

import pytest

from chainsvc.backends.process import start_embedded
from gateway.adapters.ledger import acts
from gateway.adapters.ledger.chain import Rpc
from gateway.domain.calendar import iso
from gateway.domain.trade import TradeDocument
from gateway.ids import format_id
from gateway.services.json_acts import read_message
from tests.databases import Databases
from tests.gateway.conftest import house_on
from tests.gateway.documents.trade_builder import despatch, invoice, line, order, receipt, response
from tests.gateway.documents.ubl_writer import to_ubl
from tests.gateway.risk.conftest import Desk, Ledger, desk_on
from tests.house.cast import CLEARING, CORE, EVIDENCE, LENDER, TIER_1
from tests.house.house import START, House
from tests.house.machine import CHAIN_ID

_SERIALS = count(7_001)
DUE = date(2027, 2, 1)
ORDERED, RECEIVED = 113_000, 101_700
"""100 pieces of ten yuan, and 90 of them, with 13 % tax, in fen."""


def nullifier_of(number: str) -> bytes:
    """What the evidence service gives for a document."""
    return sha256(f"a number {number}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Trade:
    """One order among others on the same ledger: its documents, and what is asked of the gateway about it."""

    desk: Desk
    serial: int

    @property
    def house(self) -> House:
        return self.desk.ledger.house

    @property
    def order(self) -> str:
        return format_id(CORE.number << 32 | self.serial)

    @property
    def number(self) -> str:
        return f"PO-{self.serial}"

    @property
    def invoice(self) -> str:
        return f"INV-{self.serial}"

    def bring(self, *documents: TradeDocument) -> None:
        """Import documents."""
        for each in documents:
            answer = self.desk.http.post(
                "/documents", params={"name": each.source.file}, content=to_ubl(each),
                headers={"Idempotency-Key": f"import {each.source.file}"},
            )  # fmt: skip
            assert answer.json()["status"] == "used", answer.text

    def ordered(self, pieces: int = 100, price: int = 1_000) -> TradeDocument:
        return order(self.number, [line("1", pieces, price)])

    def answered(self, number: int = 1, **more: Any) -> TradeDocument:
        return response(f"OR-{self.serial}-{number}", self.number, **more)

    def sent(self, pieces: int) -> TradeDocument:
        return despatch(f"DA-{self.serial}", self.number, [line("1", pieces, order_line="1")])

    def came(self, pieces: int, number: int = 1) -> TradeDocument:
        return receipt(f"RA-{self.serial}-{number}", self.number, [line("1", pieces, order_line="1")])

    def invoiced(self, pieces: int, price: int = 1_000) -> TradeDocument:
        found = invoice(self.invoice, self.number, [line("1", pieces, price, order_line="1")])
        return replace(found, due=DUE)

    def attest(self, number: str, cap: int, document: bytes | None = None) -> None:
        """The evidence service attests a document of this seller and buyer."""
        changes = {} if document is None else {"evidence": document}
        assert self.house.attest(nullifier_of(number), cap, TIER_1, CORE, **changes) == "None"

    def confirming(self, **changes: Any) -> dict[str, Any]:
        return {
            "act": "confirm", "document": self.number, "nullifier": "0x" + nullifier_of(self.number).hex(),
            "order": self.order, "last_day": iso(self.house.machine.day() + 60), **changes,
        }  # fmt: skip

    def converting(self, **changes: Any) -> dict[str, Any]:
        return {
            "act": "convert", "invoice": self.invoice, "nullifier": "0x" + nullifier_of(self.invoice).hex(),
            "receivable": format_id(CORE.number << 32 | self.serial + 10_000), "clearing_bank": CLEARING.number,
            "late_ppm": 500, **changes,
        }  # fmt: skip

    def prepare(self, asked: dict[str, Any], path: str = "") -> dict[str, Any]:
        """A prepared act."""
        answer = self.desk.post(self.path(path), asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, asked: dict[str, Any], status: int, rule: str, path: str = "") -> dict[str, Any]:
        """Why an act is not prepared."""
        return self.desk.refused(self.desk.post(self.path(path), asked), status, rule)

    def path(self, path: str) -> str:
        return f"/orders/{path}/prepare" if path else "/orders/prepare"

    def carry(self, prepared: dict[str, Any]) -> None:
        """Have everybody whom a prepared act names sign it, and the ledger do it."""
        function, named = prepared["function"], prepared["signers"]
        act = acts.verbs()[function].act
        message = read_message(acts.act_types()[act], act, prepared["typed_data"]["message"])
        people = {
            (CORE.number, "maker"): CORE["maker"], (CORE.number, "checker"): CORE["checker"],
            (CORE.number, "debtor"): CORE["checker"], (TIER_1.number, "seller"): TIER_1["maker"],
            (LENDER.number, "lender"): LENDER["credit_maker"], (EVIDENCE.number, "service"): EVIDENCE["attestor"],
        }  # fmt: skip
        signing = {part: people[party, part] for part, party in named.items()}
        proof = {
            name: [bytes.fromhex(each[2:]) for each in value] for name, value in prepared["unsigned"].items()
        }
        self.house.must(function, message, **signing, **proof)
        self.desk.mine()

    def confirmed(self, *documents: TradeDocument) -> None:
        """The order is on the ledger, as its documents have it."""
        self.bring(self.ordered(), *documents)
        self.attest(self.number, ORDERED)
        self.desk.mine()
        self.carry(self.prepare(self.confirming()))

    def financed(self, facility: int, drawn: int) -> None:
        """The order secures an advance."""
        house = self.house
        assert house.open_facility(facility, TIER_1, 10**12) == "None"
        assert house.lock(CORE.number << 32 | self.serial, TIER_1, facility) == "None"
        assert house.draw(TIER_1.number << 32 | facility, TIER_1, facility, drawn) == "None"
        self.desk.mine()

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = self.desk.get(f"/orders/{self.order}")
        return found


@pytest.fixture(scope="module")
def order_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("orders")
    with (
        start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node,
        Rpc(node.url) as rpc,
    ):
        house = house_on(rpc)
        yield Ledger(node, rpc, house, house.machine.day(), 0, 0)


@pytest.fixture
def trade(
    request: pytest.FixtureRequest, databases: Databases, database_kind: str, order_ledger: Ledger
) -> Iterator[Trade]:
    with desk_on(databases, database_kind, order_ledger, f"orders {request.module.__name__}") as desk:
        desk.mine()
        yield Trade(desk, next(_SERIALS))
