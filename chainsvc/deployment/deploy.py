"""Carry a plan out, one transaction after the other; a run that broke off is continued by the next."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from chainsvc.artifacts import Artifact
from chainsvc.backends.rpc import Refused, Rpc
from chainsvc.book import Book
from chainsvc.codec import Interface, encode
from chainsvc.deployment.audit import audit
from chainsvc.deployment.plan import Create, Plan, predicted, resolve
from chainsvc.signing import Signer

GAS = 16_700_000
RECEIPT_SECONDS = 120.0
_POLL_SECONDS = 0.1
_POLLS_A_SEND = 30


class WrongChain(RuntimeError):
    """The node is on another chain than the one meant."""


class PlanChanged(RuntimeError):
    """The record was begun with other contracts, arguments or deployer: it is not continued with these."""


class DeploymentBroken(RuntimeError):
    """A step failed on the chain, or what stands there is not what was planned."""


@dataclass(slots=True)
class Step:
    """One transaction of the record; `raw` is written before it is sent, `block` when it is mined."""

    what: str
    nonce: int
    raw: str | None = None
    hash: str | None = None
    block: int | None = None


@dataclass(slots=True)
class Deployment:
    """The record of one network, as it lies in its file."""

    chain_id: int
    genesis_hash: str
    deployer: str
    plan_hash: str
    addresses: dict[str, str]
    steps: list[Step] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every step is mined."""
        return bool(self.steps) and all(step.block is not None for step in self.steps)

    @property
    def first_block(self) -> int:
        """Block of the first contract: an index need not read before it."""
        return min((step.block for step in self.steps if step.block is not None), default=0)

    def book(self, artifacts: Mapping[str, Artifact]) -> Book:
        """The contracts, ready to be called and read: those that have an artifact here. A contract's second page has
        none of its own, for what it answers is asked at the contract's address.
        """
        return Book({name: self.addresses[name] for name in artifacts}, artifacts)

    def save(self, path: Path) -> None:
        """Write the whole record or nothing, durably."""
        draft = path.with_suffix(".draft")
        with draft.open("w") as file:
            json.dump(asdict(self), file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    @classmethod
    def load(cls, path: Path) -> Deployment:
        """Read a record; raises FileNotFoundError."""
        content = json.loads(path.read_text())
        content["steps"] = [Step(**step) for step in content["steps"]]
        return cls(**content)


def record_path(rpc: Rpc, folder: Path) -> Path:
    """File of this network's record: named by chain id and first block, so that a reset chain has its own."""
    chain_id = int(rpc.call("eth_chainId"), 16)
    genesis = rpc.call("eth_getBlockByNumber", "0x0", False)["hash"]
    return folder / f"{chain_id}-{genesis[2:14]}.json"


def deploy(
    rpc: Rpc, signer: Signer, plan: Plan, artifacts: Mapping[str, Artifact], *, chain_id: int, folder: Path
) -> Deployment:
    """Do what of `plan` is not done yet, audit the result and return the record (kept in `folder`).

    Raises WrongChain, PlanChanged, DeploymentBroken (also for what the audit finds), Unreachable, Refused.
    """
    found = int(rpc.call("eth_chainId"), 16)
    if found != chain_id:
        raise WrongChain(f"the node is on chain {found}, not {chain_id}")
    folder.mkdir(parents=True, exist_ok=True)
    path = record_path(rpc, folder)
    record = Deployment.load(path) if path.exists() else _begin(rpc, signer, plan, artifacts, chain_id)
    if record.deployer != signer.address or record.plan_hash != _plan_hash(plan, artifacts):
        raise PlanChanged(f"{path.name} was begun with another plan or deployer")
    record.save(path)
    for place, step in enumerate(record.steps):
        if step.block is not None:
            continue
        if step.raw is None:
            raw = signer.sign_transaction(_transaction(record, plan, artifacts, place))
            step.raw, step.hash = "0x" + raw.hex(), "0x" + keccak(raw).hex()
            record.save(path)
        step.block = _mined(rpc, step)
        record.save(path)
    problems = audit(
        rpc, plan, artifacts, record.addresses, deployer=record.deployer, first_block=record.first_block
    )
    if problems:
        raise DeploymentBroken("; ".join(problems))
    return record


def _begin(
    rpc: Rpc, signer: Signer, plan: Plan, artifacts: Mapping[str, Artifact], chain_id: int
) -> Deployment:
    nonce = int(rpc.call("eth_getTransactionCount", signer.address, "latest"), 16)
    names = [step.contract for step in plan.contracts]
    names += [f"{call.contract}.{call.function}" for call in plan.calls]
    return Deployment(
        chain_id=chain_id,
        genesis_hash=rpc.call("eth_getBlockByNumber", "0x0", False)["hash"],
        deployer=signer.address,
        plan_hash=_plan_hash(plan, artifacts),
        addresses=predicted(plan, signer.address, nonce),
        steps=[Step(what, nonce + place) for place, what in enumerate(names)],
    )


def _plan_hash(plan: Plan, artifacts: Mapping[str, Artifact]) -> str:
    digest = hashlib.sha256(repr(plan.calls).encode())
    for step in plan.contracts:
        digest.update(repr((step.contract, step.arguments)).encode() + artifacts[step.contract].bytecode)
    return digest.hexdigest()


def creation_code(step: Create, artifact: Artifact, addresses: Mapping[str, str], deployer: str) -> bytes:
    """Bytecode and encoded constructor arguments."""
    types = Interface(artifact).constructor_types()
    return artifact.bytecode + encode(types, resolve(step.arguments, addresses, deployer))


def _transaction(
    record: Deployment, plan: Plan, artifacts: Mapping[str, Artifact], place: int
) -> dict[str, Any]:
    common = {
        "nonce": record.steps[place].nonce,
        "gas": GAS,
        "gasPrice": 0,
        "value": 0,
        "chainId": record.chain_id,
    }
    if place < len(plan.contracts):
        step = plan.contracts[place]
        code = creation_code(step, artifacts[step.contract], record.addresses, record.deployer)
        return {**common, "data": code}
    call = plan.calls[place - len(plan.contracts)]
    function = Interface(artifacts[call.contract]).function(call.function)
    arguments = resolve(call.arguments, record.addresses, record.deployer)
    return {**common, "to": record.addresses[call.contract], "data": function.encode(*arguments)}


def _mined(rpc: Rpc, step: Step) -> int:
    """Send the stored bytes, again if need be, and return the block they were mined in."""
    refusal = ""
    for attempt in range(round(RECEIPT_SECONDS / _POLL_SECONDS)):
        receipt = rpc.call("eth_getTransactionReceipt", step.hash)
        if receipt is not None:
            if int(receipt["status"], 16) != 1:
                raise DeploymentBroken(f"{step.what} failed in block {int(receipt['blockNumber'], 16)}")
            return int(receipt["blockNumber"], 16)
        if "nonce too low" in refusal.lower():
            raise DeploymentBroken(f"{step.what}: nonce {step.nonce} was used for something else")
        if attempt % _POLLS_A_SEND == 0:
            try:
                rpc.call("eth_sendRawTransaction", step.raw)
            except Refused as error:
                refusal = error.message
        else:
            time.sleep(_POLL_SECONDS)
    raise DeploymentBroken(f"{step.what} was not mined within {RECEIPT_SECONDS:.0f} seconds: {refusal}")
