"""Contract wallets that tests bring along, compiled by the project's own compiler."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from chainsvc.artifacts import Artifact, parse
from chainsvc.artifacts.compiler import build
from chainsvc.codec import Interface, encode
from tests.house.machine import Machine


@cache
def wallets() -> dict[str, Artifact]:
    """Artifacts of tests/contracts/sol by contract name."""
    documents = build(Path(__file__).parent / "sol").documents
    return {name: parse(document) for name, document in documents.items()}


def deploy(machine: Machine, name: str, *arguments: Any) -> str:
    """Put a wallet on the chain; its address."""
    artifact = wallets()[name]
    types = Interface(artifact).constructor_types()
    return machine._create(artifact.bytecode + encode(types, arguments))
