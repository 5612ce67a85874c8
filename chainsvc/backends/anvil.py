"""Foundry's anvil from npm: a local node for load, reorganisations and benches.

It keeps its chain in memory: for tests only.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
from pathlib import Path

from chainsvc.backends.process import Node, NodeDidNotStart, wait_until_answering

BINARY = Path(__file__).parents[2] / "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
BLOCK_GAS_LIMIT = 120_000_000


def start_anvil(
    *,
    chain_id: int,
    block_seconds: float | None = None,
    mining: bool = True,
    genesis_time: int | None = None,
    binary: Path = BINARY,
) -> Node:
    """Run anvil under Prague rules on a free port, without fees.

    Blocks are sealed at once by default, every `block_seconds`, or never (`mining=False`: use evm_mine).
    Instant sealing loses transactions when several senders write at once: load needs one of the others.
    Raises NodeDidNotStart, naming the binary when it is not installed.
    """
    if not binary.exists():
        raise NodeDidNotStart(f"anvil is not installed: npm ci in {binary.parents[3].parent.name}/")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(binary), "--hardfork", "prague", "--port", str(port), "--chain-id", str(chain_id)]
    command += ["--base-fee", "0", "--gas-price", "0", "--gas-limit", str(BLOCK_GAS_LIMIT)]
    command += [
        "--disable-min-priority-fee",
        "--order",
        "fifo",
        "--quiet",
        "--accounts",
        "1",
        "--no-request-size-limit",
    ]
    if block_seconds is not None:
        command += ["--block-time", str(block_seconds)]
    elif not mining:
        command.append("--no-mining")
    if genesis_time is not None:
        command += ["--timestamp", str(genesis_time)]
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (it lives as long as the child)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, text=True)
    node = Node(process, f"http://127.0.0.1:{port}", errors)
    wait_until_answering(node)
    return node
