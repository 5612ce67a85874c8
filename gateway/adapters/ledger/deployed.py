"""The deployment on a node, from its record: for those who ask the chain themselves, without any gateway."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chainsvc.artifacts import load
from chainsvc.backends.rpc import NodeError
from chainsvc.book import Book
from chainsvc.deployment import Deployment
from chainsvc.deployment.deploy import record_path
from gateway.adapters.ledger.acts import CONTRACTS
from gateway.adapters.ledger.chain import Rpc
from gateway.adapters.ledger.reader import LedgerReader

__all__ = ["Deployed", "NoDeployment", "NodeError", "deployed"]


class NoDeployment(LookupError):
    """The folder records no finished deployment on the node's chain."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """Where the contracts are, and the block before which there is nothing to read."""

    book: Book
    first_block: int

    def reader(self, rpc: Rpc) -> LedgerReader:
        """A witness on this deployment."""
        return LedgerReader(rpc, self.book, self.first_block)


def deployed(rpc: Rpc, folder: Path) -> Deployed:
    """The deployment that `folder` records for the node's chain. Raises NoDeployment, Unreachable."""
    path = record_path(rpc, folder)
    if not path.exists():
        raise NoDeployment(f"no deployment on this chain is recorded in {folder}")
    record = Deployment.load(path)
    if not record.complete:
        raise NoDeployment(f"the deployment in {path.name} broke off: run it again")
    return Deployed(
        record.book({name: load(name) for name in ("AccessManager", *CONTRACTS)}), record.first_block
    )
