"""Compare the live chain with the plan: code, built-in addresses, roles. Needs no key and no record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eth_utils.crypto import keccak

from chainsvc.artifacts import Artifact
from chainsvc.backends.rpc import Rpc
from chainsvc.codec import Interface, encode
from chainsvc.deployment.plan import Create, Plan, resolve

_SPAN = 2_000
"""Blocks asked for at once: production nodes refuse much more."""

_DOMAIN_TYPE = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


def audit(
    rpc: Rpc,
    plan: Plan,
    artifacts: Mapping[str, Artifact],
    addresses: Mapping[str, str],
    *,
    deployer: str,
    first_block: int = 0,
) -> list[str]:
    """Every difference between what stands on the chain and what the plan says, as sentences.

    `first_block`: where the contracts were deployed; the log of roles is read from there.
    """
    chain_id = int(rpc.call("eth_chainId"), 16)
    problems: list[str] = []
    for step in plan.contracts:
        runtime = bytes.fromhex(rpc.call("eth_getCode", addresses[step.contract], "latest")[2:])
        artifact = artifacts[step.contract]
        if len(runtime) != len(artifact.deployed_bytecode):
            problems.append(
                f"{step.contract} at {addresses[step.contract]}: {len(runtime)} bytes of code stand there, "
                f"the artifact has {len(artifact.deployed_bytecode)}"
            )
            continue
        if artifact.masked(runtime) != artifact.deployed_bytecode:
            problems.append(f"{step.contract} at {addresses[step.contract]}: the code is not the artifact's")
            continue
        wanted = {name: resolve(value, addresses, deployer) for name, value in step.immutables.items()}
        problems += _immutables(step, artifact, runtime, wanted, addresses[step.contract], chain_id)
    if plan.access_manager is not None:
        interface = Interface(artifacts[plan.access_manager])
        holders = _holders(rpc, interface, addresses[plan.access_manager], first_block)
        wanted_holders = {(role, resolve(account, addresses, deployer)) for role, account in plan.roles}
        problems += _roles(wanted_holders, holders)
    return problems


def _immutables(
    step: Create, artifact: Artifact, runtime: bytes, wanted: Mapping[str, Any], address: str, chain_id: int
) -> Iterator[str]:
    domain = (
        {} if step.domain is None else _domain_words(step.domain.name, step.domain.version, address, chain_id)
    )
    for name, words in artifact.immutable_values(runtime).items():
        variable = name.rsplit(".", 1)[1].lstrip("_")
        if name.startswith("EIP712.") and variable in domain:
            expected = domain[variable]
        elif variable in wanted:
            expected = _word(wanted[variable])
        else:
            yield f"{step.contract}: the plan does not say what {name} must be"
            continue
        if words != {expected}:
            found = " and ".join("0x" + word.hex() for word in sorted(words))
            yield f"{step.contract}: {name} is {found}, not 0x{expected.hex()}"


def _domain_words(name: str, version: str, address: str, chain_id: int) -> dict[str, bytes]:
    """What OpenZeppelin's EIP712 builds in."""
    hashes = (keccak(text=name), keccak(text=version))
    separator = encode(
        ("bytes32", "bytes32", "bytes32", "uint256", "address"), (_DOMAIN_TYPE, *hashes, chain_id, address)
    )
    return {
        "cachedDomainSeparator": keccak(separator),
        "cachedChainId": _word(chain_id),
        "cachedThis": _word(address),
        "hashedName": hashes[0],
        "hashedVersion": hashes[1],
        "name": _short_string(name),
        "version": _short_string(version),
    }


def _short_string(text: str) -> bytes:
    return text.encode().ljust(31, b"\0") + bytes([len(text.encode())])


def _word(value: Any) -> bytes:
    if isinstance(value, str):
        return bytes.fromhex(value[2:]).rjust(32, b"\0")
    return value.to_bytes(32, "big") if isinstance(value, int) else bytes(value)


def _holders(rpc: Rpc, interface: Interface, manager: str, first_block: int) -> set[tuple[int, str]]:
    """Who holds which role, by the manager's own log, which knows every grant there ever was."""
    granted, revoked = interface.event("RoleGranted"), interface.event("RoleRevoked")
    topics = [["0x" + granted.topic.hex(), "0x" + revoked.topic.hex()]]
    head = int(rpc.call("eth_blockNumber"), 16)
    holders: set[tuple[int, str]] = set()
    for first in range(first_block, head + 1, _SPAN):
        last = min(head, first + _SPAN - 1)
        criteria = {"address": manager, "topics": topics, "fromBlock": hex(first), "toBlock": hex(last)}
        for log in rpc.call("eth_getLogs", criteria):
            words = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            event = granted if words[0] == granted.topic else revoked
            args = event.decode(words, bytes.fromhex(log["data"][2:]))
            entry = (args["roleId"], args["account"])
            holders = holders | {entry} if event is granted else holders - {entry}
    return holders


def _roles(wanted: set[tuple[int, str]], holders: set[tuple[int, str]]) -> Iterator[str]:
    for role, account in sorted(wanted - holders):
        yield f"role {role} is missing from {account}"
    for role, account in sorted(holders - wanted):
        yield f"role {role} is held by {account}, whom the plan does not name"
