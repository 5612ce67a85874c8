"""Start nodes as child processes and wait until they answer."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO

from chainsvc.backends.rpc import Rpc, Unreachable

START_SECONDS = 30.0


class NodeDidNotStart(RuntimeError):
    """The child ended or stayed silent; the message holds what it printed."""


@dataclass(slots=True)
class Node:
    """A running child and where it answers. A context manager: leaving it stops the child."""

    process: subprocess.Popen[str]
    url: str
    errors: IO[str]

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask it to end and wait; kill it when it does not within five seconds."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        _close(self)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()
        _close(self)


def start_embedded(
    data: Path,
    *,
    chain_id: int,
    port: int = 0,
    genesis_time: int | None = None,
    balances: Mapping[str, int] | None = None,
    controlled_clock: bool = False,
) -> Node:
    """Run the embedded node on `data`; port 0 takes a free one. Raises NodeDidNotStart."""
    command = [sys.executable, "-m", "chainsvc.backends.embedded"]
    command += ["--data", str(data), "--port", str(port), "--chain-id", str(chain_id)]
    if genesis_time is not None:
        command += ["--genesis-time", str(genesis_time)]
    if controlled_clock:
        command.append("--controlled-clock")
    if balances:
        data.mkdir(parents=True, exist_ok=True)
        accounts = data / "accounts.json"
        accounts.write_text(json.dumps(dict(balances)))
        command += ["--accounts-file", str(accounts)]
    return start(command)


def start(command: Sequence[str]) -> Node:
    """Run a command that prints its address as the first line, and wait until it answers there."""
    # A file, not a pipe: nobody empties the pipe, and a child that fills it stands still.
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (it lives as long as the child)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    url = process.stdout.readline().strip() if ready else ""
    node = Node(process, url, errors)
    if not url:
        raise NodeDidNotStart(last_words(node))
    wait_until_answering(node)
    return node


def wait_until_answering(node: Node) -> None:
    """Return when the node says its chain id; raises NodeDidNotStart when it ends or stays silent."""
    deadline = monotonic() + START_SECONDS
    with Rpc(node.url, attempts=1) as rpc:
        while True:
            try:
                rpc.call("eth_chainId")
                return
            except Unreachable as error:
                if node.process.poll() is not None or monotonic() > deadline:
                    raise NodeDidNotStart(last_words(node)) from error
            select.select([], [], [], 0.05)


def last_words(node: Node) -> str:
    """Kill the child and return what it printed as errors."""
    node.process.kill()
    node.process.wait()
    node.errors.seek(0)
    words = node.errors.read().strip()
    _close(node)
    return words or f"{node.process.args!r} ended with {node.process.returncode} and said nothing"


def _close(node: Node) -> None:
    node.errors.close()
    if node.process.stdout is not None:
        node.process.stdout.close()
