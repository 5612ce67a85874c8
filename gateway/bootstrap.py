"""Everything wired once: database, node, deployment, the read model's index and the submitter."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import Lock

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from chainsvc.artifacts import load
from chainsvc.backends.rpc import Rpc
from chainsvc.deployment import Deployment
from chainsvc.deployment.deploy import WrongChain, record_path
from gateway.adapters.evidence.documents import DocumentNumbers
from gateway.adapters.evidence.vehicles import VehicleNumbers
from gateway.adapters.ledger.acts import CONTRACTS, Domain
from gateway.adapters.ledger.chain import Chain
from gateway.adapters.ledger.desk import ActReader, Desk
from gateway.db.books import InstructionBook
from gateway.db.engine import open_engine, reading
from gateway.db.requests import RequestBook
from gateway.db.schema import upgrade
from gateway.risk.guard import Guard
from gateway.settings import Settings

_LOG = structlog.get_logger("gateway.bootstrap")
_PATIENCE_SECONDS = 120.0
_FAULT_SECONDS = 1.0


class NotDeployed(RuntimeError):
    """The chain is there, but this folder holds no finished deployment on it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One database transaction, with what the services need of it."""

    connection: Connection
    ledger: Desk
    instructions: InstructionBook
    requests: RequestBook
    guard: Guard


@dataclass(frozen=True, slots=True)
class Gateway:
    """A wired gateway. Its chain connection is one thread's; the engine and the acts are everybody's."""

    settings: Settings
    engine: Engine
    chain: Chain
    domain: Domain
    first_block: int
    _turn: Lock = field(default_factory=Lock, repr=False)

    @property
    def acts(self) -> ActReader:
        """What acts look like and who signed them."""
        return ActReader(self.chain, self.domain)

    @property
    def vehicle_numbers(self) -> VehicleNumbers:
        """The evidence service's names for vehicles."""
        return VehicleNumbers(self.settings.evidence_url, self.settings.evidence_token)

    @property
    def document_numbers(self) -> DocumentNumbers:
        """The evidence service's register of documents."""
        return DocumentNumbers(self.settings.evidence_url)

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """A transaction that writes; it commits when the block is left well."""
        # SQLite has one writer, and whom it keeps waiting asks again after a sleep, ever longer: let the threads
        # of this process wait for each other in turn instead.
        turn = self._turn if self.engine.dialect.name == "sqlite" else nullcontext()
        with turn, self.engine.begin() as connection:
            yield self._unit(connection)

    @contextmanager
    def trial(self) -> Iterator[Unit]:
        """A transaction that may write and is always undone."""
        turn = self._turn if self.engine.dialect.name == "sqlite" else nullcontext()
        with turn, self.engine.connect() as connection:
            yield self._unit(connection)
            connection.rollback()

    @contextmanager
    def view(self) -> Iterator[Unit]:
        """A transaction that only reads, on one state of the database."""
        with reading(self.engine).connect() as connection:
            yield self._unit(connection)

    def _unit(self, connection: Connection) -> Unit:
        desk = Desk(self.chain, connection)
        books = InstructionBook(connection), RequestBook(connection)
        return Unit(connection, desk, *books, Guard(connection, desk, self.settings.rhythms))


def now() -> int:
    """The wall clock, in seconds since 1970: the one place of the gateway that asks for it."""
    return int(time.time())


def open_gateway(settings: Settings) -> Gateway:
    """Connect, check that the chain is the one meant, and bring the database up to date.

    A database server that is away is waited for, two minutes at most: a program may start while it restarts.
    Raises WrongChain, NotDeployed, Unreachable, and OperationalError when the database stays away.
    """
    rpc = Rpc(settings.rpc_url)
    found = int(rpc.call("eth_chainId"), 16)
    if found != settings.chain_id:
        raise WrongChain(f"the node is on chain {found}, not {settings.chain_id}")
    path = record_path(rpc, settings.deployment)
    if not path.exists():
        raise NotDeployed(f"no deployment on chain {found} is recorded in {settings.deployment}")
    record = Deployment.load(path)
    if not record.complete:
        raise NotDeployed(f"the deployment in {path.name} broke off: run it again")
    engine = open_engine(settings.database_url)
    bring_up(engine)
    book = record.book({name: load(name) for name in ("AccessManager", *CONTRACTS)})
    domain = Domain(settings.chain_id, book["Ledger"].address)
    return Gateway(settings, engine, Chain(rpc, book), domain, record.first_block)


def bring_up(engine: Engine, patience_seconds: float = _PATIENCE_SECONDS) -> None:
    """Run the migrations that are missing; what a server broke off by going away is done anew when it is back.

    A file is there or it is not: SQLite's faults are told at once. Raises OperationalError, InterfaceError.
    """
    deadline = time.monotonic() + (patience_seconds if engine.dialect.name == "postgresql" else 0.0)
    while True:
        try:
            return upgrade(engine)  # one transaction: nothing is half done
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            _LOG.warning("database at fault", error=type(error).__name__)
            time.sleep(_FAULT_SECONDS)
