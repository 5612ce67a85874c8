"""What is deployed, in which order, with which addresses built in, and who holds which role afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import rlp  # type: ignore[import-untyped]  # ships no types
from eth_utils.crypto import keccak

ADMIN_ROLE = 0
"""OpenZeppelin AccessManager's own: who holds it grants the others."""

RELAYER_ROLE = 1
"""The role of an admitted relayer, as the contracts declare it."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Stands for the address of a contract of the plan, wherever in the order that contract comes."""

    contract: str


DEPLOYER = Ref("")
"""Stands for the address that sends the deployment."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Name and version of the EIP-712 domain that a contract has built in by OpenZeppelin's EIP712."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Create:
    """One contract. `immutables`: the value each immutable must have, by variable name without underscore."""

    contract: str
    arguments: tuple[Any, ...] = ()
    immutables: Mapping[str, Any] = field(default_factory=dict)
    domain: Domain | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call by the deployer after the contracts stand."""

    contract: str
    function: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Contracts in order, calls in order, and the exact holders of every AccessManager role at the end."""

    contracts: tuple[Create, ...]
    calls: tuple[Call, ...] = ()
    roles: frozenset[tuple[int, Any]] = frozenset()
    access_manager: str | None = None


def create_address(deployer: str, nonce: int) -> str:
    """Address of a contract that `deployer` creates with this nonce."""
    return "0x" + keccak(rlp.encode([bytes.fromhex(deployer[2:]), nonce]))[-20:].hex()


def predicted(plan: Plan, deployer: str, first_nonce: int) -> dict[str, str]:
    """Address by contract name, before anything is sent."""
    return {
        step.contract: create_address(deployer, first_nonce + place)
        for place, step in enumerate(plan.contracts)
    }


def resolve(value: Any, addresses: Mapping[str, str], deployer: str) -> Any:
    """`value` with every Ref replaced, in lists and tuples too."""
    if isinstance(value, Ref):
        return addresses[value.contract] if value.contract else deployer
    if isinstance(value, (tuple, list)):
        return tuple(resolve(part, addresses, deployer) for part in value)
    return value


_MODULES = {
    "authority": Ref("AccessManager"),
    "evidence": Ref("Evidence"),
    "ledger": Ref("Ledger"),
    "registry": Ref("Registry"),
    "credit": Ref("Credit"),
    "protection": Ref("Protection"),
    "settlement": Ref("Settlement"),
    "terms": Ref("Terms"),
    "goods": Ref("Goods"),
    "margin": Ref("Margin"),
    "enforcement": Ref("Enforcement"),
    "orders": Ref("Orders"),
    "stages": Ref("Stages"),
}
_WALL = tuple(_MODULES.values())


def tallystick(*, administrator: str, relayers: Sequence[str], genesis: Sequence[tuple[Any, ...]]) -> Plan:
    """The house: `genesis` lists the first parties as the Registry's constructor takes them.

    The deployer grants the roles and, unless it is the administrator itself, gives its own up at the end.
    """
    admin = administrator.lower()
    carriers = [relayer.lower() for relayer in relayers]
    grants = [Call("AccessManager", "grantRole", (RELAYER_ROLE, relayer, 0)) for relayer in carriers]
    return Plan(
        contracts=(
            Create("AccessManager", (DEPLOYER,)),
            Create("Evidence", (_WALL,), _MODULES),
            Create("Ledger", (_WALL,), _MODULES, Domain("Tallystick", "1")),
            Create("Registry", (_WALL, tuple(genesis)), _MODULES),
            Create("Credit", (_WALL,), _MODULES),
            Create("Protection", (_WALL,), _MODULES),
            Create("Settlement", (_WALL,), _MODULES),
            Create("Terms"),
            Create("Goods", (_WALL,), _MODULES, Domain("Tallystick", "1")),
            Create("Margin", (_WALL,), _MODULES),
            Create("Enforcement", (_WALL,), _MODULES),
            Create("Orders", (_WALL,), _MODULES),
            Create("Stages", (_WALL,), _MODULES),
        ),
        calls=(
            *grants,
            Call("AccessManager", "grantRole", (ADMIN_ROLE, admin, 0)),
            Call("AccessManager", "renounceRole", (ADMIN_ROLE, DEPLOYER)),
        ),
        roles=frozenset({(ADMIN_ROLE, admin), *((RELAYER_ROLE, relayer) for relayer in carriers)}),
        access_manager="AccessManager",
    )
