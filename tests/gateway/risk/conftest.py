"""A ledger on which money is late, and a lender's desk in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chainsvc.backends.process import Node, start_embedded
from gateway.adapters.ledger import acts, declared
from gateway.adapters.ledger.acts import Domain
from gateway.adapters.ledger.chain import Chain, Rpc
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.projections.rebuild import follow, reindex
from gateway.services.declaration_kinds import KINDS, read
from gateway.services.json_acts import write_message
from gateway.settings import Settings
from tests.contracts import margin_table as margin
from tests.databases import SQLITE, Databases, migrated, opened
from tests.gateway.conftest import book_of, house_on
from tests.gateway.serving import serving
from tests.house.cast import CLEARING, CORE, LENDER, TIER_1, TIER_2, TIER_3, Person
from tests.house.house import PAYOUT, START, House, account_of
from tests.house.machine import CHAIN_ID

DOCUMENT = "0x" + "33" * 32
_KEYS = count(1)

BIG, OVERDUE, FREE, LATE, ASSIGNED = (CORE.number << 32 | serial for serial in range(1, 6))
"""Receivables: behind a loan, not paid on its day, free, behind an overdue loan, passed on."""
WELL, EMPTY, BAD = 100, 101, 102
"""Facilities: well covered, without a lock, with an overdue loan."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What happened, and where."""

    node: Node
    rpc: Rpc
    house: House
    first_day: int
    unlocked_block: int
    early_block: int

    @property
    def chain(self) -> Chain:
        return Chain(self.rpc, book_of(self.house))


@pytest.fixture(scope="session")
def late_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("late")
    with (
        start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node,
        Rpc(node.url) as rpc,
    ):
        house = house_on(rpc)
        first = house.machine.day()
        for serial, amount, payee, days in (
            (1, 100_000_000, TIER_1, 180), (2, 50_000_000, TIER_2, 20), (3, 200_000_000, TIER_2, 120),
            (4, 50_000_000, TIER_3, 180), (5, 10_000_000, TIER_1, 180),
        ):  # fmt: skip
            house.live_root(serial, amount, payee, dueDay=first + days)
        assert house.assign(ASSIGNED, TIER_1, TIER_2) == "None"
        for number, borrower in ((WELL, TIER_1), (EMPTY, TIER_2), (BAD, TIER_3)):
            assert house.open_facility(number, borrower, 150_000_000) == "None"
        unlocked = int(rpc.call("eth_blockNumber"), 16)
        assert house.lock(BIG, TIER_1, WELL) == "None"
        assert house.lock(LATE, TIER_3, BAD) == "None"
        for loan, borrower, facility, amount, days in (
            (TIER_1.number << 32 | 1, TIER_1, WELL, 30_000_000, 150),
            (TIER_3.number << 32 | 1, TIER_3, BAD, 20_000_000, 30),
        ):
            assert house.draw(loan, borrower, facility, amount, dueDay=first + days) == "None"
            assert house.fact(PAYOUT, loan, amount, CLEARING, account_of(borrower)) == "None"
        early = int(rpc.call("eth_blockNumber"), 16)
        house.machine.go_to_day(first + 40)
        yield Ledger(node, rpc, house, first, unlocked, early)


@dataclass(frozen=True, slots=True)
class Desk:
    """A gateway that has read all of it, and persons with keys."""

    http: httpx2.Client
    gateway: Gateway
    ledger: Ledger

    def get(self, path: str, **params: Any) -> Any:
        """The body of a good answer."""
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, answer: httpx2.Response, status: int, rule: str) -> dict[str, Any]:
        """The problem of a refusal."""
        found: dict[str, Any] = answer.json()
        assert (answer.status_code, found.get("rule")) == (status, rule), found
        return found

    def post(self, path: str, body: Any, **params: Any) -> httpx2.Response:
        """A write under a key of its own."""
        return self.http.post(
            path, json=body, params=params, headers={"Idempotency-Key": f"risk-{next(_KEYS)}"}
        )

    def signed(self, name: str, fields: dict[str, str], *persons: Person) -> list[str]:
        """What persons sign of a declaration, hashed here and not by the gateway."""
        kind = KINDS[name]
        digest = declared.digest(self.gateway.domain, kind, read(kind, fields))
        return ["0x" + b"".join(acts.sign(person.key, digest)).hex() for person in persons]

    def try_declare(self, name: str, fields: dict[str, str], *persons: Person) -> httpx2.Response:
        """Declare, whatever is answered."""
        fields = {"document": DOCUMENT, **fields}
        body = {"kind": name, "fields": fields, "signatures": self.signed(name, fields, *persons)}
        return self.post("/declarations", body)

    def declare(self, name: str, fields: dict[str, str], *persons: Person) -> dict[str, Any]:
        """Declare what must be taken."""
        answer = self.try_declare(name, fields, *persons)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def by_lender(self, name: str, fields: dict[str, str]) -> dict[str, Any]:
        """Declared by the lender's two credit persons."""
        return self.declare(
            name, {"lender": str(LENDER.number), **fields}, LENDER["credit_maker"], LENDER["credit_checker"]
        )

    def limit(self, dimension: str, subject: int, amount: str, **more: str) -> dict[str, Any]:
        """A limit of the lender in CNY, from today on."""
        return self.by_lender(
            "exposure limit",
            {
                "dimension": dimension, "subject": str(subject), "currency": "CNY", "amount": amount,
                "warnBps": "8000", "effective": self.today, **more,
            },
        )  # fmt: skip

    @property
    def today(self) -> str:
        """The ledger's day."""
        return str(self.get("/overdue")["day"])

    def mine(self) -> int:
        """One more block, and the index with it; its number."""
        self.ledger.rpc.call("evm_mine")
        indexer = self.ledger.chain.indexer()
        while not follow(self.gateway.engine, indexer, self.ledger.chain.book).caught_up:
            pass
        return int(self.get("/titles")["as_of"]["block"])

    def draw(self, facility: int, borrower: Any, serial: int, amount: int, **params: Any) -> httpx2.Response:
        """A signed draw, posted."""
        house = self.ledger.house
        message = {
            "loan": borrower.number << 32 | serial, "facility": facility, "title": 0, "amount": amount,
            "rate": 72_000,
            "dueDay": house.machine.day() + 30, "basis": 0, "minimumDays": 0, "penaltyBps": 5_000,
            "terms": 0, "count": 0, "graceDays": 0, "registration": bytes(31) + b"\2",
            "expiresAt": house.expiry(), "evidence": bytes(31) + b"\1",
        }  # fmt: skip
        signers = {
            "borrower": borrower["maker"], "maker": LENDER["credit_maker"], "checker": LENDER["credit_checker"],
        }  # fmt: skip
        return self.act("draw", "Draw", message, signers, **params)

    def lock(self, title: int, facility: int, holder: Any, **params: Any) -> httpx2.Response:
        """A signed lock of a whole title, posted."""
        house = self.ledger.house
        word = house.title(title)
        message = {
            "title": title, "sequence": word["sequence"], "facility": facility, "child": 0,
            "quantity": word["quantity"], "expiresAt": house.expiry(), "evidence": bytes(31) + b"\1",
        }  # fmt: skip
        signers = {"holder": holder["maker"], "lender": LENDER["credit_maker"]}
        return self.act("lock", "Lock", message, signers, **params)

    def act(
        self, function: str, name: str, message: dict[str, Any], signers: dict[str, Person], **params: Any
    ) -> httpx2.Response:
        """One act, signed and posted."""
        digest = acts.digest(self.gateway.domain, name, message)
        parts = {part: "0x" + b"".join(acts.sign(who.key, digest)).hex() for part, who in signers.items()}
        item = {"function": function, "message": write_message(message), "parts": parts}
        return self.post("/instructions", {"instructions": [item]}, **params)


@contextmanager
def desk_on(databases: Databases, kind: str, ledger: Ledger, template: str = "late") -> Iterator[Desk]:
    """A desk whose gateway keeps its tables on a database of its own; `template` names the ledger's."""

    def fill(url: str) -> None:
        migrated(url)
        with opened(url) as engine:
            reindex(engine, ledger.chain)

    with databases.copy(kind, template, fill) as url, opened(url) as engine:
        domain = Domain(CHAIN_ID, ledger.chain.book["Ledger"].address)
        settings = Settings(rpc_url=ledger.node.url, webhook_networks=["127.0.0.0/8"])
        gateway = Gateway(settings, engine, ledger.chain, domain, 0)
        with serving(create_app(gateway)) as http:
            yield Desk(http, gateway, ledger)


@contextmanager
def pledged_goods(folder: Path) -> Iterator[Ledger]:
    """A thousand kilograms secure a facility for 500,000.00, of which 350,000.00 may be drawn."""
    with (
        start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node,
        Rpc(node.url) as rpc,
    ):
        house = house_on(rpc)
        first = house.machine.day()
        margin.pledged(house)
        yield Ledger(node, rpc, house, first, 0, 0)


@pytest.fixture(scope="session")
def pledged_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with pledged_goods(tmp_path_factory.mktemp("pledged")) as found:
        yield found


@pytest.fixture
def goods_desk(databases: Databases, database_kind: str, pledged_ledger: Ledger) -> Iterator[Desk]:
    """A desk where goods secure a facility."""
    with desk_on(databases, database_kind, pledged_ledger, "pledged") as found:
        yield found


@pytest.fixture
def desk(databases: Databases, database_kind: str, late_ledger: Ledger) -> Iterator[Desk]:
    with desk_on(databases, database_kind, late_ledger) as found:
        yield found


@pytest.fixture
def sqlite_desk(databases: Databases, late_ledger: Ledger) -> Iterator[Desk]:
    """For what asks the database nothing that the tests on both do not."""
    with desk_on(databases, SQLITE, late_ledger) as found:
        yield found
