"""Compiled contracts, committed so that running the ledger needs neither Node nor a compiler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson

BUILT = Path(__file__).parent / "built"
"""Where `python -m chainsvc.artifacts build` puts one file per deployable contract."""

MAX_DEPLOYED_BYTES = 24_576
"""EIP-170: a larger runtime code cannot be deployed."""


class ArtifactMissing(LookupError):
    """No artifact of that name has been built and committed."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A run of bytes in the runtime code that the constructor fills."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """One deployable contract as the compiler left it; `source_hash` covers sources and settings."""

    name: str
    abi: list[dict[str, Any]] = field(repr=False)
    bytecode: bytes = field(repr=False)
    deployed_bytecode: bytes = field(repr=False)
    immutables: Mapping[str, tuple[Slice, ...]] = field(repr=False)
    storage_layout: Mapping[str, Any] = field(repr=False)
    method_identifiers: Mapping[str, str] = field(repr=False)
    source_hash: str

    def masked(self, runtime: bytes) -> bytes:
        """`runtime` with every immutable blanked, ready to compare with `deployed_bytecode`."""
        code = bytearray(runtime)
        for slices in self.immutables.values():
            for part in slices:
                code[part.start : part.start + part.length] = bytes(part.length)
        return bytes(code)

    def immutable_values(self, runtime: bytes) -> dict[str, set[bytes]]:
        """What the constructor wrote: immutable name to the distinct values found in `runtime`."""
        return {
            name: {runtime[part.start : part.start + part.length] for part in slices}
            for name, slices in self.immutables.items()
        }


def parse(document: Mapping[str, Any]) -> Artifact:
    """Read one artifact document as `chainsvc.artifacts.compiler` writes it."""
    return Artifact(
        name=document["contract"],
        abi=document["abi"],
        bytecode=bytes.fromhex(document["bytecode"]),
        deployed_bytecode=bytes.fromhex(document["deployedBytecode"]),
        immutables={
            name: tuple(Slice(part["start"], part["length"]) for part in parts)
            for name, parts in document["immutableReferences"].items()
        },
        storage_layout=document["storageLayout"],
        method_identifiers=document["methodIdentifiers"],
        source_hash=document["sourceHash"],
    )


@cache
def load(name: str, directory: Path = BUILT) -> Artifact:
    """The committed artifact `name`; raises ArtifactMissing when it was never built."""
    try:
        return parse(orjson.loads((directory / f"{name}.json").read_bytes()))
    except FileNotFoundError:
        raise ArtifactMissing(f"{name} has no artifact in {directory.name}/") from None
