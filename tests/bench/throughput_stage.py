"""One machine: node, gateway and worker as processes of their own, and the CPU each of them takes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url, text

from chainsvc.artifacts import load
from chainsvc.backends.anvil import start_anvil
from chainsvc.backends.process import Node, start_embedded
from chainsvc.backends.rpc import Rpc
from chainsvc.deployment.deploy import Deployment, Step, record_path
from chainsvc.signing import keystore
from gateway.adapters.ledger.chain import Book, Chain
from gateway.db.engine import open_engine
from gateway.db.schema import upgrade
from gateway.demo.processes import free_port
from gateway.projections.rebuild import reindex
from tests.bench.throughput_load import wait_for
from tests.house.house import START, House
from tests.house.machine import CHAIN_ID, ORDER
from tests.house.node_machine import RELAYER_KEY, NodeMachine

BLOCK_SECONDS = 1
_TICKS = os.sysconf("SC_CLK_TCK")
_PASSWORD = "throughput"


@dataclass(slots=True)
class Stage:
    """A furnished house on a running node, and what the gateway needs to work with it."""

    name: str
    folder: Path
    node: Node
    rpc: Rpc
    house: House
    environment: Mapping[str, str]
    engine: Engine
    port: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, module: str, *arguments: str) -> None:
        """Run one of the gateway's programs until `stop`."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )

    @contextmanager
    def on(self, url: str) -> Iterator[None]:
        """The gateway's programs work on another database for the time of the block."""
        before = self.environment, self.engine
        self.environment = {**self.environment, "TALLYSTICK_DATABASE_URL": url}
        self.engine = open_engine(url)
        try:
            yield
        finally:
            self.engine.dispose()
            self.environment, self.engine = before

    def chain(self) -> Chain:
        """The deployment, to ask and to read."""
        return Chain(self.rpc, Book(self.house.machine.addresses, {name: load(name) for name in ORDER}))

    def start_gateway(self) -> None:
        """The API over a database that has read the whole chain; returns when it answers."""
        upgrade(self.engine)
        reindex(self.engine, self.chain())
        self.start("gateway", "tests.bench.throughput_app", str(self.port))
        wait_for(self.port, self.check)

    def start_worker(self) -> None:
        """The submitter and the index."""
        self.start("worker", "gateway.worker")

    def check(self) -> None:
        """Raises RuntimeError, with the end of its log, when a process has ended by itself."""
        for name, process in self.running.items():
            if process.poll() is not None:
                log = (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{name} ended with {process.returncode}: {log}")

    def stop(self, name: str) -> None:
        """End one of the programs."""
        process = self.running.pop(name)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def seal_by_the_clock(self) -> None:
        """From now on anvil seals a block every second; the embedded chain seals what it is sent, at once."""
        if self.name == "anvil":
            self.rpc.call("evm_setIntervalMining", BLOCK_SECONDS)

    def processor_seconds(self) -> dict[str, float]:
        """CPU that each process has taken since it started, user and system, in seconds."""
        pids = {"node": self.node.process.pid} | {name: each.pid for name, each in self.running.items()}
        return {name: _processor_seconds(pid) for name, pid in pids.items()}


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def raise_stage(name: str, folder: Path, server: str | None) -> Iterator[Stage]:
    """A stage on `anvil` or on the `embedded` chain, with a database on a PostgreSQL server or a file of SQLite's."""
    folder.mkdir(parents=True)
    with _node(name, folder) as node, Rpc(node.url, timeout=120) as rpc:
        house = House(machine=lambda genesis, start: NodeMachine(rpc, genesis, start))
        url = database_url(server, folder)
        port = free_port()
        stage = Stage(
            name,
            folder,
            node,
            rpc,
            house,
            _environment(folder, node, rpc, house, url),
            open_engine(url),
            port,
        )
        try:
            yield stage
        finally:
            for running in list(stage.running):
                stage.stop(running)
            stage.engine.dispose()


def _node(name: str, folder: Path) -> Node:
    if name == "anvil":
        return start_anvil(chain_id=CHAIN_ID, genesis_time=START - 60)
    return start_embedded(folder / "chain", chain_id=CHAIN_ID, genesis_time=START - 60, controlled_clock=True)


def _environment(folder: Path, node: Node, rpc: Rpc, house: House, url: str) -> dict[str, str]:
    deployment = folder / "deployment"
    deployment.mkdir()
    genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
    machine = house.machine
    record = Deployment(
        CHAIN_ID, genesis, machine.deployer, "", machine.addresses, [Step("house", 0, block=0)]
    )
    record.save(record_path(rpc, deployment))
    keystore.create(folder / "relayer.json", _PASSWORD, key=RELAYER_KEY, cost=1 << 12)
    return {
        "TALLYSTICK_DATABASE_URL": url,
        "TALLYSTICK_RPC_URL": node.url,
        "TALLYSTICK_CHAIN_ID": str(CHAIN_ID),
        "TALLYSTICK_DEPLOYMENT": str(deployment),
        "TALLYSTICK_RELAYER_KEY": str(folder / "relayer.json"),
        "TALLYSTICK_RELAYER_PASSWORD": _PASSWORD,
        "TALLYSTICK_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
    }


def database_url(server: str | None, folder: Path, name: str = "tallystick_throughput") -> str:
    """URL of a fresh database: one more on a PostgreSQL server, or a file of SQLite's."""
    if server is None:
        return f"sqlite:///{folder / (name + '.db')}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def kind_of(server: str | None) -> str:
    """What a bench calls its database."""
    return "sqlite" if server is None else "postgresql"
